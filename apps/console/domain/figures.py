"""How a value is said: in the panel's unit, by its mapping, in its threshold's colour."""

from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]

PER_SECOND = {"reqps": "req/s", "eps": "/s", "ops": "ops/s", "cps": "/s", "wps": "wr/s",
              "rps": "rd/s"}  # fmt: skip
TIMES = ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"), (120.0, 1.0, "s"),
         (7200.0, 1 / 60, "min"), (172_800.0, 1 / 3600, "h"))  # fmt: skip
MONEY = "currency"
BYTES = ("B", "KiB", "MiB", "GiB", "TiB")
LARGE = ((1e9, 1e9, "G"), (1e6, 1e6, "M"), (1e4, 1e3, "k"))


def said(value: float, unit: str, decimals: int | None = None) -> str:
    """A value with its unit, as short as it can be read."""
    match unit:
        case "s":
            return _seconds(value, decimals)
        case "ms":
            return _seconds(value / 1000, decimals)
        case "percentunit":
            return f"{_number(value * 100, decimals)} %"
        case "percent":
            return f"{_number(value, decimals)} %"
        case "bytes" | "decbytes":
            return _bytes(value, decimals)
    if unit.startswith(MONEY):
        decimals = 2 if decimals is None else decimals
    plain = "" if unit in {"short", "none", ""} else unit.removeprefix(MONEY)
    suffix = PER_SECOND.get(unit, plain)
    return f"{_number(value, decimals)} {suffix}".strip()


def told(value: float, defaults: Json) -> str:
    """A value as its field has it said: the word that stands for it, or its unit."""
    word = mapped(value, defaults.get("mappings") or [])
    unit = str(defaults.get("unit", "short"))
    return word[0] if word else said(value, unit, defaults.get("decimals"))


def colour(value: float, defaults: Json) -> str:
    """Of the word that stands for it, or of its threshold; "" where there is none."""
    word = mapped(value, defaults.get("mappings") or [])
    return word[1] if word else level(value, defaults.get("thresholds") or {})


def mapped(value: float, mappings: Sequence[Json]) -> tuple[str, str] | None:
    """The word and the colour that stand for a value, if some do."""
    for each in mappings:
        options = each.get("options", {})
        if each.get("type") == "value":
            found = options.get(f"{value:g}")
            if found:
                return str(found.get("text", f"{value:g}")), str(found.get("color", ""))
        elif each.get("type") == "range" and _is_within(value, options):
            result = options.get("result", {})
            return str(result.get("text", f"{value:g}")), str(result.get("color", ""))
    return None


def level(value: float, thresholds: Json) -> str:
    """The colour of the highest step that the value has reached."""
    colour = ""
    for step in thresholds.get("steps") or []:
        if step.get("value") is None or value >= step["value"]:
            colour = str(step["color"])
    return colour


def _is_within(value: float, options: Json) -> bool:
    low, high = options.get("from"), options.get("to")
    return (low is None or value >= low) and (high is None or value <= high)


def _seconds(value: float, decimals: int | None) -> str:
    if value == 0:
        return "0 s"
    for below, factor, name in TIMES:
        if abs(value) < below:
            return f"{_number(value * factor, decimals)} {name}"
    return f"{_number(value / 86_400, decimals)} d"


def _bytes(value: float, decimals: int | None) -> str:
    at = 0
    while abs(value) >= 1024 and at < len(BYTES) - 1:
        value, at = value / 1024, at + 1
    return f"{_number(value, decimals)} {BYTES[at]}"


def _number(value: float, decimals: int | None) -> str:
    for above, factor, letter in LARGE:
        if abs(value) >= above:
            return f"{value / factor:.3g} {letter}"
    if decimals is not None:
        return f"{value:.{decimals}f}"
    if value == int(value):
        return str(int(value))
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
