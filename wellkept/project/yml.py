"""YAML as this project reads it: plain values only, and by the C library where PyYAML has it, which takes a tenth of the time."""

from pathlib import Path
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yml(file: Path) -> Any:
    """What a YAML file holds."""
    return yaml.load(file.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  either loader is a safe one
