"""What killed processes left in the home's scratch folder: whole copies of rows, which must not stay for ever."""

import shutil
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from wellkept.deployment.clock import utc_now

_KEPT = timedelta(days=7)


def remove_left_behind(scratch: Path, pattern: str) -> None:
    """Remove the folders of that name in which nothing was made for a week: nobody reads or proves for so long."""
    oldest = (utc_now() - _KEPT).timestamp()
    for folder in scratch.glob(pattern):
        with suppress(FileNotFoundError):  # somebody else removes it
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)
