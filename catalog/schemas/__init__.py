"""Bodies and queries of the catalogue: `events` with their sessions, `named` things, `bulk` calls."""
