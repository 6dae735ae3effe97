"""From labels to a version: what is chosen, judged, refused and reported on its card."""
