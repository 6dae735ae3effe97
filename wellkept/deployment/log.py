"""Logging: one logger family, no personal data in it."""

import logging


def get_logger(name: str) -> logging.Logger:
    """A logger under `wellkept`, whatever package asks."""
    return logging.getLogger(name if name.startswith("wellkept") else f"wellkept.{name}")
