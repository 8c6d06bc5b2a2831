"""API2:2023. Only a whole, true, present token is one, and nobody guesses a secret."""

import base64
import hashlib
import hmac
import json
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from apps.kit.auth import SCOPES
from tests.stack.stack import SERVICES

from .asking import BASE, Caller, said
from .listening import listening

LOOKING = {
    "gateway": f"{BASE}/payments",
    "payments": "/payments",
    "bank": "/authorisations?request_id=01a201d6-6977-7f2d-b858-7060ebfc14a8",
    "fraud": "/fraud/cards/01a201d6-6977-7f2d-b858-7060ebfc14a8",
    "backoffice": "/ops/projections",
    "notifications": "/demo/webhooks",
}
"""Something of each service that a good token may see."""

HOUR = 3600


def part(thing):
    return base64.urlsafe_b64encode(json.dumps(thing).encode()).rstrip(b"=").decode()


def unsigned(mint, alg):
    header = {"alg": alg, "typ": "at+jwt", "kid": mint.key.thumbprint()}
    return f"{part(header)}.{part(mint.claims())}."


def by_public_key(mint):
    """HS256, with what everybody knows for a secret (RFC 8725, 2.1)."""
    header = {"alg": "HS256", "typ": "at+jwt", "kid": mint.key.thumbprint()}
    signed = f"{part(header)}.{part(mint.claims())}"
    known = mint.key.as_pem(private=False)
    proof = hmac.new(known, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(proof).rstrip(b'=').decode()}"


def by_another_key(mint, **more):
    key = RSAKey.generate_key(2048)
    header = {"alg": "RS256", "typ": "at+jwt", "kid": mint.key.thumbprint()} | more
    return jwt.encode(header, mint.claims(), key, ["RS256"])


def tampered(mint):
    """Another merchant's claims under the signature of one's own."""
    first, _, last = mint.token(merchant_id="M-01").split(".")
    return f"{first}.{part(mint.claims(merchant_id='M-02'))}.{last}"


def ago(seconds):
    return int(time.time()) - seconds


BAD = {
    "no token at all": lambda _mint: "payscope-demo",
    "algorithm none": lambda mint: unsigned(mint, "none"),
    "algorithm NONE": lambda mint: unsigned(mint, "NONE"),
    "RS256 without a signature": lambda mint: unsigned(mint, "RS256"),
    "HS256 by the public key": by_public_key,
    "a key of one's own": by_another_key,
    "a key of one's own, sent along": lambda mint: by_another_key(
        mint, jwk=RSAKey.generate_key(2048).as_dict(private=False)
    ),
    "a key that nobody knows": lambda mint: by_another_key(mint, kid="mine"),
    "a key by its path": lambda mint: by_another_key(mint, kid="../../dev/null"),
    "claims that were changed": tampered,
    "expired": lambda mint: mint.token(exp=ago(60)),
    "of tomorrow": lambda mint: mint.token(nbf=ago(-HOUR)),
    "issued tomorrow": lambda mint: mint.token(iat=ago(-HOUR)),
    "without an end": lambda mint: mint.token(exp=None),
    "an end in words": lambda mint: mint.token(exp="never"),
    "an end that is no number": lambda mint: mint.token(exp=True),
    "of another issuer": lambda mint: mint.token(iss="https://evil.example"),
    "of no issuer": lambda mint: mint.token(iss=None),
    "for others": lambda mint: mint.token(aud="others"),
    "for nobody": lambda mint: mint.token(aud=None),
    "of no client": lambda mint: mint.token(client_id=None),
    "of a merchant without a name": lambda mint: mint.token(merchant_id=""),
    "of merchants, in a list": lambda mint: mint.token(merchant_id=["M-01", "M-02"]),
    "of another kind": lambda mint: mint.signed(mint.claims(), typ="JWT"),
    "64 KB": lambda mint: "x" * 20_000,
    "four parts": lambda mint: f"{mint.token()}.more",
    "two": lambda mint: f"{mint.token()} {mint.token()}",
}


def at_once(count, ask):
    """Faster than any limit, also where the machine is slow."""
    with ThreadPoolExecutor(max_workers=40) as pool:
        return list(pool.map(ask, range(count)))


@pytest.mark.parametrize("service", SERVICES)
def test_a_good_token_is_let_in(minted, service):
    """So that what follows is refused for what is wrong with it."""
    answer = minted(service, SCOPES).asks("GET", LOOKING[service])

    assert answer.status_code in {200, 404}


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("bad", BAD)
def test_a_bad_token_is_refused_in_the_same_words(stranger, mint, service, bad):
    path = LOOKING[service]

    refused = stranger(service, BAD[bad](mint)).asks("GET", path)

    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert said(refused) == said(stranger(service, "nothing").asks("GET", path))


@pytest.mark.parametrize("service", ["gateway", "payments"])
def test_no_address_within_a_token_is_asked(stranger, mint, service):
    with listening() as ours:
        for name in ("jku", "x5u"):
            token = by_another_key(mint, **{name: f"{ours.url}/jwks.json"})
            refused = stranger(service, token).asks("GET", LOOKING[service])
            assert refused.status_code == 401
        time.sleep(0.5)  # for whoever would ask later

    assert ours.heard == []


@pytest.mark.parametrize("place", ["query", "cookie", "twice", "basic"])
def test_a_token_belongs_into_one_header(stack, minted, place):
    token = minted("gateway", SCOPES).token
    where = {
        "query": {"params": {"access_token": token}},
        "cookie": {"headers": {"Cookie": f"access_token={token}"}},
        "twice": {"headers": [("Authorization", f"Bearer {token}")] * 2},
        "basic": {"headers": {"Authorization": f"Basic {token}"}},
    }

    answer = httpx.get(
        f"{stack.gateway.url}{BASE}/payments", trust_env=False, **where[place]
    )

    assert answer.status_code == 401


class TestTheIssuer:
    def asked(self, stack, data, **how):
        url = f"{stack.gateway.url}/oauth/token"
        return httpx.post(url, data=data, trust_env=False, **how)

    def grant(self, **fields):
        return {"grant_type": "client_credentials"} | fields

    def patiently(self, stack, data, **how):
        while (answer := self.asked(stack, data, **how)).status_code == 429:
            time.sleep(float(answer.headers["retry-after"]))
        return answer

    def test_it_tells_no_client_from_a_wrong_secret(self, stack):
        answers = [
            self.patiently(stack, self.grant(client_id=who, client_secret="guess"))
            for who in ("m-01", "nobody", "m-01' OR 1=1--", "")
        ]

        assert {answer.status_code for answer in answers} == {401}
        assert {answer.text for answer in answers} == {'{"error":"invalid_client"}'}

    def test_it_gives_no_scope_beyond_the_clients(self, stack):
        for scope in ("ops", "payments:read ops", "*", "payments:*"):
            answer = self.patiently(
                stack, self.grant(scope=scope), auth=("m-01", "payscope-demo-m-01")
            )
            assert (answer.status_code, answer.json()) == (
                400,
                {"error": "invalid_scope"},
            )

    def test_a_token_says_whose_it_is_and_for_how_long(self, stack):
        answer = self.patiently(
            stack,
            self.grant(scope="payments:read"),
            auth=("m-01", "payscope-demo-m-01"),
        )

        assert answer.headers["cache-control"] == "no-store"
        body = answer.json()["access_token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(body + "=="))
        assert claims["merchant_id"] == "M-01"
        assert claims["scope"] == "payments:read"
        assert 0 < claims["exp"] - claims["iat"] <= HOUR
        assert not {"secret", "client_secret"} & claims.keys()

    def test_its_key_set_holds_no_private_part(self, stack):
        keys = httpx.get(
            f"{stack.gateway.url}/.well-known/jwks.json", trust_env=False
        ).json()["keys"]

        assert keys
        for key in keys:
            assert key["kty"] == "RSA"
            assert not {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()

    def test_secrets_are_not_guessed_by_trying(self, stack):
        def guess(number):
            data = self.grant(client_id="m-01", client_secret=f"guess-{number}")
            return self.asked(stack, data)

        answers = at_once(400, guess)
        refused = [answer for answer in answers if answer.status_code == 429]
        assert {answer.status_code for answer in answers} == {401, 429}
        assert {answer.json()["code"] for answer in refused} == {"rate-limited"}
        wait_s = max(float(answer.headers["retry-after"]) for answer in refused)
        assert wait_s >= 1
        time.sleep(wait_s)


def test_tokens_are_not_guessed_by_trying(stack, stranger, m_01):
    """Who shows bad ones again and again waits; who has a good one goes on meanwhile."""

    def guess(number):
        nobody = stranger("gateway", f"guess-{number}")
        return nobody.asks_once("GET", LOOKING["gateway"]).status_code

    statuses = at_once(200, guess)

    assert set(statuses) == {401, 429}
    assert m_01.asks_once("GET", f"{BASE}/payments").status_code == 200


def test_merchants_do_not_share_what_they_may_ask(stack, mint):
    """One who asks too much costs the others nothing."""
    busy, other = (
        Caller(
            stack.gateway.url, mint.token(["ref:read"], merchant_id=who, client_id=who)
        )
        for who in ("M-BUSY", "M-OTHER")
    )

    answers = at_once(400, lambda _: busy.asks_once("GET", f"{BASE}/pos"))

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert {answer.status_code for answer in answers} == {200, 429}
    assert {"retry-after", "ratelimit", "ratelimit-policy"} <= refused[0].headers.keys()
    assert other.asks_once("GET", f"{BASE}/pos").status_code == 200
