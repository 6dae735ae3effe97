"""Where the portal is and which token opens it, from a connection's secret."""

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from wellkept.deployment.errors import BadInputError


@dataclass(frozen=True)
class Access:
    """An address and a token; the token is not shown."""

    base_url: str
    token: str = field(repr=False)

    @property
    def is_this_machine(self) -> bool:
        return _is_loopback(urlsplit(self.base_url).hostname or "")


def find_access(secret: str, base_url: str, connection: str) -> Access:
    """The access that a secret gives: a bare token, or a URI with the token as password, whose host replaces `base_url`."""
    token = secret.strip()
    if "://" in token:
        try:
            parts = urlsplit(token)
            token, host, port = unquote(parts.password or ""), parts.hostname, parts.port
        except ValueError:
            raise _unusable(connection) from None
        if host:
            base_url = f"{_scheme(parts.scheme, host)}://{host}{f':{port}' if port else ''}"
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise _unusable(connection)
    return Access(base_url, token)


def _scheme(scheme: str, host: str) -> str:
    """A token goes in the clear to this machine only, whatever Airflow calls the connection's type."""
    return "http" if scheme == "http" and _is_loopback(host) else "https"


def _is_loopback(host: str) -> bool:
    return host in {"localhost", "::1"} or host.startswith("127.")


def _unusable(connection: str) -> BadInputError:
    return BadInputError(
        f"connection {connection!r} holds no usable token: give a private app's token, or http://:TOKEN@host:port"
    )
