"""The feature store: building snapshots, reading them point in time, and proving that they do not leak."""
