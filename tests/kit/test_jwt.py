"""Tokens: whom a good one names, and that no bent one lets anybody in."""

import json
import string
from datetime import timedelta
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter
from hypothesis import given
from hypothesis import strategies as st

from apps.kit.auth import Caller, Reason, Refused, may
from apps.kit.jwt import LEEWAY_S, LIMIT, JwtTokens, KnownTokens, Reader
from apps.kit.server import ServerTelemetry
from apps.kit.service import Service, app_of
from tests.kit.tokens import (
    CURVE,
    GOOD,
    KEY,
    NOON,
    OTHER,
    by_hmac,
    part,
    said,
    served,
    signed,
    tampered,
)

router = APIRouter()
READER = Reader("payscope", "payscope", clock=lambda: NOON)
KNOWN = KnownTokens(READER, {"one": KEY})
SECOND = int(NOON.timestamp())
PUBLIC = KEY.as_pem(private=False)


@router.get("/payments")
async def payments(caller: Annotated[Caller, may("payments:read")]) -> str:
    return f"{caller.client_id} of {caller.merchant_id}"


class Issuer:
    """Serves its keys, and counts how often."""

    def __init__(self):
        self.asked = 0

    async def fetch(self):
        self.asked += 1
        return served(one=KEY)


@pytest.fixture
def issuer():
    return Issuer()


@pytest.fixture
async def face(issuer, told):
    tokens = JwtTokens(issuer.fetch, "payscope", "payscope", clock=lambda: NOON)
    app = ServerTelemetry(app_of(Service("test", None, router, tokens=tokens)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        await http.get("/payments", headers=bearing(signed()))
        told.forget()
        yield http


def bearing(token):
    return {"Authorization": f"Bearer {token}"}


def at(seconds):
    return SECOND + seconds


STRANGE = "https://evil.example/keys.json"

BENT = {
    "no token at all": ("", Reason.MISSING),
    "no JWT": ("payscope-demo", Reason.MALFORMED),
    "two parts": (signed().rpartition(".")[0], Reason.MALFORMED),
    "four parts": (f"{signed()}.x", Reason.MALFORMED),
    "five parts, as encrypted ones have": ("a.b.c.d.e", Reason.MALFORMED),
    "a header that is a list": (f"{part(['alg'])}.e30.e30", Reason.MALFORMED),
    "a header that is no JSON": (f"{part(b'{')}.e30.e30", Reason.MALFORMED),
    "brackets without end": (f"{part(b'[' * 5000)}.e30.e30", Reason.MALFORMED),
    "alg none": (
        f"{part(GOOD | {'alg': 'none'})}.{part(said())}.",
        Reason.ALGORITHM,
    ),
    "alg None": (
        f"{part(GOOD | {'alg': 'nOnE'})}.{part(said())}.",
        Reason.ALGORITHM,
    ),
    "alg none, with the signature of a good one": (
        f"{part(GOOD | {'alg': 'none'})}.{signed().partition('.')[2]}",
        Reason.ALGORITHM,
    ),
    "no alg": (f"{part({'kid': 'one'})}.{part(said())}.e30", Reason.MALFORMED),
    "alg that is a list": (
        f"{part(GOOD | {'alg': ['RS256']})}.{part(said())}.e30",
        Reason.MALFORMED,
    ),
    "HS256 with the public key as secret": (by_hmac(PUBLIC), Reason.ALGORITHM),
    "HS256 that calls itself RS256": (
        by_hmac(PUBLIC, alg="RS256"),
        Reason.SIGNATURE,
    ),
    "RS512 with the right key": (signed(alg="RS512"), Reason.ALGORITHM),
    "ES256 with a key of its own": (
        signed(key=CURVE, alg="ES256"),
        Reason.ALGORITHM,
    ),
    "signed by another": (signed(key=OTHER), Reason.SIGNATURE),
    "another payload": (tampered(signed(), merchant_id="M-02"), Reason.SIGNATURE),
    "more scopes": (tampered(signed(), scope="ops"), Reason.SIGNATURE),
    "no signature": (f"{signed().rpartition('.')[0]}.", Reason.SIGNATURE),
    "half a signature": (signed()[:-172], Reason.SIGNATURE),
    "no kid": (signed(kid=None), Reason.KEY),
    "an unknown kid": (signed(kid="two"), Reason.KEY),
    "a kid that is a path": (signed(kid="../../../dev/null"), Reason.KEY),
    "a kid that is SQL": (signed(kid="' OR 1=1; --"), Reason.KEY),
    "keys elsewhere (jku)": (
        signed(key=OTHER, jku=STRANGE, kid="theirs"),
        Reason.KEY,
    ),
    "keys elsewhere (x5u)": (
        signed(key=OTHER, x5u=STRANGE, kid="theirs"),
        Reason.KEY,
    ),
    "keys elsewhere, under our kid": (
        signed(key=OTHER, jku=STRANGE),
        Reason.SIGNATURE,
    ),
    "a key of its own (jwk)": (
        signed(key=OTHER, jwk=OTHER.as_dict(private=False)),
        Reason.MALFORMED,
    ),
    "crit that nobody knows": (signed(crit=["exp"], exp=1), Reason.MALFORMED),
    "a detached payload": (signed(b64=False, crit=["b64"]), Reason.MALFORMED),
    "typ of another kind of token": (signed(typ="JWT"), Reason.MALFORMED),
    "expired": (signed(said(exp=at(-LEEWAY_S))), Reason.EXPIRED),
    "expired in 1970": (signed(said(exp=0)), Reason.EXPIRED),
    "no exp": (signed(said(exp=None)), Reason.CLAIMS),
    "exp that is a word": (signed(said(exp="tomorrow")), Reason.CLAIMS),
    "exp that is true": (signed(said(exp=True)), Reason.CLAIMS),
    "exp without end": (signed(said(exp=float("inf"))), Reason.CLAIMS),
    "exp that is no number": (signed(said(exp=float("nan"))), Reason.CLAIMS),
    "exp of 400 digits": (signed(said(exp=10**400)), Reason.CLAIMS),
    "iat of minus 400 digits": (signed(said(iat=-(10**400))), Reason.CLAIMS),
    "not yet": (signed(said(nbf=at(LEEWAY_S + 1))), Reason.NOT_YET),
    "issued tomorrow": (signed(said(iat=at(86_400))), Reason.NOT_YET),
    "another issuer": (signed(said(iss="https://evil.example")), Reason.ISSUER),
    "no issuer": (signed(said(iss=None)), Reason.ISSUER),
    "issuers": (signed(said(iss=["payscope"])), Reason.ISSUER),
    "another audience": (signed(said(aud="somebody")), Reason.AUDIENCE),
    "other audiences": (signed(said(aud=["a", "b"])), Reason.AUDIENCE),
    "no audience": (signed(said(aud=None)), Reason.AUDIENCE),
    "an audience within a word": (signed(said(aud="payscopes")), Reason.AUDIENCE),
    "nobody": (signed(said(client_id=None)), Reason.CLAIMS),
    "a merchant without a name": (signed(said(merchant_id="")), Reason.CLAIMS),
    "merchants": (signed(said(merchant_id=["M-01", "M-02"])), Reason.CLAIMS),
    "a merchant that is null": (
        signed(json.dumps(said() | {"merchant_id": None}).encode()),
        Reason.CLAIMS,
    ),
    "scopes in a list": (signed(said(scope=["payments:read"])), Reason.CLAIMS),
    "claims that are a list": (signed(b'["payscope"]'), Reason.MALFORMED),
    "claims that are no JSON": (signed(b"payscope"), Reason.MALFORMED),
    "64 KB": (signed(said(scope="x " * 25_000)), Reason.TOO_LONG),
    "64 KB of dots": ("." * 65_536, Reason.TOO_LONG),
    "letters of nobody": ("\u00ff" * 20, Reason.MALFORMED),
}


@pytest.mark.parametrize(("token", "why"), BENT.values(), ids=BENT)
async def test_a_bent_token_is_refused_like_any_other(face, issuer, told, token, why):
    """Same status, same words; only telemetry knows what was wrong."""
    headers = [(b"authorization", f"Bearer {token}".encode("latin-1"))]

    answer = await face.get("/payments", headers=headers)
    usual = await face.get("/payments")

    assert answer.status_code == 401
    assert plain(answer) == plain(usual)
    assert told.counted("auth.decisions", auth_reason=why) >= 1
    assert why in {line["auth.reason"] for line in told.events("auth.refused")}
    assert issuer.asked == 1
    assert [span.kind.name for span in told.spans] == ["SERVER", "SERVER"]
    assert len(token) < 20 or token not in told.everything()


def plain(answer):
    """All that an answer says, but for its trace."""
    body = {
        name: value
        for name, value in answer.json().items()
        if name not in {"trace_id", "instance"}
    }
    headers = {k: v for k, v in answer.headers.items() if k != "trace-id"}
    return body, headers


async def test_the_caller_is_named_on_the_span(face, told):
    answer = await face.get("/payments", headers=bearing(signed()))

    assert (answer.status_code, answer.json()) == (200, "m-01 of M-01")
    span = told.span("GET /payments")
    assert span.attributes["enduser.id"] == "m-01"
    assert span.attributes["merchant.id"] == "M-01"
    assert told.counted("auth.decisions", auth_outcome="allowed") == 1
    assert told.events("auth.refused") == []


async def test_who_is_known_and_may_not_is_told_apart(face, told):
    token = signed(said(scope="ref:read"))

    answer = await face.get("/payments", headers=bearing(token))

    assert answer.status_code == 403
    assert told.event("auth.refused")["auth.reason"] == "scope"
    assert told.span("GET /payments").attributes["enduser.id"] == "m-01"


@pytest.mark.parametrize(
    "claims",
    [
        said(exp=at(1 - LEEWAY_S)),
        said(nbf=at(LEEWAY_S)),
        said(iat=at(LEEWAY_S)),
        said(iat=None, nbf=None),
        said(aud=["somebody", "payscope"]),
        said(exp=at(0.5)),
    ],
)
def test_clocks_may_be_half_a_minute_apart(claims):
    assert KNOWN.read(signed(claims)).client_id == "m-01"


def test_one_of_the_house_has_no_merchant():
    caller = KNOWN.read(signed(said(merchant_id=None, client_id="ops", scope="ops")))

    assert caller == Caller("ops", frozenset({"ops"}), None)


@given(st.text(alphabet=string.printable, max_size=200))
def test_no_text_lets_anybody_in(text):
    with pytest.raises(Refused):
        KNOWN.read(text)


TOKEN = signed()


@given(st.data())
def test_no_letter_of_a_token_can_be_another(data):
    """But for the last, of which two bits carry nothing."""
    place = data.draw(st.integers(0, len(TOKEN) - 2))
    letters = string.ascii_letters + string.digits + "-_."
    letter = data.draw(st.sampled_from(letters.replace(TOKEN[place], "")))

    with pytest.raises(Refused):
        KNOWN.read(TOKEN[:place] + letter + TOKEN[place + 1 :])


@given(
    st.dictionaries(
        st.sampled_from(["iss", "aud", "exp", "nbf", "iat", "client_id", "scope"]),
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats()
        | st.text()
        | st.just([]),
        min_size=1,
    )
)
def test_what_our_own_key_signed_is_read_or_refused_and_never_breaks(changes):
    try:
        caller = KNOWN.read(signed(json.dumps(said() | changes).encode()))
    except Refused:
        return

    assert caller.client_id
    assert changes.get("iss", "payscope") == "payscope"
    assert NOON.timestamp() < changes.get("exp", at(1)) + LEEWAY_S


@given(st.integers(-7200, 7200), st.integers(0, 7200))
def test_a_token_is_good_between_its_instants_and_never_outside(begins, lasts):
    claims = said(nbf=at(begins), iat=at(begins), exp=at(begins + lasts))
    is_good = begins <= LEEWAY_S and begins + lasts + LEEWAY_S > 0

    try:
        KNOWN.read(signed(claims))
    except Refused:
        assert not is_good
    else:
        assert is_good


def test_a_longer_token_is_not_even_looked_at():
    with pytest.raises(Refused) as refused:
        KNOWN.read(TOKEN + "A" * (LIMIT + 1 - len(TOKEN)))

    assert refused.value.why is Reason.TOO_LONG


def test_time_passes_by_the_clock_that_it_is_given():
    later = Reader("payscope", "payscope", clock=lambda: NOON + timedelta(hours=2))

    with pytest.raises(Refused) as refused:
        KnownTokens(later, {"one": KEY}).read(TOKEN)

    assert refused.value.why is Reason.EXPIRED
