"""From the columns of a power study to its summary.json: one file a part, `summary` puts them together."""
