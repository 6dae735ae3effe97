"""The demo company's systems, open while somebody works with them: its database, its CRM, and how to reach both."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from wellkept.connections import connections_given
from wellkept.paths import Home

SHOP, CRM = "shop", "crm"


@contextmanager
def company_open(home: Home) -> Iterator[dict[str, str]]:
    """Inside, the systems of the home's demo company run and its connections are given; yields them by name.

    A home without a demo company has none, and nothing is started.
    """
    folder = home.demo
    if not (folder / "company.json").exists():
        yield {}
        return
    from wellkept.demo import crm_server, postgres

    with ExitStack() as stack:
        shop = stack.enter_context(postgres.running(folder / "postgres"))
        token = read_token(folder)
        crm = stack.enter_context(crm_server.running(folder / "crm", token))
        connections = {SHOP: postgres.reader_of(shop), CRM: crm.replace("://", f"://:{token}@", 1)}
        stack.enter_context(connections_given(connections))
        yield connections


def read_token(folder: Path) -> str:
    """The CRM's private-app token, made up when it is first asked for and kept for the owner alone."""
    file = folder / "token"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(f"pat-demo-{secrets.token_hex(16)}")
    return file.read_text()
