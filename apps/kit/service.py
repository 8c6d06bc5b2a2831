"""A service process: telemetry first, then its parts, then HTTP; and back again.

It leaves so that nobody notices: `/readyz` says no and the replica takes back what it
announced, callers hear of it, nothing new is accepted, what began has ten seconds to end,
the parts stop, telemetry is flushed.
"""

import asyncio
import importlib.metadata
import signal
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvloop
from fastapi import APIRouter, Depends, FastAPI, Request
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from starlette.types import ASGIApp

from apps.kit import answering, asyncapi, garbage, openapi, reading, telemetry
from apps.kit.auth import Tokens
from apps.kit.bodies import Bodies
from apps.kit.health import LEAVES_FOR_S, Flights, Health, probes
from apps.kit.levels import show_levels
from apps.kit.parts import Part, Parts
from apps.kit.profiling import asked_for
from apps.kit.runtime import Runtime
from apps.kit.server import ServerTelemetry, Trusts
from apps.kit.settings import ServiceSettings, shown, unknown
from apps.kit.shedding import Bounds, Shedder, Shedding
from apps.kit.signals import tell

__all__ = ["Part", "Service", "app_of", "face_of", "run", "wired"]

BODY_LIMIT = 64 * 1024
"""Largest request body, in bytes."""

EX_SOFTWARE = 70
"""The exit code of a service whose part broke (BSD sysexits.h)."""

HEADERS_WITHIN_MS = 5_000
"""A client that drips its headers is cut off after this, in milliseconds; so is one
whose connection idles."""

CONNECTIONS = 2048
"""Open at once, idle and dripping ones too. The server takes 128 unless told: two hundred
slow clients kept everybody else out for five seconds."""

BOUNDS = Bounds.fixed(256)
"""Requests in flight of a service without a shedder of its own: a queue behind a database
of twenty connections is not to grow without end."""

Wrap = Callable[[ASGIApp], ASGIApp]


def untouched(app: ASGIApp) -> ASGIApp:
    return app


@dataclass(frozen=True)
class Service:
    """What a service is made of; its `__main__` puts one together."""

    name: str
    ports: Any
    router: APIRouter
    parts: Sequence[Part] = ()
    tokens: Tokens | None = None
    """Who is let in; without it, nobody is where a scope is needed."""
    shedder: Shedder | None = None
    """Counts requests further out, where the service has it stand; else the kit does."""
    trusts: Trusts | None = None
    """Whose traces go on here; without it, everybody's: inside, all are ours."""
    before: Wrap = untouched
    """What stands before everything, the server's span too."""
    inside: Wrap = untouched
    """What stands inside the span, before anything is read."""
    document: Mapping[str, Any] | None = None
    """What the OpenAPI document says, where the routes alone do not know it."""
    pages: Callable[[FastAPI], None] | None = None
    """Hangs pages for people behind the routes; they live on a websocket."""


async def wired(request: Request) -> Any:
    """The ports of this service, for its routes; async, or a thread would fetch them."""
    return request.app.state.ports


def run(name: str, settings: ServiceSettings, build: Callable[[], Service]) -> None:
    """Run the service until SIGTERM or SIGINT, then stop it in good order."""
    telemetry.start(name)
    tell("service.configured", shown(settings))
    for variable in unknown(type(settings)):
        tell("setting.unknown", {"setting.name": variable}, level="warning")
    try:
        with asked_for(telemetry.instance(name)):
            uvloop.run(_serve(build(), settings))
    finally:
        telemetry.stop()


def app_of(service: Service) -> FastAPI:
    """Make the HTTP face: routes, probes, and errors as problem+json."""
    parts = Parts([Runtime(), *service.parts])
    health = Health(parts, service.shedder or Shedder(BOUNDS))

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await health.pulse.start()
        starting = asyncio.create_task(parts.start())
        tell("service.started", {}, audit=True)
        yield
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        await parts.stop()
        await health.pulse.stop()
        tell("service.stopped", {}, audit=True)

    app = FastAPI(
        title=f"payscope {service.name}",
        version=importlib.metadata.version("payscope"),
        lifespan=lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
        max_body_size=BODY_LIMIT,
        redirect_slashes=False,  # a redirect would repeat the path that was asked for
    )
    app.state.ports, app.state.health = service.ports, health
    app.state.tokens = service.tokens
    app.include_router(service.router, dependencies=[Depends(reading.strictly)])
    show_levels(app, service.router)
    app.include_router(probes(health))
    app.include_router(asyncapi.shown(service.name))
    openapi.describe(app, service.document)
    answering.handle_in(app)
    if service.pages:
        service.pages(app)
    return app


def face_of(service: Service, app: FastAPI) -> ASGIApp:
    """The app, and all that a request crosses on its way to it."""
    health: Health = app.state.health
    inner = service.inside(Bodies(app, BODY_LIMIT))
    if service.shedder is None:
        inner = Shedding(inner, health.shedder)
    return service.before(ServerTelemetry(inner, service.trusts))


async def _serve(service: Service, settings: ServiceSettings) -> None:
    app = app_of(service)
    garbage.spare_what_is_there()
    health: Health = app.state.health
    flights = Flights(face_of(service, app))
    server = Server(
        flights,
        address=settings.host,
        port=settings.port,
        interface=Interfaces.ASGI,
        backlog=1024,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADERS_WITHIN_MS),
        websockets=service.pages is not None,
        log_enabled=False,
    )
    loop, leaving = asyncio.get_running_loop(), set[asyncio.Task[None]]()

    def leave() -> None:
        if not leaving:
            leaving.add(asyncio.create_task(_leave(server, health, flights)))

    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, leave)
    await server.serve()
    if health.parts.are_broken:
        raise SystemExit(EX_SOFTWARE)


async def _leave(server: Server, health: Health, flights: Flights) -> None:
    """Unready, then unannounced; when callers have heard of it, nothing is accepted."""
    tell("service.leaving", {})
    health.is_leaving = True
    flights.leave()
    await health.parts.leave()
    await asyncio.sleep(LEAVES_FOR_S)
    server.stop()  # type: ignore[no-untyped-call]
    await flights.drain()
