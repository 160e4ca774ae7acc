"""Lists in files: what is read whatever wrote it, and what is complained about, with file and line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pmsync.connect.errors import ConfigError
from pmsync.model.customers import Customer, CustomerStatus, Money
from pmsync.sheets import Complaint, read_customers, rows
from pmsync.sheets.customers import Usual
from pmsync.sheets.scalars import amount_of, date_of


@pytest.fixture
def told() -> list[Complaint]:
    return []


def customers(told: list[Complaint], *files: Path) -> dict[str, Customer]:
    return read_customers(files, Usual("EUR", ["desk"]), told.append)


def written(folder: Path, text: str, encoding: str = "utf-8", name: str = "customers.csv") -> Path:
    file = folder / name
    file.write_bytes(text.encode(encoding))
    return file


def test_a_row_is_a_customer(tmp_path: Path, told: list[Complaint]) -> None:
    file = written(
        tmp_path,
        "Key,Name,ARR,Currency,Tier,Segment,Domains,Status,Renewal,Desk\n"
        'acme,Acme Corp,"1,200.50",usd,gold,smb,acme.com acme.org,active,2026-02-15,7\n',
    )
    assert customers(told, file) == {
        "acme": Customer(
            "acme",
            "Acme Corp",
            CustomerStatus.ACTIVE,
            Money(Decimal("1200.50"), "USD"),
            "gold",
            "smb",
            ("acme.com", "acme.org"),
            {"desk": "7"},
            date(2026, 2, 15),
        )
    }
    assert told == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_encodings_and_separators_are_found_out(tmp_path: Path, told: list[Complaint], encoding: str, mark: str) -> None:
    file = written(tmp_path, f"key{mark}name\r\nm{mark}Müller\r\n", encoding)
    assert customers(told, file)["m"].name == "Müller"


def test_one_object_a_line_is_read_as_well(tmp_path: Path, told: list[Complaint]) -> None:
    file = written(tmp_path, '{"key": "acme", "arr": 100, "domains": ["a.com", "b.com"]}\n\n[1]\n', name="c.ndjson")
    assert customers(told, file)["acme"].domains == ("a.com", "b.com")
    assert [str(one) for one in told] == [f"{file}:3: this line is no JSON object"]


def test_a_quoted_line_break_does_not_shift_the_lines(tmp_path: Path, told: list[Complaint]) -> None:
    file = written(tmp_path, 'key,name\na,"one\ntwo"\nb,x,y\n')
    assert list(customers(told, file)) == ["a"]
    assert told[0].line == 4


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("acme,-1,EUR,,", "-1 EUR is no amount that somebody pays"),
        ("acme,1.200,EUR,,", "'1.200' can be read in two ways"),
        ("acme,a lot,EUR,,", "'a lot' is no amount"),
        ("acme,1,euros,,", "'EUROS' is no code of a currency"),
        ("acme,1,EUR,gone,", "there is no status 'gone'"),
        ("acme,1,EUR,,03/04/2026", "can be read in two ways"),
        ("acme,1,EUR,,2026-13-01", "no day of the calendar"),
        (",1,EUR,,", "neither a key nor a name"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_with_its_line_and_the_others_count(
    tmp_path: Path, told: list[Complaint], row: str, message: str
) -> None:
    file = written(tmp_path, f"key,arr,currency,status,renewal\n{row}\nfine,1,EUR,,\n")
    assert list(customers(told, file)) == ["fine"]
    assert told[0].line == 2
    assert message in told[0].message
    assert told[0].remedy


def test_a_customer_in_two_files_who_pays_differently_is_told_with_both_places(tmp_path: Path, told: list[Complaint]) -> None:
    first, second = written(tmp_path, "key,arr\nacme,1\n", name="a.csv"), written(tmp_path, "key,arr\nacme,2\n", name="b.csv")
    assert customers(told, first, second)["acme"].arr == Money(Decimal(1), "EUR")
    assert str(told[0]) == f"{second}:2: acme stands here once more, and differs from {first}:2"


def test_the_same_row_twice_is_no_complaint(tmp_path: Path, told: list[Complaint]) -> None:
    customers(told, written(tmp_path, "key,arr\nacme,1\nacme,1\n"))
    assert told == []


def test_a_file_that_is_not_there_is_an_error_that_names_it(tmp_path: Path, told: list[Complaint]) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.csv cannot be read"):
        list(rows(tmp_path / "nowhere.csv", told.append))


@pytest.mark.parametrize(
    ("text", "amount", "sign"),
    [
        ("1200", "1200", ""),
        ("1,200.50", "1200.50", ""),
        ("1.200,50 €", "1200.50", "EUR"),
        ("$1 200", "1200", "USD"),
        ("1,200,000", "1200000", ""),
        ("0.5", "0.5", ""),
        ("1'200.5", "1200.5", ""),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, amount: str, sign: str) -> None:
    assert amount_of(text) == (Decimal(amount), sign)


@pytest.mark.parametrize("text", ["2026-02-15", "15.02.2026", "15/02/2026", "02/15/2026"])
def test_days_are_read_as_people_write_them(text: str) -> None:
    assert date_of(text) == date(2026, 2, 15)
