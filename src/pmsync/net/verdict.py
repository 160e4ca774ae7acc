"""The words of an error: what went wrong with which request, and what a person can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pmsync.connect.errors import ConnectorError, Gone, Park, Retry
from pmsync.net.manners import Limited
from pmsync.net.message import Answer, Origin
from pmsync.net.retry import Body, Lost, Raise, Unreached
from pmsync.net.words import excerpt, own_words

_CERTIFICATE_HINT = (
    "where a proxy inspects traffic, set SSL_CERT_FILE to a bundle that also holds the proxy's certificate authority"
)
_NETWORK_HINT = "is the URL right, is the server up, and is a proxy needed (HTTPS_PROXY)?"
_HINTS = {
    400: "the request does not suit the remote: see its words",
    401: "is the token valid, and does it belong to the login?",
    403: "the account lacks a permission that the remote's words may name",
    404: "does it exist, and may the account see it? Remotes also answer 404 to what an account may not know of",
    410: "the remote says that it is gone for good",
    413: "the text or file is larger than the remote takes",
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known about a failed call: where it went, what came, how its body reads, and the limit it ran into."""

    origin: Origin
    came: Answer | Unreached | Lost
    body: Body = Body.FINE
    limited: Limited | None = None


def error_of(raised: Raise, failure: Failure) -> ConnectorError:
    """The error that ``raised`` asks for, in words. Neither headers nor secrets appear in it."""
    message = f"{failure.origin.label}: {_what(failure)}"
    hint = _hint(failure)
    if raised.error is Retry:
        return Retry(message, at=raised.at, hint=hint)
    if raised.error is Park:
        reason = failure.limited.reason if failure.limited else "retry-after"
        return Park(message, until=raised.at, reason=failure.origin.redact(reason), hint=hint)
    if raised.error is Gone:
        return Gone(message, status=failure.came.status if isinstance(failure.came, Answer) else 404, hint=hint)
    return raised.error(message, hint=hint)


def _what(failure: Failure) -> str:
    came, redact = failure.came, failure.origin.redact
    if isinstance(came, Unreached):
        return "the server's certificate is not trusted" if came.certificate else "no connection came about, nothing was sent"
    if isinstance(came, Lost):
        return "the request was sent and its answer was lost"
    if failure.limited:
        return f"refused for limits ({redact(failure.limited.reason)})"
    if failure.body is Body.PAGE:
        return f"answered {came.status} with a web page, not JSON: {excerpt(came.content, redact)}"
    if failure.body is Body.BROKEN:
        return f"answered {came.status} with broken JSON: {excerpt(came.content, redact)}"
    said = own_words(came.content, redact)
    return f"answered {came.status}: {said}" if said else f"answered {came.status}"


def _hint(failure: Failure) -> str:
    came = failure.came
    if isinstance(came, Unreached):
        return _CERTIFICATE_HINT if came.certificate else _NETWORK_HINT
    if isinstance(came, Lost):
        return "" if failure.origin.write else _NETWORK_HINT
    if failure.limited:
        return "nothing to do: work goes on by itself when the limit allows it"
    if failure.body is Body.PAGE:
        return "is the URL right, and does no proxy or login page stand before it?"
    if 300 <= came.status < 400:
        return _moved(came.headers, failure.origin.redact)
    return _HINTS.get(came.status, "")


def _moved(headers: Mapping[str, str], redact: Callable[[str], str]) -> str:
    location = excerpt(headers.get("location", "").encode(), redact, 200)
    return f"it redirects to {location}: if that is the right place, name it in the config" if location else ""
