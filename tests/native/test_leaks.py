"""The scanner finds what was planted, and takes nothing else for it."""

import gzip

import asyncpg
import nats
import pytest

from native import paths
from native.leaks import stores
from native.leaks.findings import Piece, found_in
from native.paths import Instance
from tests import planting

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ0aWxsIiwiYSI6MX0.c2lnbmF0dXJlLW9mLWl0"
SECRETS = {
    f"sent {JWT} on": "token",
    '{"client_secret": "s3cret-of-till"}': "client's secret",
    "client_secret=s3cret-of-till&x=1": "client's secret",
    "Authorization: Bearer abcdefgh12345": "credentials",
    '"authorization": "Basic dGlsbDpzM2NyZXQ="': "credentials",
    '{"cvv": "123"}': "verification value",
    "cvc=1234 refused": "verification value",
    "-----BEGIN PRIVATE KEY-----": "private key",
}
HARMLESS = [
    "cvv: true",
    "a secret was asked for",
    '"/card/cvv"',
    "authorization granted 0190a1b2-1234-7123-8123-123456789012",
    "1763795043204460123 4f2a9c1e8b7d6f50 25000",
    "•••• 0007",
    '{"span_id": "4792920410214236", "x": 1}',
    "00-0af7651916cd43dd8448eb211c80319c-4792920410214236-01",
    "client_secret_basic",
]


def told(text):
    return [each.what for each in found_in("here", Piece("there", text))]


@pytest.mark.parametrize("form", planting.FORMS)
@pytest.mark.parametrize("issuer", planting.ISSUERS)
def test_a_card_number_is_found_and_not_told(issuer, form):
    number = planting.number(issuer)

    found = list(found_in("here", Piece("x", f"a {planting.FORMS[form](number)} b")))

    assert [each.what for each in found] == ["card number"]
    assert found[0].shown == f"•••• {number[-4:]}"


@pytest.mark.parametrize(("text", "what"), SECRETS.items())
def test_a_secret_is_found_and_not_told(text, what):
    (found,) = found_in("here", Piece("there", text))

    assert found.what == what
    assert len(found.shown) <= 7


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_is_left_alone(text):
    assert told(text) == []


def test_files_are_read_packed_or_not_and_across_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "DATA", tmp_path)
    monkeypatch.setattr(stores, "CHUNK", 1_000)
    instance = Instance("here")
    for name in ("logs/x.log", "otelcol/queue", "loads/r.gz", "secrets/k", "loki/y"):
        file = instance.home / name
        file.parent.mkdir(parents=True)
        held = b"z" * 990 + b" " + planting.number("visa").encode() + b" z"
        file.write_bytes(gzip.compress(held) if name.endswith("gz") else held)

    found = {
        each.where
        for piece in stores.in_files(instance)
        for each in found_in("files", piece)
    }

    assert found == {"logs/x.log", "otelcol/queue", "loads/r.gz"}


@pytest.mark.nats
async def test_streams_are_read_whole(nats_port):
    connection = await nats.connect(f"nats://127.0.0.1:{nats_port}")
    stream = connection.jetstream()
    await stream.add_stream(name="LEAKY", subjects=["leaky.>"])
    kept = await stream.create_key_value(bucket="leaky")
    number = planting.number("amex")
    await stream.publish("leaky.a", number.encode())
    gone = await stream.publish("leaky.b", b"nothing")
    await stream.publish("leaky.c", b"nothing", headers={"note": number})
    await stream.publish(f"leaky.{number}", b"nothing")
    await stream.delete_msg("LEAKY", gone.seq)
    await kept.put("card", number.encode())

    found = []
    async for piece in stores.in_nats({"NATS_PORT": nats_port}):
        found += [each.where for each in found_in("NATS", piece)]
    await stream.delete_stream("LEAKY")
    await stream.delete_stream("KV_leaky")
    await connection.close()

    wanted = ["KV_leaky 1 $KV", "LEAKY 1 leaky.a", "LEAKY 3 leaky.c", "LEAKY 4 leaky."]
    assert len(found) == 4
    assert all(a.startswith(b) for a, b in zip(sorted(found), wanted, strict=True))


@pytest.mark.postgres
async def test_every_column_of_every_table_is_read(database_url):
    database = await asyncpg.connect(database_url)
    number = planting.number("maestro, long")
    try:
        await database.execute(
            "CREATE TABLE leaky (a int, b text, c jsonb, d bytea, e text[]);"
            "CREATE SCHEMA apart; CREATE TABLE apart.leaky (f text)"
        )
        insert = "INSERT INTO leaky VALUES (1, $1, $2::jsonb, $3, $4)"
        await database.execute(insert, number, "{}", b"", [])
        await database.execute(insert, "", f'{{"x": "{number}"}}', b"", [])
        await database.execute(insert, "", "{}", b"pan " + number.encode(), [])
        await database.execute(insert, "", "{}", b"\x00\xff" * 40, [number])
        await database.execute("INSERT INTO apart.leaky VALUES ($1)", number)
        await database.execute(insert, "", "{}", b"\x00\xff" * 40, [])

        found = []
        async for piece in stores.in_database("x", database):
            found += [each.where for each in found_in("PostgreSQL", piece)]
    finally:
        await database.close()

    assert sorted(found) == ["x apart.leaky", *["x public.leaky"] * 4]
