"""The AsyncAPI 3.0 document of a service: what it announces, hears and does as jobs.

Read from the service's own files by their usual names: `events.ANNOUNCES` says which
data goes with a subject, `listeners.listeners` who hears what; `events.HEARS` says which
data is read where a listener hears a pattern of subjects.
"""

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Self

from fastapi import APIRouter
from pydantic import BaseModel

from apps.kit.dlq import subject_of
from apps.kit.events import CloudEvent
from apps.kit.listeners import Listener
from apps.kit.messages import DEAD, DEAD_LETTER, HEADERS, Json

Models = Mapping[str, type[BaseModel]]
"""The data of an event, by its subject."""

BINDING = "0.1.0"
"""The version of the NATS bindings."""

SCHEMAS = "#/components/schemas/"
MESSAGES = "#/components/messages/"


@dataclass(frozen=True)
class Told:
    """What a service tells and is told."""

    service: str
    announces: Models = field(default_factory=dict)
    hears: Models = field(default_factory=dict)
    listeners: Sequence[Listener] = ()

    @classmethod
    def of(cls, service: str) -> Self:
        events, listeners = _part(service, "events"), _part(service, "listeners")
        return cls(
            service,
            getattr(events, "ANNOUNCES", {}),
            getattr(events, "HEARS", {}),
            getattr(listeners, "listeners", ()),
        )


@cache
def document(*services: str) -> Json:
    """Draw these services, and what goes to and fro between them."""
    page = _Page(f"payscope {services[0]}" if len(services) == 1 else "payscope")
    told = [Told.of(service) for service in services]
    for each in told:
        page.announce(each)
    for each in told:
        page.hear(each)
    return page.document


class _Page:
    """A document while it is drawn: who announces comes before who hears."""

    def __init__(self, title: str) -> None:
        self._channels: Json = {}
        self._operations: Json = {}
        self._messages: Json = {}
        self._schemas: Json = {}
        version = importlib.metadata.version("payscope")
        self.document: Json = {
            "asyncapi": "3.0.0",
            "info": {"title": title, "version": version},
            "defaultContentType": "application/json",
            "servers": {"nats": {"host": "nats:4222", "protocol": "nats"}},
            "channels": self._channels,
            "operations": self._operations,
            "components": {"messages": self._messages, "schemas": self._schemas},
        }

    def announce(self, told: Told) -> None:
        for subject, data in told.announces.items():
            self._message(subject, data)
            self._operate("send", told.service, subject, _first_line(data))

    def hear(self, told: Told) -> None:
        for listener in told.listeners:
            durable = f"{told.service}-{listener.handler.__name__}"
            for subject, data in self._heard(listener, told.hears):
                about = _first_line(listener.handler)
                self._operate("receive", durable, subject, about, queue=durable)
                name = f"{durable}.receive.{_key(subject)}"
                self._operations[name] |= _read(data)
            dead = subject_of(told.service, durable)
            self._messages[DEAD] = DEAD_LETTER
            self._channels[dead] = _channel(dead, DEAD)
            self._operate("send", durable, dead, "Gives up what it cannot take.")

    def _heard(
        self, listener: Listener, hears: Models
    ) -> Iterator[tuple[str, type[BaseModel]]]:
        """Subjects with a message; a pattern stands for those that are known."""
        for asked in listener.subjects:
            known = [*self._channels, *hears]
            subjects = {name for name in known if _matches(asked, name)} or {asked}
            for subject in sorted(subjects):
                data = hears.get(subject, listener.payload)
                if _key(subject) not in self._channels:
                    self._message(subject, data)
                yield subject, data

    def _message(self, subject: str, data: type[BaseModel]) -> None:
        name = f"{_key(subject)}.{data.__name__}"
        envelope = CloudEvent[data]  # type: ignore[valid-type]
        schema = envelope.model_json_schema(
            mode="serialization", ref_template=f"{SCHEMAS}{{model}}"
        )
        self._schemas |= schema.pop("$defs", {})
        if not subject.endswith((">", "*")):
            schema["properties"]["type"] = {"const": subject}
        self._channels[_key(subject)] = _channel(subject, name)
        self._messages[name] = {
            "name": data.__name__,
            "title": subject,
            "summary": _first_line(data),
            "contentType": "application/cloudevents+json",
            "correlationId": {"location": "$message.payload#/subject"},
            "headers": HEADERS,
            "payload": schema | {"title": name},
        }

    def _operate(
        self, action: str, who: str, subject: str, about: str, **binding: str
    ) -> None:
        self._operations[f"{who}.{action}.{_key(subject)}"] = {
            "action": action,
            "channel": {"$ref": f"#/channels/{_key(subject)}"},
            "summary": about,
            "bindings": {"nats": {**binding, "bindingVersion": BINDING}},
        }


def _read(data: type[BaseModel]) -> Json:
    """The fields that a hearer reads, and those without which it cannot."""
    fields = data.model_fields.items()
    needs = [name for name, field in fields if field.is_required()]
    return {"x-reads": sorted(data.model_fields), "x-needs": sorted(needs)}


def _channel(subject: str, message: str) -> Json:
    return {"address": subject, "messages": {message: {"$ref": MESSAGES + message}}}


def _matches(asked: str, subject: str) -> bool:
    """As NATS does: `>` stands for one word or more, at the end."""
    return asked == subject or (
        asked.endswith(".>") and subject.startswith(asked.removesuffix(">"))
    )


def _key(subject: str) -> str:
    """The subject, where a document wants a name."""
    return subject.replace(">", "all").replace("*", "any")


def _first_line(thing: Any) -> str:
    return (thing.__doc__ or "").strip().partition("\n")[0]


def _part(service: str, name: str) -> Any:
    """That file of a service, if it has one."""
    package = f"apps.{service}"
    if not importlib.util.find_spec(package):
        return None
    if not importlib.util.find_spec(f"{package}.{name}"):
        return None
    return importlib.import_module(f"{package}.{name}")


def shown(service: str) -> APIRouter:
    """The route that shows it; it is in no document itself."""
    router = APIRouter(include_in_schema=False)

    @router.get("/asyncapi.json")
    async def show_asyncapi() -> dict[str, Any]:
        return document(service)

    return router
