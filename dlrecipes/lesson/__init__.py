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
from dlrecipes.lesson.curvature import condition_number, hessian
from dlrecipes.lesson.descent import RULES, Descent, descend
from dlrecipes.lesson.find_lesson import lesson_facts, lesson_names, load_lesson
from dlrecipes.lesson.lesson import Lesson, Measured
from dlrecipes.lesson.patients import FINDINGS, make_patients
from dlrecipes.lesson.picture import COLOURS, draw, save_picture

__all__ = [
    "COLOURS",
    "FINDINGS",
    "RULES",
    "Descent",
    "Lesson",
    "Measured",
    "condition_number",
    "convolution_matrix",
    "convolve",
    "convolve_images",
    "correlate_images",
    "descend",
    "draw",
    "hessian",
    "lesson_facts",
    "lesson_names",
    "load_lesson",
    "make_patients",
    "output_size",
    "receptive_field",
    "save_picture",
    "weights_of_designs",
]
