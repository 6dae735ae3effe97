"""A real PostgreSQL for tests: one server a session, a fresh database for each test that asks."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from wellkept.demo.postgres_programs import program
from wellkept.demo.postgres_server import running

_NUMBERS = count()


@dataclass(frozen=True)
class Database:
    """A database of its own, by its URI."""

    uri: str

    def execute(self, sql: str) -> str:
        """Run statements; returns what psql prints, values only."""
        return run_sql(self.uri, sql)

    def as_user(self, user: str) -> str:
        """The URI for another role."""
        return self.uri.replace("//postgres@", f"//{user}@", 1)


def run_sql(uri: str, sql: str) -> str:
    command = [str(program("psql")), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", uri, "-c", sql]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="session")
def database_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URI of a server that runs for as long as the session."""
    folder: Path = tmp_path_factory.mktemp("postgres")
    with running(folder) as uri:
        yield uri


@pytest.fixture
def database(database_server: str) -> Database:
    return new_database(database_server)


def new_database(server: str, *options: str) -> Database:
    name = f"test_{next(_NUMBERS)}"
    run_sql(server, f"create database {name} {' '.join(options)}")
    return Database(server.replace("/postgres?", f"/{name}?", 1))
