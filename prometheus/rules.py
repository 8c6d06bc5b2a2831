"""Rules and alerts that watch over the promises, as Prometheus reads them.

Bad events and all events are counted every half minute, per second of the last five
minutes. All longer windows are sums of these few samples: three days of them cost less
than five minutes of the raw series.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.kit.instruments import Counter, Histogram

from .signals import customers, named
from .slo import Burn, Events, Promises, Slo, Unpromised

EVERY_S = 30
FEWEST = 5
"""So many bad events in the long window, or nobody is told: in a quiet hour a single
failure would be a page."""

RULES = {"page": "1m", "ticket": "5m"}
"""How often alerts are looked at."""

PARTS = ("bad", "events")
RESOURCE = ("service.name", "service.instance.id")
Rule = dict[str, Any]


def groups(promises: Promises) -> list[dict[str, Any]]:
    """The whole of rules/slo.yml."""
    counted = [slo for slo in promises.slos if slo.events or slo.counters]
    windows = {burn.short for burn in promises.burns} | {
        burn.long for burn in promises.burns
    }
    made = [
        _group(
            "slo", f"{EVERY_S}s", [rule for slo in counted for rule in _counts(slo)]
        ),
        _group("slo-windows", "1m", [_ratio(window) for window in sorted(windows)]),
    ]
    for severity, every in RULES.items():
        burns = [burn for burn in promises.burns if burn.severity == severity]
        alerts = [_burnt(slo, burn) for slo in counted for burn in burns]
        made.append(_group(f"slo-{severity}s", every, alerts))
    flat = [rule for slo in promises.slos for rule in _at_once(slo)]
    return [*made, _group("slo-at-once", f"{EVERY_S}s", flat)]


def _group(name: str, every: str, rules: list[Rule]) -> dict[str, Any]:
    return {"name": name, "interval": every, "rules": rules}


def _counts(slo: Slo) -> Iterator[Rule]:
    """Bad events and all events, per second; no bad one yet is a zero, not a gap."""
    bad, whole = _events(slo.events) if slo.events else _counters(slo)
    labels = {"slo": slo.name}
    yield {"record": "slo:events:rate5m", "expr": whole, "labels": labels}
    yield {"record": "slo:bad:rate5m", "expr": bad, "labels": labels}


def _events(events: Events) -> tuple[str, str]:
    signal = named(events.signal)
    if not isinstance(signal, Counter | Histogram):
        raise Unpromised(f"{events.signal} counts nothing")
    count = f"{signal.promql}_count" if isinstance(signal, Histogram) else signal.promql
    matchers = [*_matchers(signal, events.where, "="), *customers(signal)]
    whole = _rate(count, matchers)
    if events.within_s is None:
        failing = _rate(count, [*matchers, *_matchers(signal, events.bad, "=~")])
        return f"{failing} or 0 * {whole}", whole
    if not isinstance(signal, Histogram) or events.within_s not in signal.bounds:
        raise Unpromised(f"{events.within_s:g} s is no bound of {events.signal}")
    quick = [*matchers, f'le="{events.within_s:g}"']
    return f"{whole} - {_rate(f'{signal.promql}_bucket', quick)}", whole


def _counters(slo: Slo) -> tuple[str, str]:
    assert slo.counters  # noqa: S101  (whoever asks has looked)
    bad, whole = (
        "\n  + ".join(f"({_rate(series, [])} or vector(0))" for series in names)
        for names in (slo.counters.bad, slo.counters.all)
    )
    return bad, whole


def _rate(series: str, matchers: list[str]) -> str:
    chosen = f"{{{', '.join(matchers)}}}" if matchers else ""
    return f"sum(rate({series}{chosen}[5m]))"


def _matchers(
    signal: Counter | Histogram, labels: Mapping[str, str], how: str
) -> list[str]:
    for name in labels:
        if name not in (*signal.by, *RESOURCE):
            raise Unpromised(f"{signal.name} is not split by {name}")
    return [f'{name.replace(".", "_")}{how}"{value}"' for name, value in labels.items()]


def _ratio(window: str) -> Rule:
    """For all promises at once: they keep their label."""
    bad, whole = (f"sum_over_time(slo:{each}:rate5m[{window}])" for each in PARTS)
    return {"record": f"slo:bad:ratio_rate{window}", "expr": f"{bad} / {whole}"}


def _burnt(slo: Slo, burn: Burn) -> Rule:
    limit = f"{burn.rate:g} * {slo.budget:g}"
    of = f'{{slo="{slo.name}"}}'
    over = [
        f"slo:bad:ratio_rate{window}{of} > {limit}"
        for window in (burn.long, burn.short)
    ]
    events = f"{EVERY_S} * sum_over_time(slo:bad:rate5m{of}[{burn.long}])"
    return _alert(
        slo,
        "\n  and ".join([*over, f"{events} >= {FEWEST}"]),
        burn.severity,
        f"{slo.objective:.4g} was promised; in {burn.long} {{{{ $value | "
        f"humanizePercentage }}}} were bad, {burn.rate:g} times what may be or more.",
        burn=f"{burn.rate:g}x{burn.long}",
    )


def _at_once(slo: Slo) -> Iterator[Rule]:
    """What needs no budget: one is too many."""
    if slo.zero:
        names = " or ".join(f"max({named(name).promql}) > 0" for name in slo.zero)
        yield _alert(slo, names, "page", "{{ $value }} do not fit.")
    if slo.silent:
        count = f"{named(slo.silent.signal).promql}_count"
        by = "count by (service_name)"
        gone = (
            f"{by} (count_over_time({count}[{slo.silent.within}]))\n"
            f"  unless {by} (count_over_time({count}[{slo.silent.long}]))"
        )
        alert = _alert(slo, gone, "page", "{{ $labels.service_name }} says nothing.")
        yield alert | {
            "for": "1m"
        }  # a stack that has just started has said nothing yet


def _alert(slo: Slo, expr: str, severity: str, now: str, **labels: str) -> Rule:
    return {
        "alert": slo.alert,
        "expr": expr,
        "labels": {"severity": severity, "slo": slo.name, **labels},
        "annotations": {
            "summary": f"Not kept: {slo.meaning}",
            "description": now,
            "runbook_url": f"docs/runbooks/{slo.alert}.md",
        },
    }
