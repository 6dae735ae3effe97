"""Environments of their own for peers that do not fit into ours."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / ".cache" / "benchmarks" / "environments"


def python_of(name: str, requirements: Sequence[str]) -> Path:
    """The Python of an environment that holds the requirements; made by pip the first time, and whenever they change."""
    folder = FOLDER / name
    python, note = folder / "bin" / "python", folder / "requirements.txt"
    wanted = "\n".join(requirements)
    if not note.exists() or note.read_text() != wanted:
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, *requirements], check=True)
        note.write_text(wanted)
    return python
