"""The HTTP side: who may ask, how often, and what goes wrong on request."""

import asyncio
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from wellkept.demo.crm_server import answers
from wellkept.demo.crm_server.faults import Faults
from wellkept.demo.crm_server.limits import Limits, Window
from wellkept.demo.crm_server.refusals import RefusalError, bad_input, bad_token, missing_scope, server_error, too_many
from wellkept.demo.crm_server.spoiling import spoil_bytes, spoil_page
from wellkept.demo.crm_server.store import Store, Table

Answer = Callable[[Store, Table, Request, Any], dict[str, Any]]


def build_app(folder: Path, token: str, limits: Limits) -> Starlette:
    """The CRM of a folder, for whoever has the token."""
    crm = _Crm(folder, token, limits)
    return Starlette(
        routes=[
            Route("/_demo/ready", crm.say_ready),
            Route("/crm/v3/objects/{type}", crm.endpoint(_list), methods=["GET"]),
            Route("/crm/v3/objects/{type}/search", crm.endpoint(_search, is_search=True), methods=["POST"]),
            Route("/crm/v3/objects/{type}/batch/read", crm.endpoint(_read_batch), methods=["POST"]),
            Route("/crm/v3/associations/{type}/{to}/batch/read", crm.endpoint(_read_associations), methods=["POST"]),
        ]
    )


class _Crm:
    """What lasts from request to request: the objects, the limits' counts and the faults left."""

    def __init__(self, folder: Path, token: str, limits: Limits) -> None:
        self._store, self._faults = Store(folder), Faults(folder)
        self._expected = f"Bearer {token}"
        self._requests, self._searches = Window(limits.requests, 10), Window(limits.searches, 1)
        self._last_pages: dict[str, list[Any]] = {}

    async def say_ready(self, request: Request) -> Response:
        return _json({}) if self._is_allowed(request) else _refused(bad_token())

    def endpoint(self, answer: Answer, is_search: bool = False) -> Callable[[Request], Any]:
        """A handler that lets `answer` speak where nothing stands against it."""

        async def handle(request: Request) -> Response:
            try:
                return await self._answer(request, answer, is_search)
            except RefusalError as refusal:
                return _refused(refusal)

        return handle

    async def _answer(self, request: Request, answer: Answer, is_search: bool) -> Response:
        if not self._is_allowed(request):
            raise bad_token()
        object_type = request.path_params["type"]
        await self._fail_first(object_type)
        refused = self._requests.refuse("TEN_SECONDLY_ROLLING")
        refused = refused or (self._searches.refuse("SECONDLY") if is_search else None)
        if refused:
            raise refused
        table = self._store.table(object_type, hours_behind=1 if self._faults.take("clock_off", object_type) else 0)
        given = await _read_json(request) if request.method == "POST" else None
        page = answer(self._store, table, request, given)
        cursor = (given or {}).get("after") or request.query_params.get("after")
        spoil_page(self._faults, object_type, page, str(cursor) if cursor else None, self._last_pages)
        body = spoil_bytes(self._faults, object_type, json.dumps(page, ensure_ascii=False).encode())
        is_partial = "numErrors" in page
        if self._faults.take("drop", object_type):
            return _CutResponse(body, media_type="application/json")
        return Response(body, status_code=207 if is_partial else 200, media_type="application/json")

    async def _fail_first(self, object_type: str) -> None:
        if slow := self._faults.take("slow", object_type):
            await asyncio.sleep(slow.seconds)
        if self._faults.take("errors", object_type):
            raise server_error()
        if storm := self._faults.take("storm", object_type):
            raise too_many("TEN_SECONDLY_ROLLING", round(storm.seconds))
        if self._faults.take("missing_scope", object_type):
            raise missing_scope(object_type)

    def _is_allowed(self, request: Request) -> bool:
        given = request.headers.get("authorization", "")
        return hmac.compare_digest(given.encode(), self._expected.encode())


class _CutResponse(Response):
    """Promises a whole body, sends half of it and leaves: the server then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})


def _list(store: Store, table: Table, request: Request, given: Any) -> dict[str, Any]:
    del given
    return answers.list_page(store, table, request.query_params)


def _search(store: Store, table: Table, request: Request, given: Any) -> dict[str, Any]:
    del request
    return answers.search_page(store, table, given)


def _read_batch(store: Store, table: Table, request: Request, given: Any) -> dict[str, Any]:
    return answers.read_batch(store, table, given, request.query_params.get("archived", "false") == "true")


def _read_associations(store: Store, table: Table, request: Request, given: Any) -> dict[str, Any]:
    return answers.read_associations(store, table, request.path_params["to"], given)


async def _read_json(request: Request) -> dict[str, Any]:
    try:
        given = json.loads(await request.body())
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise bad_input("Invalid input JSON.")
    return given


def _refused(refusal: RefusalError) -> Response:
    return _json(refusal.body, refusal.status, refusal.headers)


def _json(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(json.dumps(body), status, headers, media_type="application/json")
