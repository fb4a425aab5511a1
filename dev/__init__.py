"""Commands for those who work on Aforo. Nothing here reaches production."""
