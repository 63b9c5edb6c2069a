"""Which inputs a forest's prediction varies with, alone and two together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesRegressor, RandomForestRegressor
    from sklearn.tree._tree import Tree

Floats = NDArray[np.float64]


def forest_variance(
    forest: ExtraTreesRegressor | RandomForestRegressor, values: Sequence[int] | None = None
) -> Floats:
    """Return the shares of the variance of a forest's prediction over the unit cube.

    The prediction is a sum over leaves, each constant in a box, so that every integral of the
    functional ANOVA is a product of lengths. With the value v of a leaf less the mean, its volume p
    and the lengths of its sides w, two leaves i and j overlap in dimension d by o, and
    r_d(i, j) = o / (w_i w_j) - 1: the variance of dimension d alone is the sum of
    p_i v_i p_j v_j r_d(i, j), that of d and e together beyond each alone the one with
    r_d(i, j) r_e(i, j). The leaves of all trees are taken together: single trees stand stairs for
    a smooth slope, and would show interactions where there are none.

    Args:
        forest: A fitted forest whose inputs all lie in [0, 1], each dimension independent.
        values: How many values each dimension has, if they are equally likely and the k-th of n
            lies at (k + ½) / n; 0 where there is no end of them. None for no such dimension.

    Returns:
        `(dimensions, dimensions)`: on the diagonal the share that a dimension explains alone,
        beside it what two explain together beyond that, as a symmetric matrix. Nothing but zeros
        where the prediction is constant.

    Reference:
        Hutter, Hoos and Leyton-Brown 2014, An Efficient Approach for Assessing Hyperparameter
        Importance (their shares are means over single trees); Sobol 1993.
    """
    counts = np.array(values or [0] * forest.n_features_in_)
    trees = [_leaves(estimator.tree_, counts) for estimator in forest.estimators_]
    low, high, value = (np.concatenate(parts, axis=-1) for parts in zip(*trees, strict=True))
    width = high - low
    volume = width.prod(axis=0) / len(trees)
    weight = volume * (value - volume @ value)
    together, whole, end = np.zeros((len(counts), len(counts))), 0.0, 0
    alone = np.zeros(len(counts))
    for tree in trees:  # its leaves with those of the trees from it on, so that it fits into memory
        begin, end = end, end + len(tree[2])
        here, there = slice(begin, end), slice(begin, None)
        products = np.outer(weight[here], weight[there])
        products[:, end - begin :] *= 2  # each two trees once
        ratios = [_overlaps(low[at], high[at], width[at], here, there) for at in range(len(counts))]
        whole += float(np.vdot(products, np.prod(ratios, axis=0)))
        rest = np.stack([(ratio - 1.0).ravel() for ratio in ratios])
        alone += rest @ products.ravel()
        together += (rest * products.ravel()) @ rest.T
    if whole <= 0:
        return np.zeros_like(together)
    np.fill_diagonal(together, alone)
    return together / whole


def _overlaps(low: Floats, high: Floats, width: Floats, here: slice, there: slice) -> Floats:
    """Return the overlap of leaves in one dimension over the product of their lengths."""
    overlap = np.minimum(high[here, None], high[there])
    overlap -= np.maximum(low[here, None], low[there])
    np.maximum(overlap, 0.0, out=overlap)
    overlap /= width[here, None]
    overlap /= width[there]
    return overlap


def _leaves(tree: Tree, counts: NDArray[np.int_]) -> tuple[Floats, Floats, Floats]:
    """Return lower and upper corners, `(dimensions, leaves)`, and values of a tree's leaves."""
    low = np.zeros((tree.n_features, tree.node_count))
    high = np.ones((tree.n_features, tree.node_count))
    count = counts[tree.feature]
    # Between two values a cut may lie anywhere; the border of their cells is halfway.
    borders = np.floor(tree.threshold * count + 0.5) / np.maximum(count, 1)
    cuts = np.where(count > 0, borders, tree.threshold)
    for node in range(tree.node_count):  # children come after their parents
        left, right = tree.children_left[node], tree.children_right[node]
        if left < 0:
            continue
        low[:, [left, right]], high[:, [left, right]] = low[:, [node]], high[:, [node]]
        high[tree.feature[node], left] = low[tree.feature[node], right] = cuts[node]
    leaf = tree.children_left < 0
    return low[:, leaf], high[:, leaf], tree.value[leaf].reshape(-1)
