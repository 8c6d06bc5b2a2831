"""What goes over our own sockets, and what is not taken as it comes."""

import asyncio
import gzip
from contextlib import asynccontextmanager

import httpx
import pytest

from apps.kit import http


@asynccontextmanager
async def answering(said: bytes):
    """A server that keeps what it heard and always says the same."""
    heard: list[bytes] = []

    async def told(reader, writer):
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(said)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(told, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}", heard
    finally:
        server.close()


def whole(body: bytes, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"content-length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", body])


async def test_our_own_are_told_nothing_that_they_do_not_read():
    async with (
        answering(whole(b"{}")) as (url, heard),
        http.client("test", url, timeout_s=1) as client,
    ):
        answer = await client.get("/things?a=b", headers={"x-own": "1"})

    lines = heard[0].lower().split(b"\r\n")
    assert lines[0] == b"get /things?a=b http/1.1"
    names = {line.partition(b":")[0] for line in lines[1:] if line}
    assert {b"host", b"x-own"} <= names
    assert not names & {b"accept", b"accept-encoding", b"user-agent", b"cookie"}
    assert answer.content == b"{}"
    assert answer.request.url.path == "/things"


async def test_no_cookie_comes_back():
    async with (
        answering(whole(b"", b"set-cookie: a=b; path=/")) as (url, heard),
        http.client("test", url, timeout_s=1) as client,
    ):
        await client.get("/")
        await client.get("/")

    assert [b"cookie" in each.lower() for each in heard] == [False, False]


async def test_a_packed_answer_is_not_unpacked():
    packed = gzip.compress(b"0" * 100_000)
    async with (
        answering(whole(packed, b"content-encoding: gzip")) as (url, _heard),
        http.client("test", url, timeout_s=1) as client,
    ):
        with pytest.raises(httpx.RemoteProtocolError):
            await client.get("/")


async def test_an_answer_that_breaks_off_is_no_answer():
    short = whole(b"0123456789").removesuffix(b"789")
    async with (
        answering(short) as (url, _heard),
        http.client("test", url, timeout_s=1) as client,
    ):
        with pytest.raises(httpx.TransportError):
            await client.get("/")


async def test_a_login_asked_for_anew_is_given_anew():
    class Anew(httpx.Auth):
        async def async_auth_flow(self, request):
            request.headers["authorization"] = "old"
            answer = yield request
            if answer.status_code == 200:
                request.headers["authorization"] = "new"
                yield request

    async with (
        answering(whole(b"{}")) as (url, heard),
        http.client("test", url, timeout_s=1) as client,
    ):
        client.auth = Anew()
        await client.get("/")

    assert [b"new" in each for each in heard] == [False, True]
