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
from dlrecipes.lesson.lesson import Lesson, Measured
from dlrecipes.lesson.picture import COLOURS, draw, outline_boxes, save_picture
from dlrecipes.lesson.restart import start_again
from dlrecipes.lesson.scenes import make_scenes
from dlrecipes.lesson.translation import move_images, moves_of

__all__ = [
    "BACKGROUND",
    "COLOURS",
    "IGNORED",
    "VARIANCES",
    "Lesson",
    "Measured",
    "build_detector",
    "convolution_matrix",
    "convolve",
    "convolve_images",
    "correlate_images",
    "decode_boxes",
    "dense_anchors",
    "detector_targets",
    "draw",
    "encode_boxes",
    "lesson_facts",
    "lesson_names",
    "load_lesson",
    "make_scenes",
    "match_anchors",
    "move_images",
    "moves_of",
    "outline_boxes",
    "output_size",
    "read_detections",
    "receptive_field",
    "save_picture",
    "start_again",
    "suppress_overlaps",
    "weights_of_designs",
]
