"""Secrets by name: a connection is in the environment, or in Airflow."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated

from pydantic import Field

from wellkept.deployment.errors import BadInputError

ConnectionName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,60}$")]
"""The name by which wellkept.toml speaks of a secret."""


def read_connection(name: str) -> str:
    """The secret behind a connection's name: the variable WELLKEPT_CONNECTION_<NAME>, else Airflow's connection as a URI.

    Where there is neither, a BadInputError says how to give it.
    """
    secret = os.environ.get(_variable(name)) or _read_from_airflow(name)
    if not secret:
        raise BadInputError(
            f"connection {name!r} is not known: set {_variable(name)} in the environment, "
            f"or add a connection with the id {name!r} to Airflow"
        )
    return secret.strip()  # a file it was read from may end with a line break


@contextmanager
def connections_given(secrets: Mapping[str, str]) -> Iterator[None]:
    """Inside, this process and its children know these connections; what the environment had comes back after."""
    names = {_variable(name): secret for name, secret in secrets.items()}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _variable(name: str) -> str:
    return f"WELLKEPT_CONNECTION_{name.upper()}"


def _read_from_airflow(name: str) -> str | None:
    """Inside a task only: elsewhere there is nobody to ask."""
    if "airflow.sdk" not in sys.modules:
        return None
    from airflow.sdk import Connection
    from airflow.sdk.exceptions import AirflowNotFoundException

    try:
        return str(Connection.get(name).get_uri())
    except AirflowNotFoundException:
        return None
