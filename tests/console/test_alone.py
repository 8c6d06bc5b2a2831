"""Nobody answers the console: it stands, says who is silent, and is worked by keyboard alone."""

import pytest

from apps.console.app.frame import PAGES
from tests.console.browser import DESK, PHONE, walking

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

BOARD = "/d/payscope-payments"
RUNBOOK = "/runbooks/GatewaySlow"
SILENT = ".silent:has-text('does not answer')"
NEW = ("/incidents", "/load", RUNBOOK)


@pytest.fixture
def walker(browser, alone):
    with walking(browser, alone) as one:
        yield one


@pytest.mark.parametrize(
    "path", ["/", "/stories", "/live", "/incidents", "/load", BOARD]
)
def test_who_is_silent_is_named(walker, path):
    page = walker.opens(path)

    page.wait_for_selector(SILENT)


def test_an_engineer_is_told_of_each_server(walker):
    page = walker.opens("/incidents")

    page.wait_for_selector(".badge:has-text('NATS: silent')")
    names = page.locator(".badge.bad").all_inner_texts()
    page.wait_for_selector("section:has-text('Breakers') .silent")
    assert {"Gateway: silent", "Prometheus: silent", "Loki: silent"} <= set(names)


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("path", [*PAGES.values(), RUNBOOK])
def test_a_page_fits_and_all_of_it_can_be_read(browser, alone, path, dark, size):
    with walking(browser, alone, dark=dark, size=size) as walker:
        page = walker.opens(path)
        page.wait_for_selector("main *")
        if path not in {"/boards", RUNBOOK}:
            page.wait_for_selector(SILENT)

        assert walker.fits()
        assert walker.faint() == []


def test_the_command_follows_what_is_chosen(walker):
    page = walker.opens("/load")
    page.wait_for_selector(".command:has-text('shape=steady users=10 minutes=3')")

    page.select_option("[name=shape]", "rush")
    page.fill("[name=users]", "50")
    page.keyboard.press("Tab")

    page.wait_for_selector(".command:has-text('shape=rush users=50 minutes=3 web=1')")
    page.fill("[name=users]", "0")
    page.keyboard.press("Tab")
    page.wait_for_selector("[role=alert]:has-text('Users are 1 to 500')")


def test_pages_are_reached_by_two_keys(walker):
    page = walker.opens("/")
    page.wait_for_selector(SILENT)

    for key, path in zip("sblio", list(PAGES.values())[1:], strict=True):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"**{path}")
        page.wait_for_selector("main *")


def test_shortcuts_are_listed_and_leave_fields_alone(walker):
    page = walker.opens("/incidents")
    page.wait_for_selector(SILENT)
    page.keyboard.press("?")
    page.wait_for_selector("dialog.keys[open]")
    walker.picture("keys", whole=False)
    assert page.locator("dialog.keys th").count() == 8
    assert walker.faint() == []

    page.keyboard.press("Escape")
    page.wait_for_selector("dialog.keys[open]", state="detached")
    page.keyboard.press("/")
    page.keyboard.type("g?j")

    assert page.input_value("[name=id]") == "g?j"
    assert page.locator("dialog[open]").count() == 0


def test_rows_are_walked_and_the_focus_is_seen(walker):
    page = walker.opens("/boards")
    page.wait_for_selector(".shelf a")

    for key in "jjk":
        page.keyboard.press(key)

    outline = page.evaluate(
        "() => { const el = document.activeElement, s = getComputedStyle(el);"
        " return [el.matches('.shelf a:first-child'), s.outlineStyle, parseFloat(s.outlineWidth)]; }"
    )
    assert outline == [True, "solid", 2]
    page.keyboard.press("Enter")
    page.wait_for_url("**/d/*")


def test_a_longer_time_is_chosen_by_a_key(walker):
    page = walker.opens(BOARD)
    page.wait_for_selector(".tools select[name=from]")
    page.keyboard.press("]")

    page.wait_for_url("**from=now-1h**")


@pytest.mark.parametrize("path", NEW)
def test_every_stop_of_the_tab_key_is_seen(walker, path):
    page = walker.opens(path)
    page.wait_for_selector("main *")
    for _ in range(20):
        page.keyboard.press("Tab")
        told = page.evaluate(
            "() => { const el = document.activeElement, s = getComputedStyle(el);"
            " return [el.tagName, el.className, s.outlineStyle, parseFloat(s.outlineWidth)]; }"
        )
        assert told[0] == "BODY" or (told[2] != "none" and told[3] >= 1), told
