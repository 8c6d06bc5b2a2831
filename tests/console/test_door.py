"""Who gets in: by our name, from our own pages."""

import pytest
from starlette.responses import PlainTextResponse

from apps.console.app.door import Door


class Asked:
    """A request, and what became of it."""

    def __init__(self, kind="http", method="GET", path="/", **headers):
        said = {"host": "127.0.0.1:8080"} | headers
        self.scope = {
            "type": kind,
            "method": method,
            "path": path,
            "headers": [(k.encode(), v.encode()) for k, v in said.items() if v],
        }
        self.sent, self.refused = [], 0

    async def run(self):
        door = Door(
            PlainTextResponse("told"), PlainTextResponse("pages"),
            "127.0.0.1,localhost,::1", self._count,
        )  # fmt: skip
        await door(self.scope, self._receive, self._send)
        return self

    def _count(self):
        self.refused += 1

    async def _receive(self):
        return {"type": "websocket.connect"}

    async def _send(self, message):
        self.sent.append(message)


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost", "[::1]:8080"])
async def test_by_our_own_names_one_gets_in(host):
    asked = await Asked(host=host).run()

    assert asked.sent[0]["status"] == 200
    assert asked.sent[1]["body"] == b"told"


@pytest.mark.parametrize("host", ["evil.example", "", "127.0.0.1.evil.example", "[x"])
async def test_under_another_name_nobody_does(host):
    asked = await Asked(host=host).run()

    assert (asked.sent[0]["status"], asked.refused) == (403, 1)


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://127.0.0.1:1"]
)
async def test_a_strangers_page_opens_no_websocket(origin):
    asked = await Asked("websocket", origin=origin).run()

    assert asked.sent == [{"type": "websocket.close", "code": 1008}]


async def test_a_websocket_says_where_it_comes_from():
    assert (await Asked("websocket").run()).refused == 1


async def test_what_changes_something_comes_from_our_page():
    assert (await Asked(method="POST").run()).refused == 1
    ours = await Asked(method="POST", origin="http://127.0.0.1:8080").run()
    assert ours.refused == 0


async def test_files_go_past_the_telemetry_and_every_answer_is_hardened():
    asked = await Asked(path="/_nicegui/x.js").run()

    headers = dict(asked.sent[0]["headers"])
    assert asked.sent[1]["body"] == b"pages"
    assert b"default-src 'self'" in headers[b"content-security-policy"]
    assert b"frame-ancestors 'none'" in headers[b"content-security-policy"]
