"""What the command line does with errors that are not its own."""

import sqlite3

import pytest

from wellkept import cli
from wellkept.deployment.errors import is_disk_full


def raising(error: Exception) -> object:
    def run() -> None:
        try:
            raise OSError("beneath")
        except OSError as beneath:
            raise error from beneath

    return run


def test_a_full_disk_is_one_message_and_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "_app", raising(sqlite3.OperationalError("database or disk is full")))
    with pytest.raises(SystemExit) as ended:
        cli.app()
    assert ended.value.code == 1
    assert "the disk is full" in capsys.readouterr().err


def test_another_error_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_app", raising(ValueError("a bug of ours")))
    with pytest.raises(ValueError, match="a bug of ours"):
        cli.app()


def test_the_cause_is_searched() -> None:
    error = RuntimeError("step failed")
    assert not is_disk_full(error)
    error.__cause__ = OSError(28, "No space left on device")
    assert is_disk_full(error)
