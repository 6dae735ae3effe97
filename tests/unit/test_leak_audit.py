"""The leak audit goes out: the newest proof up to the edition's day, and a leak in it is a warning."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pytest
from edition_builder import build, make_run

from expectations import gate
from expectations.published import leak_audit
from expectations.suites import PublishedSuite
from features.audit import Finding, judge_columns, write_audit
from wellkept.editions.publish import publish
from wellkept.runs.run import Run


def test_an_edition_holds_the_newest_proof_up_to_its_day(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    build(run)  # its proofs are of two days before the edition's and of one after it
    path = publish(run)
    with duckdb.connect(path, read_only=True) as edition:
        assert edition.execute("select as_of_date from leak_audit").fetchall() == [(date(2011, 1, 8),)]


@pytest.fixture
def prove_on(run_of: Callable[..., Run], monkeypatch: pytest.MonkeyPatch) -> Callable[[str, int], None]:
    """`prove_on("2026-03-01", 3)`: a proof of that day in which so many rows moved; only its suite is in the gate."""

    def only(run: Run) -> list[PublishedSuite]:
        return [PublishedSuite(leak_audit.TABLE, leak_audit.rules(run))]

    def prove(day: str, moved: int) -> None:
        run = run_of(day)
        finding = Finding("feature_customer__x", "c", run.as_of_date, "later events", 10, moved, None)
        with duckdb.connect(str(run.home.warehouse)) as connection:
            write_audit(connection, run, judge_columns([finding], {}))

    monkeypatch.setattr(gate, "published_suites", only)
    return prove


@pytest.mark.parametrize(("proofs", "is_warned"), [((3, 0), False), ((0, 3), True), ((3,), True), ((), False)])
def test_a_leak_in_the_newest_proof_is_told_and_stops_nothing(
    run_of: Callable[..., Run],
    prove_on: Callable[[str, int], None],
    proofs: tuple[int, ...],
    is_warned: bool,
) -> None:
    run = run_of("2026-03-10")
    duckdb.connect(str(run.home.warehouse)).close()
    for day, moved in zip(("2026-03-01", "2026-03-08"), proofs, strict=False):
        prove_on(day, moved)
    prove_on("2026-04-05", 3)  # a later day's is no matter of this one
    failures = gate.check_published(run).failures
    assert [failure.rule for failure in failures] == ["nothing sees the future"] * is_warned
