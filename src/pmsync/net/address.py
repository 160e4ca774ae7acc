"""The one place a client may speak to: a base URL, what lies within it, and where a redirect leads."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from functools import lru_cache

import httpx

from pmsync.connect.errors import Fatal, Rejected

_USUAL_PORTS = {"http": 80, "https": 443}


class Address:
    """A validated base URL.

    Raises:
        Fatal: it is no http or https URL, or carries a login, a query or a fragment. The message never repeats a login.
    """

    def __init__(self, base_url: str) -> None:
        self._url = _parsed(base_url)
        self._prefix = self._url.path.rstrip("/")
        self._raw_prefix = raw_path(self._url).rstrip("/")
        self._base = f"{self._url.scheme}://{self._url.netloc.decode('ascii')}{self._raw_prefix}/"

    @property
    def path(self) -> str:
        """The percent-coded path of the base URL without its last slash; "" for none."""
        return self._raw_prefix

    @property
    def host(self) -> str:
        """Its host name."""
        return self._url.host

    @property
    def scheme(self) -> str:
        """``http`` or ``https``."""
        return self._url.scheme

    @property
    def cleartext(self) -> bool:
        """Whether what is sent can be read on the way: http to another host than this one."""
        return self._url.scheme == "http" and not self.loopback

    @property
    def loopback(self) -> bool:
        """Whether it is this machine."""
        return _is_loopback(self._url.host)

    def resolve(self, path: str, params: Mapping[str, str] | Sequence[tuple[str, str]] = ()) -> httpx.URL:
        """The URL of ``path``, which is relative to the base or absolute within it.

        Raises:
            Fatal: it leads out of the base.
            Rejected: it holds what no URL can carry.
        """
        text = path if "://" in path.partition("?")[0] else self._base + path.lstrip("/")
        try:
            if params:
                query = httpx.QueryParams(list(params.items() if isinstance(params, Mapping) else params))
                text += f"{'&' if '?' in text else '?'}{query}"
            url = _url(text) if "#" not in text else None
        except (httpx.InvalidURL, UnicodeError, ValueError):
            url = None
        if url is None:
            raise Rejected("the path holds characters that no URL can carry")
        if not self.covers(url):
            raise Fatal("the path leads out of the base URL", hint="nothing was sent there, and no credentials")
        return url

    def covers(self, url: httpx.URL) -> bool:
        """Whether ``url`` has our scheme, host and port, and a path below ours. ``url.path`` is decoded: a coded ``..`` is seen."""
        below = url.path == self._prefix or url.path.startswith(self._prefix + "/")
        return self.same_origin(url) and below and ".." not in url.path.split("/")

    def below(self, url: httpx.URL) -> str:
        """The path of ``url`` below the base, still percent-coded, without its query."""
        return raw_path(url).removeprefix(self._raw_prefix)

    def same_origin(self, url: httpx.URL) -> bool:
        """Whether ``url`` has our scheme, host and port."""
        return (url.scheme, url.host, _port(url)) == (self._url.scheme, self._url.host, _port(self._url))


@lru_cache(1000)
def _url(text: str) -> httpx.URL:
    return httpx.URL(text)  # which takes a fifth of the time of a call to read, and cannot be changed afterwards


def raw_path(url: httpx.URL) -> str:
    """The percent-coded path of ``url`` without its query."""
    return url.raw_path.partition(b"?")[0].decode("ascii")


def redirected(asked: httpx.URL, location: str) -> httpx.URL | None:
    """Where a redirect leads; the query of what was asked is kept unless the location brings its own. None: unreadable."""
    try:
        target = asked.join(location)
        return target if target.query or not asked.query else target.copy_with(query=asked.query)
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return None


def _parsed(base_url: str) -> httpx.URL:
    try:
        url = httpx.URL(base_url.strip())
    except (httpx.InvalidURL, UnicodeError, ValueError):
        url = httpx.URL("")
    if url.scheme not in _USUAL_PORTS or not url.host:
        raise Fatal("the URL of the system is not a web address", hint="write it like https://acme.atlassian.net")
    if url.userinfo:
        raise Fatal(f"the URL of {url.host} carries a login", hint="take it out of the URL and give login and token as settings")
    if url.query or url.fragment:
        raise Fatal(f"the URL of {url.host} carries a query or fragment", hint="write the address of the system alone")
    return url


def _port(url: httpx.URL) -> int | None:
    return url.port or _USUAL_PORTS.get(url.scheme)


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
