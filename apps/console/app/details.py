"""One span, all of it: what it was, its attributes, what it met, what it wrote, where it leads."""

from collections.abc import Iterable, Mapping, Sequence

from apps.story.chapters import Chapter
from apps.story.evidence import LogLine, Span
from apps.story.life import clock
from apps.story.wording import spell, telling

from .markup import Markup, tag
from .waterfall import hue

AROUND_NS = 600 * 10**9


def found(chapters: Sequence[Chapter], key: str) -> tuple[Span, list[LogLine]] | None:
    """The span behind "trace/span", and its lines."""
    trace, _, id_ = key.partition("/")
    for chapter in chapters:
        if chapter.trace != trace:
            continue
        for span in chapter.spans:
            if span.id == id_:
                lines = [x for x in chapter.lines if x.facts.get("span_id") == id_]
                return span, lines
    return None


def of_span(span: Span, lines: Sequence[LogLine]) -> Markup:
    """Everything that is known of it."""
    status = "error" if span.failed else "not failed"
    told = {
        "service": span.service,
        "kind": span.kind.lower(),
        "began": f"{clock(span.start)} UTC",
        "took": spell(span.end - span.start),
        "status": " ".join(filter(None, (status, span.message))),
    }
    return Markup("").join([
        tag("h2", tag("i", class_=f"dot {hue(span.service)}"), span.name, class_="opened"),
        _facts(told.items()),
        _part("Attributes", _facts(_plain(span.attributes))),
        *(_part(f"Met {met.name}", _facts([("at", f"+{spell(met.time - span.start)}"),
                                           *_plain(met.attributes)]))
          for met in span.events),
        *(_part("Came of", tag("a", link.trace, href=f"/story/{link.trace}", class_="id"))
          for link in span.links),
        *(_part(f"Wrote {line.body[:80]}", _facts(_of_line(line, span)))
          for line in lines),
        tag("p", tag("a", "Rate, errors, duration", href=of_service(span)),
            tag("span", f" of {span.service} around then", class_="soft")),
        tag("p", tag("span", "SpanID ", class_="soft"), tag("span", span.id, class_="id"), " ",
            tag("button", "Copy", type="button", class_="button small", data_copy=span.id)),
    ])  # fmt: skip


def of_service(span: Span) -> str:
    """The board of its service, ten minutes on either side, as Grafana leads there."""
    around = {"from": span.start - AROUND_NS, "to": span.end + AROUND_NS}
    window = "".join(f"&{name}={ns // 10**6}" for name, ns in around.items())
    return f"/d/payscope-services?var-service={span.service}{window}"


def _of_line(line: LogLine, span: Span) -> Iterable[tuple[str, str]]:
    yield "level", line.level or "-"
    yield "at", f"+{spell(max(0, line.time - span.start))}"
    yield from telling(line)


def _plain(attributes: Mapping[str, object]) -> Iterable[tuple[str, str]]:
    return sorted((name, str(value)) for name, value in attributes.items())


def _broken(name: str) -> str:
    """A long name may go on in the next line after a dot."""
    return name.replace(".", ".\u200b").replace("_", "_\u200b")


def _part(title: str, inside: Markup) -> Markup:
    return tag("div", tag("h3", title), inside, class_="part")


def _facts(pairs: Iterable[tuple[str, str]]) -> Markup:
    rows = [
        tag("tr", tag("th", _broken(name), scope="row"), tag("td", value))
        for name, value in pairs
    ]
    return tag("table", tag("tbody", *rows), class_="facts")
