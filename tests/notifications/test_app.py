"""The HTTP faces of notifications: its own, and that of the demo's merchants."""

import httpx
import pytest
import yaml

from apps.kit.auth import SCOPES
from apps.kit.server import ServerTelemetry
from apps.kit.service import Service, app_of
from apps.kit.testing import HOUSE, Doorman
from apps.notifications.app import router
from apps.notifications.domain.signing import headers
from apps.notifications.events import job, notification
from native.paths import ROOT

from .fakes import NOW, PAYMENT, SECRETS, authorised, hear, work

SECRET = SECRETS.of("M-01")
FIRST = notification(authorised(), "M-01/webhook", NOW, None)
BODY = FIRST.body.encode()
HOOKS = "/demo/webhooks"


@pytest.fixture
async def face(ports):
    app = app_of(Service("notifications", ports, router, tokens=Doorman()))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=HOUSE
    ) as face:
        yield face


def signed(id="evt", at=NOW, secret=SECRET, body=BODY):
    return {"content": body, "headers": headers(secret, id, at, body)}


async def test_a_payments_notifications_show_their_attempts(
    face, ports, merchants, told
):
    merchants.says = [500]
    await hear(ports, authorised())
    await work(ports, job(FIRST, NOW).data)

    answer = await face.get("/notifications", params={"payment_id": str(PAYMENT)})

    (shown,) = answer.json()
    assert shown["notification_id"] == str(FIRST.id)
    assert (shown["state"], shown["attempt"]) == ("failed", 1)
    assert shown["next_at"] == "2026-03-01T12:00:05.500000Z"
    assert [each["status"] for each in shown["attempts"]] == [500]
    assert (shown["type"], shown["kind"]) == ("payment.authorised", "webhook")


async def test_an_unknown_payment_has_no_notifications(face):
    answer = await face.get("/notifications", params={"payment_id": str(PAYMENT)})

    assert answer.json() == []


async def test_the_merchant_takes_what_is_signed_once(face, told):
    for _ in range(2):
        answer = await face.post(HOOKS, **signed())
        assert (answer.status_code, answer.content) == (204, b"")

    (shown,) = (await face.get(HOOKS)).json()
    assert (shown["webhook_id"], shown["deliveries"]) == ("evt", 2)
    assert shown["signature"] == "valid"
    assert shown["content"]["type"] == "payment.authorised"
    assert shown["content"]["data"]["payment_id"] == str(PAYMENT)


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (signed(secret=SECRETS.of("M-02")), "forged"),
        (signed(at=NOW.replace(hour=11)), "stale"),
        ({"content": BODY}, "incomplete"),
    ],
)
async def test_the_merchant_refuses_what_is_not_signed(face, told, sent, found):
    answer = await face.post(HOOKS, **sent)

    assert answer.status_code == 401
    assert answer.json()["code"] == "unauthenticated"
    assert "Bearer" not in answer.headers.get("www-authenticate", "")
    (shown,) = (await face.get(HOOKS)).json()
    assert (shown["signature"], shown["content"]) == (found, {})
    assert told.event("merchant.received")["level"] == "warning"


@pytest.mark.parametrize("instant", ["9" * 400, "9" * 5000, "1e9", "-1"])
async def test_no_instant_is_too_odd_for_the_merchant_to_refuse(face, told, instant):
    sent = signed()["headers"] | {"webhook-timestamp": instant}

    answer = await face.post(HOOKS, content=BODY, headers=sent)

    assert answer.status_code == 401


async def test_half_a_character_is_no_merchant(face, told):
    body = rb'{"data": {"merchant_id": "\ud800"}}'

    answer = await face.post(HOOKS, **signed(body=body))

    assert answer.status_code == 401
    assert (await face.get(HOOKS)).status_code == 200


async def test_the_merchant_behaves_as_it_is_told(face):
    changed = await face.put(f"{HOOKS}/behaviour", json={"status": 500, "delay_ms": 1})
    failed = await face.post(HOOKS, **signed())
    await face.put(f"{HOOKS}/behaviour", json={"status": 200})
    well = await face.post(HOOKS, **signed())

    assert changed.json() == {"status": 500, "delay_ms": 1}
    assert (failed.status_code, well.status_code) == (500, 200)


@pytest.mark.parametrize(
    "faulty",
    [{"status": 302}, {"delay_ms": 60_000}, {"delay_ms": False}, {"status": "x"}],
)
async def test_a_behaviour_that_nobody_knows_is_refused(face, faulty):
    answer = await face.put(f"{HOOKS}/behaviour", json=faulty)

    assert answer.status_code == 422


async def test_the_secret_is_in_nothing_that_is_told(face, told):
    await face.post(HOOKS, **signed())
    shown = (await face.get(HOOKS)).text

    for where in (told.everything(), shown):
        assert SECRET.written() not in where
        assert SECRET.written().removeprefix("whsec_") not in where
        assert SECRET.key.hex() not in where


async def test_the_service_graph_leaves_out_the_merchants_own_span(ports, told):
    """Else notifications would seem to call itself."""
    app = ServerTelemetry(
        app_of(Service("notifications", ports, router, tokens=Doorman()))
    )
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://test", headers=HOUSE
    ) as face:
        await face.post(HOOKS, **signed())

    collector = yaml.safe_load((ROOT / "otel-collector/config.yaml").read_text())
    left_out = collector["processors"]["filter/calls"]["traces"]["span"]
    route = told.span(f"POST {HOOKS}").attributes["http.route"]
    assert f'span.attributes["http.route"] == "{route}"' in left_out[1]


def bearing(token):
    return {"Authorization": f"Bearer {token}"}


@pytest.mark.parametrize(("merchant", "seen"), [("M-01", 1), ("M-02", 0)])
async def test_a_merchant_sees_only_what_he_was_told(face, ports, merchant, seen):
    """What another was told is as what nobody was: an empty list."""
    await hear(ports, authorised())
    mine = bearing(f"m@{merchant} notifications:read")

    answer = await face.get(
        "/notifications", params={"payment_id": str(PAYMENT)}, headers=mine
    )

    assert len(answer.json()) == seen


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", f"/notifications?payment_id={PAYMENT}", "notifications:read"),
        ("GET", HOOKS, "ops"),
        ("PUT", f"{HOOKS}/behaviour", "ops"),
    ],
)
async def test_each_route_takes_its_scope_and_no_other(face, method, path, scope):
    all_others = " ".join(set(SCOPES) - {scope})

    stranger = await face.request(method, path, headers={"Authorization": "-"})
    barred = await face.request(method, path, headers=bearing(f"x {all_others}"))

    assert (stranger.status_code, barred.status_code) == (401, 403)
