"""The last net, in the real collector: it masks wherever a number can stand, and counts."""

import json
import re
import secrets
import time
import uuid
from itertools import product

import pytest

from native.backends import until
from tests import planting
from tests.contracts.netting import collector

THOUSANDS = 3_000


def text(value):
    return {"stringValue": value}


def attribute(key, value):
    return {"key": key, "value": value if isinstance(value, dict) else text(value)}


def resource(name="stranger", **more):
    facts = {"service.name": name, "service.instance.id": f"{name}-1", **more}
    return {"attributes": [attribute(key, value) for key, value in facts.items()]}


def span(name="works", **more):
    now = time.time_ns()
    ids = {"traceId": secrets.token_hex(16), "spanId": secrets.token_hex(8)}
    times = {"startTimeUnixNano": str(now), "endTimeUnixNano": str(now + 1000)}
    return {"name": name, "kind": 1, **ids, **times, **more}


def spans(*spans, of=None, scope="s"):
    kept = {"scope": {"name": scope}, "spans": list(spans)}
    return {"resourceSpans": [{"resource": of or resource(), "scopeSpans": [kept]}]}


def lines(*records, of=None):
    now = {"timeUnixNano": str(time.time_ns())}
    kept = {"scope": {"name": "s"}, "logRecords": [{**now, **each} for each in records]}
    return {"resourceLogs": [{"resource": of or resource(), "scopeLogs": [kept]}]}


def points(*points, of=None):
    now = {"timeUnixNano": str(time.time_ns()), "asInt": "1"}
    kept = [{**now, **point} for point in points]
    metric = {"name": "things", "gauge": {"dataPoints": kept}}
    scopes = [{"scope": {"name": "s"}, "metrics": [metric]}]
    return {"resourceMetrics": [{"resource": of or resource(), "scopeMetrics": scopes}]}


def nested(value):
    inner = {"values": [{"kvlistValue": {"values": [attribute("deep", value)]}}]}
    return {"kvlistValue": {"values": [attribute("list", {"arrayValue": inner})]}}


PLACES = {
    "a span's name": ("traces", lambda pan: spans(span(f"GET /{pan}/x"))),
    "a status message": (
        "traces",
        lambda pan: spans(span(status={"code": 2, "message": f"card {pan}?"})),
    ),
    "a trace state": ("traces", lambda pan: spans(span(traceState=f"x={pan}"))),
    "a span's attribute": (
        "traces",
        lambda pan: spans(span(attributes=[attribute("note", f"pan={pan};")])),
    ),
    "a nested attribute": (
        "traces",
        lambda pan: spans(span(attributes=[attribute("note", nested(pan))])),
    ),
    "an event's name": ("traces", lambda pan: spans(span(events=[{"name": pan}]))),
    "an event's attribute": (
        "traces",
        lambda pan: spans(
            span(events=[{"name": "e", "attributes": [attribute("note", pan)]}])
        ),
    ),
    "a span's resource": (
        "traces",
        lambda pan: spans(span(), of=resource(note=pan)),
    ),
    "a line's body": ("logs", lambda pan: lines({"body": text(f"saw {pan}, once")})),
    "a line's nested body": ("logs", lambda pan: lines({"body": nested(pan)})),
    "a line's attribute": (
        "logs",
        lambda pan: lines({"attributes": [attribute("note", pan)]}),
    ),
    "a line's nested attribute": (
        "logs",
        lambda pan: lines({"attributes": [attribute("note", nested(pan))]}),
    ),
    "a line's event": ("logs", lambda pan: lines({"eventName": f"seen {pan}"})),
    "a line's level": ("logs", lambda pan: lines({"severityText": pan})),
    "a line's resource": (
        "logs",
        lambda pan: lines({"body": text("x")}, of=resource(note=pan)),
    ),
    "a label": (
        "metrics",
        lambda pan: points({"attributes": [attribute("note", pan)]}),
    ),
    "a metric's resource": ("metrics", lambda pan: points({}, of=resource(note=pan))),
}
UNCOUNTED = {"a line's level"}
"""It is a word, or it is none: what it was nobody knows."""


@pytest.fixture(scope="module")
def net(tmp_path_factory):
    with collector(tmp_path_factory.mktemp("net")) as running:
        yield running


def marked():
    """A word that nobody else has sent, without a digit."""
    return "".join(secrets.choice("ghijklmnop") for _ in range(12))


def sent_on(net, signal, mark):
    """What has left of what was sent under that mark."""
    found = until(
        lambda: [each for each in net.passed_on(signal) if mark in json.dumps(each)],
        within=10,
    )
    assert len(found) == 1
    return found[0]


def of(mark, body):
    """The body, sent by a service that nobody else is."""
    for kind in ("resourceSpans", "resourceLogs", "resourceMetrics"):
        for each in body.get(kind, []):
            each["resource"]["attributes"].append(attribute("mark", mark))
    return body


@pytest.mark.parametrize("place", PLACES)
def test_no_number_gets_through(net, place):
    """Of no issuer, and written in none of the ways."""
    signal, body = PLACES[place]
    mark, numbers, whole = marked(), [], {}
    for issuer, form in product(planting.ISSUERS, planting.FORMS):
        numbers.append(planting.number(issuer))
        told = of(mark, body(planting.FORMS[form](numbers[-1])))
        for kind, sent in told.items():
            whole.setdefault(kind, []).extend(sent)

    net.send(signal, whole)

    left = json.dumps(sent_on(net, signal, mark), ensure_ascii=False)
    left = re.sub(r'"(?:\w+UnixNano|traceId|spanId)": ?"\w+"', "", left)
    left = left.replace("\u200d", "")
    assert left.count(mark) == len(numbers)
    assert not re.findall(r".{30}\d{5}.{30}", left)
    assert not [number for number in numbers if number[:4] + number[-4:] in left]
    assert not [number for number in numbers if number[4:8] in left]


def leaks(net, mark):
    """The count's samples of one sender, earliest first, and their signal."""
    found = []
    for request in net.passed_on("metrics/leaks"):
        for each in request["resourceMetrics"]:
            if mark not in json.dumps(each["resource"]):
                continue
            for metric in each["scopeMetrics"][0]["metrics"]:
                assert metric["name"] == "telemetry.leaks"
                assert metric["sum"]["aggregationTemporality"] == 2
                assert metric["sum"]["isMonotonic"]
                for point in metric["sum"]["dataPoints"]:
                    (label,) = point["attributes"]
                    time = int(point["timeUnixNano"])
                    signal = label["value"]["stringValue"]
                    found.append((time, signal, int(point["asInt"])))
    return [each[1:] for each in sorted(found)]


@pytest.mark.parametrize("place", PLACES.keys() - UNCOUNTED)
def test_what_the_net_caught_is_counted_from_nothing_on(net, place):
    signal, body = PLACES[place]
    mark = marked()

    net.send(signal, of(mark, body("4111111111111111")))

    counted = until(lambda: leaks(net, mark), lambda told: len(told) >= 2)
    assert counted == [(signal, 0), (signal, 1)]


def test_leaks_add_up(net):
    mark = marked()
    bad = span("pays 4111111111111111")

    for _ in range(3):
        net.send("traces", of(mark, spans(bad, span(), bad)))
        time.sleep(0.01)

    counted = until(lambda: leaks(net, mark), lambda told: ("traces", 6) in told)
    assert [count for _, count in counted] == sorted(count for _, count in counted)


def test_thousands_of_ids_and_times_pass_unchanged_and_uncounted(net):
    mark = marked()
    words = []
    for at in range(THOUSANDS):
        now = time.time_ns() + at * 10**12
        times = [now, now // 10**3, now // 10**6, now // 10**9, at * 997]
        words.append(f"{secrets.token_hex(16)} {uuid.uuid4()} {times}")
        words += [secrets.token_hex(16), str(uuid.uuid4()), *map(str, times)]
    facts = [attribute(f"a{at}", word) for at, word in enumerate(words)]
    batches = [facts[at : at + 30] for at in range(0, len(facts), 30)]

    net.send("traces", of(mark, spans(*[span(attributes=each) for each in batches])))

    left = sent_on(net, "traces", mark)["resourceSpans"][0]["scopeSpans"][0]["spans"]
    told = [each["value"] for span in left for each in span["attributes"]]
    assert told == [text(word) for word in words]
    assert leaks(net, mark) == []
