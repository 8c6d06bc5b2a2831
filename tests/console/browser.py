"""A real browser that walks the console, and takes down whatever goes wrong on the way."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

PICTURES = Path(__file__).parents[2] / "dist" / "pictures"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
NONE = (
    "No Chromium on this machine. Debian, Ubuntu: apt-get install chromium. Elsewhere "
    "name one: CHROMIUM=/path/to/chrome."
)
DESK, PHONE = (1280, 800), (390, 844)

EXEMPLAR = """() => {
  for (const el of document.querySelectorAll('.nicegui-echart')) {
    const box = el.getBoundingClientRect();
    if (box.y < 0 || box.y > innerHeight - 200) continue;
    const chart = getElement(+el.id.slice(1)).chart, series = chart.getOption().series;
    const at = series.findIndex((each) => each.type === 'scatter' && each.data.length);
    if (at < 0) continue;
    const dot = series[at].data.at(-1);
    const [x, y] = chart.convertToPixel({seriesIndex: at}, dot.value);
    return [box.x + x, box.y + y, dot.name];
  }
}"""

WAITING = """[...document.querySelectorAll('.cell')].filter((cell) => {
  const chart = cell.querySelector('.nicegui-echart');
  return chart ? !chart.querySelector('canvas') : cell.querySelector('.nothing')?.textContent === '…';
})"""
"""Panels that were not drawn yet."""

ON_SCREEN = """(cell) => {
  const { top, bottom } = cell.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}"""

NEXT = f"() => {{ const [cell] = {WAITING}; cell?.scrollIntoView(); return !!cell; }}"
DRAWN = f"() => !{WAITING}.some({ON_SCREEN}) && performance.now()"

FAINT = """() => {
  const parts = (said) => said.match(/[\\d.]+/g).map(Number);
  const lit = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const over = (top, low) => top.slice(0, 3).map((c, at) => c * (top[3] ?? 1) + low[at] * (1 - (top[3] ?? 1)));
  const ground = (el) => {
    if (!el) return [255, 255, 255];
    const own = parts(getComputedStyle(el).backgroundColor);
    return own[3] === 0 ? ground(el.parentElement) : over(own, own[3] === undefined ? own : ground(el.parentElement));
  };
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const el = walk.currentNode.parentElement, said = walk.currentNode.textContent.trim();
    if (!said || !el.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || el.closest("script, style, svg, .skip")) continue;
    const style = getComputedStyle(el), low = ground(el), px = parseFloat(style.fontSize);
    const [a, b] = [lit(over(parts(style.color), low)), lit(low)].sort((x, y) => y - x);
    const least = px >= 24 || (px >= 18.66 && +style.fontWeight >= 700) ? 3 : 4.5;
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < least) found.push(`${said.slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return found;
}"""
"""Words whose contrast with what is behind them is below WCAG's AA (1.4.3)."""


def chromium() -> str:
    """The machine's Chromium; without one the test fails and says how to get it."""
    found = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, NAMES)), ""
    )
    if not found:
        pytest.fail(NONE)
    return found


class Walker:
    """One page in one window, as light or dark as it was asked for."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        self.wrong: list[str] = []
        page.on("console", self._said)
        page.on("pageerror", lambda fault: self.wrong.append(f"error: {fault}"))
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.wrong.append(f"{message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        self.wrong.append(f"failed: {request.url} {request.failure}")

    def _answered(self, answer: Response) -> None:
        if answer.status >= 400:
            self.wrong.append(f"{answer.status}: {answer.url}")

    def opens(self, path: str) -> Page:
        self.page.goto(f"{self.url}{path}")
        return self.page

    def picture(self, name: str, *, whole: bool = True) -> None:
        PICTURES.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=PICTURES / f"{name}.png", full_page=whole)

    def fits(self) -> bool:
        """Nothing stands out at the right: the page is no wider than its window."""
        return bool(
            self.page.evaluate(
                "() => document.documentElement.scrollWidth <= window.innerWidth"
            )
        )

    def faint(self) -> Any:
        """What is hard to read."""
        return self.page.evaluate(FAINT)

    def board_is_drawn(self) -> None:
        """Every panel has what it was to show, or says that there is nothing: it is asked
        for when it comes on the screen."""
        self.screen_is_drawn()
        while self.page.evaluate(NEXT):
            self.screen_is_drawn()
        self.page.evaluate("() => scrollTo(0, 0)")

    def screen_is_drawn(self) -> float:
        """So has what is on the screen; how many milliseconds after the page was asked
        for that was."""
        self.page.wait_for_selector(".cell")
        return float(self.page.wait_for_function(DRAWN).json_value())


@contextmanager
def walking(
    browser: Browser,
    url: str,
    *,
    dark: bool = False,
    size: tuple[int, int] = DESK,
    motion: Literal["no-preference", "reduce"] = "no-preference",
) -> Iterator[Walker]:
    """A window of its own; nothing may have gone wrong in it."""
    wide, high = size
    context = browser.new_context(
        viewport={"width": wide, "height": high}, reduced_motion=motion
    )
    theme = "dark" if dark else "light"
    context.add_cookies([{"name": "payscope-theme", "value": theme, "url": url}])
    walker = Walker(context.new_page(), url)
    try:
        yield walker
    finally:
        context.close()
    assert walker.wrong == []


@contextmanager
def timed() -> Iterator[list[float]]:
    """How long it took, in seconds."""
    took: list[float] = []
    begun = time.perf_counter()
    yield took
    took.append(time.perf_counter() - begun)
