"""Who may read what under the home: all but `published/` is its owner's alone."""

import stat
from pathlib import Path

from wellkept.deployment.log import get_logger
from wellkept.deployment.paths import Home

_LOG = get_logger(__name__)
# Others pass through, but cannot list what lies there: readers to published/, the demo's database (whose user is not
# root) to its files.
_PASSAGE = 0o711
_FOLDER = 0o700
_FILE = 0o600


def make_private(home: Home) -> None:
    """The home's private folders are there, and private; published/ stays as its owner's umask makes it."""
    home.editions.mkdir(parents=True, exist_ok=True)
    for folder in home.working_folders:
        folder.mkdir(mode=_FOLDER, parents=True, exist_ok=True)
    keep_private(home)


def keep_private(home: Home) -> None:
    """Takes from others what they must not have; rights are never added, and who does not own the home changes nothing."""
    wanted = {home.root: _PASSAGE, home.demo: _PASSAGE}
    wanted |= dict.fromkeys((*home.working_folders, *home.occasional_folders), _FOLDER)
    wanted |= dict.fromkeys(home.databases, _FILE)
    refused = [str(path) for path, mode in wanted.items() if not _restrict(path, mode)]
    if refused:
        _LOG.debug("modes left as they are, this user does not own them: %s", ", ".join(refused))


def _restrict(path: Path, mode: int) -> bool:
    try:
        present = stat.S_IMODE(path.stat().st_mode)
        # The bits above the nine, such as set-group-id, are not ours to judge.
        if present & 0o777 & ~mode:
            path.chmod(present & (0o7000 | mode))
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
