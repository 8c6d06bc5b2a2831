"""200,000 ids, times and amounts through the real patterns: what is masked by mistake."""

import re
import secrets
import time
import uuid

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apps.kit.cards import is_card
from apps.kit.masking import masked
from native.paths import ROOT
from tests import planting

MANY = 200_000
YEARS = 10 * 365 * 86_400
CONFIG = yaml.safe_load((ROOT / "otel-collector/config.yaml").read_text())
(TOLD,) = CONFIG["processors"]["redaction/cards"]["blocked_values"]
NET = re.compile(
    re.sub(r"\\x\{([0-9A-F]+)\}", lambda code: f"\\u{code[1]:0>4}", TOLD), re.ASCII
)
"""Go's pattern, as Python writes it."""

NOW = time.time_ns()


def moments(per_second):
    """In the ten years around now."""
    span = YEARS * per_second
    now = NOW * per_second // 10**9
    return [str(now - span // 2 + secrets.randbelow(span)) for _ in range(MANY)]


NEVER = {
    "trace ids": lambda: [secrets.token_hex(16) for _ in range(MANY)],
    "UUIDs of time": lambda: [str(uuid7()) for _ in range(MANY)],
    "seconds": lambda: moments(1),
    "milliseconds": lambda: moments(10**3),
    "microseconds": lambda: moments(10**6),
    "nanoseconds": lambda: moments(10**9),
    "amounts": lambda: [str(secrets.randbelow(10**8)) for _ in range(MANY)],
}
SELDOM = {
    "span ids": (lambda: [secrets.token_hex(8) for _ in range(MANY)], 5e-5, 5e-4),
    "UUIDs": (lambda: [str(uuid.uuid4()) for _ in range(MANY)], 0, 2e-5),
}
"""How often in the kit, and how often in the collector, which knows no check digit."""


def uuid7():
    stamp = (NOW // 10**6 + secrets.randbelow(10**9)) << 80
    value = stamp | secrets.randbits(74)
    return uuid.UUID(int=value & ~(0xF << 76) & ~(0x3 << 62) | 7 << 76 | 2 << 62)


@pytest.mark.parametrize("kind", NEVER)
def test_none_is_taken_for_a_card(kind):
    words = NEVER[kind]()

    assert [word for word in words if masked(word) != word] == []
    assert [word for word in words if NET.search(word)] == []


@pytest.mark.parametrize("kind", SELDOM)
def test_few_are_taken_for_a_card(kind):
    """A span id is a number of sixteen digits once in 1,800 times."""
    words, by_kit, by_net = SELDOM[kind]
    found = words()

    assert sum(masked(word) != word for word in found) <= by_kit * MANY
    assert sum(bool(NET.search(word)) for word in found) <= by_net * MANY


@given(
    st.uuids(),
    st.integers(0, 2**128 - 1),
    st.integers(1_600_000_000, 1_990_000_000),
)
def test_among_words_they_pass_too(some, trace, second):
    ids = f"{some} {some.hex}x {trace:032x} payment/{some}"
    times = f"{second} {second * 1000} {second * 10**6} {second * 10**9}"
    text = f"{ids} {times} 2026-11-22T03:04:05.123456789Z 25000 10.0.0.1:54321"

    assert masked(text) == text
    assert not NET.search(text)


@given(
    st.sampled_from(sorted(planting.ISSUERS)),
    st.sampled_from(sorted(planting.FORMS)),
    st.sampled_from([*planting.AROUND, "a_{}_b", "/x/{}?y=1", "{}\n", "[{},1]"]),
    st.text(st.characters(exclude_categories=["N", "Cs", "Cf"]), max_size=8),
)
def test_whatever_stands_around_a_card_it_is_found(issuer, form, around, beside):
    number = planting.number(issuer)
    text = f"{beside} {around.replace('{}', planting.FORMS[form](number))} {beside}"

    assert is_card(number)
    assert NET.search(text)
    if "_{}_" not in around:
        assert f"•••• {number[-4:]}" in masked(text)
