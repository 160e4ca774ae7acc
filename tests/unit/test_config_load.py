"""The config as a whole: what a good one becomes, and what is told about a bad one."""

from __future__ import annotations

import re

import pytest

from pmsync.config.load import load
from pmsync.connect.errors import ConfigError
from pmsync.connect.registry import load_plugins
from pmsync.model.enums import Direction, Kind, Priority, Status

TEN_LINES = """\
systems:
  jira:   {kind: jira, url: "https://acme.atlassian.net", login: bot@acme.com, token: "${JIRA_TOKEN}"}
  github: {kind: github, token: "${GITHUB_TOKEN}"}
products:
  payments: {jira: PAY, github: acme/api}
"""
ENVIRON = {"JIRA_TOKEN": "jira-5ecret", "GITHUB_TOKEN": "github-5ecret"}
SYSTEMS = "systems: {jira: {kind: memory}, github: {kind: memory, name: b}}\n"
GOOD = SYSTEMS + "products: {payments: {jira: PAY, github: api}}\n"


@pytest.fixture(scope="module")
def plugins():
    found, broken = load_plugins(frozenset({"jira", "github", "memory"}))
    assert not broken
    return found


@pytest.fixture
def read(tmp_path, plugins):
    """Loads a config text."""

    def read(text, environ=ENVIRON):
        file = tmp_path / "pmsync.yaml"
        file.write_text(text, encoding="utf-8")
        return load(file, plugins, environ)

    return read


@pytest.fixture
def complaint(read, tmp_path):
    """What is told about a config text: lines and hints, the file's name shortened."""

    def complain(text, environ=ENVIRON):
        with pytest.raises(ConfigError) as caught:
            read(text, environ)
        return f"{caught.value}\n{caught.value.hint}".replace(f"{tmp_path}/", "")

    return complain


def test_ten_lines_are_enough(read):
    config = read(TEN_LINES)
    assert {name: system.kind for name, system in config.systems.items()} == {"jira": "jira", "github": "github"}
    assert [(place.system, place.key) for place in config.products[0].places] == [("jira", "PAY"), ("github", "acme/api")]
    assert config.systems["jira"].settings.token.get_secret_value() == "jira-5ecret"
    assert set(config.secrets) == set(ENVIRON.values())


def test_rest_of_the_grammar(read):
    """Every part of the design's config, with the three connectors."""
    config = read(
        TEN_LINES.replace("  payments: {jira: PAY, github: acme/api}\n", "")
        + """\
  payments:
    jira: {project: PAY, where: 'component = "API"'}
    github:
      - acme/api
      - {repo: acme/web, labels: [payments], audience: public}
    mirror:
      - {kind: [epic, feature], from: jira, to: "github:acme/api", create: review}
      - {kind: bug, label: needs-eng, from: github, to: jira, create: auto}
store: postgresql://pm@db/pm
marker_key: "${PMSYNC_MARKER_KEY:-0123456789abcdef}"
fields:
  title: {owner: jira, all: both}
  priority: {owner: jira, all: push, respect_human: 14d, github: pull}
  labels: {all: both, namespace: pm/}
  comments: {all: pull, github: off}
maps:
  status: {jira: {"Ready for QA": in_review}, github: {"closed/not_planned": declined}}
  priority: {jira: {None: unset}}
people:
  ana: {jira: 5b10a2844c20165700ede21g, github: ana-dev, email: ana@acme.com}
safety: {max_creates: 20, max_updates: 20%, max_closes: 2%, close: never}
schedule: {every: 60s, jitter: 10s, catalogue: 1h, sweep: 24h}
"""
    )
    first, second = config.products[0].mirror
    assert (first.kind, first.to, first.create) == ([Kind.EPIC, Kind.FEATURE], "github:acme/api", "review")
    assert (second.kind, second.label, second.to) == ([Kind.BUG], "needs-eng", "jira:PAY")
    assert config.root.fields["priority"].respect_human == 14 * 86_400
    assert config.root.fields["priority"].model_extra == {"github": "pull"}
    assert config.root.fields["comments"].all is Direction.PULL
    assert config.root.maps.status["jira"] == {"Ready for QA": Status.IN_REVIEW}
    assert config.root.maps.priority["jira"] == {"None": "unset"}
    assert (config.root.safety.max_creates, config.root.safety.max_updates) == (20, 0.2)
    assert (config.root.schedule.catalogue, config.root.schedule.sweep) == (3600, 86_400)


def test_a_config_begins_carefully_and_one_selector_needs_no_list(read):
    safety = read(GOOD).root.safety
    assert (safety.start, safety.protect) == ("careful", [])
    assert read(GOOD + "safety: {start: at_once, protect: 'label:hands-off'}\n").root.safety.protect == ["label:hands-off"]


def test_numbers_may_come_from_the_environment(read):
    config = read(GOOD + 'safety: {max_creates: "${MOST}"}\nschedule: {every: "${EVERY}"}\n', {"MOST": "7", "EVERY": "5m"})
    assert (config.root.safety.max_creates, config.root.schedule.every) == (7, 300)


def test_remote_names_that_look_like_numbers_stay_names(read):
    assert read(GOOD + "maps: {priority: {jira: {1: high}}}\n").root.maps.priority["jira"] == {"1": Priority.HIGH}


def test_loaded_config_shows_no_secret(read):
    """Request: secrets never in reprs. The bare bodies of systems are gone, the rest is masked."""
    text = TEN_LINES + 'marker_key: "canary-marker-key"\nstore: postgresql://pm:canary-pw@db/pm\n'
    shown = repr(read(text, {"JIRA_TOKEN": "canary-jira", "GITHUB_TOKEN": "canary-github"}))
    assert "canary" not in shown


def test_secrets_are_known_however_they_were_written(read):
    """What is written out, and the password of the store, must be redacted from logs as well."""
    text = TEN_LINES.replace("${JIRA_TOKEN}", "written-out") + "store: postgresql://pm:p%40ss@db/pm\n"
    assert {"written-out", "github-5ecret", "p%40ss", "p@ss"} <= set(read(text).secrets)


BAD = [
    pytest.param("sytems: {}\n", "1:1: sytems: unknown key 'sytems'", "did you mean 'systems'?", id="unknown-key"),
    pytest.param("Store: x\n", "1:1: Store: unknown key 'Store'", "did you mean 'store'?", id="key-in-another-case"),
    pytest.param("xyz: 1\n", "1:1: xyz: unknown key 'xyz'", "valid here: customers, demand, fields", id="nothing-near"),
    pytest.param("safety: {max_creats: 1}\n", "safety.max_creats: unknown key", "did you mean 'max_creates'?", id="nested"),
    pytest.param("safety: {close: nevr}\n", "safety.close: unknown value 'nevr'", "did you mean 'never'?", id="value"),
    pytest.param("safety: {max_updates: lots}\n", "an amount is a count such as 20", "", id="amount"),
    pytest.param("safety: {max_creates: 5%}\n", "max_creates is a count", "", id="share-of-nothing"),
    pytest.param("schedule: {every: 5 parsecs}\n", "schedule.every: a duration looks like 60s", "", id="duration"),
    pytest.param("schedule: {sweep: 0s}\n", "schedule.sweep: at least 1s", "", id="no-time-at-all"),
    pytest.param("schedule: 60s\n", "schedule: is a text where a mapping is wanted", "", id="text-for-mapping"),
    pytest.param("schedule:\n", "schedule: is empty where a mapping is wanted", "remove the key", id="nothing-for-mapping"),
    pytest.param("fields: [title]\n", "fields: is a list where a mapping is wanted", "", id="list-for-mapping"),
    pytest.param("store: 5\n", "store: is a number where a text is wanted", "put it in quotes", id="number-for-text"),
    pytest.param("store: mysql://x\n", "pmsync cannot keep its store in 'mysql'", "write sqlite:///", id="store-scheme"),
    pytest.param("store: pmsync.db\n", "store: is not the URL of a database", "write sqlite:///", id="store-is-a-file"),
    pytest.param("store: sqlite://a.db\n", "stands after three slashes", "write sqlite:///", id="store-slashes"),
    pytest.param("store: sqlite:///\n", "store: names no file", "write sqlite:///", id="store-without-file"),
    pytest.param("marker_key: short\n", "at least 16 characters", "", id="weak-key"),
    pytest.param("fields: {titel: {}}\n", "fields.titel: unknown key 'titel'", "did you mean 'title'?", id="field"),
    pytest.param("fields: {title: {ownr: jira}}\n", "fields.title.ownr: unknown key", "did you mean 'owner'?", id="in-field"),
    pytest.param("fields: {title: {owner: jra}}\n", "owner: there is no system 'jra'", "did you mean 'jira'?", id="owner"),
    pytest.param("fields: {title: {all: bth}}\n", "all: unknown value 'bth'", "did you mean 'both'?", id="direction"),
    pytest.param("fields: {title: {jira: psh}}\n", "unknown direction 'psh'", "did you mean 'push'?", id="system-direction"),
    pytest.param("fields: {title: {jira: [push]}}\n", "is a list where a direction is wanted", "valid here", id="surfaces"),
    pytest.param("fields: {title: {namespace: x}}\n", "only labels have a namespace", "remove it", id="namespace"),
    pytest.param("fields: {title: {respect_human: x}}\n", "respect_human: a duration", "", id="respect"),
    pytest.param(
        "fields: {comments: {all: init}}\n", "comments follow later edits", "valid here: pull, push, both, off", id="comments"
    ),
    pytest.param(
        "fields: {comments: {jira: init}}\n", "comments follow later edits", "pull, push, both, off", id="comments-of-one"
    ),
    pytest.param("fields: {comments: {owner: jira}}\n", "comments have no owner", "remove it", id="comments-owner"),
    pytest.param("fields: {body: {since: always}}\n", "only comments have a since", "remove it", id="since-of-another"),
    pytest.param("maps: {stats: {}}\n", "maps.stats: unknown key", "did you mean 'status'?", id="map"),
    pytest.param("maps: {status: {jra: {}}}\n", "there is no system 'jra'", "did you mean 'jira'?", id="map-system"),
    pytest.param("maps: {status: {jira: {QA: dne}}}\n", "jira.QA: unknown value 'dne'", "did you mean 'done'?", id="map-value"),
    pytest.param("maps: {priority: {jira: {P1: 1}}}\n", "jira.P1: is a number", "valid here: critical", id="map-number"),
    pytest.param("maps: {priority: {jira: {P1: hgh}}}\n", "unknown value 'hgh'", "did you mean 'high'?", id="map-priority"),
    pytest.param("maps: {status: {jira: {Done: done, DONE: released}}}\n", "both done and released", "keep one", id="twins"),
    pytest.param("maps: {status: {jira: {'': done}}}\n", "the remote name is empty", "remove the line", id="empty-name"),
    pytest.param("people: {ana: {jra: x}}\n", "there is no system 'jra'", "did you mean 'jira'?", id="people-system"),
    pytest.param("people: {ana: {email: ana}}\n", "'ana' is no e-mail address", "name@example.com", id="email"),
    pytest.param("people: {ana: {jira: 5}}\n", "is a number where a text is wanted", "put it in quotes", id="account"),
    pytest.param("people: {ana: {jira: ''}}\n", "the account is empty", "remove the line", id="no-account"),
    pytest.param("people: {a: {jira: X}, b: {jira: x}}\n", "named already for 'a'", "one person's", id="two-people"),
    pytest.param("people: {ana: 5}\n", "people.ana: is a number where a mapping is wanted", "", id="person"),
]


@pytest.mark.parametrize(("text", "message", "hint"), BAD)
def test_bad_input_of_the_common_parts(complaint, text, message, hint):
    """Every line says file, line, column and path; the hint is the nearest valid name or the remedy."""
    said = complaint(text + GOOD)
    assert message in said
    assert hint in said
    assert re.match(r"pmsync\.yaml:\d+:\d+: \S+: ", said)


def _systems(body):
    return f"systems: {{{body}}}\nproducts: {{p: {{a: A}}}}\n"


BAD_SYSTEMS = [
    pytest.param("a: {kind: memry}", "1:15: systems.a.kind: there is no connector of kind 'memry'", "'memory'?", id="kind"),
    pytest.param("a: {name: x}", "1:11: systems.a: has no kind", "valid here: github, jira, memory", id="no-kind"),
    pytest.param("a: {kind: [memory]}", "systems.a.kind: kind must be a text", "valid here", id="kind-list"),
    pytest.param("a: {kind: memory, nam: x}", "systems.a.nam: unknown key 'nam'", "did you mean 'name'?", id="key"),
    pytest.param("a: {kind: github, token: ''}", "systems.a.token: is empty", "", id="empty-token"),
    pytest.param("a: {kind: github, token: [x]}", "token: is a list where a text is wanted", "", id="token-list"),
    pytest.param("a: {kind: github, token: {x: y}}", "token: is a mapping where a text is wanted", "", id="token-mapping"),
    pytest.param("a: {kind: github, token: 12345}", "token: is a number where a text", "put it in quotes", id="token-number"),
    pytest.param("a: {kind: github}", "systems.a: needs either `token` or `app`", "", id="no-token"),
    pytest.param("a: {kind: github, app: {idd: 1}}", "a.app.idd: unknown key 'idd'", "did you mean 'id'?", id="nested-key"),
    pytest.param("a: {kind: github, app: {id: x}}", "app.id: is a text where a whole number is wanted", "", id="nested-type"),
    pytest.param("a: {kind: jira, login: x, token: y}", "systems.a.url: is missing", "add url: ...", id="missing"),
    pytest.param("a: {kind: jira, url: 'http:/x', login: x, token: y}", "'http:/x' is not the address", "", id="url"),
    pytest.param("a: memory", "systems.a: is a text where a mapping is wanted", "", id="system-text"),
    pytest.param("a: {kind: memory}, mirror: {kind: memory}", "cannot be called 'mirror'", "another name", id="reserved"),
    pytest.param("a: {kind: memory}, 'x:y': {kind: memory}", "letters, digits and . _ -", "another name", id="colon"),
    pytest.param("a: {kind: memory}, '': {kind: memory}", "letters, digits and . _ -", "another name", id="nameless"),
]


@pytest.mark.parametrize(("body", "message", "hint"), BAD_SYSTEMS)
def test_bad_input_within_systems(complaint, body, message, hint):
    """Settings are the connector's; their errors are told like all others."""
    said = complaint(_systems(body))
    assert message in said
    assert hint in said


BAD_PRODUCTS = [
    pytest.param("p: {}", "products.p: names no scope", "e.g. jira: CONTAINER", id="empty"),
    pytest.param("p: {mirror: []}", "products.p: names no scope", "", id="only-mirror"),
    pytest.param("p: ", "products.p: is empty where a mapping is wanted", "", id="nothing"),
    pytest.param("p: [PAY]", "products.p: is a list where a mapping is wanted", "", id="list"),
    pytest.param("p: {jira: []}", "products.p.jira: names no scope", "name one", id="no-scope"),
    pytest.param("p: {jira: 5}", "jira: is a number where a container's name or a mapping", "put it in quotes", id="number"),
    pytest.param("p: {jira: }", "jira: is empty where a container's name or a mapping", "", id="null"),
    pytest.param("p: {jra: PAY}", "products.p.jra: there is no system 'jra'", "did you mean 'jira'?", id="system"),
    pytest.param("p: {jira: {contaner: A}}", "p.jira.contaner: unknown key", "did you mean 'container'?", id="scope-key"),
    pytest.param("p: {jira: [A, {container: B, labels: x}]}", "p.jira.1.labels: is a text where a list", "", id="in-list"),
    pytest.param("p: {jira: [A, a]}", "p.jira.1: jira:a is named already in products.p.jira.0", "once", id="twice"),
    pytest.param("p: {jira: A}, q: {jira: A}", "q.jira: jira:A is named already in products.p.jira", "once", id="shared"),
    pytest.param("' p ': {jira: A}", "a product's name is one line", "another name", id="name"),
]


@pytest.mark.parametrize(("body", "message", "hint"), BAD_PRODUCTS)
def test_bad_input_within_products(complaint, body, message, hint):
    said = complaint(f"{SYSTEMS}products: {{{body}}}\n")
    assert message in said
    assert hint in said


BAD_RULES = [
    pytest.param("{from: jira, to: github}", "mirror: is a mapping where a list", "begin each rule with a dash", id="no-list"),
    pytest.param("[jira]", "mirror.0: is a text where a mapping is wanted", "", id="text"),
    pytest.param("[{to: github}]", "mirror.0.from: is missing", "add from: ...", id="missing"),
    pytest.param("[{from: jira, to: github, kinds: bug}]", "unknown key 'kinds'", "did you mean 'kind'?", id="key"),
    pytest.param("[{from: jira, to: github, kind: bugg}]", "kind: unknown value 'bugg'", "did you mean 'bug'?", id="kind"),
    pytest.param("[{from: jira, to: github, kind: [epic, bugg]}]", "kind.1: unknown value 'bugg'", "'bug'?", id="kinds"),
    pytest.param("[{from: jira, to: github, kind: []}]", "mirror.0.kind: is empty", "", id="no-kinds"),
    pytest.param("[{from: jira, to: github, label: ''}]", "mirror.0.label: is empty", "", id="no-label"),
    pytest.param("[{from: jira, to: github, create: yes}]", "create: unknown value 'yes'", "valid here: auto", id="create"),
    pytest.param("[{from: jra, to: github}]", "mirror.0.from: there is no system 'jra'", "did you mean 'jira'?", id="from"),
    pytest.param("[{from: desk, to: jira}]", "desk has no scope in this product", "desk: CONTAINER", id="from-elsewhere"),
    pytest.param("[{from: jira, to: 'github:wbe'}]", "'github:wbe' is not among this product's scopes", "'github:web'?", id="to"),
    pytest.param("[{from: jira, to: desk}]", "'desk' is not among this product's scopes", "valid here: github:api", id="to-none"),
    pytest.param("[{from: jira, to: github}]", "github has 2 scopes in this product: say which", "github:api, ", id="to-two"),
    pytest.param("[{from: jira, to: jira}]", "leads back into jira", "another system", id="to-itself"),
    pytest.param("[{from: github, to: 'github:web'}]", "leads back into github", "another system", id="to-own-system"),
]


@pytest.mark.parametrize(("rules", "message", "hint"), BAD_RULES)
def test_bad_input_within_mirror_rules(complaint, rules, message, hint):
    systems = SYSTEMS.replace("}}\n", "}, desk: {kind: memory, name: c}}\n")
    said = complaint(f"{systems}products:\n  p:\n    jira: PAY\n    github: [api, web]\n    mirror: {rules}\n")
    assert message in said
    assert hint in said


@pytest.mark.parametrize("text", ["systems: {}\nproducts: {}\n", "store: sqlite:///a.db\n", "systems: []\nproducts: 5\n"])
def test_config_without_systems_and_products_is_refused(complaint, text):
    said = complaint(text)
    assert "systems: " in said
    assert "products: " in said


def test_everything_wrong_is_told_at_once_in_the_order_of_the_file(complaint):
    said = complaint(
        """\
store: mysql://db
systems:
  jira: {kind: jira, url: "https://acme.atlassian.net", login: bot@acme.com, token: "${MISSING}", colour: red}
  github: {kind: github, token: x}
  github: {kind: memory}
products:
  payments: {jira: pay, github: acme, mirror: [{from: jira, to: github, create: maybe}]}
fields: {title: {owner: jra, all: bth}, comments: {all: init}}
safety: {max_creats: 5}
"""
    )
    lines = [tuple(map(int, found)) for found in re.findall(r"^pmsync\.yaml:(\d+):(\d+): ", said, re.MULTILINE)]
    assert lines == sorted(lines)
    assert [line for line, _ in lines] == [1, 3, 3, 5, 7, 7, 7, 8, 8, 8, 9]
    assert "line 9: did you mean 'max_creates'?" in said


def test_one_problem_is_told_once(complaint):
    """A missing secret is not also an invalid one, and what names a broken system is not broken as well."""
    text = TEN_LINES + "fields: {title: {owner: jira}}\nmaps: {status: {jira: {QA: done}}}\n"
    text = text.replace("acme/api}", "acme/api, mirror: [{from: jira, to: github}, {from: github, to: jira}]}")
    said = complaint(text.replace('"https://acme.atlassian.net"', '"${URL}"'), {"GITHUB_TOKEN": "x", "JIRA_TOKEN": "y"})
    assert (
        said
        == "pmsync.yaml:2:24: systems.jira.url: the environment variable URL is not set\nexport URL=... before running pmsync"
    )


def test_mistyped_system_is_told_once(complaint):
    """The rules that name it rightly are not wrong as well."""
    said = complaint(
        SYSTEMS + "products: {p: {jra: PAY, github: api, mirror: [{from: jira, to: github}, {from: github, to: jira}]}}\n"
    )
    assert said == "pmsync.yaml:2:16: products.p.jra: there is no system 'jra'\ndid you mean 'jira'?"


def test_flood_of_problems_is_cut(complaint):
    people = "".join(f"  p{n}: {{jra: x{n}}}\n" for n in range(80))
    said = complaint(f"{GOOD}people:\n{people}")
    assert said.count("there is no system") == 50
    assert "pmsync.yaml: and 30 more" in said


@pytest.mark.parametrize(
    "line",
    [
        "a: {kind: '${CANARY}'}",
        "a: {kind: memory, '${CANARY}': x}",
        "a: {kind: memory, personality: '${CANARY}', nme: x}",
        "a: {kind: jira, url: 'ftp://u:${CANARY}@h', login: x, token: '${CANARY}'}",
        "a: {kind: jira, url: 'ftp://u:canary-5ecret@h', login: x, token: y}",
        "a: {kind: jira, url: '${CANARY}', login: x, token: {a: '${CANARY}'}}",
        "a: {kind: jira, url: canary-5ecret, login: x, token: canary-5ecret}",
        "a: {kind: github, token: ['${CANARY}']}",
        "a: {kind: github, app: {id: '${CANARY}', private_key: canary-5ecret}}",
        "a: {kind: memory}, b: '${CANARY}'",
    ],
)
def test_no_secret_is_ever_told(complaint, line):
    """C55: not by pydantic, which likes to show its input, nor by a connector that quotes what it refuses, nor cut in half."""
    for secret in ("canary-5ecret", "canary-5ecret-" + "x" * 500):
        said = complaint(_systems(line), {"CANARY": secret})
        assert "canary-5ecret" not in said.casefold()


@pytest.mark.parametrize(
    "part",
    [
        "products: {p: {a: '${CANARY}', mirror: [{from: '${CANARY}', to: 'a:${CANARY}', create: '${CANARY}', kind: '${CANARY}'}]}}",
        "products: {p: '${CANARY}'}",
        "products: {p: {a: A}}\nstore: 'mysql://u:${CANARY}@h'",
        "products: {p: {a: A}}\nstore: '${CANARY}://x'",
        "products: {p: {a: A}}\nfields: {title: {owner: '${CANARY}', all: '${CANARY}', a: '${CANARY}', b: '${CANARY}'}}",
        "products: {p: {a: A}}\nmaps: {status: {a: {x: '${CANARY}'}}}",
        "products: {p: {a: A}}\npeople: {x: {email: '${CANARY}'}, y: {email: '${CANARY}'}}",
        "products: {p: {a: A}}\nschedule: {every: '${CANARY}'}\nsafety: {max_creates: '${CANARY}', close: '${CANARY}'}",
    ],
)
def test_reference_in_the_wrong_place_is_shown_by_its_name(complaint, part):
    said = complaint(
        f"systems: {{a: {{kind: jira, url: 'https://x', login: x, token: y}}}}\n{part}\n", {"CANARY": "canary-5ecret"}
    )
    assert "canary-5ecret" not in said.casefold()


def test_error_keeps_no_secret_for_the_traceback(read):
    """Neither cause nor context: pydantic's own error shows its input."""
    with pytest.raises(ConfigError) as caught:
        read(_systems("a: {kind: github, token: ['${CANARY}']}"), {"CANARY": "canary-5ecret"})
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def test_hostile_text_stays_on_its_line(complaint):
    said = complaint(GOOD + '"a\\nb": 1\n')
    assert said.count("\n") <= 4
    assert '"a\\nb": ' in said
