"""What a home notes of its demo company, each file whole: its charter, the day it has reached, and its CRM's token."""

import errno
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from wellkept.deployment.clock import parse_day
from wellkept.deployment.errors import BadInputError
from wellkept.deployment.paths import Home

if TYPE_CHECKING:  # every command imports this module, and the company's life brings numpy
    from wellkept.demo.life import Charter

_OUT_OF_REACH = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)


@dataclass(frozen=True)
class Company:
    """A demo company and the day its systems have reached: they hold what was written before 00:00 UTC of it."""

    charter: "Charter"
    today: date


def read_company(home: Home) -> Company | None:
    """The home's demo company; None where there is none."""
    file = _charter_file(home)
    if not file.exists():
        return None
    from wellkept.demo.life import Charter

    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        charter = Charter(int(known["seed"]), int(known["customers"]), parse_day(known["first_day"]))
        return Company(charter, parse_day(known["today"]))
    except (ValueError, KeyError, TypeError, BadInputError):
        raise BadInputError(
            f"{file} does not say which demo company this is; restore it from a backup, or delete {home.root} (all in "
            "it is made up) and found the company again with `wellkept demo`"
        ) from None


def require_company(home: Home) -> Company:
    """The home's demo company; a BadInputError where there is none."""
    company = read_company(home)
    if company is None:
        raise BadInputError(f"{home.root} holds no demo company; found one first with `wellkept demo`")
    return company


def write_company(home: Home, company: Company) -> None:
    """From now on this is the home's company, and its day."""
    known = {**asdict(company.charter), "today": company.today}
    replace_text(_charter_file(home), json.dumps(known, default=str))


def read_token(home: Home) -> str:
    """The CRM's private-app token, made up when it is first asked for and kept for the owner alone."""
    file = home.demo / "token"
    token = file.read_text(encoding="utf-8").strip() if file.exists() else ""
    if not token:
        token = f"pat-demo-{secrets.token_hex(16)}"
        replace_text(file, token, mode=0o600)
    return token


def replace_text(file: Path, text: str, mode: int = 0o666) -> None:
    """The file holds the text; killed in between, it holds what it held before."""
    part = file.with_name(f".{file.name}.{os.getpid()}")
    part.touch(mode)
    part.write_text(text, encoding="utf-8")
    part.replace(file)


@contextmanager
def within_reach(home: Home) -> Iterator[None]:
    """Inside, a file of the home that this user may not have ends in a BadInputError with advice."""
    try:
        yield
    except OSError as error:
        if error.errno not in _OUT_OF_REACH:
            raise
        raise BadInputError(
            f"{error.filename or home.root} cannot be used ({error.strerror}); give --home a folder that is yours to write to"
        ) from None


def _charter_file(home: Home) -> Path:
    return home.demo / "company.json"
