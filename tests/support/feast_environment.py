"""An environment with Feast in it, whose packages and ours cannot live together: made once, under .cache."""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

from filelock import FileLock

from wellkept.deployment.paths import PROJECT_ROOT

REQUIREMENTS = ("feast[duckdb]==0.67.*", "pandas<3")


def feast_environment() -> Path:
    """The `bin` folder of an environment with Feast; a second call finds the first one's, unless the requirements changed."""
    folder = PROJECT_ROOT / ".cache" / "feast"
    wanted = hashlib.sha256(repr((REQUIREMENTS, sys.version_info[:2])).encode()).hexdigest()
    made = folder / "made"
    folder.parent.mkdir(exist_ok=True)
    with FileLock(folder.with_suffix(".lock")):
        if not made.exists() or made.read_text() != wanted:
            venv.create(folder, clear=True, with_pip=True)
            # pip, and not uv: it knows its own index, mirror and certificates.
            subprocess.run(
                [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *REQUIREMENTS], check=True
            )
            made.write_text(wanted)
    return folder / "bin"


def quiet_environment() -> dict[str, str]:
    """This process's environment without its Python, and with Feast's usage reports off."""
    ours = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return {**ours, "FEAST_USAGE": "False"}
