"""How soon the web page shows what was asked, and what it weighs: `python -m benchmarks.pages`.

Walks the console of a stack that is up in a real Chromium. Boards are drawn over the last
hour: leave the stack up so long, with its traffic, before you take the figures for such.
A board asks for what is on the screen (1280 by 800), so that is what is waited for.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict, dataclass
from statistics import median

import psutil
from playwright.sync_api import Browser, sync_playwright
from rich.table import Table

from apps.console.clients.shelf import Shelf
from benchmarks import results
from benchmarks.stacks import console
from native.paths import Instance
from native.ports import Ports
from native.supervise import Supervisor
from native.trouble import Trouble
from tests.console.browser import Walker, chromium, timed, walking
from tests.console.fakes import BOARDS, RUNBOOKS

STORIES, DRAWN = 10, 3
HOME = "payscope-home"
SPANS = 15
"""A payment that the bank was asked for has more; the first of them come together."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds, KiB and MiB; of several tries the median."""

    story_s: float
    story_slowest_s: float
    first_board_s: float
    boards_s: dict[str, float]
    first_visit_kib: float
    next_visit_kib: float
    memory_before_mib: float
    memory_after_mib: float


def measured(browser: Browser, url: str, pid: int) -> Figures:
    """One after the other, as one reader would."""
    before, stories = _mib(pid), [_story(browser, url) for _ in range(STORIES)]
    boards = {
        board.title: median(_board(browser, url, board.uid) for _ in range(DRAWN))
        for board in Shelf(BOARDS, RUNBOOKS).boards()
    }
    home = median(_board(browser, url, HOME, is_new=True) for _ in range(DRAWN))
    first, following = _weights(browser, url)
    return Figures(
        story_s=median(stories),
        story_slowest_s=max(stories),
        first_board_s=home,
        boards_s=boards,
        first_visit_kib=first,
        next_visit_kib=following,
        memory_before_mib=before,
        memory_after_mib=_mib(pid),
    )


def _story(browser: Browser, url: str) -> float:
    """From "Read its story", the answer just there, to all of it on the screen."""
    with walking(browser, url) as walker:
        page = walker.opens("/")
        page.wait_for_selector("select[name=pos] option:nth-child(2)", state="attached")
        page.click("[data-preset='Ask the bank']")
        link = page.locator(".receipt >> text=Read its story").first
        link.wait_for()
        with timed() as took:
            link.click()
            page.wait_for_selector(f"button.span >> nth={SPANS}")
    return took[0]


def _board(browser: Browser, url: str, uid: str, *, is_new: bool = False) -> float:
    """From the click that leads to it to the last panel on the screen, by the browser's
    own clock; a new reader has nothing in his cache."""
    with walking(browser, url) as walker:
        if not is_new:
            walker.opens(f"/d/{HOME}")
            walker.board_is_drawn()
        walker.opens(f"/d/{uid}?from=now-1h&to=now&refresh=")
        return walker.screen_is_drawn() / 1000


def _weights(browser: Browser, url: str) -> tuple[float, float]:
    """KiB that came for the first page of a new reader, and for his next one."""
    with walking(browser, url) as walker:
        return _weight(walker, f"/d/{HOME}"), _weight(walker, "/d/payscope-slos")


def _weight(walker: Walker, path: str) -> float:
    counted = [0]
    session = walker.page.context.new_cdp_session(walker.page)
    session.send("Network.enable")

    def arrived(told: dict[str, float]) -> None:
        counted[0] += int(told["encodedDataLength"])

    session.on("Network.loadingFinished", arrived)
    walker.opens(path)
    walker.screen_is_drawn()
    session.detach()
    return counted[0] / 1024


def _mib(pid: int) -> float:
    """Its own pages, and its share of those that others have, too."""
    return float(psutil.Process(pid).memory_full_info().pss / 2**20)


def tell(told: Figures) -> None:
    rows: list[tuple[str, str]] = [
        ("a fresh payment's story, median", f"{told.story_s:.2f} s"),
        ("the slowest of ten", f"{told.story_slowest_s:.2f} s"),
        ("a new reader's first board", f"{told.first_board_s:.2f} s"),
        *((f"board {name}", f"{took:.2f} s") for name, took in told.boards_s.items()),
        ("a new reader's first page", f"{told.first_visit_kib:,.0f} KiB"),
        ("his next page", f"{told.next_visit_kib:,.0f} KiB"),
        ("the console's memory before", f"{told.memory_before_mib:.0f} MiB PSS"),
        ("and after all this", f"{told.memory_after_mib:.0f} MiB PSS"),
    ]
    table = Table("On the screen", "measured")
    for row in rows:
        table.add_row(*row)
    console.print(table)


def with_chromium(do: Callable[[Browser], Figures]) -> Figures:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        try:
            return do(browser)
        finally:
            browser.close()


def main(arguments: list[str]) -> int:
    words = ArgumentParser("python -m benchmarks.pages", description=__doc__)
    words.add_argument("--instance", default="default", help="which stack")
    asked = words.parse_args(arguments)
    supervisor = Supervisor(Instance(asked.instance))
    pid = supervisor.pid("console") if supervisor.is_up else None
    if pid is None:
        raise Trouble(f"Instance '{asked.instance}' has no console up.", "make up")
    url = Ports.load(asked.instance).url("CONSOLE_PORT")
    about = results.about()
    told = with_chromium(lambda browser: measured(browser, url, pid))
    tell(told)
    file = results.save({**about, "pages": asdict(told)}, "pages")
    console.print(f"Kept in {file}", highlight=False)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Trouble as trouble:
        sys.exit(f"{trouble.wrong}\nWhat to do: {trouble.remedy}")
