"""The bench: rows of a subject and its reference, measured in turns on one server, told as ratios."""
