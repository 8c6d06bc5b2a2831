"""Collapsed stacks as a flame graph: an SVG that any browser shows."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from zlib import crc32

from .collapsed import Stack

WIDTH, ROW, LETTER, SMALLEST = 1200.0, 17, 6.6, 0.3

HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height}"'
    ' font-family="monospace" font-size="11">'
    "<style>rect:hover{{stroke:#000}}</style>"
    '<text x="4" y="14" font-size="13">{title}</text>'
)
BOX = (
    '<g><title>{about}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}"'
    ' height="{height}" fill="{colour}" rx="1"/>'
    '<text x="{text:.1f}" y="{base}">{told}</text></g>'
)


@dataclass
class Node:
    """A frame, how often it was seen, and what it called."""

    name: str
    times: int = 0
    below: dict[str, "Node"] = field(default_factory=dict)

    @property
    def depth(self) -> int:
        return 1 + max((each.depth for each in self.below.values()), default=0)


def tree(stacks: Iterable[Stack]) -> Node:
    root = Node("all")
    for stack in stacks:
        at = root
        at.times += stack.times
        for frame in stack.frames:
            at = at.below.setdefault(frame, Node(frame))
            at.times += stack.times
    return root


def svg(stacks: Iterable[Stack], title: str) -> str:
    """Callers above, callees below; as wide as often seen."""
    root = tree(stacks)
    height = (root.depth + 2) * ROW
    boxes: list[str] = []
    if root.times:
        _draw(root, 0.0, 1, root.times, boxes)
    head = HEAD.format(width=WIDTH, height=height, title=escape(title))
    return "\n".join([head, *boxes, "</svg>\n"])


def _draw(node: Node, x: float, row: int, all_times: int, boxes: list[str]) -> None:
    width = WIDTH * node.times / all_times
    if width < SMALLEST:
        return
    about = f"{node.name}: {node.times} samples, {node.times / all_times:.1%}"
    told = node.name[: int(width / LETTER)] if width > 3 * LETTER else ""
    place = {"x": x, "y": row * ROW, "text": x + 2, "base": row * ROW + 12}
    size = {"width": width, "height": ROW - 1, "colour": _colour(node.name)}
    boxes.append(BOX.format(about=escape(about), told=escape(told), **place, **size))
    for each in sorted(node.below.values(), key=lambda each: each.name):
        _draw(each, x, row + 1, all_times, boxes)
        x += WIDTH * each.times / all_times


def _colour(name: str) -> str:
    """A file keeps its colour."""
    file = name.rpartition("(")[2].partition(":")[0]
    return f"hsl({crc32(file.encode()) % 60},75%,70%)"
