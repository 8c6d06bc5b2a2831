"""docs/signals.md: the contract for people."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import TypeVar

from apps.kit.declaring import Attribute, Event, Span, Standard

from . import sources, telling
from .declared import Metric, declared
from .foreign import FOREIGN
from .registry import instrument

T = TypeVar("T")

REGISTRY = "https://opentelemetry.io/docs/specs/semconv/registry/attributes"

HEAD = """\
# Signals

All that leaves the services: spans, events, metrics and their attributes. `make docs`
writes this page, and [signals.yaml](signals.yaml) for programs, from what the code
declares; `make signals-check` asks a running stack whether it is so, and with `full=1`
plays the full scenario first, after which all that is declared must have come.

- [Spans](#spans), [events](#events), [metrics](#metrics)
- [Attributes of our own](#attributes-of-our-own), by what they are about
- [Standard attributes](#standard-attributes) of OpenTelemetry's semantic conventions
- [Others' names](#others-names): what the servers around us tell

**To add a signal**, three steps:

1. Look for its attributes here and in the
   [semantic conventions](https://opentelemetry.io/docs/specs/semconv/). A standard name
   comes before one of our own; a new one is a line of `ATTRIBUTES` in the service's
   `signals/names.py` (in `apps/kit/names/` where services share it): type, meaning,
   example, and its `values` if it is to be a label.
2. Declare the event beside it (`EVENTS`), the metric beside the function that tells it.
   A use case's span is declared by `@span("service.verb")` and its docstring.
3. Tell it: `tell("thing.happened", facts, count=METRIC)`. Draw the metric on a board,
   then `make docs boards`. If no [full scenario](decisions/0040-the-contract-of-signals.md)
   brings it about, say why in `contract/rare.py`.

`tests/contracts/test_signals.py` holds that nothing undeclared is told. How to read:
an attribute in *italics* is there where it is known, any other always. What is told in
a span is on that span, too. Any span and line may have `merchant.id` and
`payscope.journey`, which come with the request, and a line `payscope.stream`.
"""


def written() -> str:
    """The whole page."""
    parts = [
        HEAD,
        "## Spans\n",
        _table("Span|Kind|What it is|Attributes|Told by", map(_span, _sorted(declared().spans))),
        "## Events\n\nA *line* is in Loki, under its TraceID; a *span* event in Tempo.\n",
        _table("Event|What happened|Attributes|On|Told by", map(_event, _sorted(declared().events))),
        "## Metrics\n\nBudget: so many sets of labels from one process, at most.\n",
        _table(
            "Metric|Prometheus|Kind, unit|What it is|Labels|Budget|Told by",
            map(_metric, _sorted(declared().metrics)),
        ),
        "## Attributes of our own\n",
        *_own(),
        "## Standard attributes\n",
        _table("Attribute|Type|What it means, and what we put into it|Example|Values",
            map(_standard, filter(_is_standard, _sorted(declared().attributes)))),
        "## Others' names\n",
        _table("Prefix|Signal|Who tells it|What it is", (
            (f"`{each.prefix}`", each.signal, each.who, each.about) for each in FOREIGN
        )),
    ]  # fmt: skip
    return "\n".join(parts)


def _sorted(named: Mapping[str, T]) -> list[T]:
    return [named[name] for name in sorted(named)]


def _table(head: str, rows: Iterable[Iterable[str]]) -> str:
    titles = head.split("|")
    lines = [titles, ["---"] * len(titles), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _span(span: Span) -> Iterator[str]:
    yield f"`{span.name}`"
    yield span.kind
    yield span.about
    yield _listed(span.attributes)
    yield ", ".join(telling.services_of_span(span))


def _event(event: Event) -> Iterator[str]:
    yield f"`{event.name}`"
    yield event.about
    yield _listed(event.attributes) or "none"
    yield ", ".join(telling.on(event))
    yield _where(event.name)


def _metric(metric: Metric) -> Iterator[str]:
    yield f"`{metric.name}`"
    yield f"`{metric.promql}`"
    yield f"{instrument(metric)}, {metric.unit}"
    yield metric.about
    yield _listed(dict.fromkeys(metric.by, True)) or "none"
    yield telling.most(metric.name)
    yield _where(metric.name)


def _where(name: str) -> str:
    """Who tells it, with a link to where it stands."""
    services = ", ".join(telling.services_of(name))
    (module, *_more) = sources.tellers(name)
    path = sources.path(module)
    return f"[{services}](../{path})"


def _listed(attributes: dict[str, bool]) -> str:
    return ", ".join(
        f"`{name}`" if always else f"*`{name}`*"
        for name, always in sorted(attributes.items())
    )


def _is_standard(attribute: Attribute) -> bool:
    return isinstance(attribute, Standard)


def _own() -> Iterator[str]:
    own = [each for each in _sorted(declared().attributes) if not _is_standard(each)]
    for root, those in groupby(own, key=lambda each: each.name.split(".")[0]):
        yield f"### {root}\n"
        yield _table("Attribute|Type|What it means|Example|Values|Told by",
            ((*_attribute(each), ", ".join(telling.services_of(each.name))) for each in those),
        )  # fmt: skip


def _attribute(each: Attribute) -> Iterator[str]:
    yield f"`{each.name}`"
    yield each.type.__name__
    yield telling.about(each)
    yield f"`{each.closed[0] if each.example is None else each.example}`"
    yield telling.ending(each)


def _standard(each: Attribute) -> Iterator[str]:
    name, *rest = _attribute(each)
    yield f"[{name}]({REGISTRY}/{each.name.split('.')[0]}/)"
    yield from rest
