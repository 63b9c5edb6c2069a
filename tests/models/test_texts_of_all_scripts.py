"""The network learns from texts in which one word, one character or the last letter decides."""

import keras
import numpy as np
import pandas as pd
import pytest

from dlrecipes.data import ColumnRules, TextTokens, from_table
from dlrecipes.models import build_text

SCRIPTS = {
    "Hindi": (["कल", "आज", "और", "में", "पास", "था", "यह", "बहुत"], ["लीमा", "माली"], " "),
    "Hebrew": (["עִבְרִית", "שָׁלוֹם", "בַּיִת", "יֶלֶד", "סֵפֶר"], ["מֶלֶךְ", "מָלַךְ"], " "),
    "Chinese": (list("我影气去电天今们看"), ["好", "坏"], ""),
    "Thai": (list("กขคงจฉชซดต"), ["พี", "พู"], ""),
    "names": (list("abdegiklmnorstu"), ["a", "o"], ""),
}


@pytest.mark.parametrize(
    "script",
    [
        script if script == "Chinese" else pytest.param(script, marks=pytest.mark.slow)
        for script in SCRIPTS
    ],
)
def test_one_of_the_tokens_decides(script):
    many, decisive, space = SCRIPTS[script]
    generator = np.random.default_rng(0)
    texts = [space.join([*generator.choice(many, 9), decisive[row % 2]]) for row in range(240)]
    table = pd.DataFrame({"text": texts, "label": np.array(["yes", "no"])[np.arange(240) % 2]})
    splits = from_table(table, "label", column_rules=ColumnRules(kinds={"text": "text"}))
    splits = splits.with_preprocess(TextTokens(splits.raw_spec.columns))
    data = splits.development()
    keras.utils.set_random_seed(0)
    model = build_text(data.model_spec)
    model.compile(
        optimizer=keras.optimizers.Adam(1e-2),
        loss=keras.losses.BinaryCrossentropy(from_logits=True),
        jit_compile=False,
    )
    model.fit(data.train.array, data.train.y, batch_size=16, epochs=15, verbose=0)
    logits = model(data.validation.array).numpy().ravel()
    assert np.mean((logits > 0) == data.validation.y) >= 0.95
