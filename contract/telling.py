"""Who tells what, on which signal, and what is said of it."""

from collections.abc import Iterable, Iterator

from apps.kit.declaring import Attribute, Event, Span, Standard

from . import sources
from .budget import Endless, budget
from .declared import declared
from .meaning import conventions


def about(attribute: Attribute) -> str:
    """Of a standard one what the conventions say, and then what we put into it."""
    said = [attribute.about]
    if isinstance(attribute, Standard):
        meaning = conventions()[attribute.name]
        said.insert(0, meaning.brief)
        if meaning.deprecated:
            said.append(f"Deprecated: {meaning.deprecated} {attribute.kept}")
    told = " ".join(filter(None, said))
    return told or "As its values say."


def services_of(name: str) -> tuple[str, ...]:
    """The programs that may tell a name: those that a module is part of where it stands."""
    return _joined(sources.tellers(name) or tuple(_users(name)))


def _users(attribute: str) -> Iterator[str]:
    """Where events stand that have it: it is put together from parts."""
    for name, event in declared().events.items():
        if attribute in event.attributes:
            yield from sources.tellers(name)


def services_of_span(span: Span) -> tuple[str, ...]:
    """Where its name is made of attributes, whoever tells them all."""
    if sources.tellers(span.name):
        return services_of(span.name)
    if span.name.startswith("payments."):
        return ("payments",)
    return sources.emitters(_MADE_IN[span.kind, span.name])


_MADE_IN = {
    ("server", "{http.request.method} {http.route}"): "apps.kit.server",
    ("client", "{http.request.method}"): "apps.kit.calling",
    ("client", "{db.query.summary}"): "apps.kit.queries",
    ("producer", "send {messaging.destination.name}"): "apps.kit.sending",
    ("consumer", "process {messaging.destination.name}"): "apps.kit.delivery",
    ("internal", "{service.name}.{listener}"): "apps.kit.consuming",
}
"""Names that are made of others' values stand in no literal."""


def _joined(modules: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({each for name in modules for each in sources.emitters(name)}))


def on(event: Event) -> Iterator[str]:
    """`tell` writes a line and names the facts on the span; `event` does no more than that."""
    if event.name not in sources.span_events():
        yield "line"
    elif len(sources.tellers(event.name)) and event.name in _BOTH:
        yield from ("line", "span")
    else:
        yield "span"


_BOTH = frozenset({"breaker.changed", "replica.ejected", "request.refused"})
"""Told on the span always, and on a line where it is news."""


def ending(attribute: Attribute) -> str:
    """How many different values there may be, as a reader asks."""
    if attribute.closed and attribute.values:
        return ", ".join(f"`{value}`" for value in attribute.closed)
    return f"≤ {attribute.end}" if attribute.end else "open"


def most(name: str) -> str:
    """The budget of a metric as text."""
    try:
        return f"{budget(declared().metrics[name])}"
    except Endless as endless:
        return str(endless)
