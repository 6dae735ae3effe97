"""What HubSpot answers when it does not give what was asked for."""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4


@dataclass(eq=False)
class RefusalError(Exception):
    """An answer other than 200, with HubSpot's error body."""

    status: int
    category: str
    message: str
    headers: dict[str, str] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        said = {"status": "error", "message": self.message, "correlationId": str(uuid4()), "category": self.category}
        return said | self.more


def bad_input(message: str) -> RefusalError:
    return RefusalError(400, "VALIDATION_ERROR", message)


def bad_token() -> RefusalError:
    return RefusalError(401, "INVALID_AUTHENTICATION", "Authentication credentials not found, or not valid any more.")


def missing_scope(object_type: str) -> RefusalError:
    scopes = {"requiredGranularScopes": [f"crm.objects.{object_type}.read"]}
    errors = [{"message": "One or more of the following scopes are required.", "context": scopes}]
    message = "This app hasn't been granted all required scopes to make this call."
    return RefusalError(403, "MISSING_SCOPES", message, more={"errors": errors})


def unknown_type(object_type: str) -> RefusalError:
    return RefusalError(404, "OBJECT_NOT_FOUND", f"Unable to infer object type from: {object_type}")


def server_error() -> RefusalError:
    return RefusalError(500, "INTERNAL_ERROR", "internal error")


def too_many(policy: str, seconds: int) -> RefusalError:
    more = {"errorType": "RATE_LIMIT", "policyName": policy}
    message = f"You have reached your {policy.lower()} limit."
    return RefusalError(429, "RATE_LIMITS", message, headers={"Retry-After": str(max(seconds, 1))}, more=more)
