"""Demand: who counts, how often, and how much; against a slow and obvious reference too."""

from __future__ import annotations

import random
from dataclasses import replace
from decimal import Decimal
from statistics import median

import pytest

from pmsync.model.customers import Customer, CustomerStatus, Money
from pmsync.product.demand import DemandPolicy, Directory, Origin, RateMissing, Standing, Voice, demand

NOW = 2_000_000_000.0
DAY = 86_400.0
POLICY = DemandPolicy(whale_cap=1.0)


def eur(amount: int) -> Money:
    return Money(Decimal(amount), "EUR")


def customer(key: str, arr: int | None = 100, **more: object) -> Customer:
    return replace(Customer(key, key.title(), arr=eur(arr) if arr is not None else None), **more)


def voice(customer: str | None, *, item: str = "sso", days: float = 0, importance: int = 3, feedback: str = "") -> Voice:
    return Voice(feedback or f"{customer} {days}", item, customer, "", NOW - days * DAY, importance)


def count(voices: list[Voice], *customers: Customer, policy: DemandPolicy = POLICY):
    return demand(voices, {one.key: one for one in customers}, policy, NOW)["sso"]


def test_a_customer_counts_once_however_often_it_asks() -> None:
    assert count([voice("acme", days=day) for day in range(9)], customer("acme")).revenue == 100


def test_the_latest_importance_holds() -> None:
    found = count([voice("acme", days=10, importance=3), voice("acme", days=0, importance=0)], customer("acme"))
    assert (found.revenue, found.parts[0].importance) == (0.0, 0)


def test_a_voice_weighs_half_after_its_half_life() -> None:
    assert count([voice("acme", days=180)], customer("acme")).revenue == pytest.approx(50)


def test_a_voice_from_a_clock_that_is_ahead_weighs_no_more_than_one_of_today() -> None:
    assert count([voice("acme", days=-30)], customer("acme")).revenue == 100


def test_a_churned_customer_adds_nothing_and_is_listed_to_be_won_back() -> None:
    found = count([voice("acme")], customer("acme", status=CustomerStatus.CHURNED))
    assert (found.revenue, found.volume, found.parts[0].standing) == (0.0, 0.0, Standing.CHURNED)


def test_a_prospect_counts_by_its_likelihood() -> None:
    assert count([voice("acme")], customer("acme", status=CustomerStatus.PROSPECT)).revenue == pytest.approx(30)


def test_a_free_customer_counts_by_volume_alone() -> None:
    found = count([voice("acme")], customer("acme", arr=0))
    assert (found.volume, found.revenue, found.confidence) == (1.0, 0.0, 1.0)


def test_what_nobody_said_a_customer_pays_is_what_its_tier_pays_and_lowers_confidence() -> None:
    policy = replace(POLICY, tiers={"gold": Decimal(70)})
    found = count([voice("acme")], customer("acme", arr=None, tier="gold"), policy=policy)
    assert (found.revenue, found.confidence, found.parts[0].assumed) == (70, 0.0, True)


def test_voices_of_nobody_known_count_by_volume_each_contact_once() -> None:
    found = count([Voice(str(number), "sso", None, "hash", NOW, 3) for number in range(3)])
    assert (found.volume, found.revenue, found.confidence) == (1.0, 0.0, 0.0)


def test_one_whale_makes_up_a_quarter_at_most() -> None:
    small = [customer(f"c{number}", 100) for number in range(9)]
    found = count([voice(one.key) for one in small] + [voice("whale")], *small, customer("whale", 10**6), policy=DemandPolicy())
    assert found.parts[0].revenue == pytest.approx(found.revenue / 4)


def test_a_single_whale_counts_like_a_typical_customer() -> None:
    others = [customer(f"c{number}", 100) for number in range(9)]
    assert count([voice("whale")], *others, customer("whale", 10**6), policy=DemandPolicy()).revenue == 100


def test_currencies_go_by_the_table() -> None:
    policy = replace(POLICY, rates={"USD": Decimal("0.5")})
    assert count([voice("acme")], replace(customer("acme"), arr=Money(Decimal(10), "USD")), policy=policy).revenue == 5


def test_a_currency_without_a_rate_is_an_error_that_names_it() -> None:
    with pytest.raises(RateMissing, match="XTS"):
        count([voice("acme")], replace(customer("acme"), arr=Money(Decimal(10), "XTS")))


def test_a_negative_amount_is_refused() -> None:
    with pytest.raises(ValueError, match="no amount"):
        eur(-1)


@pytest.mark.parametrize("seed", range(100))
def test_one_more_voice_never_lowers_demand(seed: int) -> None:
    draw = random.Random(seed)
    customers = [customer(f"c{number}", draw.choice([0, 10, 500, 10**6])) for number in range(8)]
    voices = [voice(one.key, importance=draw.randrange(1, 4)) for one in draw.sample(customers, draw.randrange(1, 8))]
    silent = [one for one in customers if one.key not in {each.customer for each in voices}]
    before = count(voices, *customers, policy=DemandPolicy())
    after = count([*voices, voice(draw.choice(silent).key)], *customers, policy=DemandPolicy())
    assert after.revenue >= before.revenue - 1e-6 * before.revenue
    assert after.volume >= before.volume


# -- the reference: slow and obvious ----------------------------------------------------------------------------------------------


def plain(voices: list[Voice], customers: dict[str, Customer], policy: DemandPolicy) -> dict[str, tuple[float, float]]:
    """Volume and revenue for each item, computed as the words say, the level by halving."""

    def pays(one: Customer) -> float | None:
        if one.arr is None:
            return float(policy.tiers[one.tier]) if one.tier in policy.tiers else None
        return float(one.arr.amount) * (1.0 if one.arr.currency == policy.currency else float(policy.rates[one.arr.currency]))

    known = [pays(one) for one in customers.values() if one.status is CustomerStatus.ACTIVE]
    known = [amount for amount in known if amount is not None]
    typical = median(known) if known else 0.0
    found = {}
    for item in {one.item for one in voices}:
        volume, amounts = 0.0, []
        for speaker in {one.speaker for one in voices if one.item == item}:
            last = sorted(
                (one for one in voices if one.item == item and one.speaker == speaker), key=lambda one: (one.at, one.feedback)
            )[-1]
            weight = last.importance / 3 * (2 ** (-(NOW - last.at) / DAY / policy.half_life) if policy.half_life else 1)
            who = customers.get(last.customer or "")
            if who is None:
                volume += weight
            elif who.status is not CustomerStatus.CHURNED:
                volume += weight
                share = policy.prospect if who.status is CustomerStatus.PROSPECT else 1
                amounts.append((pays(who) or 0.0) * weight * share)
        low, high = 0.0, max(amounts, default=0.0)
        if high > policy.whale_cap * sum(amounts) * (1 + 1e-12):
            for _ in range(200):
                middle = (low + high) / 2
                fits = middle <= policy.whale_cap * sum(min(amount, middle) for amount in amounts) * (1 + 1e-12)
                low, high = (middle, high) if fits else (low, middle)
            high = low
        level = max(high, typical)
        found[item] = (volume, sum(min(amount, level) for amount in amounts))
    return found


@pytest.mark.parametrize("part", range(20))
def test_counting_agrees_with_the_reference_on_two_thousand_cases(part: int) -> None:
    for seed in range(part * 100, part * 100 + 100):
        draw = random.Random(seed)
        customers = {
            f"c{number}": Customer(
                f"c{number}",
                f"C{number}",
                status=draw.choice(list(CustomerStatus)),
                arr=Money(Decimal(draw.choice([0, 7, 900, 12_000, 10**7])), draw.choice(["EUR", "USD"]))
                if draw.random() < 0.8
                else None,
                tier=draw.choice(["", "gold"]),
            )
            for number in range(draw.randrange(0, 12))
        }
        policy = DemandPolicy(
            rates={"USD": Decimal("0.9")},
            half_life=draw.choice([0, 30, 180]),
            whale_cap=draw.choice([0.1, 0.25, 0.5, 1.0]),
            tiers={"gold": Decimal(500)},
        )
        voices = [
            Voice(
                str(number),
                draw.choice(["a", "b", "c"]),
                draw.choice([*customers, None]),
                draw.choice(["", "x", "y"]),
                NOW - draw.randrange(0, 900) * DAY,
                draw.randrange(4),
            )
            for number in range(draw.randrange(1, 30))
        ]
        wanted = plain(voices, customers, policy)
        found = demand(voices, customers, policy, NOW)
        assert {key: pytest.approx(pair, rel=1e-6, abs=1e-6) for key, pair in wanted.items()} == {
            key: (one.volume, one.revenue) for key, one in found.items()
        }, seed


# -- whose voice it is ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def directory() -> Directory:
    return Directory(
        [
            Customer("acme", "Acme Corp", domains=("acme.com",), ids={"desk": "7"}),
            Customer("labs", "Acme Labs", domains=("labs.acme.com",)),
            Customer("one", "Twin", domains=("twin.org",)),
            Customer("two", "Twin", domains=("twin.org", "gmail.com")),
        ]
    )


@pytest.mark.parametrize(
    ("origin", "key"),
    [
        (Origin({"desk": "7"}, "Acme Labs"), "acme"),
        (Origin(organization="ACME  labs"), "labs"),
        (Origin(domain="eu.acme.com"), "acme"),
        (Origin(domain="LABS.acme.com"), "labs"),
        (Origin(domain="notacme.com"), None),
        (Origin(domain="twin.org"), None),
        (Origin(organization="Twin"), None),
        (Origin(domain="gmail.com"), None),
        (Origin(), None),
    ],
)
def test_the_one_customer_that_fits_is_found(directory: Directory, origin: Origin, key: str | None) -> None:
    assert directory.of(origin) == key
