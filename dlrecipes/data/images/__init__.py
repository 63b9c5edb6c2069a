"""Images from files or arrays, split."""
