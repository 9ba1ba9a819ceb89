"""What can go wrong between the operator and the API server."""

from http import HTTPStatus

from sluice.api.json_values import as_object


class NoClusterError(Exception):
    """There is nothing that says which cluster to work with, or it cannot be read."""


class ApiUnreachableError(Exception):
    """No answer: the connection failed or the deadline passed. Whether the call took effect is unknown."""


class ApiError(Exception):
    """The API server answered with an error.

    ``reason`` and ``message`` are those of its ``metav1.Status``; ``retry_after`` is in seconds.
    """

    def __init__(self, status: int, reason: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after

    @classmethod
    def from_answer(cls, status: int, body: object, retry_after: str | None) -> "ApiError":
        """Read a ``metav1.Status`` as far as the body is one."""
        fields = as_object(body)
        reason = str(fields.get("reason") or _phrase(status))
        message = str(fields.get("message") or body or "no further explanation")
        seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
        return cls(status, reason, message[:2048], seconds)

    @property
    def is_not_found(self) -> bool:
        """The object, or the kind of object, is not there."""
        return self.status == HTTPStatus.NOT_FOUND

    @property
    def is_conflict(self) -> bool:
        """Somebody else wrote in between: look again and decide anew."""
        return self.status == HTTPStatus.CONFLICT

    @property
    def is_name_taken(self) -> bool:
        """An object of that name is there already: perhaps one that was made before an interruption."""
        return self.reason == "AlreadyExists"

    @property
    def is_invalid(self) -> bool:
        """The object as it stands will never be accepted."""
        return self.status in (HTTPStatus.UNPROCESSABLE_ENTITY, HTTPStatus.BAD_REQUEST)

    @property
    def is_temporary(self) -> bool:
        """The API server is in trouble, or has too much to do: the same call may go through soon."""
        is_its_own = self.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return is_its_own or self.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.GONE)

    @property
    def is_refused_by_webhook(self) -> bool:
        """A webhook refused it with a status of its own, or could not be asked."""
        return "admission webhook" in self.message or "failed calling webhook" in self.message

    @property
    def is_forbidden(self) -> bool:
        """Refused by RBAC, a quota, Pod Security, a limit range or a webhook; the message tells which."""
        return self.status == HTTPStatus.FORBIDDEN


def is_api_server_answer(body: object) -> bool:
    """Whether the API server's pod proxy answered in the runtime's stead: then nothing is known of it."""
    fields = as_object(body)
    return fields.get("kind") == "Status" and fields.get("apiVersion") == "v1"


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase.replace(" ", "")
    except ValueError:
        return "Unknown"
