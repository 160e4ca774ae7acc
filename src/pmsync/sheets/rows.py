"""Rows of a CSV file, whatever program wrote it, or of a file with one JSON object a line. Memory is one row."""

from __future__ import annotations

import codecs
import csv
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pmsync.connect.errors import ConfigError

DELIMITERS = ",;\t|"
SAMPLE = 65_536
"""Bytes that are looked at to find out what separates the cells."""
LARGEST = 1_000_000
"""Characters of the largest cell."""
_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_LINES = (".ndjson", ".jsonl")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one row: where, what, and what to do."""

    file: str
    line: int
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message}"


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it begins in, and its cells by the names of their columns (lower case, spaces as ``_``), outer spaces removed."""

    line: int
    cells: Mapping[str, str]

    def get(self, *names: str) -> str:
        """The first cell of these names that is not empty; "" for none."""
        return next((cell for name in names if (cell := self.cells.get(name, ""))), "")


Complain = Callable[[Complaint], None]


def rows(file: Path, complain: Complain) -> Iterator[Row]:
    """The rows of ``file`` in order. A row that cannot be read is complained about and left out.

    Raises:
        ConfigError: the file cannot be read at all.
    """
    encoding = _encoding(file)
    with _opened(file, encoding) as stream:
        yield from _objects(file, stream, complain) if file.suffix.lower() in _LINES else _cells(file, stream, complain)


def _encoding(file: Path) -> str:
    """By the byte order mark, else UTF-8 where all of it is; else what Windows writes in the west, which takes any byte."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with file.open("rb") as stream:
            block = stream.read(SAMPLE)
            for mark, name in _MARKS.items():
                if block.startswith(mark):
                    return name
            while block:
                decoder.decode(block)
                block = stream.read(SAMPLE)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}", hint="name a file that pmsync may read") from None
    return "utf-8"


def _opened(file: Path, encoding: str) -> TextIO:
    return file.open(encoding=encoding, errors="replace", newline="")


def _cells(file: Path, stream: TextIO, complain: Complain) -> Iterator[Row]:
    csv.field_size_limit(LARGEST)
    reader = csv.reader(stream, delimiter=_delimiter(stream))
    names: list[str] | None = None
    while True:
        line = reader.line_num + 1
        try:
            cells = [cell.strip() for cell in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            complain(Complaint(str(file), line, f"this is no CSV: {error}", "close the quotes of that row"))
            continue
        if not any(cells):
            continue
        if names is None:
            names = [_name(cell) for cell in cells]
        elif len(cells) > len(names):
            message = f"{len(cells)} cells, but {len(names)} columns have a name"
            complain(Complaint(str(file), line, message, "put a cell in quotes that holds the separator"))
        else:
            yield Row(line, dict(zip(names, cells, strict=False)))


def _delimiter(stream: TextIO) -> str:
    """What separates the names of the columns: the one of the usual separators that stands there most often."""
    head = stream.readline()
    stream.seek(0)
    return max(DELIMITERS, key=head.count)


def _objects(file: Path, stream: TextIO, complain: Complain) -> Iterator[Row]:
    for line, text in enumerate(stream, 1):
        if not text.strip():
            continue
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if isinstance(found, dict):
            yield Row(line, {_name(name): _cell(value) for name, value in found.items()})
        else:
            complain(Complaint(str(file), line, "this line is no JSON object", "write one object a line"))


def _cell(value: object) -> str:
    if isinstance(value, list):
        return " ".join(_cell(one) for one in value)
    return "" if value is None else str(value).strip()


def _name(text: str) -> str:
    return "_".join(text.strip().casefold().split())
