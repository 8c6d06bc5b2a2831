"""Tokens: who gets one, what it says, and that all others are answered alike."""

import base64
import json
import stat
from urllib.parse import quote_plus, urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, RSAKey

from apps.gateway.app.oauth import router
from apps.gateway.clients.registry import registered
from apps.gateway.clients.signing import SigningKeys, signing_keys
from apps.gateway.domain.clients import Asked, Client, Granted, OAuthError, granted
from apps.gateway.usecases.issuing import issue_own
from apps.kit.jwks import read
from apps.kit.jwt import KnownTokens, Reader
from apps.kit.server import ServerTelemetry
from apps.kit.service import Service, app_of
from apps.kit.values import now
from tests.kit.tokens import said

from .issuer import CLIENTS, KEY, KEYS, issuing, tokens

FORM = "application/x-www-form-urlencoded"
GRANT = {"grant_type": "client_credentials"}
M_01 = {"client_id": "m-01", "client_secret": "payscope-demo-m-01"}
OTHER = RSAKey.generate_key(2048)


@pytest.fixture
async def face(told):
    class OnlyIssuing:
        issuing = issuing()

    app = ServerTelemetry(app_of(Service("gateway", OnlyIssuing(), router)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield http


def basic(client, secret):
    pair = f"{quote_plus(client)}:{quote_plus(secret)}"
    return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


@pytest.mark.parametrize(
    ("form", "headers"),
    [
        (GRANT | M_01, {}),
        (GRANT, basic("m-01", "payscope-demo-m-01")),
        (GRANT | {"client_id": "m-01"}, basic("m-01", "payscope-demo-m-01")),
    ],
    ids=["in the form", "by Basic", "by Basic, named twice"],
)
async def test_a_client_that_proves_itself_gets_a_token(face, told, form, headers):
    answer = await face.post("/oauth/token", data=form, headers=headers)

    said = answer.json()
    caller = tokens().read(said["access_token"])
    assert (answer.status_code, said["token_type"]) == (200, "Bearer")
    assert answer.headers["cache-control"] == "no-store"
    assert (caller.client_id, caller.merchant_id) == ("m-01", "M-01")
    assert caller.scopes == set(said["scope"].split())
    assert caller.scopes >= {"payments:write", "payments:read", "merchant:read"}
    assert told.event("token.issued")["enduser.id"] == "m-01"
    assert "payscope-demo-m-01" not in told.everything()
    assert said["access_token"] not in told.everything()


async def test_a_token_says_what_others_rely_on(face):
    said = (await face.post("/oauth/token", data=GRANT | M_01)).json()

    head, claims, _ = said["access_token"].split(".")
    claims = json.loads(base64.urlsafe_b64decode(claims + "=="))
    head = json.loads(base64.urlsafe_b64decode(head + "=="))
    assert head == {"alg": "RS256", "typ": "at+jwt", "kid": KEY.thumbprint()}
    assert claims["iss"] == claims["aud"] == "payscope"
    assert claims["sub"] == claims["client_id"] == "m-01"
    assert claims["exp"] - claims["iat"] == said["expires_in"] == 3600
    assert claims["nbf"] == claims["iat"]
    assert claims["jti"]


async def test_no_two_tokens_have_the_same_name(face):
    asked = [await face.post("/oauth/token", data=GRANT | M_01) for _ in range(2)]

    assert asked[0].json()["access_token"] != asked[1].json()["access_token"]


async def test_less_can_be_asked_for_than_may_be_had(face):
    form = GRANT | M_01 | {"scope": "payments:read"}

    said = (await face.post("/oauth/token", data=form)).json()

    assert said["scope"] == "payments:read"
    assert tokens().read(said["access_token"]).scopes == {"payments:read"}


async def test_one_of_the_house_acts_for_no_merchant(face):
    till = {"client_id": "till", "client_secret": "payscope-demo-till"}

    said = (await face.post("/oauth/token", data=GRANT | till)).json()

    assert tokens().read(said["access_token"]).merchant_id is None


DENIED = {
    "a wrong secret": (GRANT | M_01 | {"client_secret": "no"}, "invalid_client"),
    "no secret": (GRANT | {"client_id": "m-01"}, "invalid_client"),
    "nobody": (GRANT | M_01 | {"client_id": "m-99"}, "invalid_client"),
    "no name": (GRANT, "invalid_client"),
    "another's secret": (GRANT | M_01 | {"client_id": "ops"}, "invalid_client"),
    "more than may be had": (GRANT | M_01 | {"scope": "ops"}, "invalid_scope"),
    "some of it": (GRANT | M_01 | {"scope": "payments:read x"}, "invalid_scope"),
    "another grant": (M_01 | {"grant_type": "password"}, "unsupported_grant_type"),
    "no grant": (M_01, "invalid_request"),
    "an empty grant": (M_01 | {"grant_type": ""}, "invalid_request"),
    "a name twice": (
        GRANT | M_01 | {"client_id": ["m-01", "m-02"]},
        "invalid_request",
    ),
    "a hundred names": (
        GRANT | M_01 | {f"x{n}": "1" for n in range(100)},
        "invalid_request",
    ),
}


@pytest.mark.parametrize(("form", "error"), DENIED.values(), ids=DENIED)
async def test_who_does_not_get_one_is_told_why_as_oauth_says(face, told, form, error):
    answer = await face.post("/oauth/token", data=form)

    assert answer.status_code == (401 if error == "invalid_client" else 400)
    assert answer.json() == {"error": error}
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) is (error == "invalid_client")


async def test_an_unknown_client_and_a_wrong_secret_are_answered_alike(face):
    form = urlencode(GRANT)
    answers = [
        await face.post("/oauth/token", content=form, headers=typed(who))
        for who in (basic("m-01", "wrong"), basic("m-99", "wrong"))
    ]

    first, second = (
        (a.status_code, a.content, {**a.headers, "trace-id": ""}) for a in answers
    )
    assert first == second


def typed(headers):
    return {"Content-Type": FORM, **headers}


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Basic"},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic bm8gY29sb24="},
        {"Authorization": "Basic /////w=="},
        {"Authorization": "Bearer house"},
        basic("m-02", "payscope-demo-m-02"),
    ],
)
async def test_credentials_that_cannot_be_read_are_no_credentials(face, headers):
    """The last are good, and the form names another client."""
    form = GRANT | {"client_id": "m-01"}
    answer = await face.post("/oauth/token", data=form, headers=headers)

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


async def test_credentials_come_in_one_way_at_a_time(face):
    right = basic("m-01", "payscope-demo-m-01")

    answer = await face.post("/oauth/token", data=GRANT | M_01, headers=right)

    assert answer.json() == {"error": "invalid_request"}


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\xfe", b"a&b", b"=" * 5000, b"%00"])
async def test_a_form_that_is_none_is_refused(face, body):
    answer = await face.post("/oauth/token", content=body, headers=typed({}))

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_request"})


async def test_json_is_not_how_tokens_are_asked_for(face):
    answer = await face.post("/oauth/token", json=GRANT | M_01)

    assert answer.status_code == 415


async def test_the_keys_are_shown_to_everybody_and_hold_nothing_secret(face):
    answer = await face.get("/.well-known/jwks.json")

    assert set(read(answer.content)) == {KEY.thumbprint()}
    assert answer.headers["cache-control"] == "public, max-age=300"
    (shown,) = answer.json()["keys"]
    assert set(shown) == {"kty", "n", "e", "kid", "use", "alg"}


async def test_the_gateway_has_a_token_of_its_own():
    own = Client("gateway", "", frozenset({"payments:read"}))

    said = json.loads(await issue_own(own, issuing()))

    assert tokens().read(said["access_token"]).client_id == "gateway"


def test_a_changed_key_signs_and_the_one_before_still_proves(tmp_path):
    path = tmp_path / "secrets" / "signing-key"
    first = signing_keys(path)
    old = first.sign(said(now()))
    path.rename(path.with_name("signing-key.old"))

    changed = signing_keys(path)

    reader = Reader("payscope", "payscope")
    known = KnownTokens(reader, read(json.dumps(changed.shown()).encode()))
    assert known.read(old).client_id == "m-01"
    assert known.read(changed.sign(said(now()))).client_id == "m-01"
    assert len(changed.public) == 2
    assert set(first.public) < set(changed.public)


def test_the_key_is_the_owner_s_alone_and_outlives_a_restart(tmp_path):
    path = tmp_path / "signing-key"

    before, after = signing_keys(path), signing_keys(path)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert set(before.public) == set(after.public)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"payscope",
        ECKey.generate_key("P-256").as_pem(private=True),
        KEY.as_pem(private=False),
    ],
    ids=["empty", "no key", "another kind", "public"],
)
def test_a_file_that_is_no_key_stops_the_start(tmp_path, capsys, content):
    path = tmp_path / "signing-key"
    path.write_bytes(content)

    with pytest.raises(SystemExit) as stopped:
        signing_keys(path)

    assert stopped.value.code == 78
    said = capsys.readouterr().err
    assert "GATEWAY_SIGNING_KEY_FILE" in said
    assert str(path) in said


def test_no_private_key_is_in_a_repr():
    assert "private" not in repr(SigningKeys(KEY).public)
    assert KEYS.public[KEY.thumbprint()].is_private is False


ENTRY = {"client_id": "a", "secret_sha256": "0" * 64, "scopes": "ops"}


@pytest.mark.parametrize(
    ("content", "wrong"),
    [
        (None, "No such file"),
        ("{", "JSON"),
        ({"clients": [ENTRY | {"secret_sha256": "hush"}]}, "clients.0.secret_sha256"),
        ({"clients": [ENTRY | {"secret": "hush"}]}, "clients.0.secret"),
        ({"clients": [ENTRY | {"scopes": "ops everything"}]}, "everything"),
        ({"clients": [ENTRY | {"client_id": "a b"}]}, "clients.0.client_id"),
        ({"clients": [ENTRY | {"merchant_id": ""}]}, "clients.0.merchant_id"),
        ({"clients": [ENTRY, ENTRY]}, "twice"),
        ({"client": []}, "clients"),
    ],
)
def test_a_bad_file_of_clients_stops_the_start_and_is_not_shown(
    tmp_path, capsys, content, wrong
):
    path = tmp_path / "clients.json"
    if content is not None:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text)

    with pytest.raises(SystemExit) as stopped:
        registered(path)

    said = capsys.readouterr().err
    assert stopped.value.code == 78
    assert f"GATEWAY_CLIENTS_FILE: {path}" in said
    assert wrong in said
    assert "hush" not in said


def test_the_demonstration_has_its_clients():
    clients = registered(CLIENTS)

    acting = {each.client_id: each.merchant_id for each in clients.values()}
    assert acting == {
        "m-00": "M-00",
        "m-01": "M-01",
        "m-02": "M-02",
        "till": None,
        "console": None,
        "ops": None,
        "payments": None,
    }
    for each in clients.values():
        asked = Asked(
            "client_credentials", each.client_id, f"payscope-demo-{each.client_id}"
        )
        assert isinstance(granted(asked, clients), Granted)


WORDS = st.sampled_from(["", "m-01", "m-02", "ops", "payscope-demo-m-01", "ops x"])


@given(WORDS | st.text(), WORDS | st.text(), WORDS | st.text())
def test_nobody_gets_more_than_his_own(client, secret, scope):
    found = granted(
        Asked("client_credentials", client, secret, scope), registered(CLIENTS)
    )

    if isinstance(found, OAuthError):
        return
    assert secret == f"payscope-demo-{client}"
    assert set(found.scope.split()) <= found.client.scopes
