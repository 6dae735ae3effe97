"""The demo company's systems, open while somebody works with them: its database, its CRM, and how to reach both."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from typing import Any

from wellkept.demo.notes import Company, read_company, read_token, within_reach
from wellkept.deployment.connections import connections_given
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.paths import Home

SHOP, CRM = "shop", "crm"
_ENDS = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def company_open(home: Home, as_of_date: date | None = None) -> Iterator[dict[str, str]]:
    """Inside, the systems of the home's demo company run and its connections are given; yields them by name.

    A home without a demo company has none, and nothing is started. A company that has not come as far as `as_of_date`
    is a BadInputError: what its systems would give for that day is not there yet.
    """
    with ExitStack() as stack:
        with within_reach(home):
            company = read_company(home)
            if company and as_of_date:
                _require_reached(company, as_of_date)
            connections = _open(home, stack) if company else {}
        yield connections


def _open(home: Home, stack: ExitStack) -> dict[str, str]:
    from wellkept.demo import crm_server, postgres

    stack.enter_context(closed_when_ended())
    shop = stack.enter_context(postgres.running(home.demo / "postgres"))
    token = read_token(home)
    crm = stack.enter_context(crm_server.running(home.demo / "crm", token, limits=crm_server.INCREASED))
    connections = {SHOP: postgres.reader_of(shop), CRM: crm.replace("://", f"://:{token}@", 1)}
    stack.enter_context(connections_given(connections))
    return connections


def _require_reached(company: Company, as_of_date: date) -> None:
    missing = (as_of_date - company.today).days
    if missing > 0:
        raise BadInputError(
            f"the demo company is at {company.today}, and {as_of_date} has not come there yet; let its days pass first: "
            f"wellkept demo --advance {missing}d"
        )


@contextmanager
def closed_when_ended() -> Iterator[None]:
    """Inside, SIGTERM and a closed terminal end us as Ctrl-C does, so that what is open is closed.

    Whoever has settled otherwise what such a signal does (nohup, for one) keeps that; so does a thread, which cannot say.
    """
    is_main = threading.current_thread() is threading.main_thread()
    ours = [number for number in _ENDS if is_main and signal.getsignal(number) is signal.SIG_DFL]

    def end(*_: Any) -> None:
        # A closing terminal says it twice, and the second must not disturb the closing.
        for number in ours:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in ours:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
