"""Regenerate everything in the repository that is made from code: ``python docs/generate.py``; with ``--check``, only say what is stale.

* ``docs/cli.md``: the commands with their arguments and options;
* the capability table at the end of each connector's README;
* ``config/pmsync.schema.json``, ``config/roadmap.schema.json`` and ``config/pmsync.example.yaml``;
* ``docs/pictures/*.svg``: what the commands of the README print.

Whatever differs from machine to machine is pinned or left out, so that a second run changes nothing. Pictures are compared by their words,
not by their drawing, which is the library's.
"""

from __future__ import annotations

import argparse
import dataclasses
import html
import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_type_hints

import recording
import typer
from typer.models import ArgumentInfo

from pmsync.cli.main import app
from pmsync.config import schema
from pmsync.connect.capabilities import Capabilities, Full, Partial, Support, Unsupported
from pmsync.connect.plugin import Environment
from pmsync.connect.registry import load_plugins
from pmsync.net.calls import CallLog
from pmsync.net.clock import VirtualClock
from pmsync.net.fence import Fence
from pmsync.roadmap import schema as roadmap_schema

ROOT = Path(__file__).resolve().parents[1]
CONNECTORS: Mapping[str, Mapping[str, str]] = {
    "files": {},
    "github": {"token": "unused"},
    "jira": {"url": "https://example.atlassian.net", "login": "unused", "token": "unused", "webhook_secret": "unused"},
    "memory": {},
    "rt": {"url": "https://rt.example.com", "token": "unused"},
}
"""Settings with which each connector of this repository can be built; no call is made."""

MARK = "<!-- capabilities -->\n"
EXIT_CODES = """\
| exit code | meaning |
|---|---|
| 0 | done |
| 1 | something failed or waits, and the next run may do it |
| 2 | wrong usage or config |
| 3 | stopped by a rail: a person is needed |
| 4 | `plan --exit-code` found something to write |
| 130 | stopped by Ctrl-C; the next run goes on |"""


# -- the command line -----------------------------------------------------------------------------------------------------


def command_line() -> str:
    """``docs/cli.md``."""
    head = [
        "# The command line",
        f"Made by `docs/generate.py` from the program itself. {app.info.help}",
        "Data goes to stdout, progress to stderr. `pmsync --install-completion` sets up the shell's completion.",
        EXIT_CODES,
    ]
    return "\n\n".join([*head, *(_section(name, command) for name, command in commands(app))]) + "\n"


def commands(group: typer.Typer, prefix: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command by its name, those of groups as ``connector list``."""
    for command in group.registered_commands:
        function = inspect.unwrap(command.callback or commands)
        yield prefix + (command.name or function.__name__).removesuffix("_connectors"), function
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            yield from commands(inner.typer_instance, f"{prefix}{inner.name} ")


def _section(name: str, function: Callable[..., Any]) -> str:
    hints = get_type_hints(function, include_extras=True)
    found = [_parameter(one, hints[one.name]) for one in inspect.signature(function).parameters.values()]
    arguments = [one for one in found if not one.spelling.startswith("`-")]
    usage = " ".join([f"    pmsync {name} [OPTIONS]", *(one.usage for one in arguments)])
    table = "\n".join(["| | |\n|---|---|", *(f"| {one.spelling} | {one.words} |" for one in found)])
    return "\n\n".join([f"## {name}", inspect.getdoc(function) or "", usage, table])


@dataclasses.dataclass(frozen=True, slots=True)
class Parameter:
    """One argument or option: how it is spelled, how it stands in the usage line, and what it does."""

    spelling: str
    usage: str
    words: str


def _parameter(signature: inspect.Parameter, hint: Any) -> Parameter:
    kind, info = get_args(hint)[:2]
    required = signature.default is inspect.Parameter.empty
    name = signature.name.upper()
    if isinstance(info, ArgumentInfo):
        spelling = f"`{name}`"
    else:
        # Inside Annotated, typer keeps the first name where a default would stand.
        names = [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str)]
        names = names or [f"--{signature.name.replace('_', '-')}"]
        no = [f"`--no-{signature.name}`"] if signature.default is True else []
        spelling = ", ".join([*(f"`{one}{_value(kind)}`" for one in names), *no])
    return Parameter(spelling, name if required else f"[{name}]", _described(info, signature.default))


def _value(kind: Any) -> str:
    if kind is bool:
        return ""
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " {" + ",".join(one.value for one in kind) + "}"
    return {int: " N", Path: " FILE", Path | None: " FILE"}.get(kind, " TEXT")


def _described(info: Any, default: Any) -> str:
    facts = [str(info.help or "")]
    if isinstance(info.show_default, str):
        default = info.show_default
    if default not in (inspect.Parameter.empty, None, "", True, False):
        facts.append(f"Default: `{default}`.")
    if info.envvar:
        facts.append(f"Environment: `{info.envvar}`.")
    return " ".join(facts).replace("|", "\\|")


# -- the connectors -------------------------------------------------------------------------------------------------------


def capabilities(kind: str) -> Capabilities:
    """What the connector of that kind can do, as it stands after installation."""
    plugins, _ = load_plugins(frozenset({kind}))
    plugin = plugins[kind]
    environment = Environment(kind, VirtualClock(), Fence(read_only=True), CallLog())
    connector = plugin.connector(plugin.settings.model_validate(CONNECTORS[kind]), (), environment)
    try:
        return connector.capabilities
    finally:
        connector.close()


def capability_table(found: Capabilities) -> str:
    """The capabilities as a Markdown table."""
    words = {Full: "yes", Partial: "in part", Unsupported: "no"}
    rows = ["| capability | | why |", "| --- | --- | --- |"]
    for field in dataclasses.fields(found):
        support: Support = getattr(found, field.name)
        if isinstance(support, Full | Partial | Unsupported):
            reason = getattr(support, "reason", "")
            rows.append(f"| {field.name.replace('_', ' ')} | {words[type(support)]} | {reason} |".replace("  |", " |"))
    return "\n".join(rows) + "\n"


def connector_readme(kind: str) -> tuple[str, str]:
    """Path and text of a connector's README with a fresh table behind its mark."""
    path = f"connectors/pmsync_{kind}/README.md"
    text, mark, _ = (ROOT / path).read_text(encoding="utf-8").partition(MARK)
    if not mark:
        raise SystemExit(f"{path} lacks the line {MARK.strip()}")
    return path, text + mark + capability_table(capabilities(kind))


# -- everything -----------------------------------------------------------------------------------------------------------


def readme_config() -> str:
    """The config that the README shows: its first YAML block."""
    found = re.search(r"^```yaml\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    if found is None:
        raise SystemExit("README.md shows no config")
    return found[1]


def texts() -> dict[str, str]:
    """Every generated text by its path."""
    plugins, broken = load_plugins(frozenset(CONNECTORS))
    if broken:
        raise SystemExit(f"the connector {broken[0].name} cannot be imported: {broken[0].reason}")
    return {
        "docs/cli.md": command_line(),
        "config/pmsync.schema.json": schema.text(plugins),
        "config/roadmap.schema.json": roadmap_schema.text(),
        "config/pmsync.example.yaml": (ROOT / "src/pmsync/config/template.yaml").read_text(encoding="utf-8"),
        **dict(connector_readme(kind) for kind in CONNECTORS),
    }


def pictures() -> dict[str, str]:
    """Every picture by its path."""
    printed = {**recording.first_sync(readme_config()), "demo": recording.demo()}
    return {f"docs/pictures/{name}.svg": recording.picture("pmsync", text) for name, text in printed.items()}


def _words(svg: str) -> Counter[str]:
    """What a picture says, however it is drawn and wrapped."""
    said = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", svg))
    return Counter(re.findall(r"\w+", html.unescape(said)))


def is_fresh(path: str, wanted: str) -> bool:
    """Whether the file says what it should."""
    file = ROOT / path
    if not file.exists():
        return False
    found = file.read_text(encoding="utf-8")
    return _words(found) == _words(wanted) if path.endswith(".svg") else found == wanted


def main(arguments: list[str] | None = None) -> int:
    """Write what is stale, or only name it; 1 when ``--check`` found something."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 when something is stale")
    parser.add_argument("--no-pictures", action="store_true", help="leave the pictures out")
    options = parser.parse_args(arguments)
    made = texts() | ({} if options.no_pictures else pictures())
    stale = [path for path, text in made.items() if not is_fresh(path, text)]
    for path in stale:
        sys.stdout.write(f"{path} {'is stale: make docs' if options.check else 'written'}\n")
        if not options.check:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(made[path], encoding="utf-8")
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
