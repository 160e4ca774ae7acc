"""What contract tests share: benches for the conformance suite, and the validation of emulators by vendors' descriptions."""

from __future__ import annotations

import hashlib
import hmac
import importlib.util
import json
import sys
from pathlib import Path
from types import MappingProxyType

import pytest

from pmsync.connect.plugin import Environment, ScopeConfig
from pmsync.model.record import RecordRef, ScopeRef
from pmsync.net.clock import VirtualClock
from pmsync.testing.conformance import Bench
from pmsync.testing.conformance.bench import Gate
from pmsync_memory import PERSONALITIES, ContainerSettings, MemoryConnector, MemoryServer
from pmsync_memory.server import MISHAPS, PERMISSIONS


class MemoryBench(Bench):
    """The side door of a ``MemoryServer``."""

    scope, elsewhere = ScopeRef("memory", "HERE"), ScopeRef("memory", "THERE")
    person = "ana"
    permissions = MappingProxyType({name: name for name in PERMISSIONS})

    def __init__(self, personality, connector=MemoryConnector):
        super().__init__()
        self.build = connector
        self.clock = VirtualClock()
        self.server = MemoryServer(self.clock, PERSONALITIES[personality])
        self.server.add_containers(["HERE", "THERE"])

    def connector(self, *, read_only=False, clock=None):
        scopes = [ScopeConfig(ref, ContainerSettings.model_validate(ref.key)) for ref in (self.scope, self.elsewhere)]
        return self.build(self.server, scopes, Environment("memory", clock or self.clock, Gate(read_only), self.count), "s3cret")

    def writes(self):
        return self.server.writes

    def person_creates(self, title, **values):
        return RecordRef("memory", self.server.person_creates("HERE", {"title": title, **values}))

    def person_edits(self, ref, **values):
        self.server.person_edits(ref.remote_id, values)

    def person_deletes(self, ref):
        self.server.person_deletes(ref.remote_id)

    def person_moves(self, ref, to):
        self.server.person_moves(ref.remote_id, to.key)

    def person_comments(self, ref, body):
        self.server.person_comments(ref.remote_id, body)

    def befall(self, fault):
        if fault.kind not in MISHAPS:
            self.lacks(f"{fault.kind}: within one process no answer can be spoilt")
        self.server.mishaps.append(fault)

    def ignore_writes_of(self, field):
        self.server.ignored.add(field)

    def ragged_pages(self, sizes):
        self.server.page_sizes.extend(sizes)

    def deny(self, permission):
        self.server.denied.add(permission)

    def hint(self, ref):
        body = json.dumps({"ids": [ref.remote_id]}).encode()
        return {"x-memory-signature": hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()}, body


@pytest.fixture
def memory_bench():
    """Builds a bench over a fresh memory server of the named personality."""
    return MemoryBench


# -- GitHub: every answer of the emulator held to GitHub's own descriptions ---------------------------------------------------


def _beside(name):
    """A module of this folder, which is no package."""
    known = sys.modules.get(f"contract_{name}")
    if known is not None:
        return known
    spec = importlib.util.spec_from_file_location(f"contract_{name}", Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def github_openapi(shared_dir):
    """Builds a strict validator of GitHub's REST answers; ``reads`` as in ``openapi.Rules``."""
    spec = json.loads((shared_dir / "specs/github-openapi-slim.json").read_text())
    openapi = _beside("openapi")

    def build(reads=None):
        kinds = spec["components"]["schemas"]["issue-event-for-issue"]["anyOf"]
        known = [
            openapi.Amendment(
                "validation-error",
                "a recorded answer carries the status (josegonzalez/python-github-backup#449)",
                {"properties": {"status": {"type": "string"}}},
            ),
            openapi.Amendment(
                "issue-event-for-issue",
                "closed and reopened are events of an issue (GitHub's page on issue event types); only the timeline's description has them",
                {"anyOf": [*kinds, {"$ref": "#/components/schemas/state-change-issue-event"}]},
            ),
        ]
        rules = openapi.Rules(known, _beside("github_checks").STATUSES, reads or {})
        return openapi.Validator(spec, strict=True, rules=rules)

    return build


@pytest.fixture(scope="session")
def github_schema(shared_dir):
    """GitHub's GraphQL schema: ``faults_of_query(text)``, ``faults_of_answer(text, answer)``."""
    return _beside("github_checks").Schema(shared_dir / "specs/github-schema.graphql.gz")


@pytest.fixture(scope="session")
def github_validated(github_openapi, github_schema):
    """Wraps a GitHub emulator: an answer that GitHub's descriptions do not allow fails the test that provoked it."""
    validator = github_openapi(_github_reads())
    return lambda emulator: _beside("github_checks").Validated(emulator, validator, github_schema)


def _github_reads():
    """Every field that the connector decodes of issues and comments must be there."""
    from pmsync_github.wire import RestComment, RestIssue

    reads_of = _beside("openapi").reads_of
    absent = {"pull_request", "parent_issue_url", "sub_issues_summary"}  # of an issue, of one without a parent, of a pull request
    whole, comment = reads_of(RestIssue, optional=absent), reads_of(RestComment)
    return {
        "GET /repos/{owner}/{repo}/issues": [f"[].{name}" for name in whole],
        "GET /repos/{owner}/{repo}/issues/{issue_number}": whole,
        "POST /repos/{owner}/{repo}/issues": whole,
        "PATCH /repos/{owner}/{repo}/issues/{issue_number}": whole,
        "GET /repos/{owner}/{repo}/issues/comments": [f"[].{name}" for name in comment],
    }


@pytest.fixture
def github(github_validated):
    """A desk at a fresh GitHub emulator with the empty public repository acme/api; every answer is validated."""
    return _beside("github_checks").Desk(github_validated)


@pytest.fixture
def github_hub(request, project_root):
    """Builds a hub (``github_hub.Hub``): connectors on a fresh emulator; its answers are validated where GitHub's descriptions are at hand."""
    at_hand = (project_root.parent / "shared").is_dir()
    wrap = request.getfixturevalue("github_validated") if at_hand else lambda emulator: emulator
    return lambda **knobs: _beside("github_hub").Hub(wrap, **knobs)


# -- Jira: every answer of the emulator held to Jira's own description --------------------------------------------------------


@pytest.fixture(scope="session")
def openapi_module():
    """The strict validation of answers by OpenAPI descriptions."""
    return _beside("openapi")


@pytest.fixture(scope="session")
def jira_contract():
    """What our client reads of Jira, where Jira's description is amended, and the desk for tests of its stand-in."""
    return _beside("jira_contract")


@pytest.fixture(scope="session")
def jira_validator(shared_dir):
    """Checks answers of Jira, or of its stand-in, against Jira's own description."""
    openapi = _beside("openapi")
    spec = json.loads((shared_dir / "specs" / "jira-cloud-v3.openapi.json").read_bytes())
    spec["paths"]["/rest/api/2/serverInfo"] = spec["paths"]["/rest/api/3/serverInfo"]  # version 2 tells the same of the site
    return openapi.Validator(spec, rules=_beside("jira_contract").rules(openapi))


@pytest.fixture(scope="session")
def jira_adf_check(shared_dir):
    """For ``JiraKnobs.adf_check``: incoming rich text is held to the vendor's own schema."""
    return _beside("jira_contract").adf_check(json.loads((shared_dir / "specs" / "adf-schema.json").read_bytes()))


@pytest.fixture
def jira_validated(request, project_root):
    """Wraps a Jira emulator so that every answer is checked; the test fails at its end when one was wrong.

    Where the vendor's description is not at hand, the emulator is given back as it is.
    """
    wrapped = []

    def wrap(emulator):
        if not (project_root.parent / "shared").is_dir():
            return emulator
        validator = request.getfixturevalue("jira_validator")
        wrapped.append(_beside("openapi").Validated(emulator, validator, _beside("jira_contract").fields_missing))
        return wrapped[-1]

    yield wrap
    faults = [fault for one in wrapped for fault in one.faults]
    assert not faults, "\n".join(faults[:20])


@pytest.fixture
def jira_site(jira_validated):
    """A desk at a fresh Jira emulator with the empty project PAY; every answer is validated."""
    return _beside("jira_contract").Desk(jira_validated)


# -- Jira: the connector -------------------------------------------------------------------------------------------------------


@pytest.fixture
def jira_kit(jira_validated):
    """Builds a ``Kit``: a Jira site, connectors on it, calls counted by name; every answer is validated."""
    return lambda **knobs: _beside("jira_kit").Kit(jira_validated, **knobs)


# -- the benches of the conformance suite ------------------------------------------------------------------------------------------


@pytest.fixture
def datacenter_kit():
    """Makes a stand-in site of Data Center with people on it, for tests of the connector; keyword arguments are its knobs."""
    return lambda **knobs: _beside("jira_kit").Kit(deployment="datacenter", **knobs)


@pytest.fixture
def jira_bench():
    """Builds a bench over a fresh Jira site of the named kind."""
    benches = _beside("jira_bench")
    return lambda kind: benches.JiraBench(**benches.SITES[kind])


@pytest.fixture
def github_bench():
    """Builds a bench over a fresh GitHub."""
    return _beside("github_bench").GitHubBench


@pytest.fixture
def rt_bench():
    """Builds a bench over a fresh Request Tracker of the named kind."""
    benches = _beside("rt_bench")
    return lambda kind: benches.RtBench(**benches.DESKS[kind])


@pytest.fixture
def files_bench():
    """Builds a bench over a folder of roadmap files; ``write``: pmsync may write into them."""
    return _beside("files_bench").FilesBench
