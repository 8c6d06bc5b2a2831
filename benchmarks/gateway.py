"""What the gateway's hop costs: `python -m benchmarks.gateway`.

The gateway's whole face is called in-process, without a server; payments is a stub on
loopback in a process of its own. One part after the other is put on, 16 requests at a
time. CPU of the calling process per request, variants in turn, medians: what a part
adds is the difference to the row above it.
"""

import contextlib
import io
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import uvloop
from httpx_aiohttp import AiohttpTransport
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from starlette.types import ASGIApp

from apps.gateway.__main__ import build, table_at
from apps.gateway.settings import Settings
from apps.kit import logs
from apps.kit.bodies import Bodies
from apps.kit.http import client as client_of
from apps.kit.server import ServerTelemetry
from apps.kit.service import BODY_LIMIT, Service, app_of, face_of
from apps.kit.shedding import Bounds, Shedder
from apps.kit.testing import Doorman
from benchmarks.asking import ask, cost, stub
from benchmarks.server_span import Nowhere, NowhereMetrics
from benchmarks.serving import serving

ROUNDS = 5
PAYMENT = "/api/v1/payments/01a201d6-6976-708b-97f4-5a6f7898be24"


async def measure(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    settings = Settings.model_validate(
        {
            "payments_urls": url,
            "signing_key_file": Path(tempfile.mkdtemp()) / "key",
            "house_limit": "9999999/2",
            "address_limit": "9999999/2",
            "stranger_limit": "9999999/2",
            "most_in_flight": 10_000,
        }
    )
    whole = build(settings, table_at(settings.routes_file))
    keys = whole.ports.issuing.keys
    token = keys.sign(
        {
            "iss": "payscope",
            "aud": "payscope",
            "sub": "till",
            "client_id": "till",
            "scope": "payments:read ref:read",
            "iat": int(time.time()),
            "exp": int(time.time()) + 3600,
            "jti": "bench",
        }
    )
    bare = httpx.AsyncClient(base_url=url, transport=AiohttpTransport())
    ours = client_of("payments", url, timeout_s=3)

    def face(*, known: bool, limited: bool, front: bool) -> ASGIApp:
        """The same routes and client; more and more of what stands before them."""
        tokens = whole.tokens if limited else whole.tokens._inner  # type: ignore[union-attr]
        service = Service(
            "gateway",
            whole.ports,
            whole.router,
            tokens=tokens if known else Doorman(),
            shedder=Shedder(Bounds.fixed(10_000)),
            before=partial_front(front),
            inside=whole.inside if limited else lambda app: app,
        )
        return face_of(service, app_of(service))

    def partial_front(on: bool) -> Callable[[ASGIApp], ASGIApp]:
        return whole.before if on else lambda app: app

    full = face(known=True, limited=True, front=True)
    shedding = partial(_shedding, whole)
    variants: dict[str, Callable[[], Any]] = {
        "httpx alone": partial(bare.get, "/"),
        "our client: span, deadline, balancer": partial(ours.get, "/"),
        "forwarded, nobody checked": partial(
            ask, face(known=False, limited=False, front=False), PAYMENT, "house", 200
        ),
        "+ token read": partial(
            ask, face(known=True, limited=False, front=False), PAYMENT, token, 200
        ),
        "+ limits, deadline": partial(
            ask, face(known=True, limited=True, front=False), PAYMENT, token, 200
        ),
        "+ front: shedder, headers (all)": partial(ask, full, PAYMENT, token, 200),
        "all, from the cache": partial(ask, full, "/api/v1/pos", token, 200),
        "all, refused: no token": partial(ask, full, PAYMENT, "bad", 401),
        "shed": partial(ask, shedding(), PAYMENT, token, 503),
    }
    await compare(variants)
    await bare.aclose()
    await ours.aclose()
    for part in whole.parts:
        if isinstance(part, httpx.AsyncClient):
            await part.aclose()


def _shedding(whole: Service) -> ASGIApp:
    shedder = Shedder(Bounds.fixed(1))
    shedder.enter()
    front: Any = whole.before
    made: ASGIApp = front.func(ServerTelemetry(Bodies(stub, BODY_LIMIT)), shedder)
    return made


async def compare(variants: dict[str, Callable[[], Any]]) -> None:
    taken: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(ROUNDS):
        for name, once in variants.items():
            taken[name].append(await cost(once))
    first = statistics.median(next(iter(taken.values())))
    before = 0.0
    for name, costs in taken.items():
        middle = statistics.median(costs)
        print(
            f"{name:38} {middle:7.0f} µs  {middle - before:+7.0f}  {middle / first:5.2f}"
        )
        before = middle


def main() -> None:
    told_nowhere()
    run()


def told_nowhere() -> None:
    """Spans, figures and lines are made as in a service, and read by nobody."""
    with contextlib.redirect_stdout(io.StringIO()):
        logs.start("bench")
    tracers = TracerProvider()
    tracers.add_span_processor(BatchSpanProcessor(Nowhere(), max_export_batch_size=64))
    trace.set_tracer_provider(tracers)
    reader = PeriodicExportingMetricReader(NowhereMetrics())
    metrics.set_meter_provider(MeterProvider([reader]))


def run() -> None:
    with serving(stub) as port:
        uvloop.run(measure(port))


if __name__ == "__main__":
    main()
