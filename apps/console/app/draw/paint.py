"""Colours of charts, light and dark, and Grafana's names for them."""

from dataclasses import dataclass

LIGHT = ("#1d6fd1", "#15803d", "#a21caf", "#b45309", "#0e7490", "#6d28d9", "#4d7c0f",
         "#be185d", "#475569", "#92400e", "#be123c", "#0369a1")  # fmt: skip
DARK = ("#6aaeff", "#5fd08a", "#e58cf0", "#f0b35a", "#5cc8dd", "#b69cff", "#b5d66b",
        "#ff8fbd", "#a9b8cc", "#e0a97a", "#ff8fa3", "#7dd3fc")  # fmt: skip
"""The first ten are the services' own, .s0 to .s9 of console.css, on every page alike."""

NAMED = {
    "green": ("#16703a", "#5fd08a"), "red": ("#b3261e", "#ff8a80"),
    "yellow": ("#8a5200", "#f0d35a"), "orange": ("#b45309", "#ffab66"),
    "blue": ("#0b5cad", "#7db7ff"), "purple": ("#6d28d9", "#b69cff"),
    "text": ("#17202b", "#e6ebf2"), "transparent": ("#17202b", "#e6ebf2"),
}  # fmt: skip
"""Dark enough on white, light enough on black: they are read as text, too."""


@dataclass(frozen=True, slots=True)
class Paint:
    """What a chart is painted with."""

    is_dark: bool

    @property
    def palette(self) -> list[str]:
        return list(DARK if self.is_dark else LIGHT)

    @property
    def ink(self) -> str:
        return "#e6ebf2" if self.is_dark else "#17202b"

    @property
    def soft(self) -> str:
        return "#a3afbd" if self.is_dark else "#56616f"

    @property
    def edge(self) -> str:
        return "#303b49" if self.is_dark else "#d5dae1"

    @property
    def ground(self) -> str:
        return "#18202a" if self.is_dark else "#ffffff"

    def named(self, colour: str) -> str:
        """Grafana's "dark-red" and "semi-dark-red" are red here; #abc stays."""
        if colour.startswith("#"):
            return colour
        plain = colour.rpartition("-")[2]
        return NAMED.get(plain, NAMED["text"])[self.is_dark]
