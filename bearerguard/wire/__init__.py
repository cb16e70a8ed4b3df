"""Text to values and back: pure functions, one grammar per file."""
