"""Lessons: one claim of a lecture each, run and measured."""

from dlrecipes.lesson.convolution import (
    convolution_matrix,
    convolve,
    convolve_images,
    correlate_images,
    output_size,
    receptive_field,
    weights_of_designs,
)
from dlrecipes.lesson.find_lesson import lesson_facts, lesson_names, load_lesson
from dlrecipes.lesson.fit_in_turn import fit_in_turn
from dlrecipes.lesson.fit_together import fit_together
from dlrecipes.lesson.lesson import Lesson, Measured
from dlrecipes.lesson.linear_regions import (
    folding_weights,
    linear_regions,
    pieces_on_line,
    random_weights,
)
from dlrecipes.lesson.many_networks import descend, draw_networks, outputs_of
from dlrecipes.lesson.picture import COLOURS, draw, save_picture
from dlrecipes.lesson.stable_rates import largest_stable
from dlrecipes.lesson.xor import best_line, xor_examples

__all__ = [
    "COLOURS",
    "Lesson",
    "Measured",
    "best_line",
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
    "weights_of_designs",
    "xor_examples",
]
