"""Times, seasons and earlier values."""
