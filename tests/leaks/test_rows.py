"""C24 and C25: whatever callers write, a line is one line, and no card number is kept."""

import asyncio
import json
import os
import time

import pytest

from native.backends import until
from native.gateway import order
from native.leaks.scanning import scan
from tests.chaos.drill import Drill
from tests.leaks import sowing
from tests.owasp.test_log_injection import FORMS

PAYMENTS = int(os.environ.get("LEAKS_PAYMENTS", "500"))
LEAKS = "telemetry_leaks_total"
LINE_LIMIT = 64 * 1024
FIELD_LIMIT = 8192 + 1
MEGABYTE = "y" * 1_000_000


def nothing_leaked(drill: Drill) -> None:
    """The scanner finds nothing anywhere, and the last net had nothing to do."""
    drill.exported()
    places = scan(drill.stack.instance, drill.stack.ports, 24 * 3600, lambda _: None)
    for place in places:
        drill.row.counts[f"looked at in {place.name}"] = place.pieces
        assert place.pieces > 0, place.name
    drill.row.counts["seconds to look"] = round(sum(each.seconds for each in places))
    found = [each for place in places for each in sorted(place.findings)]
    drill.row.counts["found"] = len(found)
    caught = drill.total(f"sum(last_over_time({LEAKS}[6h]))")
    drill.row.counts["caught by the last net"] = caught
    assert found == []
    assert caught == 0


@pytest.mark.row("C24", "lines forged in every field, and a field of a megabyte")
def test_c24_whatever_is_sent_a_line_is_one_line(drill):
    forms = [*FORMS.values(), MEGABYTE]
    refused, gateway = 0, drill.stack.gateway
    with drill.row.injected():
        for form in forms:
            for field in ("pos_id", "merchant_reference", "currency", "note"):
                answer = gateway.send(json=order(**{field: form}))
                assert answer.status_code in {201, 400, 404, 413, 422}, answer.text
                refused += answer.status_code == 422
    drill.row.recovered()

    told = until(
        lambda: [
            line
            for line in drill.lines("request.refused")
            if line.service == "payments"
        ],
        lambda lines: len(lines) >= refused,
        within=20,
    )
    files = list(drill.stack.instance.logs.glob("*.log"))
    lines = 0
    for file in files:
        for raw in file.read_bytes().split(b"\n"):
            assert b"\x1b[31m" not in raw, file
            assert "\u2028".encode() not in raw, file
            if raw.startswith(b'{"timestamp"'):
                facts = json.loads(raw)
                assert facts["event"] != "forged"
                assert len(raw) < LINE_LIMIT
                assert all(len(str(fact)) <= FIELD_LIMIT for fact in facts.values())
                lines += 1
    drill.row.counts = {
        "requests": 4 * len(forms),
        "refused": refused,
        "lines of refusal": len(told),
        "lines on disk": lines,
    }
    assert refused > len(forms)
    assert len(told) == refused
    nothing_leaked(drill)
    drill.row.verdict = "passed"


@pytest.mark.row("C25", "card numbers in all that callers and merchants write")
def test_c25_no_card_number_is_kept_wherever_it_was_written(drill):
    begun = time.monotonic()
    with drill.row.injected():
        planted = sowing.requests(PAYMENTS)
        url = drill.stack.gateway.url
        statuses, said = asyncio.run(sowing.sent(url, planted))
    drill.row.recovered()
    drill.row.counts = {
        "planted": statuses.total(),
        "paid": statuses[201],
        "refused": sum(n for status, n in statuses.items() if 400 <= status < 500),
        "answers 5xx": sum(n for status, n in statuses.items() if status >= 500),
        "answers amiss": len(said),
        "seconds": round(time.monotonic() - begun),
    }

    assert statuses.total() == 2 * PAYMENTS
    assert statuses[201] >= 0.95 * PAYMENTS
    assert said == []
    drill.rests()
    nothing_leaked(drill)
    drill.row.verdict = "passed"
