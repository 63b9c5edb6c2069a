"""The command line; each command is a few lines over recipe and run."""

from dlrecipes.cli.app import main

__all__ = ["main"]
