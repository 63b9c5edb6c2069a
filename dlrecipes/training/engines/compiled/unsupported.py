"""What a compiled engine says of a model that it cannot train."""


class Unsupported(Exception):
    """A model that cannot be trained this way; the message says why."""
