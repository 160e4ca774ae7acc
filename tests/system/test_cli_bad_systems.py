"""Systems that cannot be worked with: named, with a remedy; the other system goes on, and nothing is lost."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pmsync.testing.emulator import Response, serve

PAGE = b"<!DOCTYPE html><html><body>Welcome to our web site</body></html>"
URLS = {"jira": "jira.base_url", "github": "github.base_url"}


def doctor(site, system):
    """What doctor says about one system: (level, subject, finding, remedy, where), and its exit code."""
    result = site.pmsync("doctor", "--json")
    return result.code, [
        tuple(check.values()) for check in result.json["systems"][system] if check["level"] in ("error", "warning")
    ]


def failures(result):
    """What failed, in one text."""
    return " | ".join(f"{one['what']} {one['remedy']}" for one in result.json["failures"])


class Web:
    """A web server that is no tracker."""

    base_url = ""
    events = ()

    def __init__(self, status, body=PAGE, kind="text/html; charset=utf-8"):
        self.answer = Response(status, {"content-type": kind}, body)

    def handle(self, request):
        return self.answer


@pytest.fixture(params=["jira", "github"])
def system(request):
    return request.param


def address(site, system):
    return getattr(site, system).base_url


# -- credentials --------------------------------------------------------------------------------------------------------------


def test_doctor_names_the_system_whose_token_is_refused(site, system):
    site.environ[f"{system.upper()}_TOKEN"] = "no-token-of-anybody"
    code, found = doctor(site, system)
    [(level, _, finding, remedy, where)] = found
    assert (code, level) == (1, "error")
    assert "refuses" in finding or "401" in finding
    assert "token" in remedy
    assert where.startswith(str(site.config))


@pytest.mark.parametrize("command", ["plan", "sync", "pull"])
def test_a_refused_token_is_told_with_its_system_and_a_remedy(site, system, command):
    site.environ[f"{system.upper()}_TOKEN"] = "no-token-of-anybody"
    result = site.pmsync(command)
    assert result.code == 1
    assert f"{system}:" in result.said
    assert "401" in result.said
    assert "is the token valid" in result.said


def test_a_run_that_failed_does_not_claim_that_everything_agrees(site, system):
    site.environ[f"{system.upper()}_TOKEN"] = "no-token-of-anybody"
    assert "everything agrees" not in site.pmsync("sync").said
    assert "everything agrees" not in site.pmsync("plan").said


def test_the_other_system_is_pulled_all_the_same(site):
    site.file()
    site.environ["GITHUB_TOKEN"] = "no-token-of-anybody"
    site.pmsync("sync")
    [jira, _] = site.pmsync("status", "--json").json["scopes"]
    assert (jira["scope"], jira["linked"]) == ("jira:PAY", 1)


def test_with_the_right_token_the_next_sync_goes_on_at_once(site):
    site.file()
    right = site.environ["GITHUB_TOKEN"]
    site.environ["GITHUB_TOKEN"] = "no-token-of-anybody"
    site.pmsync("sync")
    site.environ["GITHUB_TOKEN"] = right
    assert site.pmsync("sync").code == 0
    assert site.titles() == ["Refund fails"]


# -- addresses ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def nobody():
    """An address where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_host_that_is_down_is_named_by_doctor(site, system, nobody):
    site.edit(address(site, system), nobody)
    code, found = doctor(site, system)
    assert code == 1
    assert "reach" in str(found) or "connection" in str(found)


def test_a_host_that_is_down_fails_only_its_own_system(site, system, nobody):
    site.edit(address(site, system), nobody)
    result = site.pmsync("sync", "--json")
    assert result.code == 1
    assert f"{system}:" in failures(result)
    assert "is the URL right" in failures(result)
    pulled = {scope["scope"].partition(":")[0] for scope in site.pmsync("status", "--json").json["scopes"] if scope["pulled_at"]}
    assert pulled == {"jira", "github"} - {system}


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        pytest.param(200, PAGE, "text/html", id="a-web-page"),
        pytest.param(404, PAGE, "text/html", id="not-found"),
        pytest.param(200, b'{"half": ', "application/json", id="broken-json"),
        pytest.param(200, b"[]", "application/json", id="other-json"),
        pytest.param(200, b"{}", "application/json", id="empty-json"),
        pytest.param(503, PAGE, "text/html", id="maintenance"),
        pytest.param(418, b"I am a teapot", "text/plain", id="teapot"),
    ],
)
def test_an_address_where_something_else_answers(site, system, status, body, kind):
    """The web site instead of the API, another service, a proxy's page."""
    with serve(Web(status, body, kind)) as url:
        site.edit(address(site, system), url)
        code, found = doctor(site, system)
        assert code == 1
        assert found[0][0] == "error"
        result = site.pmsync("sync", "--json")
        assert (result.code, result.json["exit_code"]) == (1, 1)


def test_a_web_page_instead_of_json_is_told_as_such(site, system):
    with serve(Web(200)) as url:
        site.edit(address(site, system), url)
        said = failures(site.pmsync("sync", "--json")).lower()
    assert "html" in said or "web page" in said or "cannot be used" in said
    assert "url" in said


# -- TLS ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory):
    """A server with a certificate that nobody vouches for."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed, so no certificate can be made")
    folder = tmp_path_factory.mktemp("tls")
    key, certificate = folder / "key.pem", folder / "cert.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run([*make.split(), "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.handle_error = lambda request, client: None
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"https://localhost:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_certificate_that_is_not_trusted(site, system, self_signed):
    site.edit(address(site, system), self_signed)
    result = site.pmsync("sync", "--json")
    assert result.code == 1
    assert "certificate" in failures(result).lower() or "ssl" in failures(result).lower()
    code, found = doctor(site, system)
    assert code == 1
    assert "certificate" in str(found).lower() or "ssl" in str(found).lower()


# -- containers and permissions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("old", "new", "name"), [("jira: PAY", "jira: PAX", "jira"), ("acme/api", "acme/apo", "github")])
def test_a_container_that_does_not_exist_is_named(site, old, new, name):
    site.edit(old, new)
    missing = new.partition(": ")[2] or new
    code, found = doctor(site, name)
    assert code == 1
    assert missing in str(found)
    result = site.pmsync("sync", "--json")
    assert result.code == 1
    assert missing in failures(result)


def test_doctor_points_to_the_line_of_the_container(site):
    """C52: file, line and column of what is wrong."""
    site.edit("jira: PAY", "jira: PAX")
    _, found = doctor(site, "jira")
    assert found[0][4] == f"{site.config}:8:5"


def test_a_project_that_is_not_visible_is_told_like_one_that_does_not_exist(site):
    site.jira.deny("BROWSE_PROJECTS", "PAY")
    code, found = doctor(site, "jira")
    assert code == 1
    assert "Browse Projects" in str(found)


def test_a_private_repository_without_access_is_named(site):
    site.github.set_role("acme/api", "pmsync-bot", "none")
    code, found = doctor(site, "github")
    assert code == 1
    assert "acme/api" in str(found)


@pytest.mark.parametrize(
    ("key", "name"),
    [("EDIT_ISSUES", "Edit Issues"), ("CREATE_ISSUES", "Create Issues"), ("TRANSITION_ISSUES", "Transition Issues")],
)
def test_a_missing_permission_is_named_for_its_project(site, key, name):
    site.jira.add_project("MOB", "Mobile")
    site.edit("    jira: PAY", "    jira: [PAY, MOB]")
    site.jira.deny(key, "MOB")
    _, found = doctor(site, "jira")
    named = [(subject, remedy) for _, subject, finding, remedy, _ in found if name in finding]
    assert [subject for subject, _ in named] == ["jira:MOB permissions"]
    assert "MOB" in named[0][1]


def test_a_repository_without_push_access_is_named(site):
    site.github.set_role("acme/api", "pmsync-bot", "read")
    code, found = doctor(site, "github")
    assert code == 1
    assert any("push access" in finding for _, _, finding, _, _ in found)


def test_a_permission_taken_away_is_told_when_it_is_needed(site):
    key, number = site.pair()
    site.jira.deny("EDIT_ISSUES", "PAY")
    site.github.edit_issue("acme/api", number, title="Another title")
    site.clock.sleep(4000)  # a beat of the catalogue
    result = site.pmsync("sync")
    assert "Edit Issues" in result.said
    assert site.jira.issue(key).summary == "Refund fails"


def test_with_the_right_address_the_next_sync_goes_on_at_once(site, nobody):
    """Whoever mends the config and runs it again is not told to wait."""
    site.file()
    right = site.github.base_url
    site.edit(right, nobody)
    assert site.pmsync("sync").code == 1
    site.edit(nobody, right)
    assert site.pmsync("sync").code == 0
    assert site.titles() == ["Refund fails"]
