"""The comparison as a page: both runs in the same charts."""

from collections.abc import Iterator

from .charts import PER_DECADE, Chart, chart, line
from .comparing import Comparison
from .findings import Findings
from .page import page
from .spread import at, bucket, buckets, middle, moments, width

HUES = ("c4", "c1")
PATHS = 9
"""So many rows the chart of ratios has room for."""


def html(found: Comparison) -> str:
    sides = (found.before, found.after)
    dead = any(each.run.is_dead for each in sides)
    return page(
        "compare.html",
        {
            "title": f"{found.before.run.run_id} and {found.after.run.run_id}",
            "found": found,
            "sides": sides,
            "charts": [] if dead else list(_drawn(found)),
        },
    )


def _drawn(found: Comparison) -> Iterator[Chart]:
    yield _ratios(found)
    sides = (found.before, found.after)
    names = [each.run.run_id for each in sides]
    data = [
        line(name, *_spread(each), hue)
        for name, each, hue in zip(names, sides, HUES, strict=True)
    ]
    made = chart("distribution", "How times are spread", data, "% of requests")
    ticks = {"type": "log", "title": {"text": "ms"}, "dtick": "D2"}
    made["layout"]["xaxis"] = ticks
    yield made
    for what, share in (("p50", 0.5), ("p99", 0.99)):
        data = [
            line(name, *_over_time(each, share), hue)
            for name, each, hue in zip(names, sides, HUES, strict=True)
        ]
        yield chart(what, f"{what} over the run", data, "ms")


def _ratios(found: Comparison) -> Chart:
    shown = found.ratios[:PATHS][::-1]
    hues = {"within noise": "muted", "slower": "bad", "faster": "good"}
    data = []
    for hint, hue in hues.items():
        rows = [each for each in shown if each.hint == hint]
        data.append(
            {
                "type": "scatter",
                "mode": "markers",
                "name": hint,
                "x": [each.ratio for each in rows],
                "y": [f"{each.who}, {each.what}" for each in rows],
                "error_x": {
                    "type": "data",
                    "symmetric": False,
                    "array": [max(0.0, each.high - each.ratio) for each in rows],
                    "arrayminus": [max(0.0, each.ratio - each.low) for each in rows],
                },
                "marker": {"color": hue, "size": 8},
            }
        )
    made = chart("ratios", "Later to earlier", data, "", "with 95 % of the ratios")
    order = [f"{each.who}, {each.what}" for each in shown]
    made["layout"]["yaxis"] = {
        "type": "category",
        "categoryorder": "array",
        "categoryarray": order,
        "dtick": 1,
    }
    made["layout"]["xaxis"] = {"title": {"text": "ratio of times; 1 is no change"}}
    one = {"type": "line", "x0": 1, "x1": 1, "yref": "paper", "y0": 0, "y1": 1}
    made["layout"]["shapes"] = [{**one, "line": {"color": "#888", "dash": "dot"}}]
    return made


def _spread(found: Findings) -> tuple[list[float], list[float]]:
    times = [each.seconds for each in found.run.asked]
    counts = buckets(times, PER_DECADE)
    ends = [bucket(each, PER_DECADE) for each in (min(times), max(times))]
    places = range(ends[0], ends[1] + 1)
    shares = [100 * counts.get(place, 0) / len(times) for place in places]
    return [1000 * middle(place, PER_DECADE) for place in places], shares


def _over_time(found: Findings, share: float) -> tuple[list[float], list[float | None]]:
    run = found.run
    told = moments(
        run.asked, run.started, run.ended, width(run.seconds, len(run.asked))
    )
    times = [sorted(each.seconds for each in asked) for _, asked in told]
    values = [1000 * at(each, share) if each else None for each in times]
    return [begin - run.started for begin, _ in told], values
