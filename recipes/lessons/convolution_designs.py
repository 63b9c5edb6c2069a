"""A dense, a local and a shared layer: what each makes of few and of many examples.

Run it with `dlrecipes lesson convolution_designs`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure
from sklearn.datasets import load_digits

from dlrecipes.layers import LocallyConnected2D
from dlrecipes.lesson import COLOURS, Lesson, Measured, draw, move_images, start_again

MARGIN, FEATURES, WINDOW = 1, 8, 3
SIDE = 8 + 2 * MARGIN
UNITS = FEATURES * (SIDE - WINDOW + 1) ** 2  # the same number of hidden units in each
PLACES = {"in the middle": 0, "anywhere": MARGIN}  # moved by up to so many pixels
STEPS, BATCH = 200, 50


def run(*, full: bool = False) -> Measured:
    """Train three networks on more and more of the digits, with the same number of steps.

    Args:
        full: Five seeds and six numbers of examples instead of three and two.
    """
    seeds = 5 if full else 3
    sizes = (50, 100, 200, 400, 800, 1200) if full else (100, 1200)
    digits = load_digits()
    edge = (MARGIN, MARGIN)
    x = np.pad(digits.images[..., None] / 16, ((0, 0), edge, edge, (0, 0))).astype("float32")
    models = {name: _network(layers) for name, layers in _designs().items()}
    scores = {(place, name): np.zeros((len(sizes), seeds)) for place in PLACES for name in models}
    fitted = {name: np.zeros(seeds) for name in models}  # digits anywhere, all examples
    for seed in range(seeds):
        generator = np.random.default_rng(seed)
        order = generator.permutation(len(x))
        test, train = order[:500], order[500:]
        chosen = [generator.choice(train[:size], STEPS * BATCH) for size in sizes]
        for place, most in PLACES.items():
            placed = move_images(x, *generator.integers(-most, most + 1, (2, len(x))))
            for name, model in models.items():
                for at, rows in enumerate(chosen):
                    start_again(model, seed=seed)
                    given = placed[rows], digits.target[rows]
                    model.fit(*given, batch_size=BATCH, shuffle=False, verbose=0)
                    logits = model.predict(placed[test], batch_size=500, verbose=0)
                    right = logits.argmax(axis=1) == digits.target[test]
                    scores[place, name][at, seed] = right.mean()
                known = train[: sizes[-1]]
                logits = model.predict(placed[known], batch_size=500, verbose=0)
                fitted[name][seed] = np.mean(logits.argmax(axis=1) == digits.target[known])
    mean = {key: found.mean(axis=1) for key, found in scores.items()}
    weights = {name: model.get_layer("layer").count_params() for name, model in models.items()}
    gains = {place: scores[place, "shared"] - scores[place, "dense"] for place in PLACES}
    middle, anywhere = gains.values()
    figures = {
        "shared - dense, in the middle, few examples": float(middle[0].mean()),
        "shared - dense, in the middle, all": float(middle[-1].mean()),
        "shared - dense, anywhere, all": float(anywhere[-1].mean()),
        "parameters, dense / shared": weights["dense"] / weights["shared"],
        "dense, in the middle, all": float(mean["in the middle", "dense"][-1]),
    }
    noise = {place: 2 * gain.std(axis=1, ddof=1) / seeds**0.5 for place, gain in gains.items()}
    verdicts = {
        (place, at): _verdict(float(gain[at].mean()), float(noise[place][at]))
        for place, gain in gains.items()
        for at in (0, -1)
    }
    better = any("ahead" in verdict for verdict in verdicts.values())
    return Measured(
        columns=("digits", "training examples", *models),
        rows=(
            *(
                (place, str(size), *(_spread(scores[place, name][at]) for name in models))
                for place in PLACES
                for at, size in enumerate(sizes)
            ),
            (
                "anywhere, those trained on",
                str(sizes[-1]),
                *(_spread(one) for one in fitted.values()),
            ),
            ("parameters of the layer", None, *(str(count) for count in weights.values())),
        ),
        figures=figures,
        seen=(
            f"The shared layer has {weights['shared']} parameters, the dense one "
            f"{weights['dense']}. Of new digits the network with the shared one is right more or "
            "less often than that with the dense one by: "
            + "; ".join(
                f"{place}, {sizes[at]} examples: {verdict}"
                for (place, at), verdict in verdicts.items()
            )
            + ". (A difference counts where it is larger than twice its standard error over "
            f"{seeds} seeds.)"
        ),
        differs=(
            ""
            if better
            else "fewer parameters did not make do with fewer examples: the shared layer is "
            f"nowhere clearly ahead. Where digits stand anywhere, these {STEPS} training steps "
            "leave it behind on the digits that it was trained on, too: "
            f"{fitted['shared'].mean():.3f} against {fitted['dense'].mean():.3f} are right. One "
            "reason: the last layer, which reads its outputs, has weights for every place and "
            "must learn each by itself."
        ),
        picture=_picture(sizes, scores, weights),
    )


def _verdict(gain: float, noise: float) -> str:
    """Return in words by how many points the shared layer is ahead, or that it cannot be told."""
    words = f"{100 * gain:+.1f} points"
    if abs(gain) < noise:
        return f"{words}, not clear"
    return f"{words}, {'ahead' if gain > 0 else 'behind'}"


def _designs() -> dict[str, list[keras.layers.Layer]]:
    return {
        "dense": [keras.layers.Flatten(), keras.layers.Dense(UNITS, "relu", name="layer")],
        "local": [LocallyConnected2D(FEATURES, WINDOW, activation="relu", name="layer")],
        "shared": [
            keras.layers.Conv2D(
                FEATURES, WINDOW, activation="relu", kernel_initializer="he_normal", name="layer"
            )
        ],
    }


def _network(layers: list[keras.layers.Layer]) -> keras.Model:
    head = [keras.layers.Flatten(), keras.layers.Dense(10)]
    model = keras.Sequential([keras.Input((SIDE, SIDE, 1)), *layers, *head])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        keras.optimizers.Adam(0.003), loss, jit_compile=False, steps_per_execution=STEPS // 10
    )
    return model


def _spread(values: np.ndarray) -> str:
    return f"{values.mean():.3f} ± {values.std(ddof=1):.3f}"


def _picture(
    sizes: tuple[int, ...], scores: dict[tuple[str, str], np.ndarray], weights: dict[str, int]
) -> Figure:
    figure = draw(1, 3, size=(3.0, 2.7))
    panels = dict(zip(PLACES, figure.axes, strict=False))
    colours = dict(zip(weights, COLOURS, strict=False))
    for (place, name), found in scores.items():
        panel, colour = panels[place], colours[name]
        panel.plot(sizes, found.mean(axis=1), "o-", color=colour, label=name)
        panel.fill_between(sizes, found.min(axis=1), found.max(axis=1), color=colour, alpha=0.15)
        panel.set(
            title=f"right, {place}", xlabel="training examples (log)", xscale="log", ylim=(0.3, 1)
        )
    figure.axes[0].legend()
    figure.axes[2].bar(list(weights), list(weights.values()), color=list(colours.values()))
    figure.axes[2].set(title="parameters of the layer (log)", yscale="log")
    return figure


LESSON = Lesson(
    name="convolution_designs",
    lecture="S2",
    title="What sharing weights saves, and what it costs",
    claim=(
        "A dense layer joins every pixel with every unit: many parameters (numbers to be "
        "learned), which take many examples. What is seen in images is small and may stand "
        "anywhere. So units may look at a small window each (local), and all windows may share "
        "their weights (shared: a convolution); fewer examples should then be enough."
    ),
    advice=(
        "Share weights to save parameters, not in the hope of more right answers: compare with a "
        "dense layer on examples kept out of the training. What pooling adds where objects may "
        "stand anywhere is measured in `translation`."
    ),
    run=run,
    holds={
        "shared - dense, in the middle, few examples": (-0.06, 0.06),
        "shared - dense, in the middle, all": (-0.03, 0.04),
        "shared - dense, anywhere, all": (-0.25, 0.02),
        "parameters, dense / shared": (646.4, 646.4),
        "dense, in the middle, all": (0.92, 1),
    },
    rows=("S2 'limitation of linear layers'",),
    seconds=20,
    full_minutes=2,
)
