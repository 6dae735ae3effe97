"""The alert webhook: what is sent, and that it never gets in the way."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from wellkept.deployment.alerts import send_failure, send_warning, without_credentials
from wellkept.deployment.errors import GateError


@dataclass
class Receiver:
    """A webhook that answers with the given statuses in turn, the last one for ever."""

    statuses: list[int] = field(default_factory=lambda: [200])
    received: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            receiver.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0])
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/T0KEN"
    Thread(target=server.serve_forever, daemon=True).start()
    yield receiver
    server.shutdown()
    server.server_close()


def _send(url: str, error: BaseException) -> bool:
    return send_failure(
        url, dag="build_edition", step="check_published", as_of_date="2011-09-10", run_id="r1", error=error
    )


def test_a_failure_says_where_when_and_why(receiver: Receiver) -> None:
    assert _send(receiver.url, GateError("customers: 3 rows without a key"))
    assert receiver.received == [
        {
            "dag": "build_edition",
            "step": "check_published",
            "as_of_date": "2011-09-10",
            "run_id": "r1",
            "error": "GateError",
            "message": "customers: 3 rows without a key",
        }
    ]


def test_a_warning_says_which_model_on_which_day_and_why(receiver: Receiver) -> None:
    told = {"model": "churn_risk", "as_of_date": "2011-09-10", "run_id": "r1"}
    assert send_warning(receiver.url, **told, reason="AUC 0.52, where 0.81 was promised: ann@example.com")
    assert receiver.received == [{**told, "error": "Warning", "message": "AUC 0.52, where 0.81 was promised: <e-mail>"}]
    assert not send_warning("", **told, reason="no webhook")


def test_a_webhook_that_is_busy_is_asked_again(receiver: Receiver) -> None:
    receiver.statuses = [503, 200]
    assert _send(receiver.url, ValueError("x"))
    assert len(receiver.received) == 2


def test_a_webhook_that_is_gone_stops_nothing_and_stays_secret(caplog: pytest.LogCaptureFixture) -> None:
    assert not _send("http://127.0.0.1:9/T0KEN", ValueError("x"))
    assert "T0KEN" not in caplog.text
    assert "could not be reached" in caplog.text


def test_without_a_webhook_nothing_is_sent() -> None:
    assert not _send("", ValueError("x"))


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("cannot reach postgresql://bob:hunter2@db.example/shop", "cannot reach postgresql://***@db.example/shop"),
        ("login failed: password=hunter2, host=db", "login failed: password=*** host=db"),
        ("Token: abc123 is refused", "Token: *** is refused"),
        ("api_key=abc123", "api_key=***"),
        ("Conversion Error: 'ann@example.org' is no number", "Conversion Error: '<e-mail>' is no number"),
        ("orders, 2011-09-10: 3 rows have no key", "orders, 2011-09-10: 3 rows have no key"),
    ],
)
def test_credentials_are_not_sent(text: str, sent: str) -> None:
    assert without_credentials(text) == sent
