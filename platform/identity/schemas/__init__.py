"""Bodies of identity."""
