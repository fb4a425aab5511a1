"""What it meant: reports and rollups."""
