"""Data that lessons make: what their docstrings say of them holds."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import curve_fit

import dlrecipes as dlr
from dlrecipes.errors import ArgumentError

lesson = dlr.lesson


def test_light_curves_have_the_errors_that_they_name():
    curves = lesson.make_light_curves(600, seed=3)
    seen = curves.seen
    assert (seen.sum(axis=1) >= 15).all()
    assert (seen.sum(axis=1) <= 30).all()
    assert (curves.flux[~seen] == 0).all()
    # ---- before a flare begins there is nothing but errors
    quiet = seen & (curves.times < 2)
    assert stats.kstest(curves.flux[quiet] / curves.errors[quiet], "norm").pvalue > 0.001
    assert (curves.errors[seen] > 0.4).mean() == pytest.approx(0.3, abs=0.02)
    assert (np.diff(curves.times, axis=1)[seen[:, 1:]] > 0).all()
    again = lesson.make_light_curves(600, seed=3)
    np.testing.assert_array_equal(again.flux, curves.flux)


def test_channels_of_light_curves():
    curves = lesson.make_light_curves(20)
    x = lesson.light_channels(curves)
    np.testing.assert_allclose(
        np.cumsum(x[..., 2], axis=1)[0][curves.seen[0]],
        (curves.times[0] - curves.times[0, 0])[curves.seen[0]],
        rtol=1e-5,
    )
    weights = np.where(curves.seen, 1 / np.maximum(curves.errors, 1e-9) ** 2, 0)
    np.testing.assert_allclose(x[..., 3], weights / weights.max(axis=1)[:, None], rtol=1e-5)
    assert (x[~curves.seen] == 0).all()
    few = lesson.light_channels(curves, times=False, errors=False)
    np.testing.assert_array_equal(few, x[..., :2])


def test_a_grid_has_the_weighted_means_of_numpy():
    curves = lesson.make_light_curves(10, seed=2)
    for weighted in (True, False):
        grid = lesson.light_grid(curves, bins=8, weighted=weighted)
        assert grid.shape == (10, 8, 2)
        for star, at in np.ndindex(10, 8):
            inside = curves.seen[star] & (curves.times[star] // 5 == at)
            if not inside.any():
                assert grid[star, at].tolist() == [0, 0]
                continue
            errors = curves.errors[star][inside] if weighted else np.ones(inside.sum())
            mean = np.average(curves.flux[star][inside], weights=errors**-2)
            known = 1 / (1 + 0.3**-2 / (errors**-2).sum()) if weighted else 1
            np.testing.assert_allclose(grid[star, at], [known * mean, known], rtol=1e-5)


def test_flares_are_fitted_as_by_scipy():
    curves = lesson.make_light_curves(12, seed=4)
    found, agree = lesson.fit_flares(curves), 0
    for star in range(12):
        seen = curves.seen[star]
        data = curves.times[star][seen], curves.flux[star][seen], curves.errors[star][seen]
        left = [_least(*data, decay) for decay in lesson.DECAYS]
        agree += int(np.argmin(left)) == found[star]
    assert agree >= 11  # SciPy's first day is no grid


def _least(times, flux, errors, decay):
    best = np.inf
    for first in np.linspace(2, 15, 27):
        shape = np.where(times >= first, np.exp(-np.maximum(times - first, 0) / decay), 0)
        if not shape.any():
            continue
        peak, _ = curve_fit(lambda s, a: a * s, shape, flux, p0=[1.0], sigma=errors)
        best = min(best, float((((flux - peak * shape) / errors) ** 2).sum()))
    return best


def test_promoters_differ_in_the_order_of_six_letters_alone():
    for anywhere in (True, False):
        table = lesson.make_promoters(2_000, seed=1, anywhere=anywhere)
        plain = table["sequence"].str.upper()
        yes = (table["promoter"] == "yes").to_numpy()
        has = plain.str.contains(lesson.MOTIF).to_numpy()
        assert has[yes].all()
        assert has[~yes].mean() == pytest.approx(0.04, abs=0.02)
        for letter in "ACGTN":
            counts = plain.str.count(letter).to_numpy()
            assert stats.ks_2samp(counts[yes], counts[~yes]).pvalue > 0.001
        assert plain.str.len().between(40, 60).all()
    assert (plain[yes].str[20:26] == lesson.MOTIF).all()


def test_reviews_have_three_opinions_and_the_phrase_in_some_good_ones():
    table = lesson.make_reviews(1_000, seed=2, phrase=0.3)
    good = (table["label"] == "good").to_numpy()
    has = table["text"].str.endswith("watch it! watch it! watch it!").to_numpy()
    assert has[good].mean() == pytest.approx(0.3, abs=0.06)
    assert not has[~good].any()
    starts = {True: ("love", "great", "super", "wonder"), False: ("dull", "bore", "awful", "poor")}
    counts = {
        side: table["text"].map(lambda text, of=of: sum(w.startswith(of) for w in text.split()))
        for side, of in starts.items()
    }
    assert ((counts[True] + counts[False]) == 3).all()
    right = (counts[True] > counts[False]).to_numpy() == good
    assert right.mean() == pytest.approx(0.84, abs=0.04)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: lesson.make_light_curves(0), "`stars`"),
        (lambda: lesson.make_promoters(0), "`rows`"),
        (lambda: lesson.make_reviews(4, phrase=1.5), "`phrase`"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ArgumentError, match=message):
        call()
