"""Charts as Plotly takes them: data and layout, colours by name until they are drawn."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from .findings import Findings
from .reading import Asked
from .spread import at, bucket, buckets, grouped, middle, moments, width

PER_DECADE = 20
COLOURS = {
    "floor": "c1",
    "bank": "c2",
    "other": "c3",
    "p50": "c3",
    "p95": "c2",
    "p99": "c1",
}
TROUBLES = ("bad", "c2", "c4", "c5", "c3")
QUANTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}

Chart = dict[str, Any]
Moments = list[tuple[float, list[Asked]]]


def charts(found: Findings) -> list[Chart]:
    """In the order in which they are looked at; without requests there is none."""
    run = found.run
    if not run.asked:
        return []
    step = width(run.seconds, len(run.asked))
    told = moments(run.asked, run.started, run.ended, step)
    return list(_drawn(found, told, step))


def _drawn(found: Findings, told: Moments, step: int) -> Iterator[Chart]:
    yield chart("rate", "Requests a second", _rates(found, told, step), "requests/s")
    if found.run.stages:
        title = "What was offered"
        yield chart("offered", title, list(_offered(found)), _unit(found))
    note = "from when a request was due to its answer"
    yield chart("latency", "Time over the run", _times(found, told), "ms", note)
    if found.bad:
        kinds = _failures(found, told)
        made = chart("failures", "Failures", kinds, f"in {step} s")
        made["layout"]["barmode"] = "stack"
        yield made
    yield _distribution(found)


def _rates(found: Findings, told: Moments, step: int) -> list[Chart]:
    seconds, kinds = _seconds(found, told), grouped(found.run.asked, lambda a: a.kind)
    ended = found.run.ended  # the last step may be cut short
    lengths = [max(step / 4, min(step, ended - begin)) for begin, _ in told]
    made = [
        line(
            kind,
            seconds,
            [
                sum(each.kind == kind for each in asked) / lasted
                for (_, asked), lasted in zip(told, lengths, strict=True)
            ],
            COLOURS[kind],
            stackgroup="all",
        )
        for kind in COLOURS
        if kind in kinds
    ]
    return made + _beside(found, "gateway's rate", 1.0)


def _offered(found: Findings) -> Iterator[Chart]:
    run = found.run
    times = [each.at - run.started for each in run.stages] + [run.seconds]
    by_rate = any(each.rate is not None for each in run.stages)
    values = [(each.rate if by_rate else each.users) or 0 for each in run.stages]
    name = "offered" if by_rate else "users"
    made = line(name, times, [*values, values[-1]], "c4")
    made["line"]["shape"] = "hv"
    yield made


def _unit(found: Findings) -> str:
    return "orders/s" if any(each.rate for each in found.run.stages) else "users"


def _times(found: Findings, told: Moments) -> list[Chart]:
    seconds = _seconds(found, told)
    ordered = [sorted(each.seconds for each in asked) for _, asked in told]
    made = [
        line(
            name,
            seconds,
            [1000 * at(times, share) if times else None for times in ordered],
            COLOURS[name],
        )
        for name, share in QUANTILES.items()
    ]
    return made + _beside(found, "gateway's p99", 1000.0)


def _beside(found: Findings, about: str, factor: float) -> list[Chart]:
    """What the gateway measured itself, dotted."""
    made = []
    for each in found.over_time:
        if each.about == about:
            times = [time - found.run.started for time in each.times]
            drawn = line(about, times, [factor * v for v in each.values], "muted")
            drawn["line"]["dash"] = "dot"
            made.append(drawn)
    return made


def _failures(found: Findings, told: Moments) -> list[Chart]:
    seconds = _seconds(found, told)
    counted = [
        Counter(each.trouble for each in asked if each.is_bad) for _, asked in told
    ]
    return [
        {
            "type": "bar",
            "name": kind,
            "x": seconds,
            "y": [each[kind] for each in counted],
            "marker": {"color": TROUBLES[place % len(TROUBLES)]},
        }
        for place, (kind, _) in enumerate(found.troubles)
    ]


def _distribution(found: Findings) -> Chart:
    kinds = grouped(found.run.asked, lambda each: each.kind)
    ends = [bucket(each.seconds, PER_DECADE) for each in found.run.asked]
    places = range(min(ends), max(ends) + 1)
    data: list[Chart] = []
    for kind in (kind for kind in COLOURS if kind in kinds):
        counts = buckets((each.seconds for each in kinds[kind]), PER_DECADE)
        middles = [1000 * middle(place, PER_DECADE) for place in places]
        drawn = [counts.get(place, 0) for place in places]
        data.append(line(kind, middles, drawn, COLOURS[kind], stackgroup="all"))
        data[-1]["line"]["shape"] = "hvh"
    made = chart("distribution", "How times are spread", data, "requests")
    x = {"type": "log", "title": {"text": "ms"}, "dtick": "D2"}
    made["layout"]["xaxis"] = x
    return made


def _seconds(found: Findings, told: Moments) -> list[float]:
    return [time - found.run.started for time, _ in told]


def line(
    name: str, x: Sequence[float], y: Sequence[float | None], colour: str, **more: Any
) -> Chart:
    line = {"color": colour, "width": 1.8}
    drawn = {"type": "scatter", "mode": "lines", "name": name, "line": line}
    return drawn | {"x": list(x), "y": list(y), **more}


def chart(name: str, title: str, data: list[Chart], unit: str, note: str = "") -> Chart:
    layout = {
        "xaxis": {"title": {"text": "seconds"}, "rangemode": "tozero"},
        "yaxis": {"title": {"text": unit}, "rangemode": "tozero"},
    }
    return {"id": name, "title": title, "note": note, "data": data, "layout": layout}
