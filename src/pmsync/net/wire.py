"""The last step to the network: the real transport, and one exchange of a request for an answer or for what went wrong."""

from __future__ import annotations

import ssl
from urllib.request import getproxies, proxy_bypass

import httpx

from pmsync.connect.errors import Fatal
from pmsync.net.address import Address
from pmsync.net.message import Answer
from pmsync.net.retry import Lost, Unreached

_KEPT_IDLE = 5.0
"""Seconds an idle connection is kept: well below what servers and balancers allow, for a write on a dying connection is ambiguous."""

_UNREACHED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol)


def real_transport(address: Address) -> httpx.BaseTransport:
    """A transport over real sockets, through the environment's proxy where one is set for this host. It repeats nothing.

    Raises:
        Fatal: the proxy's kind cannot be used.
    """
    limits = httpx.Limits(max_connections=10, max_keepalive_connections=5, keepalive_expiry=_KEPT_IDLE)
    try:
        return httpx.HTTPTransport(retries=0, limits=limits, proxy=_proxy(address))
    except (ImportError, ValueError, httpx.InvalidURL):
        pass
    raise Fatal(f"the proxy set for {address.host} cannot be used", hint="HTTPS_PROXY and HTTP_PROXY take an http:// address")


def exchange(transport: httpx.BaseTransport, request: httpx.Request) -> Answer | Unreached | Lost:
    """Send once. Exceptions of the network become values here, and none of their words (which may quote headers) go on."""
    try:
        response = transport.handle_request(request)
        try:
            content = response.read()
        finally:
            response.close()
    except _UNREACHED as failure:
        return Unreached(certificate=_is_certificate(failure))
    except (httpx.TransportError, httpx.DecodingError, httpx.StreamError):
        return Lost()
    return Answer(response.status_code, _headers(response.headers), content)


def _headers(headers: httpx.Headers) -> dict[str, str]:
    """By lower-case name; of a name that comes more than once, the values joined by commas."""
    found: dict[str, str] = {}
    for raw_name, raw in headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw.decode("ascii" if raw.isascii() else headers.encoding)
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _proxy(address: Address) -> str | None:
    if address.loopback or proxy_bypass(address.host):
        return None
    proxies = getproxies()
    return proxies.get(address.scheme) or proxies.get("all")


def _is_certificate(failure: BaseException) -> bool:
    seen: BaseException | None = failure
    while seen is not None:
        if isinstance(seen, ssl.SSLCertVerificationError):
            return True
        seen = seen.__cause__ or seen.__context__
    return "CERTIFICATE_VERIFY_FAILED" in str(failure)
