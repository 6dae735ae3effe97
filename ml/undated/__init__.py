"""Models from a file that tells who churned and not when: cross-validated, and never trusted beyond a C."""
