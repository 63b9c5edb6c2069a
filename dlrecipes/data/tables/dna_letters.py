"""DNA as numbers, in TensorFlow as an exported model does it."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from dlrecipes.data.sources.scan_cells import BLANK
from dlrecipes.data.sources.scan_dna import BASES, CODES, DNA
from dlrecipes.data.tables.graph_dates import check_cells, one_of


def read_dna(texts: tf.Tensor, column: str, length: int) -> tf.Tensor:
    """Return each letter of the sequences as four numbers: its share of A, C, G and T.

    A letter that is known is 1 in its own place (one-hot); a code such as R is ½ for each of A and
    G, N is ¼ for each of the four, and a gap is 0 for all, as are places behind the end and
    missing cells. A longer sequence is cut at its end.

    Args:
        texts: Cells `(batch,)`, `""` for a missing one; capitals or not, blanks do not count.
        column: The column's name.
        length: Letters that are kept, at least 1.

    Returns:
        Float32 tensor `(batch, length, 4)`.

    Raises:
        tf.errors.InvalidArgumentError: If a cell has another letter.

    Example:
        >>> from dlrecipes.data.tables.dna_letters import read_dna
        >>> read_dna(["cR", ""], "site", 3).numpy()[0].tolist()
        [[0.0, 1.0, 0.0, 0.0], [0.5, 0.0, 0.5, 0.0], [0.0, 0.0, 0.0, 0.0]]
    """
    missing = tf.strings.regex_full_match(tf.strings.strip(texts), one_of(BLANK))
    fits = tf.strings.regex_full_match(texts, DNA)
    check_cells(texts, ~(missing | fits), column, "DNA: A, C, G, T and the codes of IUPAC")
    plain = tf.strings.upper(tf.strings.regex_replace(tf.where(missing, "", texts), r"\s", ""))
    places = tf.strings.unicode_decode(plain, "UTF-8").to_tensor(0, shape=(None, length))
    return tf.gather(tf.constant(_shares()), places)


def _shares() -> NDArray[np.float32]:
    """Return the shares of the four bases by the number of the letter, `(128, 4)`."""
    table = np.zeros((128, len(BASES)), np.float32)
    for letter, bases in CODES.items():
        for base in bases:
            table[ord(letter), BASES.index(base)] = 1 / len(bases)
    return table
