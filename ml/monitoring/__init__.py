"""Whether what was said came true, and whether the data still look like those that were learned from."""
