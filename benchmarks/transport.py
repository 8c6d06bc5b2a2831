"""What a hop costs its caller: `python -m benchmarks.transport`.

One server on loopback, 16 calls at a time, httpx on its own transport and on
aiohttp's. CPU of the calling process per call, variants in turn, medians.
"""

import asyncio
import statistics
import time
from typing import Any

import httpx
from httpx_aiohttp import AiohttpTransport

from benchmarks.serving import serving

ROUNDS, CALLS, TOGETHER = 9, 1600, 16


async def echo(scope: Any, _receive: Any, send: Any) -> None:
    head = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": b"{}"})


async def cost(client: httpx.AsyncClient) -> float:
    """CPU per call, in microseconds."""

    async def caller() -> None:
        for _ in range(CALLS // TOGETHER):
            await client.post("/", json={"amount": 25_000})

    begun = time.process_time()
    await asyncio.gather(*(caller() for _ in range(TOGETHER)))
    return (time.process_time() - begun) / CALLS * 1e6


async def measure(port: int) -> None:
    limits = httpx.Limits(max_connections=100, keepalive_expiry=30)
    transports: dict[str, httpx.AsyncBaseTransport] = {
        "httpx on httpcore": httpx.AsyncHTTPTransport(limits=limits),
        "httpx on aiohttp": AiohttpTransport(limits=limits),
    }
    url = f"http://127.0.0.1:{port}"
    clients = {
        name: httpx.AsyncClient(base_url=url, transport=transport)
        for name, transport in transports.items()
    }
    taken: dict[str, list[float]] = {name: [] for name in clients}
    for _ in range(ROUNDS):
        for name, client in clients.items():
            taken[name].append(await cost(client))
    first = statistics.median(next(iter(taken.values())))
    for name, costs in taken.items():
        middle = statistics.median(costs)
        print(f"{name:20} {middle:7.0f} µs per call  {middle / first:5.2f}")
    for client in clients.values():
        await client.aclose()


def main() -> None:
    with serving(echo) as port:
        asyncio.run(measure(port))


if __name__ == "__main__":
    main()
