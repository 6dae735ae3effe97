"""A deployment as a user has it: a home, a source, and the command line on both."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from wellkept.deployment.settings import child_environment

WELLKEPT = Path(sys.executable).with_name("wellkept")
FIRST_DAY, NEXT_DAY = date(2026, 11, 6), date(2026, 11, 20)


@dataclass(frozen=True)
class Deployment:
    """A home, the folder it reads (None: the sources of its own wellkept.toml), and the command line on both."""

    home: Path
    source: Path | None = None

    def command(self, *arguments: str) -> list[str]:
        return [str(WELLKEPT), *arguments, "--home", str(self.home)]

    def run(self, day: date, *more: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        return self.call(*self.run_words(day), *more, expect=expect)

    def run_words(self, day: date) -> tuple[str, ...]:
        source = ("--source", str(self.source)) if self.source else ()
        return ("run", "--as-of", str(day), *source)

    def call(self, *arguments: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*arguments), capture_output=True, text=True, check=False, env=child_environment()
        )
        assert done.returncode == expect, f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the published edition."""
        with duckdb.connect(str((self.home / "published" / "wellkept.duckdb").resolve()), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads((self.home / "published" / "manifest.json").read_text())
        return manifest

    def hashes(self) -> dict[str, str]:
        """What each published table holds, audit columns aside."""
        return {name: table["content_hash"] for name, table in self.manifest()["tables"].items()}


def copy_of(deployment: Deployment, folder: Path, source: Path | None = None) -> Deployment:
    home = folder / "home"
    shutil.copytree(deployment.home, home, symlinks=True)
    return Deployment(home, source or deployment.source)
