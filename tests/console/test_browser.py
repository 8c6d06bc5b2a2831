"""The pages as people see them: real Chromium, real servers, nothing goes wrong unseen."""

import pytest

from apps.console.clients.shelf import Shelf
from native.backends import until
from tests.console.browser import EXEMPLAR, PHONE, walking
from tests.console.fakes import BOARDS, RUNBOOKS

pytestmark = [pytest.mark.stack, pytest.mark.timeout(120)]

UIDS = [board.uid for board in Shelf(BOARDS, RUNBOOKS).boards()]


def pays(page, preset):
    """Presses a preset, and waits for its receipt."""
    page.wait_for_selector("select[name=pos] option:nth-child(2)", state="attached")
    before = page.locator(".receipt").count()
    page.click(f"[data-preset='{preset}']")
    page.wait_for_function(
        f"document.querySelectorAll('.receipt').length > {before}", timeout=30_000
    )
    return page.locator(".receipt").first


def test_somebody_pays_and_reads_the_story(walker):
    page = walker.opens("/")
    receipt = pays(page, "Ask the bank")
    assert "authorised" in receipt.inner_text()
    assert "•••• 0007" in receipt.inner_text()
    walker.picture("till")

    receipt.locator("text=Read its story").click()
    page.wait_for_selector("button.span >> nth=15")
    page.wait_for_function("!document.querySelector('.coming').textContent")

    services = set(page.locator("button.span .service").all_inner_texts())
    assert services >= {"console", "gateway", "payments", "bank", "fraud", "backoffice"}
    assert page.locator(".line >> text=payment.decided").count() == 1
    assert page.locator("text=Webhooks to the merchant").count() == 1
    walker.picture("story")


def test_a_span_is_opened_with_what_it_wrote(walker):
    page = walker.opens("/")
    pays(page, "Too much").locator("text=Read its story").click()
    page.wait_for_selector(".line[data-span]:has-text('payment.decided')")

    page.locator(".line[data-span]:has-text('payment.decided')").click()

    page.wait_for_selector(".details h2:has-text('payments.pay')")
    told = page.locator(".details").inner_text().replace("\u200b", "")
    assert "payment.verdict" in told
    assert "Wrote payment.decided" in told
    assert "AUTHORIZATION_DENIED" in told


def test_a_span_leads_to_its_services_figures(walker):
    page = walker.opens("/")
    pays(page, "Too much").locator("text=Read its story").click()
    page.locator(".line[data-span]:has-text('payment.decided')").click()

    page.click(".details >> text=Rate, errors, duration")

    page.wait_for_url("**/d/payscope-services?var-service=payments&from=*")
    page.wait_for_selector(  # it looks again by itself, until there is a rate
        "section.cell:has-text('Rate by replica') >> text=payments-1", timeout=60_000
    )


@pytest.mark.parametrize(
    ("preset", "said"),
    [
        ("Small amount", "within its floor limit"),
        ("Too much", "which refused"),
        ("Blocked card", "the card is blocked"),
        ("Expired card", "the card has expired"),
        ("No brand", "no brand has such a card"),
        ("Closed till", "not in use"),
        ("Wrong number", "Not a card number"),
    ],
)
def test_each_rule_says_why(walker, preset, said):
    assert said in pays(walker.opens("/"), preset).inner_text()


def test_what_was_paid_is_captured_and_given_back(walker):
    page = walker.opens("/")
    receipt = pays(page, "Capture later")

    receipt.locator("[data-move=capture]").click()
    page.wait_for_selector(".receipt .good:has-text('captured')")
    receipt.locator("[data-move=refund]").click()

    page.wait_for_selector(".receipt .good:has-text('refunded')")
    assert page.locator(".receipt [data-move]").count() == 0


def test_an_amount_is_typed_and_paid_with_the_keyboard_alone(walker):
    page = walker.opens("/")
    page.wait_for_selector("select[name=pos] option:nth-child(2)", state="attached")
    page.focus("[name=amount]")
    page.keyboard.press("Control+A")
    page.keyboard.type("12,34")
    page.focus("[data-pay]")
    page.keyboard.press("Enter")

    page.wait_for_selector(".receipt:has-text('12.34 EUR')")


def test_stories_are_found_by_what_became_of_them(walker, stack):
    denied = stack.gateway.pay(45_000).headers["Trace-Id"]
    query = '{ span.payment.verdict = "declined" }'
    until(lambda: denied in stack.backends.tempo.search(query), within=30)

    page = walker.opens("/stories?which=declined&since=5m")
    page.wait_for_selector("table.list")
    walker.picture("stories")

    assert page.locator(f"tr:has(a.id[href='/story/{denied}'])").count() == 1


@pytest.mark.parametrize("uid", UIDS)
def test_a_board_is_drawn(walker, uid):
    page = walker.opens(f"/d/{uid}")
    walker.board_is_drawn()

    assert page.locator(".cell .silent").all_inner_texts() == []
    assert page.locator("text=Grafana draws this one").count() == 0
    walker.picture(f"board-{uid.removeprefix('payscope-')}")


def test_a_panel_is_drawn_when_it_comes_on_the_screen(walker):
    page = walker.opens("/d/payscope-payments")
    walker.screen_is_drawn()
    log = page.locator("section.cell:has-text('The chosen services')")
    assert log.locator(".nothing").inner_text() == "…"

    log.scroll_into_view_if_needed()

    log.locator(".log summary").first.wait_for()


def test_a_drag_looks_closer_and_a_button_goes_back(walker):
    page = walker.opens("/d/payscope-payments")
    walker.board_is_drawn()
    box = page.locator(".cell canvas").first.bounding_box()
    high = box["y"] + box["height"] / 2

    page.mouse.move(box["x"] + 0.4 * box["width"], high)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], high + 5, steps=8)
    page.mouse.up()

    page.wait_for_selector("[data-back]")
    page.wait_for_url(lambda url: "from=now" not in url)
    page.click("[data-back]")
    page.wait_for_selector("[data-back]", state="detached")
    page.wait_for_url("**from=now-15m**")


def test_a_dot_leads_to_its_story(walker, stack):
    until(lambda: stack.backends.prometheus.exemplars("payments_bank_wait_seconds_bucket"),
          within=60)  # fmt: skip
    page = walker.opens("/d/payscope-payments")
    walker.board_is_drawn()
    page.locator("section.cell:has-text('Bank wait')").scroll_into_view_if_needed()
    x, y, trace = page.evaluate(EXEMPLAR)

    page.mouse.click(x, y)

    page.wait_for_url(f"**/story/{trace}")
    page.wait_for_selector("button.span")


def test_what_goes_on_is_seen_live(walker):
    page = walker.opens("/live")
    page.wait_for_selector(".map svg.net .edge >> nth=4", state="attached")
    page.wait_for_selector("td:has-text('PAY')")
    page.wait_for_selector("a[href^='/story/']")
    page.wait_for_timeout(500)
    walker.picture("live")

    assert page.locator(".silent").all_inner_texts() == []


def test_nothing_moves_for_who_wants_it_still(browser, console):
    with walking(browser, console, motion="reduce") as walker:
        page = walker.opens("/live")
        page.wait_for_selector(".map svg.net .edge", state="attached")

        beats = page.locator(".net .pulse")
        assert beats.count() > 0
        assert beats.first.evaluate("(e) => getComputedStyle(e).display") == "none"


@pytest.mark.parametrize("by", ["payment_id", "trace"])
def test_one_payment_is_seen_on_its_board(walker, stack, by):
    paid = stack.gateway.pay(25_000)
    trace = paid.headers["Trace-Id"]
    id_ = trace if by == "trace" else paid.json()["payment_id"]
    until(lambda: stack.backends.tempo.trace(trace), within=30)

    page = walker.opens(f"/d/payscope-payment?var-id={id_}")
    page.wait_for_selector(".cell button.span >> nth=10", timeout=30_000)
    walker.board_is_drawn()
    page.wait_for_selector(f".cell a[href='/story/{trace}']")
    walker.picture(f"board-payment-of-{by}")

    page.locator(".cell button.span >> nth=3").click()
    page.wait_for_url(f"**/story/{trace}")


def test_a_choice_narrows_the_next(walker):
    page = walker.opens("/d/payscope-services")
    page.wait_for_selector(
        "select[name=var-service] option[value=bank]", state="attached"
    )

    page.select_option("select[name=var-service]", "bank")

    page.wait_for_function(
        "() => { const all = [...document.querySelectorAll('[name=var-instance] option')];"
        " return all.length > 1 && all.every((o) => o.value === '$__all' ||"
        " o.value.startsWith('bank')); }"
    )
    assert "var-service=bank" in page.url


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/stories",
        "/boards",
        "/live",
        "/d/payscope-payments",
        "/d/payscope-home",
        "/d/payscope-map",
        "/d/payscope-services",
    ],
)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_page_fits_a_phone(browser, console, path, dark):
    with walking(browser, console, dark=dark, size=PHONE) as walker:
        page = walker.opens(path)
        page.wait_for_selector("main *")
        page.wait_for_timeout(1500)

        name = path.strip("/").replace("/", "-") or "till"
        walker.picture(f"phone-{name}-{'dark' if dark else 'light'}")
        assert walker.fits()


def test_a_story_is_read_in_the_dark_on_a_phone(browser, console, stack):
    paid = stack.gateway.pay().json()["payment_id"]
    with walking(browser, console, dark=True, size=PHONE) as walker:
        page = walker.opens(f"/story/{paid}")
        page.wait_for_selector("button.span >> nth=15")
        walker.picture("phone-story-dark", whole=False)

        assert walker.fits()


def test_no_page_shows_a_card_number_or_a_token(walker):
    page = walker.opens("/")
    pays(page, "Ask the bank")

    content = page.content()
    assert "520446001" not in content
    assert "eyJ" not in content
