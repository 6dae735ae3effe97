"""`wellkept demo` founds its company in a home of its own, and never in one that holds something else."""

import errno
import json
import signal
import stat
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from wellkept.demo.company import Charter
from wellkept.demo.notes import Company, read_token, within_reach, write_company
from wellkept.demo.opening import closed_when_ended, company_open
from wellkept.demo.systems import advance_company, found_company
from wellkept.demo.truth import LAST_DAY
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.paths import Home

SMALL = Charter(seed=1, customers=200)


def test_another_company_needs_another_home(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.demo.mkdir()
    known = {"seed": 2, "customers": 200, "first_day": str(SMALL.first_day), "today": str(LAST_DAY)}
    (home.demo / "company.json").write_text(json.dumps(known))
    with pytest.raises(BadInputError, match="another demo company"):
        found_company(home, SMALL, LAST_DAY, 90)
    present = found_company(home, Charter(seed=2, customers=200), LAST_DAY, 90)
    assert (present.company.today, dict(present.shop), dict(present.crm)) == (LAST_DAY, {}, {})


def test_a_home_with_other_data_is_left_alone(tmp_path: Path) -> None:
    Home(tmp_path).warehouse.touch()
    with pytest.raises(BadInputError, match="not the demo's"):
        found_company(Home(tmp_path), SMALL, LAST_DAY, 90)
    assert not Home(tmp_path).demo.exists()


def test_no_day_passes_where_there_is_no_company(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="holds no demo company"):
        advance_company(Home(tmp_path), 1, 90)


def test_what_a_kill_left_of_a_founding_is_no_other_company(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    day = SMALL.first_day + timedelta(days=60)
    founded = found_company(home, SMALL, day, 90)
    assert sum(new for new, _ in founded.shop.values()) > 0
    (home.demo / "company.json").unlink()
    assert home.config.exists()
    again = found_company(home, SMALL, day, 90)
    assert (again.company, sum(new for new, _ in again.shop.values())) == (founded.company, 0)
    config = home.config.read_text()
    home.config.unlink()
    found_company(home, SMALL, day, 90)
    assert home.config.read_text() == config
    assert [path.name for path in (*tmp_path.glob("home/.*"), *home.demo.glob(".*"))] == []


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"seed": 1, "customers": 2, "first_day": "x", "today": "y"}'])
def test_a_charter_that_cannot_be_read_says_what_to_do(text: str, tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.demo.mkdir()
    (home.demo / "company.json").write_text(text)
    with pytest.raises(BadInputError, match=r"company\.json .* found the company again"):
        advance_company(home, 1, 90)


def test_an_empty_token_is_made_anew_and_then_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.demo.mkdir()
    (home.demo / "token").touch()
    token = read_token(home)
    assert token.startswith("pat-demo-")
    assert read_token(home) == token
    assert stat.S_IMODE((home.demo / "token").stat().st_mode) == 0o600


def test_a_home_that_cannot_be_made_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInputError, match=r"give --home a folder that is yours"):
        found_company(Home(tmp_path / "file" / "home"), SMALL, LAST_DAY, 90)


def test_a_home_of_somebody_else_is_bad_input(tmp_path: Path) -> None:
    with (
        pytest.raises(BadInputError, match=r"somewhere cannot be used \(Permission denied\)"),
        within_reach(Home(tmp_path)),
    ):
        raise PermissionError(errno.EACCES, "Permission denied", "somewhere")
    with pytest.raises(OSError, match="No space left"), within_reach(Home(tmp_path)):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_day_that_the_company_has_not_reached_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.demo.mkdir()
    write_company(home, Company(SMALL, LAST_DAY))
    with (
        pytest.raises(BadInputError, match=f"is at {LAST_DAY}.*wellkept demo --advance 2d"),
        company_open(home, LAST_DAY + timedelta(days=2)),
    ):
        pass


def end_while_open(number: signal.Signals) -> None:
    with closed_when_ended(), ExitStack() as closing:
        closing.callback(signal.raise_signal, number)  # said twice, it does not disturb the closing
        signal.raise_signal(number)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_to_end_is_an_interrupt_while_something_is_open(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises(KeyboardInterrupt):
            end_while_open(number)
        assert signal.getsignal(number) is signal.SIG_DFL
        signal.signal(number, signal.SIG_IGN)
        with closed_when_ended():
            signal.raise_signal(number)
    finally:
        signal.signal(number, before)
