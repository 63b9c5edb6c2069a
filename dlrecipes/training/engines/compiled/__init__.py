"""Many members of one structure, or one, trained by a compiled program."""
