"""A day's risks with their reasons, and what changed since."""
