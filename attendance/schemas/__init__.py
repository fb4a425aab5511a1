"""Bodies of attendance."""
