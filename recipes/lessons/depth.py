"""Depth: two random networks of 60 weights each, and into how many pieces they part the plane.

Run it with `dlrecipes lesson depth`.
"""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure

from dlrecipes.lesson import (
    COLOURS,
    Lesson,
    Measured,
    draw,
    folding_weights,
    linear_regions,
    pieces_on_line,
    random_weights,
)
from dlrecipes.models import build_mlp

SHAPES = {"shallow": (20,), "deep": (4, 4, 4, 4)}
DRAWS = 12


def run(*, full: bool = False) -> Measured:
    """Count the linear pieces of random networks in a square and along lines.

    Args:
        full: There is no longer form.
    """
    generator = np.random.default_rng(1)
    angles = generator.uniform(0, np.pi, DRAWS)
    networks: dict[str, list[keras.Model]] = {name: [] for name in SHAPES}
    for name, units in SHAPES.items():
        for draw_number in range(DRAWS):
            model = build_mlp((2,), 1, hidden_units=units, activation="abs")
            model.set_weights(random_weights((2, *units, 1), seed=draw_number))
            networks[name].append(model)
    squares = {
        name: [len(linear_regions(one.get_weights())) for one in models]
        for name, models in networks.items()
    }
    lines = {
        name: [_pieces(one, angle) for one, angle in zip(models, angles, strict=True)]
        for name, models in networks.items()
    }
    by_hand = build_mlp((2,), 1, hidden_units=SHAPES["deep"], activation="abs")
    by_hand.set_weights(folding_weights(4))
    folded = _pieces(by_hand, 0.0)
    kernels = {name: _kernel_weights(models[0]) for name, models in networks.items()}
    figures = {
        **{f"weights, {name}": float(kernels[name]) for name in SHAPES},
        **{f"regions, {name}": float(np.median(squares[name])) for name in SHAPES},
        **{f"pieces on a line, {name}": float(np.median(lines[name])) for name in SHAPES},
        "most pieces on a line, shallow": float(max(lines["shallow"])),
        "pieces on a line, deep and set by hand": float(folded),
    }
    rows = [
        (
            f"{name}: 2 inputs, {' + '.join(map(str, units))} units, 1 output",
            kernels[name],
            networks[name][0].count_params(),
            _spread(squares[name]),
            _spread(lines[name]),
            "211 regions, 21 on a line" if name == "shallow" else f"at least {folded} on a line",
        )
        for name, units in SHAPES.items()
    ]
    more = max(SHAPES, key=lambda name: figures[f"regions, {name}"])
    return Measured(
        columns=(
            "network",
            "weights",
            "with biases",
            "regions",
            "pieces on a line",
            "most that it can have",
        ),
        rows=tuple(rows),
        figures=figures,
        seen=(
            f"In {DRAWS} draws of random weights the shallow network had "
            f"{_spread(squares['shallow'])} flat pieces (regions), the deep one "
            f"{_spread(squares['deep'])}; along a straight line {_spread(lines['shallow'])} and "
            f"{_spread(lines['deep'])}. With weights set by hand the deep one has {folded} pieces "
            "along a line, where the shallow one can never have more than 21."
        ),
        differs=(
            f"with random weights the {more} network has more regions. What depth raises is the "
            "most that a network can have, which random weights do not reach. (The 60 weights "
            "leave out the biases, the constants added in each unit: with them it is "
            f"{networks['shallow'][0].count_params()} against "
            f"{networks['deep'][0].count_params()}.)"
        ),
        picture=_picture(networks, by_hand),
    )


def _pieces(model: keras.Model, angle: float) -> int:
    end = 3 * np.array([np.cos(angle), np.sin(angle)])
    return len(pieces_on_line(model.get_weights(), -end, end)) - 1


def _kernel_weights(model: keras.Model) -> int:
    return sum(one.size for one in model.get_weights()[::2])


def _spread(counts: list[int]) -> str:
    return f"{np.median(counts):g} ({min(counts)} to {max(counts)})"


def _picture(networks: dict[str, list[keras.Model]], by_hand: keras.Model) -> Figure:
    figure = draw(1, 3)
    for panel, (name, models) in zip(figure.axes, networks.items(), strict=False):
        regions = linear_regions(models[0].get_weights())
        values = models[0](np.array([one.mean(axis=0) for one in regions], "float32"))
        patches = PolyCollection(
            regions, array=np.ravel(values), edgecolor="#808080", linewidth=0.4
        )
        panel.add_collection(patches)
        panel.set(title=f"{name}: {len(regions)} regions", xlim=(-3, 3), ylim=(-3, 3))
        panel.set(xlabel="first input", ylabel="second input", aspect="equal")
        panel.grid(visible=False)
    way = np.linspace(-3, 3, 2001)
    points = np.stack([way, 0 * way], axis=1).astype("float32")
    lines = {"shallow": networks["shallow"][0], "deep": networks["deep"][0]}
    for colour, (name, model) in zip(
        COLOURS, {**lines, "deep, by hand": by_hand}.items(), strict=False
    ):
        values = np.ravel(model(points))
        width = 0.5 if model is by_hand else 1.6
        scaled = (values - values.min()) / np.ptp(values)
        figure.axes[2].plot(
            way, scaled, label=name, color=colour, linewidth=width, zorder=2 + width
        )
    figure.axes[2].set(title="along a line", xlabel="first input", ylabel="output, from 0 to 1")
    figure.axes[2].set_box_aspect(1)
    figure.axes[2].legend(loc="upper center", ncols=3, bbox_to_anchor=(0.5, -0.22), fontsize=8)
    return figure


LESSON = Lesson(
    name="depth",
    lecture="S1",
    title="What depth adds: not more pieces at random, but a higher ceiling",
    claim=(
        "A deep network can represent more complicated functions than a shallow one with as many "
        "weights. Here both have 60, random ones, and every unit gives the absolute value: each "
        "network is a surface of flat pieces, and the more pieces, the more complicated it is."
    ),
    advice=(
        "Expect nothing of more layers by themselves: they only raise what a training may reach. "
        "Compare a deeper network with a shallow one after training."
    ),
    run=run,
    holds={
        "weights, shallow": (60, 60),
        "weights, deep": (60, 60),
        "regions, shallow": (120, 211),
        "regions, deep": (20, 150),
        "most pieces on a line, shallow": (2, 21),
        "pieces on a line, deep and set by hand": (256, 256),
    },
    rows=("Depth demo",),
    seconds=4,
)
