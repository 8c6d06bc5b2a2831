"""The pictures of README.md and docs/tour.md: `python -m tests.console.tour`.

Walks the console of a stack that is up, as the tour does, with traffic to look at, and has
`make story` tell a payment. A page on which something goes wrong stops it. Give the stack
some minutes first.
"""

import io
import sys
from argparse import ArgumentParser
from collections.abc import Callable

from playwright.sync_api import sync_playwright
from rich.console import Console

from native import story
from native.backends import until
from native.gateway import Gateway
from native.paths import ROOT
from native.ports import Ports
from tests.console.browser import EXEMPLAR, Walker, chromium, walking

PICTURES = ROOT / "docs" / "pictures"
WINDOW = (1280, 900)
COLUMNS = 118
PAID_OUT_WITHIN_S = 150.0
"""Merchants are paid out once in a minute."""


def home(walker: Walker) -> None:
    walker.opens("/d/payscope-home")
    walker.board_is_drawn()


def metric(walker: Walker) -> None:
    """The durations of a service, with the dots that lead to traces."""
    page = walker.opens("/d/payscope-services?var-service=payments")
    walker.board_is_drawn()
    page.locator("section.cell:has-text('Durations')").scroll_into_view_if_needed()
    page.locator("section.cell:has-text('Quantiles')").scroll_into_view_if_needed()


def dot(walker: Walker) -> None:
    """Where a dot leads: the story of that very request."""
    metric(walker)
    x, y, trace = walker.page.evaluate(EXEMPLAR)
    walker.page.mouse.click(x, y)
    walker.page.wait_for_url(f"**/story/{trace}")
    _told(walker)


def till(walker: Walker) -> None:
    page = walker.opens("/")
    page.wait_for_selector("select[name=pos] option:nth-child(2)", state="attached")
    for number, preset in enumerate(("Ask the bank", "Capture later", "Too much"), 1):
        page.click(f"[data-preset='{preset}']")
        page.wait_for_selector(f".receipt >> nth={number - 1}")


def refused(walker: Walker) -> None:
    """Why the last payment at the till was refused: its line, and the span of it."""
    till(walker)
    walker.page.locator(".receipt >> text=Read its story").first.click()
    line = ".line[data-span]:has-text('payment.decided')"
    walker.page.wait_for_selector(line)
    _told(walker)
    walker.page.locator(line).first.click()
    walker.page.wait_for_selector(".details h2")


def slowest(walker: Walker) -> None:
    page = walker.opens("/stories?which=slow&since=1h")
    page.wait_for_selector("table.list")


def map_(walker: Walker) -> None:
    walker.opens("/d/payscope-map")
    walker.board_is_drawn()


def live(walker: Walker) -> None:
    page = walker.opens("/live")
    page.wait_for_selector(".map svg.net .edge >> nth=4", state="attached")
    page.wait_for_selector("a[href^='/story/']")


def incidents(walker: Walker) -> None:
    page = walker.opens("/incidents")
    page.wait_for_selector("tr:has-text('payments-1')")


def _told(walker: Walker) -> None:
    walker.page.wait_for_selector("button.span")
    walker.page.wait_for_function("!document.querySelector('.coming').textContent")


WALK: dict[str, Callable[[Walker], None]] = {
    "home": home,
    "metric": metric,
    "trace": dot,
    "till": till,
    "refused": refused,
    "slowest": slowest,
    "map": map_,
    "live": live,
    "incidents": incidents,
}


def printed(ports: Ports, id_: str, name: str, *, first: bool) -> None:
    """What `make story` prints in a terminal, as a picture."""
    terminal = Console(
        file=io.StringIO(), record=True, width=COLUMNS, force_terminal=True
    )
    story.tell_story(ports, id_, terminal, first=first)
    words = f"make story id={id_}" + (" first=1" if first else "")
    terminal.save_svg(str(PICTURES / f"{name}.svg"), title=words)
    sys.stdout.write(f"docs/pictures/{name}.svg\n")


def main(arguments: list[str]) -> int:
    words = ArgumentParser("python -m tests.console.tour", description=__doc__)
    words.add_argument("--instance", default="default", help="which stack")
    asked = words.parse_args(arguments)
    ports = Ports.load(asked.instance)
    url = ports.url("CONSOLE_PORT")
    with Gateway(ports.url("GATEWAY_PORT")) as gateway:
        id_ = gateway.pay().json()["payment_id"]
        until(
            lambda: gateway.payment(id_),
            lambda paid: paid is not None and paid["status"] == "settled",
            within=PAID_OUT_WITHIN_S,
            every=1.0,
        )
    printed(ports, id_, "story", first=True)
    printed(ports, id_, "story-whole", first=False)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        for name, step in WALK.items():
            with walking(browser, url, size=WINDOW) as walker:
                step(walker)
                walker.page.screenshot(path=PICTURES / f"{name}.png")
                sys.stdout.write(f"docs/pictures/{name}.png\n")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
