"""Begins spans: of our own, where nothing is asked that only the SDK's can do.

The SDK's processors and exporters take ours as they take its own. Where the environment
asks for limits, for a sampler, or for counts of spans, the SDK makes them.
"""

import os
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import Tracer
from opentelemetry.sdk.trace.sampling import DEFAULT_ON
from opentelemetry.trace import Link, Span, SpanContext, SpanKind, TraceFlags
from opentelemetry.util.types import Attributes

from apps.kit import baggage
from apps.kit.spans import NAME, Lean

SELF = "OTEL_PYTHON_SDK_INTERNAL_METRICS_ENABLED"

_USUAL = str(DEFAULT_ON.get_description())  # type: ignore[no-untyped-call]
"""The sampler that ours stand for: all, unless whoever called said no."""

_UNTOLD: Any = {"record_exception": False, "set_status_on_exception": False}


class _Maker:
    """Makes the spans of one provider."""

    def __init__(self, provider: trace.TracerProvider) -> None:
        self.provider = provider
        self.tracer = provider.get_tracer(NAME)
        self.is_lean = (
            isinstance(self.tracer, Tracer)
            and _describes(self.tracer) == _USUAL
            and os.environ.get(SELF) != "true"
            and not any(_is_limit(name) for name in os.environ)
        )
        self._root = TraceFlags(TraceFlags.SAMPLED)
        if isinstance(self.tracer, Tracer) and _is_random(self.tracer):
            self._root = TraceFlags(TraceFlags.SAMPLED | TraceFlags.RANDOM_TRACE_ID)

    def make(
        self,
        name: str,
        kind: SpanKind,
        context: Context | None,
        attributes: Attributes,
        links: Sequence[Link],
    ) -> Span:
        if along := baggage.facts():
            attributes = {**along, **attributes} if attributes else along
        above: SpanContext | None = trace.get_current_span(context).get_span_context()
        tracer = self.tracer
        if not self.is_lean or not isinstance(tracer, Tracer) or _is_unsampled(above):
            return tracer.start_span(name, context, kind, attributes, links, **_UNTOLD)
        ids = tracer.id_generator
        if above is None or not above.is_valid:
            above, trace_id = None, ids.generate_trace_id()
            made = SpanContext(trace_id, ids.generate_span_id(), False, self._root)
        else:
            flags, state = above.trace_flags, above.trace_state
            made = SpanContext(
                above.trace_id, ids.generate_span_id(), False, flags, state
            )
        return Lean(
            tracer,
            name=name,
            kind=kind,
            context=made,
            parent=above,
            attributes=attributes,
            links=links,
        )


def _describes(tracer: Tracer) -> str:
    return str(tracer.sampler.get_description())


def _is_limit(variable: str) -> bool:
    """What the SDK is to cut, it cuts."""
    return variable.startswith("OTEL_") and variable.endswith("_LIMIT")


def _is_random(tracer: Tracer) -> bool:
    return tracer.id_generator.is_trace_id_random()


def _is_unsampled(above: SpanContext | None) -> bool:
    return bool(above and above.is_valid and not above.trace_flags & TraceFlags.SAMPLED)


_makers: list[_Maker] = []


def begun(
    name: str,
    kind: SpanKind,
    context: Context | None = None,
    attributes: Attributes = None,
    links: Sequence[Link] = (),
) -> Span:
    """Begin a span that is not the current one; whoever begins it ends it."""
    provider = trace.get_tracer_provider()
    if not _makers or _makers[0].provider is not provider:
        _makers[:] = [_Maker(provider)]
    return _makers[0].make(name, kind, context, attributes, links)


class Started:
    """Around work: its span is the current one inside, and has ended outside."""

    __slots__ = ("_asked", "_span", "_token")

    def __init__(self, *asked: Any) -> None:
        self._asked = asked

    def __enter__(self) -> Span:
        self._span = begun(*self._asked)
        self._token = contexts.attach(trace.set_span_in_context(self._span))
        return self._span

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        stack: TracebackType | None,
    ) -> None:
        contexts.detach(self._token)
        self._span.end()
