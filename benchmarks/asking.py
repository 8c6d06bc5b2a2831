"""An ASGI app called in-process, and a stub on loopback that it calls in its turn."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp

CALLS, TOGETHER = 160, 16
BODY = b'{"id": "01a201d6-6976-708b-97f4-5a6f7898be24", "status": "captured"}'


async def stub(scope: Any, _receive: Any, send: Any) -> None:
    head = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(BODY)).encode()),
    ]
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": BODY})


def scope_of(path: str, token: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
        "headers": [
            (b"host", b"127.0.0.1:8000"),
            (b"authorization", f"Bearer {token}".encode()),
        ],
        "server": ("127.0.0.1", 8000),
        "client": ("127.0.0.1", 1),
        "asgi": {"version": "3.0"},
    }


async def ask(face: ASGIApp, path: str, token: str, wanted: int) -> None:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        status = message.get("status", wanted)
        if status != wanted:
            raise RuntimeError(f"{path}: {status}, not {wanted}")

    await face(scope_of(path, token), receive, send)


async def cost(once: Callable[[], Any]) -> float:
    """CPU per request, in microseconds."""

    async def caller() -> None:
        for _ in range(CALLS // TOGETHER):
            await once()

    begun = time.process_time()
    await asyncio.gather(*(caller() for _ in range(TOGETHER)))
    return (time.process_time() - begun) / CALLS * 1e6
