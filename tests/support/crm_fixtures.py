"""The small CRM as fixtures: one server a module, as new for each test."""

from collections.abc import Iterator

import pytest
from crm import Crm, serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    with serving(tmp_path_factory.mktemp("crm")) as crm:
        yield crm


@pytest.fixture
def crm(server: Crm) -> Crm:
    server.reset()
    return server
