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
from dlrecipes.lesson.lesson import Lesson, Measured
from dlrecipes.lesson.linear_regions import (
    folding_weights,
    linear_regions,
    pieces_on_line,
    random_weights,
)
from dlrecipes.lesson.picture import COLOURS, draw, save_picture

__all__ = [
    "COLOURS",
    "Lesson",
    "Measured",
    "convolution_matrix",
    "convolve",
    "convolve_images",
    "correlate_images",
    "draw",
    "folding_weights",
    "lesson_facts",
    "lesson_names",
    "linear_regions",
    "load_lesson",
    "output_size",
    "pieces_on_line",
    "random_weights",
    "receptive_field",
    "save_picture",
    "weights_of_designs",
]
