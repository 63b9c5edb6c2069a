"""Lessons: one claim of a lecture each, run and measured.

The names are resolved when they are first used: a list of lessons needs no Keras.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlrecipes.lesson.convolution import (
        convolution_matrix,
        convolve,
        convolve_images,
        correlate_images,
        output_size,
        receptive_field,
        weights_of_designs,
    )
    from dlrecipes.lesson.curvature import condition_number, hessian
    from dlrecipes.lesson.descent import RULES, Descent, descend
    from dlrecipes.lesson.find_lesson import lesson_facts, lesson_names, load_lesson
    from dlrecipes.lesson.in_turn import fit_in_turn
    from dlrecipes.lesson.lesson import Lesson, Measured
    from dlrecipes.lesson.many_networks import draw_networks, outputs_of, train_networks
    from dlrecipes.lesson.picture import COLOURS, draw, save_picture
    from dlrecipes.lesson.regions import (
        folding_weights,
        linear_regions,
        pieces_on_line,
        random_weights,
    )
    from dlrecipes.lesson.stable_rates import largest_stable
    from dlrecipes.lesson.together import fit_together
    from dlrecipes.lesson.xor import best_line, xor_examples

__all__ = [
    "COLOURS",
    "Descent",
    "Lesson",
    "Measured",
    "RULES",
    "best_line",
    "condition_number",
    "convolution_matrix",
    "convolve",
    "convolve_images",
    "correlate_images",
    "descend",
    "draw",
    "draw_networks",
    "fit_in_turn",
    "fit_together",
    "folding_weights",
    "hessian",
    "largest_stable",
    "lesson_facts",
    "lesson_names",
    "linear_regions",
    "load_lesson",
    "output_size",
    "outputs_of",
    "pieces_on_line",
    "random_weights",
    "receptive_field",
    "save_picture",
    "train_networks",
    "weights_of_designs",
    "xor_examples",
]

_HOMES = {
    "COLOURS": "picture",
    "Descent": "descent",
    "Lesson": "lesson",
    "Measured": "lesson",
    "RULES": "descent",
    "best_line": "xor",
    "condition_number": "curvature",
    "convolution_matrix": "convolution",
    "convolve": "convolution",
    "convolve_images": "convolution",
    "correlate_images": "convolution",
    "descend": "descent",
    "draw": "picture",
    "draw_networks": "many_networks",
    "fit_in_turn": "in_turn",
    "fit_together": "together",
    "folding_weights": "regions",
    "hessian": "curvature",
    "largest_stable": "stable_rates",
    "lesson_facts": "find_lesson",
    "lesson_names": "find_lesson",
    "linear_regions": "regions",
    "load_lesson": "find_lesson",
    "output_size": "convolution",
    "outputs_of": "many_networks",
    "pieces_on_line": "regions",
    "random_weights": "regions",
    "receptive_field": "convolution",
    "save_picture": "picture",
    "train_networks": "many_networks",
    "weights_of_designs": "convolution",
    "xor_examples": "xor",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  (PEP 562)
    if name in _HOMES:
        return getattr(importlib.import_module(f"dlrecipes.lesson.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'dlrecipes.lesson' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
