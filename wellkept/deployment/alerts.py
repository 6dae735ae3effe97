"""The alert webhook: one JSON POST when a step fails, or when a model no longer keeps what it promised."""

import re
from typing import Any

from wellkept.deployment.log import get_logger

_log = get_logger(__name__)
_ATTEMPTS = 3
_TIMEOUT_SECONDS = 5.0
_MAX_MESSAGE_LENGTH = 1000
# A password in a connection address, or a value given as password=, token=, secret=, api_key=.
_CREDENTIALS = re.compile(r"(?i)(?<=://)[^/\s@]+(?=@)|\b(password|passwd|pwd|token|secret|api_?key)\b(\s*[=:]\s*)\S+")

_E_MAIL = re.compile(r"[^\s'\"<>/:*]+@[^\s'\"<>/]+")


def send_failure(
    webhook: str,
    *,
    dag: str,
    step: str,
    as_of_date: str | None,
    run_id: str,
    error: BaseException | str | None,
) -> bool:
    """Post what failed to the webhook; true if it was taken. Never raises, and sends no credentials."""
    if not webhook:
        return False
    message = {
        "dag": dag,
        "step": step,
        "as_of_date": as_of_date,
        "run_id": run_id,
        "error": type(error).__name__ if isinstance(error, BaseException) else "Error",
        "message": without_credentials(str(error or ""))[:_MAX_MESSAGE_LENGTH],
    }
    return _send(webhook, message)


def send_warning(webhook: str, *, model: str, as_of_date: str, run_id: str, reason: str) -> bool:
    """Post what is wrong with a model, while the run goes on; true if it was taken. Never raises.

    The reason is a sentence about measures: nothing in it may name a customer.
    """
    if not webhook:
        return False
    told = {"model": model, "as_of_date": as_of_date, "run_id": run_id}
    return _send(webhook, {**told, "error": "Warning", "message": without_credentials(reason)[:_MAX_MESSAGE_LENGTH]})


def without_credentials(text: str) -> str:
    """The text with *** for passwords in addresses and values after password=, token= and the like, and no e-mails."""
    hidden = _CREDENTIALS.sub(lambda found: f"{found[1]}{found[2]}***" if found[1] else "***", text)
    return _E_MAIL.sub("<e-mail>", hidden)


def _send(webhook: str, message: dict[str, Any]) -> bool:
    try:
        _post(webhook, message)
    except Exception as problem:
        # The address is a secret too (most chat tools' token is in it), so neither it nor the error's text is logged.
        _log.warning("the alert webhook could not be reached (%s); the run's own error stands", type(problem).__name__)
        return False
    return True


def _post(webhook: str, message: dict[str, Any]) -> None:
    import httpx
    from tenacity import Retrying, stop_after_attempt, wait_exponential

    for attempt in Retrying(
        stop=stop_after_attempt(_ATTEMPTS), wait=wait_exponential(multiplier=0.2, max=1), reraise=True
    ):
        with attempt:
            httpx.post(webhook, json=message, timeout=_TIMEOUT_SECONDS).raise_for_status()
