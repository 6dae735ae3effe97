"""One request to HubSpot: asked again while the trouble may pass, and then one clear error."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from types import TracebackType
from typing import Any, Self

import httpx
import tenacity

from wellkept.deployment.errors import BadInputError, WellkeptError
from wellkept.sources.hubspot.access import Access
from wellkept.sources.hubspot.pace import Pace
from wellkept.sources.hubspot.settings import HubspotSource

_SCOPES = {
    "tickets": "tickets",
    "emails": "sales-email-read",
    "calls": "crm.objects.contacts.read",
    "meetings": "crm.objects.contacts.read",
}
"""Where a type's scope is not named after it."""
_FIRST_WAIT_SECONDS = 1


@dataclass(eq=False)
class PassingError(Exception):
    """Trouble that may be over at the next attempt."""

    what: str
    retry_after: float = 0


@dataclass(frozen=True)
class Place:
    """What an error is about."""

    source: str
    day: date

    def failure(self, object_type: str, what: str, next_step: str = "Run the day again") -> WellkeptError:
        return WellkeptError(self._said(object_type, what, next_step))

    def bad_input(self, object_type: str, what: str, next_step: str) -> BadInputError:
        return BadInputError(self._said(object_type, what, next_step))

    def _said(self, object_type: str, what: str, next_step: str) -> str:
        return f"source {self.source}: {object_type} for {self.day}: {what}; nothing of the day was loaded. {next_step}"


class HubspotClient:
    """Speaks with one portal; counts its requests and keeps within the limits."""

    def __init__(self, access: Access, source: HubspotSource, place: Place, sleep: Callable[[float], None]) -> None:
        self.place, self.requests = place, 0
        self._source, self._sleep = source, sleep
        self._any = Pace(source.requests_per_10_seconds, 10, sleep)
        self._search = Pace(source.searches_per_second, 1, sleep)
        self._http = httpx.Client(
            base_url=access.base_url,
            headers={"Authorization": f"Bearer {access.token}"},
            timeout=source.timeout_seconds,
            trust_env=not access.is_this_machine,  # no proxy stands between us and ourselves
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def pause(self, seconds: float) -> None:
        """Give HubSpot time."""
        self._sleep(seconds)

    def get(self, object_type: str, path: str, params: dict[str, str]) -> dict[str, Any]:
        """A page of results."""
        return self._ask(object_type, lambda: self._http.build_request("GET", path, params=params))

    def post(self, object_type: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The results for a body; those of a search have a total."""
        return self._ask(object_type, lambda: self._http.build_request("POST", path, json=body))

    def _ask(self, object_type: str, build: Callable[[], httpx.Request]) -> dict[str, Any]:
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self._source.max_attempts),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(PassingError),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return attempts(self._attempt, object_type, build)
        except PassingError as error:
            tries = f"{self._source.max_attempts} attempts" if self._source.max_attempts > 1 else "one attempt"
            raise self.place.failure(
                object_type, f"{error.what}, after {tries}", "Run the day again when HubSpot is well"
            ) from None

    def _attempt(self, object_type: str, build: Callable[[], httpx.Request]) -> dict[str, Any]:
        request = build()
        is_search = request.url.path.endswith("/search")
        self._any.take_turn()
        if is_search:
            self._search.take_turn()
        self.requests += 1
        try:
            response = self._http.send(request)
        except httpx.TimeoutException:
            raise PassingError(f"no answer within {self._source.timeout_seconds:g} seconds") from None
        except httpx.RequestError as error:
            raise PassingError(f"the connection broke ({type(error).__name__})") from None
        self._check_status(object_type, response)
        return _read_page(response.content, is_search)

    def _check_status(self, object_type: str, response: httpx.Response) -> None:
        status = response.status_code
        if response.is_success:
            return
        if status in {401, 403}:
            scope = _SCOPES.get(object_type, f"crm.objects.{object_type}.read")
            what = "does not know the token" if status == 401 else "does not let the token read this"
            step = "Check the connection's token" if status == 401 else "Check the private app's scopes"
            raise self.place.bad_input(
                object_type,
                f"HubSpot {what} ({status})",
                f"{step}: it needs {scope}; or set read = false for this type",
            )
        if status == 404:
            step = f"Correct [sources.{self.place.source}.objects], or set read = false for this type"
            raise self.place.bad_input(object_type, "HubSpot does not know this object type (404)", step)
        if status == 429:
            raise self._limited(object_type, response)
        if status >= 500 or status == 408:
            raise PassingError(f"HubSpot answered {status}")
        raise self.place.failure(
            object_type, f"HubSpot refused the request ({status}{_category(response)})", "Check the mapped properties"
        )

    def _limited(self, object_type: str, response: httpx.Response) -> Exception:
        """What a 429 means: wait, or give up where the wait is too long to make sense."""
        given = response.headers.get("Retry-After", "0")
        seconds = float(given) if given.replace(".", "", 1).isdecimal() else 0.0
        is_daily = b'"DAILY"' in response.content
        if is_daily or seconds > self._source.longest_wait_seconds:
            limit = "the portal's daily limit is used up" if is_daily else f"HubSpot says to wait {seconds:g} seconds"
            return self.place.failure(object_type, f"{limit} (429)", "Run the day again later")
        return PassingError("HubSpot answered 429, too many requests", retry_after=seconds)

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Twice as long each time and a little by chance, and never shorter than HubSpot says."""
        longest = self._source.longest_wait_seconds
        own = tenacity.wait_exponential_jitter(initial=min(_FIRST_WAIT_SECONDS, longest), max=longest)(state)
        error = state.outcome.exception() if state.outcome else None
        return max(own, error.retry_after if isinstance(error, PassingError) else 0)


def _read_page(content: bytes, is_search: bool) -> dict[str, Any]:
    """The page in an answer; one that is broken may come whole the next time."""
    try:
        page = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise PassingError("a page holds bytes that are not UTF-8") from None
    except ValueError:
        raise PassingError("a page is not JSON") from None
    if not isinstance(page, dict) or not isinstance(page.get("results"), list):
        raise PassingError("a page has no results")
    if not all(isinstance(one, dict) for one in page["results"]):
        raise PassingError("a page's results are no objects")
    if is_search and not isinstance(page.get("total"), int):
        raise PassingError("a page of a search has no total")
    return page


def _category(response: httpx.Response) -> str:
    """HubSpot's own word for it; its message may quote data, so it is left out."""
    try:
        category = str(response.json().get("category", ""))
    except (ValueError, AttributeError):
        return ""
    return f", {category}" if category.isidentifier() else ""
