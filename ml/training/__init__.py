"""From labels to a version: what is chosen, judged, refused and told on its card."""
