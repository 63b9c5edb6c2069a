"""Texts as token numbers and as TF-IDF weights, in a model's graph."""
