"""What went wrong with a database, said without its secrets and without its rows."""

import re
from dataclasses import dataclass
from datetime import date

from wellkept.deployment.errors import BadInputError, WellkeptError


class UnreachableError(WellkeptError):
    """Nobody answers, or not now: worth another attempt."""


@dataclass(frozen=True)
class Place:
    """What was being read, and for which day."""

    source: str
    as_of_date: date
    entity: str
    label: str

    def __str__(self) -> str:
        return f"{self.entity} for {self.as_of_date}: {self.label} of source {self.source}"

    def refuse(self, why: str) -> BadInputError:
        return BadInputError(f"{self} {why}")


_REFUSED = (
    (r"password|authentication|fe_sendauth", "refuses the login; correct user and password"),
    (r'role ".*" does not exist', "does not know the user; correct the user"),
    (r'database ".*" does not exist', "has no database of that name; correct the database"),
    (r"pg_hba\.conf|permission denied for database", "does not let this user in from here; ask its keeper to"),
    (r"SSL|certificate", "and we do not agree about encryption; correct sslmode and certificates"),
    (
        r"unsupported startup parameter",
        "is behind a pooler that does not pass on `options`, and a read-only session needs them; go to the database itself",
    ),
    (r"FATAL:", "refuses the connection; the server's log says why"),
    (
        r'^invalid |^missing "|^unterminated|forbidden value|unexpected character|end of string',
        "cannot be reached by a text like that; give a URI (postgresql://user:password@host/database) or a libpq DSN",
    ),
)
"""What a server or its library answers that no second attempt will change."""

_NOT_NOW = r"starting up|shutting down|too many|connection slots|recovery|Connection refused|timeout expired"

_BROKEN = (
    (
        r"no space left on device",
        WellkeptError,
        "could not be copied: no space left on device; make room and run again",
    ),
    (r"permission denied", BadInputError, "may not be read by this user; grant it select"),
    (r"relation .* does not exist", BadInputError, "is not there; correct its name, schema and case"),
    (r'schema ".*" does not exist', BadInputError, "is in a schema that is not there; correct its name"),
    (
        r"duplicate column name",
        BadInputError,
        "has two columns whose names differ in case only, or not at all; give a query that names them apart",
    ),
    (
        r"statement timeout",
        WellkeptError,
        "took longer than statement_timeout; raise it, or give the incremental column an index",
    ),
    (
        r"invalid byte sequence|not valid unicode|invalid unicode|no equivalent in encoding",
        BadInputError,
        "holds text that is not UTF-8; mend it in the database, or give a query that leaves it out",
    ),
    (
        r"conflict with recovery|could not serialize|deadlock",
        WellkeptError,
        "was changed by the database while it was read; run the day again",
    ),
    (
        r"closed the connection|terminating connection|connection (was|not|to)|no connection|reset by peer|timed out"
        r"|could not (receive|send)|SSL SYSCALL|shutting down|unable to read binary copy|\bEOF\b",
        WellkeptError,
        "was not read to its end, because the connection broke; nothing of this day is kept: run it again",
    ),
)
"""What may befall a read, what it is for the person who runs it, and the next step."""

_ADDRESS = re.compile(r"\S+@\S+")  # a view may raise an error with a row's text in it
_QUOTES = "\"'\u00ab\u00bb\u2018-\u201f"


def explain_refusal(message: str, secret: str, start: str) -> WellkeptError:
    """The error for a connection that could not be made; `start` says which."""
    reason = message.replace(secret, "").rpartition("failed: ")[2].rpartition('at "": ')[2]
    reason = re.sub('"[^"]*"', '""', reason)
    if not re.search(_NOT_NOW, reason):
        for pattern, words in _REFUSED:
            if re.search(pattern, reason, re.IGNORECASE):
                return BadInputError(f"{start} {words}")
    return UnreachableError(f"{start} does not answer; check that it runs and can be reached from here, then run again")


def explain_failure(message: str, selection: str, place: Place, may_hold_rows: bool) -> WellkeptError:
    """The error for a selection that failed; where rows may be in what the server said, it is cut before its first quote."""
    found = message.replace(selection, "").partition("\nLINE ")[0]
    said = found.rpartition("ERROR:")[2].strip().partition("\n")[0] if "ERROR:" in found else ""
    if may_hold_rows:
        said = _ADDRESS.sub("...", re.sub(rf"[{_QUOTES}].*", "...", said))
    receipt = f" (the database says: {said})" if said else ""
    for pattern, kind, words in _BROKEN:
        if re.search(pattern, found, re.IGNORECASE):
            return kind(f"{place} {words}{receipt}")
    return BadInputError(f"{place} cannot be read; mend it and run again{receipt}")
