"""A small S3-compatible store on 127.0.0.1: lists, and gives objects whole or by range, to whoever signs with its key."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

_PAGE = 2
"""Objects in one page of a listing: few, so that more than one page is asked for."""


@dataclass
class ObjectStore:
    """One bucket: `put` adds or replaces an object; `asked` is what was asked for, as `METHOD key`."""

    bucket: str = "lake"
    key: str = "AKIDTEST"
    secret: str = "not/so+secret"
    address: str = ""
    is_public: bool = False
    failures: int = 0
    """So many requests are answered with 503 first."""
    objects: dict[str, tuple[bytes, datetime]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def put(self, name: str, content: bytes | str, modified_at: str = "2026-03-01T10:00:00") -> None:
        raw = content.encode() if isinstance(content, str) else content
        self.objects[name] = (raw, datetime.fromisoformat(modified_at).replace(tzinfo=UTC))

    def forget_read(self) -> list[str]:
        """The objects that were read since this was last asked, in the order of their names."""
        names = {line.removeprefix("GET ") for line in self.asked if line.startswith("GET ")} - {""}
        self.asked.clear()
        return sorted(names)


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """An empty store that listens until the end of the block."""
    store = ObjectStore()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(store))
    store.address = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(store: ObjectStore) -> type[BaseHTTPRequestHandler]:
    return type("Handler", (_Handler,), {"store": store})


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    store: ObjectStore

    def do_GET(self) -> None:
        split = urlsplit(self.path)
        bucket, _, name = unquote(split.path).lstrip("/").partition("/")
        self.store.asked.append(f"{self.command} {name}")
        if self.store.failures:
            self.store.failures -= 1
            self._send(503, b"<Error><Code>SlowDown</Code></Error>")
        elif not self._is_signed():
            words = f"<Error><Code>AccessDenied</Code><AWSAccessKeyId>{self.store.key}</AWSAccessKeyId></Error>"
            self._send(403, words.encode())
        elif not name and bucket == self.store.bucket:
            self._send(200, _listing(self.store, parse_qs(split.query)), {"Content-Type": "application/xml"})
        elif bucket == self.store.bucket and name in self.store.objects:
            self._send_object(*self.store.objects[name])
        else:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")

    do_HEAD = do_GET  # noqa: N815  (the name is theirs)

    def _is_signed(self) -> bool:
        return self.store.is_public or f"Credential={self.store.key}/" in self.headers.get("Authorization", "")

    def _send_object(self, content: bytes, modified_at: datetime) -> None:
        headers = {
            "Last-Modified": format_datetime(modified_at, usegmt=True),
            "ETag": f'"{hash(content):x}"',
            "Accept-Ranges": "bytes",
        }
        asked = self.headers.get("Range", "").removeprefix("bytes=")
        if not asked:
            self._send(200, content, headers)
            return
        start, _, end = asked.partition("-")
        last = min(int(end or len(content)), len(content) - 1)
        headers["Content-Range"] = f"bytes {start}-{last}/{len(content)}"
        self._send(206, content[int(start) : last + 1], headers)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the name is theirs)
        pass


def _listing(store: ObjectStore, query: dict[str, list[str]]) -> bytes:
    """ListObjectsV2 with names as in a URL: a page of the objects under a prefix, and where the next one begins."""
    prefix, after = query.get("prefix", [""])[0], query.get("continuation-token", [""])[0]
    names = sorted(name for name in store.objects if name.startswith(prefix) and name > after)
    page = names[:_PAGE]
    contents = "".join(
        f"<Contents><Key>{quote(name)}</Key><LastModified>{modified_at:%Y-%m-%dT%H:%M:%S}.000Z</LastModified>"
        f'<ETag>"{hash(content):x}"</ETag><Size>{len(content)}</Size></Contents>'
        for name in page
        for content, modified_at in [store.objects[name]]
    )
    has_more = len(names) > len(page)
    token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if has_more else ""
    return (
        f"<?xml version='1.0'?><ListBucketResult><IsTruncated>{str(has_more).lower()}</IsTruncated>{token}{contents}"
        "</ListBucketResult>"
    ).encode()
