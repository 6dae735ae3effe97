"""How a connection is written for PostgreSQL's library: a URI or a DSN, with the settings our sessions need."""

import re
from datetime import timedelta
from urllib.parse import quote, unquote

_OPTIONS_IN_URI = re.compile(r"[?&]options=([^&]*)")
_OPTIONS_IN_DSN = re.compile(r"(?:^|\s)options\s*=\s*('(?:[^'\\]|\\.)*'|\S+)")

# A connection that went silent is noticed within two minutes.
_DEFAULTS = {"connect_timeout": "10", "keepalives_idle": "60", "keepalives_interval": "15", "keepalives_count": "4"}


def with_settings(secret: str, statement_timeout: timedelta) -> str:
    """The same connection, for a read-only session with a limit on each statement and UTF-8 text.

    Options of the connection itself are kept, but for those; PostgreSQL's library takes the last of two.
    """
    ours = f"-c default_transaction_read_only=on -c statement_timeout={int(statement_timeout.total_seconds() * 1000)}"
    is_uri = secret.startswith(("postgresql://", "postgres://"))
    found = (_OPTIONS_IN_URI if is_uri else _OPTIONS_IN_DSN).findall(secret)
    theirs = "" if not found else unquote(found[-1]) if is_uri else _unquoted(found[-1])
    # The server checks that what it sends is in this encoding, also where its own checks nothing (SQL_ASCII).
    settings = {"client_encoding": "UTF8", "options": f"{theirs} {ours}".strip()}
    settings |= {name: value for name, value in _DEFAULTS.items() if f"{name}=" not in secret}
    if is_uri:
        added = "&".join(f"{name}={quote(value, safe='')}" for name, value in settings.items())
        return f"{secret}{'&' if '?' in secret else '?'}{added}"
    return " ".join([secret, *(f"{name}={_in_quotes(value)}" for name, value in settings.items())])


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value.removeprefix("'").removesuffix("'"))


def _in_quotes(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
