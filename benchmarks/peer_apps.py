"""One trivial endpoint, built in several ways: `python -m benchmarks.peer_apps NAME PORT`.

Each way answers the same and writes the same line; they differ in who tells of it.
"""

import asyncio
import logging
import signal
import sys
from collections.abc import Callable

import uvloop
from fastapi import APIRouter, FastAPI
from granian.constants import Interfaces
from granian.server.embed import Server
from opentelemetry.distro import OpenTelemetryConfigurator, OpenTelemetryDistro
from opentelemetry.instrumentation.fastapi import FastAPIInstrumentor
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.logging import LoggingInstrumentor
from starlette.types import ASGIApp

from apps.kit import telemetry
from apps.kit.server import ServerTelemetry
from apps.kit.service import Service, app_of, face_of
from apps.kit.signals import tell

PATH = "/payments/{payment_id}"
OFF = {"tracing": False, "metrics": False, "logs": False}


def _nothing(payment_id: str) -> None:
    """Nobody is told."""


def _by_the_kit(payment_id: str) -> None:
    tell("payment.shown", {"payment.id": payment_id})


def _by_logging(payment_id: str) -> None:
    logging.getLogger("peers").info("payment.shown payment.id=%s", payment_id)


def _routes(shown: Callable[[str], None]) -> APIRouter:
    router = APIRouter()

    @router.get(PATH)
    async def get_payment(payment_id: str) -> dict[str, str]:
        shown(payment_id)
        return {"payment_id": payment_id}

    return router


def _plain(shown: Callable[[str], None], **options: object) -> FastAPI:
    app = FastAPI(**options)  # type: ignore[arg-type]
    app.include_router(_routes(shown))
    return app


def bare() -> ASGIApp:
    """The route and nothing else."""
    return _plain(_nothing, telemetry=OFF)


def line() -> ASGIApp:
    """The route, and a line on stdout that leads nowhere."""
    form = "%(asctime)s %(levelname)s [%(name)s] [%(filename)s:%(lineno)d] %(message)s"
    logging.basicConfig(stream=sys.stdout, format=form, level=logging.INFO)
    return _plain(_by_logging, telemetry=OFF)


def ours() -> ASGIApp:
    """Server span, duration and line, as each service of ours tells them."""
    telemetry.start(_name())
    return ServerTelemetry(_plain(_by_the_kit, telemetry=OFF))


def service() -> ASGIApp:
    """All that a service of ours has around a route: limits, shedding, strict reading."""
    telemetry.start(_name())
    made = Service("peers", ports=None, router=_routes(_by_the_kit))
    return face_of(made, app_of(made))


def contrib() -> ASGIApp:
    """Contrib's automatic instrumentation as it comes, as most examples have it."""
    logging.basicConfig(stream=sys.stdout, level=logging.INFO)
    logging.getLogger().handlers.clear()
    OpenTelemetryDistro().configure()
    OpenTelemetryConfigurator().configure()  # type: ignore[no-untyped-call]
    LoggingInstrumentor().instrument(set_logging_format=True)
    HTTPXClientInstrumentor().instrument()
    app = _plain(_by_logging)
    FastAPIInstrumentor.instrument_app(app)
    return app


WAYS = {way.__name__: way for way in (bare, line, ours, service, contrib)}


def _name() -> str:
    return sys.argv[1]


async def _serve(app: ASGIApp, port: int) -> None:
    server = Server(
        app,
        port=port,
        interface=Interfaces.ASGI,
        websockets=False,
        log_enabled=False,
    )
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, server.stop)
    await server.serve()


def main() -> None:
    app = WAYS[_name()]()
    uvloop.run(_serve(app, int(sys.argv[2])))
    telemetry.stop()


if __name__ == "__main__":
    main()
