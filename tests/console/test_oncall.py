"""A night on call, in a real Chromium: who left is seen, and a run of load is ended from its page."""

import subprocess
import sys

import pytest

from apps.console.domain.incidents import SILENT_AFTER_S
from native.backends import until
from tests.console.browser import PHONE, walking
from tests.console.fakes import ROOT

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]


def test_all_is_well_and_said_to_be(walker):
    page = walker.opens("/incidents")
    page.wait_for_selector(".badge.good:has-text('bank-1')")
    page.wait_for_selector("tr:has-text('payments-1') .badge.good:has-text('closed')")
    page.wait_for_selector("p:has-text('dead letters in NATS')")
    walker.picture("incidents")
    assert walker.faint() == []

    assert page.locator(".silent").all_inner_texts() == []
    answering = page.locator("section:has-text('Who answers') .badge")
    assert answering.all_inner_texts() == [
        "Gateway", "Prometheus", "Alertmanager", "Loki", "Tempo", "NATS",
    ]  # fmt: skip


def test_a_bank_that_left_is_missed_its_breaker_opens_and_an_alert_has_its_runbook(
    browser, console, walker, stack
):
    page = walker.opens("/incidents")
    page.wait_for_selector(".badge.good:has-text('bank-1')")
    with stack.without("bank"):
        until(lambda: stack.pay_with_fresh_card(15_000).json().get("processing_mode") == "FALLBACK",
              within=60)  # fmt: skip
        page.wait_for_selector("a[href='/runbooks/StandInActive']", timeout=90_000)
        silent = page.locator(".badge.bad:has-text('bank-1: silent for')")
        silent.wait_for(timeout=(SILENT_AFTER_S + 60) * 1000)
        walker.picture("incidents-bank-away")
        with walking(browser, console, dark=True, size=PHONE) as phone:
            phone.opens("/incidents").wait_for_selector(".badge.bad")
            phone.page.wait_for_selector("a[href='/runbooks/StandInActive']")
            phone.picture("phone-incidents-dark")
            assert phone.fits()
        page.click("a[href='/runbooks/StandInActive']")
        page.wait_for_selector("main h1:has-text('StandInActive')")
        walker.picture("runbook")

    assert page.locator("main pre").count() == 3
    assert walker.faint() == []


def test_a_run_is_watched_and_ended_from_its_page(walker, stack, tmp_path):
    page = walker.opens("/load")
    page.wait_for_selector("h2:has-text('Locust is not up')")
    words = [
        "--instance",
        stack.instance.name,
        "--web",
        "--users",
        "3",
        "--minutes",
        "5",
    ]
    command = [sys.executable, "-m", "loadtests", *words, "--into", str(tmp_path)]
    run = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        page.wait_for_selector(".badge:has-text('running')", timeout=60_000)
        page.wait_for_function(
            "() => +document.querySelectorAll('.figure b')[1].textContent > 0",
            timeout=60_000,
        )
        walker.board_is_drawn()
        page.wait_for_selector(".legend-of button:has-text('locust')", timeout=60_000)
        walker.picture("load")
        page.click("[data-load=stop]")

        page.wait_for_selector("h2:has-text('Locust is not up')", timeout=60_000)
        run.wait(60)
    finally:
        run.terminate()
        run.wait(60)
    (report,) = tmp_path.glob("*/report.html")
    assert "steady" in report.read_text()
