"""Replicas announce themselves in a bucket of NATS; whoever calls them follows.

Key `<service>.<instance>`, value the URL, said again every three seconds and forgotten ten
seconds after the last time: docs/decisions/0032-replicas-are-announced.md. With it goes
what the replica's clock says, for one that goes wrong notices nothing itself.
"""

import re
import time
from collections import defaultdict
from collections.abc import Callable, Mapping

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error
from nats.js import api
from nats.js.errors import BucketNotFoundError, NoKeysError

from apps.kit import telemetry
from apps.kit.balancing import Replicas
from apps.kit.jobs import Every
from apps.kit.lines import Line
from apps.kit.settings import HTTP, address
from apps.kit.signals import Gauge, tell

TTL_S = 10.0
MEMORY = api.StorageType.MEMORY
BUCKET = api.KeyValueConfig("REPLICAS", ttl=TTL_S, storage=MEMORY, max_bytes=1 << 20)
"""In memory: whoever is there says so again before anybody misses it."""

SUBJECT = f"$KV.{BUCKET.bucket}."
OPERATION = "KV-Operation"
SENT_AT = "Sent-At"
INSTANT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
NO_TOKEN = re.compile(r"[^-_a-zA-Z0-9]")
HEARTBEAT_S = 3.0
LOOK_EVERY_S = 1.0
WITHIN_S = 2.0
"""Longest that a question to NATS may take."""

OFFSET = Gauge(
    "replica.clock.offset",
    unit="s",
    about="How far a replica's clock was ahead of ours when it announced itself last.",
    by=("peer.service", "peer.replica"),
)


class Announcer:
    """Says that this replica is there, and takes it back before it stops to answer."""

    def __init__(self, service: str, url: str, line: Line, name: str = "") -> None:
        instance = NO_TOKEN.sub("_", name or telemetry.instance(service))
        self._subject = f"{SUBJECT}{service}.{instance}"
        self._url = url.encode()
        self._line = line
        self._has_bucket = False
        self._job = Every("replica.announce", HEARTBEAT_S, self._say, at_once=True)

    async def start(self) -> None:
        await self._job.start()

    async def leave(self) -> None:
        """From now on nobody begins anything new here."""
        await self._job.stop()
        if connection := self._line.connection:
            stream = connection.jetstream(timeout=0.5)
            await stream.publish(self._subject, b"", headers={OPERATION: "DEL"})

    async def stop(self) -> None:
        await self._job.stop()

    async def is_ready(self) -> bool:
        return True

    async def _say(self) -> None:
        connection = self._line.connection
        if connection is None:
            return
        stream = connection.jetstream(timeout=WITHIN_S)
        if not self._has_bucket:
            await stream.create_key_value(BUCKET)
        self._has_bucket = False  # until it has taken this: nats may have lost it
        headers = {SENT_AT: f"{time.time():.3f}"}
        await stream.publish(self._subject, self._url, headers=headers)
        self._has_bucket = True


class Directory:
    """Follows who announces himself. While NATS is away, the last known stay."""

    def __init__(
        self,
        line: Line,
        *followed: Replicas,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._line = line
        self._followed = {replicas.service: replicas for replicas in followed}
        self._urls: dict[str, dict[str, str]] = defaultdict(dict)
        self._heard: dict[tuple[str, str], float] = {}
        self._clock, self._wall = clock, wall
        self._since: float | None = None  # the line stands; silence means something
        self._listens_to: set[str] = set()
        self._job = Every("replicas.follow", LOOK_EVERY_S, self.look, at_once=True)

    async def start(self) -> None:
        await self._job.start()

    async def stop(self) -> None:
        await self._job.stop()

    async def is_ready(self) -> bool:
        return True

    async def look(self) -> None:
        """Listen where the line is new; forget who has not been heard for too long."""
        for replicas in self._followed.values():
            replicas.measure()
        connection = self._line.connection
        if connection is None:
            self._since = None
            return
        if self._since is None:
            await self._listen(connection)
            self._since = self._clock()
        silent = self._clock() - TTL_S
        for (service, instance), heard in list(self._heard.items()):
            if max(heard, self._since) < silent:
                self._forget(service, instance)

    async def _listen(self, connection: Client) -> None:
        """Clients subscribe again by themselves; the bucket is read for what was said."""
        for service in self._followed.keys() - self._listens_to:
            await connection.subscribe(f"{SUBJECT}{service}.*", cb=self._hear)
            self._listens_to.add(service)
        try:
            stream = connection.jetstream(timeout=WITHIN_S)
            bucket = await stream.key_value(BUCKET.bucket)
            for key in await bucket.keys():
                service, _, instance = key.partition(".")
                if service in self._followed:
                    url = (await bucket.get(key)).value or b""
                    self._remember(service, instance, url)
        except (BucketNotFoundError, NoKeysError, Error):
            return  # whoever is there is heard within the next three seconds

    async def _hear(self, message: Msg) -> None:
        service, _, instance = message.subject.removeprefix(SUBJECT).partition(".")
        if OPERATION in (message.headers or {}):
            self._forget(service, instance)
        else:
            self._compare(service, instance, message.headers or {})
            self._remember(service, instance, message.data)

    def _compare(self, service: str, instance: str, said: Mapping[str, str]) -> None:
        """His clock and ours; what came just now was sent just now."""
        sent_at = said.get(SENT_AT, "")
        if INSTANT.fullmatch(sent_at):
            facts = {"peer.service": service, "peer.replica": instance}
            OFFSET.set(round(float(sent_at) - self._wall(), 3), facts)

    def _remember(self, service: str, instance: str, said: bytes) -> None:
        """Whose URL cannot be asked is told of once, and not followed."""
        self._heard[service, instance] = self._clock()
        try:
            url = address(HTTP, said.decode("ascii"))
        except ValueError:
            url = ""
        if self._urls[service].get(instance) == url:
            return
        self._urls[service][instance] = url
        if not url:
            facts = {"peer.service": service, "peer.replica": instance}
            tell("replica.nonsense", facts, level="warning")
        self._follow(service)

    def _forget(self, service: str, instance: str) -> None:
        self._heard.pop((service, instance), None)
        if self._urls[service].pop(instance, None):
            self._follow(service)

    def _follow(self, service: str) -> None:
        known = {name: url for name, url in self._urls[service].items() if url}
        self._followed[service].follow(known)
