"""Who calls whom, as a drawing of our own: an edge pulses by its rate and reddens by its faults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot

from apps.story.wording import spell

from ...domain.figures import said
from ...domain.nets import HIGH, WIDE, Edge, placed
from ..markup import Markup, tag
from ..waterfall import SERVICES, hue

Spot = tuple[float, float]

MARGIN = 62.0
RADIUS = 14.0
BEND, STEEP = 0.12, 0.3
"""How far an edge is bent; who stands above one another has others between."""

SELDOM = 0.01
"""Less often than this share of the busiest is not said on the edge."""

ALONG = (0.5, 0.4, 0.6, 0.32, 0.68, 0.25, 0.75)
"""Where on its edge a label may stand: the first place that is free."""

LETTER, LINE = 6.9, 16.0
FIGURES = "/d/payscope-services?var-service="
MESSAGES = "messaging_system"
RED_AT = 0.005
"""From this share of failed calls on an edge says so in words."""


@dataclass(frozen=True, slots=True)
class Box:
    """What is taken up by words or a spot."""

    x: float
    y: float
    wide: float
    high: float

    def meets(self, other: "Box") -> bool:
        return (
            abs(self.x - other.x) * 2 < self.wide + other.wide
            and abs(self.y - other.y) * 2 < self.high + other.high
        )


def drawn(edges: Sequence[Edge]) -> Markup:
    """The whole map: it scales with its panel, and says all in words to who cannot see."""
    spots = {name: _moved(spot) for name, spot in placed(edges).items()}
    taken = [box for name, spot in spots.items() for box in _boxes(name, spot)]
    most = max((edge.rate for edge in edges), default=1.0) or 1.0
    lines = [_line(edge, spots, most) for edge in edges]
    in_turn = sorted(edges, key=lambda e: (e.share < RED_AT, -e.rate))
    words = [_label(edge, spots, taken, most) for edge in in_turn]
    nodes = [_node(name, spot, edges) for name, spot in spots.items()]
    return tag(
        "svg",
        Markup(HEADS),
        *lines,
        *nodes,
        *words,
        viewBox=f"0 0 {WIDE + 2 * MARGIN:.0f} {HIGH + 30:.0f}",
        role="group",
        aria_label="; ".join(_told(edge) for edge in edges),
        class_="net",
    )


HEADS = (
    '<defs><marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
    'markerHeight="8" markerUnits="userSpaceOnUse" orient="auto-start-reverse">'
    '<path d="M0 0L8 4L0 8z" fill="context-stroke"/></marker></defs>'
)


def _moved(spot: Spot) -> Spot:
    return spot[0] + MARGIN, spot[1]


def _boxes(name: str, spot: Spot) -> list[Box]:
    x, y = spot
    wide = max(len(name), 9) * LETTER * 1.1
    return [Box(x, y, 2 * RADIUS + 4, 2 * RADIUS + 4), Box(x, y + 34, wide, 2 * LINE)]


def _line(edge: Edge, spots: Mapping[str, Spot], most: float) -> Markup:
    """The way, and over it what runs along: the faster, the more calls there are."""
    path = _path(spots[edge.client], spots[edge.server])
    wide = 1.2 + 3.8 * (edge.rate / most) ** 0.5
    red = min(100, round(35 + 300 * edge.share)) if edge.failed > 0 else 0
    paint = f"stroke:color-mix(in srgb, var(--bad) {red}%, var(--soft))"
    beat = min(4.0, max(0.35, 1.6 / edge.rate**0.5))
    return tag(
        "g",
        tag("title", _told(edge)),
        tag("path", d=path, class_="by-message" if edge.kind == MESSAGES else "by-call",
            style=f"{paint};stroke-width:{wide:.1f}", marker_end="url(#to)"),
        tag("path", d=path, class_="pulse",
            style=f"{paint};stroke-width:{wide + 3:.1f};--beat:{beat:.2f}s"),
        class_="edge",
    )  # fmt: skip


def _bent(start: Spot, end: Spot) -> tuple[Spot, Spot, Spot]:
    """From rim to rim, with the point that bends it; there and back are two ways."""
    across, down = end[0] - start[0], end[1] - start[1]
    bend = STEEP if abs(across) < 4 * RADIUS else BEND
    far = hypot(across, down) or 1.0
    middle = (
        (start[0] + end[0]) / 2 - bend * down,
        (start[1] + end[1]) / 2 + bend * across,
    )
    gone = (RADIUS + 4) / far
    begin = (start[0] + across * gone, start[1] + down * gone)
    return begin, middle, (end[0] - across * gone, end[1] - down * gone)


def _path(start: Spot, end: Spot) -> str:
    (x0, y0), (x1, y1), (x2, y2) = _bent(start, end)
    return f"M{x0:.1f} {y0:.1f}Q{x1:.1f} {y1:.1f} {x2:.1f} {y2:.1f}"


def _label(
    edge: Edge, spots: Mapping[str, Spot], taken: list[Box], most: float
) -> Markup:
    """Its rate where there is room; what fails is said wherever it stands."""
    is_bad = edge.share >= RED_AT
    if not is_bad and edge.rate < SELDOM * most:
        return Markup("")
    text = _rate(edge.rate) + (f" · {edge.share:.0%} fail" if is_bad else "")
    ways = _bent(spots[edge.client], spots[edge.server])
    boxes = [Box(*_at(ways, t), len(text) * LETTER, LINE) for t in ALONG]
    free = [box for box in boxes if not any(box.meets(other) for other in taken)]
    if not free and not is_bad:
        return Markup("")
    box = (free or boxes)[0]
    taken.append(box)
    hue = "rate bad" if is_bad else "rate"
    return tag(
        "g",
        tag("rect", x=f"{box.x - box.wide / 2:.1f}", y=f"{box.y - LINE / 2:.1f}",
            width=f"{box.wide:.1f}", height=LINE, rx=3, class_="ground"),
        tag("text", text, x=f"{box.x:.1f}", y=f"{box.y + 4:.1f}", class_=hue),
    )  # fmt: skip


def _at(ways: tuple[Spot, Spot, Spot], t: float) -> Spot:
    weights = ((1 - t) ** 2, 2 * t * (1 - t), t**2)
    x, y = (
        sum(w * p[side] for w, p in zip(weights, ways, strict=True)) for side in (0, 1)
    )
    return x, y


def _node(name: str, spot: Spot, edges: Sequence[Edge]) -> Markup:
    """Who it is, how often it is called, how long it takes."""
    x, y = spot
    calls = [edge for edge in edges if edge.server == name]
    rate, spent = sum(c.rate for c in calls), sum(c.spent for c in calls)
    took = f" · {spell(spent / rate * 1e9)}" if rate and spent else ""
    failed = sum(c.failed for c in calls)
    ring = " failing" if rate and failed / rate >= RED_AT else ""
    where = {"x": f"{x:.1f}", "text_anchor": "middle"}
    leads = {"href": f"{FIGURES}{name}"} if name in SERVICES else {}
    return tag(
        "a" if leads else "g",
        tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=RADIUS, class_=f"{hue(name)}{ring}"),
        tag("text", name, y=f"{y + 31:.1f}", class_="name", **where),
        tag("text", f"{_rate(rate)}{took}" if rate else "calls only", y=f"{y + 46:.1f}",
            class_="soft-fill", **where),
        class_="node",
        **leads,
    )  # fmt: skip


def _rate(rate: float) -> str:
    return f"{rate:.2f}/s" if rate < 1 else f"{said(rate, 'short')}/s"


def _told(edge: Edge) -> str:
    how = " by message" if edge.kind == MESSAGES else ""
    took = f", {spell(edge.took_s * 1e9)} each" if edge.spent else ""
    failed = f", {edge.share:.1%} fail" if edge.failed > 0 else ""
    return f"{edge.client} → {edge.server}{how}: {edge.rate:.2f} a second{took}{failed}"
