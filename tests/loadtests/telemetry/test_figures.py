"""Figures are OTLP as Prometheus takes it: sums since the beginning, in seconds."""

from loadtests.telemetry.figures import (
    CUMULATIVE,
    DURATION,
    REQUESTS,
    SECONDS,
    USERS,
    figures,
)

TRACE = ("4b" * 16, "a7" * 8)


def told(metric, users=0):
    (found,) = (each for each in figures.told(users) if each["name"] == metric.name)
    return found


def labels(point):
    return {
        each["key"]: each["value"]["stringValue"]
        for each in point.get("attributes", ())
    }


def test_requests_are_counted_since_the_beginning():
    for _ in range(2):
        figures.seen("pay", "till", "ok", 0.02)
        requests = told(REQUESTS)["sum"]

    (point,) = requests["dataPoints"]
    assert requests["aggregationTemporality"] == CUMULATIVE
    assert requests["isMonotonic"]
    assert point["asInt"] == "2"
    assert point["startTimeUnixNano"] == str(figures.begun)
    assert labels(point) == {
        "load.step": "pay",
        "load.journey": "till",
        "load.result": "ok",
    }


def test_each_result_of_a_step_is_a_series_and_its_durations_are_one():
    figures.seen("pay", "till", "ok", 0.02)
    figures.seen("pay", "till", "fail", 0.02)

    assert len(told(REQUESTS)["sum"]["dataPoints"]) == 2
    (point,) = told(DURATION)["histogram"]["dataPoints"]
    assert point["count"] == "2"
    assert labels(point) == {"load.step": "pay", "load.journey": "till"}


def test_durations_fall_into_the_services_buckets():
    for seconds in (0.001, 0.005, 0.0051, 11):
        figures.seen("pay", "till", "ok", seconds)

    (point,) = told(DURATION)["histogram"]["dataPoints"]
    counts = [int(count) for count in point["bucketCounts"]]
    assert len(counts) == len(SECONDS) + 1
    assert (counts[0], counts[1], counts[-1]) == (2, 1, 1)
    assert point["explicitBounds"] == SECONDS
    assert round(point["sum"], 4) == 11.0111


def test_an_exemplar_leads_to_its_trace_and_is_told_once():
    figures.seen("pay", "till", "ok", 0.02, TRACE)
    figures.seen("pay", "till", "ok", 0.02)

    (exemplar,) = told(DURATION)["histogram"]["dataPoints"][0]["exemplars"]
    assert (exemplar["traceId"], exemplar["spanId"]) == TRACE
    assert told(DURATION)["histogram"]["dataPoints"][0]["exemplars"] == []


def test_users_are_as_many_as_there_are_now():
    (point,) = told(USERS, users=7)["gauge"]["dataPoints"]

    assert point["asInt"] == "7"
    assert labels(point) == {}
