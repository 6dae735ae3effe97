"""A made-up company, so that everything can be tried, tested and shown without anyone's real data."""
