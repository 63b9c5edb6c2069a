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
    from dlrecipes.lesson.detection import (
        BACKGROUND,
        IGNORED,
        VARIANCES,
        build_detector,
        decode_boxes,
        dense_anchors,
        detector_targets,
        encode_boxes,
        match_anchors,
        read_detections,
        suppress_overlaps,
    )
    from dlrecipes.lesson.find_lesson import lesson_facts, lesson_names, load_lesson
    from dlrecipes.lesson.from_starts import fit_from_starts
    from dlrecipes.lesson.in_turn import fit_in_turn
    from dlrecipes.lesson.lesson import Lesson, Measured
    from dlrecipes.lesson.light_curves import (
        DECAYS,
        LightCurves,
        fit_flares,
        light_channels,
        light_grid,
        make_light_curves,
    )
    from dlrecipes.lesson.many_networks import draw_networks, outputs_of, train_networks
    from dlrecipes.lesson.memory import peak_memory
    from dlrecipes.lesson.patients import FINDINGS, make_patients
    from dlrecipes.lesson.picture import COLOURS, draw, outline_boxes, save_picture
    from dlrecipes.lesson.promoters import MOTIF, make_promoters
    from dlrecipes.lesson.regions import (
        folding_weights,
        linear_regions,
        pieces_on_line,
        random_weights,
    )
    from dlrecipes.lesson.restart import start_again
    from dlrecipes.lesson.reviews import PHRASE, make_reviews
    from dlrecipes.lesson.scenes import make_scenes
    from dlrecipes.lesson.stable_rates import largest_stable
    from dlrecipes.lesson.studies import run_study
    from dlrecipes.lesson.together import compiled_together, fit_together
    from dlrecipes.lesson.translation import move_images, moves_of
    from dlrecipes.lesson.xor import best_line, xor_examples

__all__ = [
    "BACKGROUND",
    "COLOURS",
    "DECAYS",
    "Descent",
    "FINDINGS",
    "IGNORED",
    "Lesson",
    "LightCurves",
    "MOTIF",
    "Measured",
    "PHRASE",
    "RULES",
    "VARIANCES",
    "best_line",
    "build_detector",
    "compiled_together",
    "condition_number",
    "convolution_matrix",
    "convolve",
    "convolve_images",
    "correlate_images",
    "decode_boxes",
    "dense_anchors",
    "descend",
    "detector_targets",
    "draw",
    "draw_networks",
    "encode_boxes",
    "fit_flares",
    "fit_from_starts",
    "fit_in_turn",
    "fit_together",
    "folding_weights",
    "hessian",
    "largest_stable",
    "lesson_facts",
    "lesson_names",
    "light_channels",
    "light_grid",
    "linear_regions",
    "load_lesson",
    "make_light_curves",
    "make_patients",
    "make_promoters",
    "make_reviews",
    "make_scenes",
    "match_anchors",
    "move_images",
    "moves_of",
    "outline_boxes",
    "output_size",
    "outputs_of",
    "peak_memory",
    "pieces_on_line",
    "random_weights",
    "read_detections",
    "receptive_field",
    "run_study",
    "save_picture",
    "start_again",
    "suppress_overlaps",
    "train_networks",
    "weights_of_designs",
    "xor_examples",
]

_HOMES = {
    "BACKGROUND": "detection",
    "COLOURS": "picture",
    "DECAYS": "light_curves",
    "Descent": "descent",
    "FINDINGS": "patients",
    "IGNORED": "detection",
    "Lesson": "lesson",
    "LightCurves": "light_curves",
    "MOTIF": "promoters",
    "Measured": "lesson",
    "PHRASE": "reviews",
    "RULES": "descent",
    "VARIANCES": "detection",
    "best_line": "xor",
    "build_detector": "detection",
    "compiled_together": "together",
    "condition_number": "curvature",
    "convolution_matrix": "convolution",
    "convolve": "convolution",
    "convolve_images": "convolution",
    "correlate_images": "convolution",
    "decode_boxes": "detection",
    "dense_anchors": "detection",
    "descend": "descent",
    "detector_targets": "detection",
    "draw": "picture",
    "draw_networks": "many_networks",
    "encode_boxes": "detection",
    "fit_flares": "light_curves",
    "fit_from_starts": "from_starts",
    "fit_in_turn": "in_turn",
    "fit_together": "together",
    "folding_weights": "regions",
    "hessian": "curvature",
    "largest_stable": "stable_rates",
    "lesson_facts": "find_lesson",
    "lesson_names": "find_lesson",
    "light_channels": "light_curves",
    "light_grid": "light_curves",
    "linear_regions": "regions",
    "load_lesson": "find_lesson",
    "make_light_curves": "light_curves",
    "make_patients": "patients",
    "make_promoters": "promoters",
    "make_reviews": "reviews",
    "make_scenes": "scenes",
    "match_anchors": "detection",
    "move_images": "translation",
    "moves_of": "translation",
    "outline_boxes": "picture",
    "output_size": "convolution",
    "outputs_of": "many_networks",
    "peak_memory": "memory",
    "pieces_on_line": "regions",
    "random_weights": "regions",
    "read_detections": "detection",
    "receptive_field": "convolution",
    "run_study": "studies",
    "save_picture": "picture",
    "start_again": "restart",
    "suppress_overlaps": "detection",
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
