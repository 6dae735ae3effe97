"""How a proof is shown: of many columns a line a table, of a leak everything."""

import io
import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from features import prover
from features.audit import Finding, judge_columns
from features.hindsight import Removed
from features.prover import Proof
from wellkept.cli import _app
from wellkept.cli import features as commands
from wellkept.cli.proof import as_json, as_table
from wellkept.deployment.errors import GateError
from wellkept.runs.run import Run

DAY = date(2026, 3, 30)


def proof_of_many() -> Proof:
    findings = []
    for number in range(150):
        moved: dict[Removed, int] = {
            "later events": 12 if number == 77 else 0,
            "later knowledge": 0,
            "lateness": number,
        }
        findings += [
            Finding("feature_customer__x", f"column_{number}", DAY, removed, 1000, rows, "C7" if rows else None)
            for removed, rows in moved.items()
        ]
    findings.append(Finding("lifecycle_states", "state", DAY, "later knowledge", 900, 0, None))
    return Proof(findings, judge_columns(findings, {}))


def test_a_leak_is_shown_in_full_and_the_rest_by_table() -> None:
    console = Console(width=160, file=io.StringIO(), record=True)
    console.print(as_table(proof_of_many()))
    lines = [line for line in console.export_text().splitlines() if "│" in line]
    assert len(lines) == 3
    assert "feature_customer__x (150)" in lines[0]
    assert "14.9% column_149" in lines[0]
    assert all(text in lines[1] for text in ("column_77", "12 by later events", "C7 on 2026-03-30", "7.7%", "leak"))
    assert "lifecycle_states (1)" in lines[2]
    assert "clean" in lines[2]


def test_json_has_every_verdict_and_every_comparison() -> None:
    told = json.loads(as_json(proof_of_many()))
    assert [column["column_name"] for column in told["columns"] if column["verdict"] == "leak"] == ["column_77"]
    assert (len(told["columns"]), len(told["findings"])) == (151, 451)
    assert [finding["column"] for finding in told["findings"] if finding["is_leak"]] == ["column_77"]


def test_the_command_ends_with_1_on_a_leak_and_still_tells_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prove(run: Run, days: Sequence[date], on_build: Callable[[str, int, int], None]) -> Proof:
        on_build("now", 1, 5)
        return proof_of_many()

    monkeypatch.setattr(prover, "prove_and_record", prove)
    monkeypatch.setattr(commands, "_last_day", lambda _: date(2026, 11, 20))
    words = ["features", "prove", "--as-of", "2026-11-20", "--home", str(tmp_path / "home")]
    done = CliRunner().invoke(_app, [*words, "--json"])
    assert isinstance(done.exception, GateError)
    assert str(done.exception) == "these see the future: feature_customer__x.column_77"
    assert len(json.loads(done.stdout)["columns"]) == 151
    assert "column_77" in CliRunner().invoke(_app, words).stdout
