"""An instance's ports: those of .env, moved by the environment, shifted for a second stack."""

import os
import socket
from collections.abc import Collection, Iterator, Mapping
from typing import Self

from dotenv import dotenv_values

from .claims import claimed
from .paths import ROOT, Instance, all_instances
from .trouble import Trouble

LOOPBACK = "127.0.0.1"
FIRST_SHIFT = 10_000
STEP = 250
CEILING = 32_768
"""From here on the system hands ports to outgoing connections."""


class Ports(Mapping[str, int]):
    """Port by its name in .env: `ports["GATEWAY_PORT"]`."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        self._numbers = dict(numbers)

    @classmethod
    def load(cls, instance: str = "default") -> Self:
        """The ports that an instance was started with, or would be."""
        file = Instance(instance).ports_file
        if file.is_file():
            return cls(_grown() | _numbers(dotenv_values(file)))
        if instance == "default":
            return cls(_chosen())
        raise Trouble(
            f"Instance '{instance}' was never started.",
            f"python -m native up --instance {instance}",
        )

    @classmethod
    def plan(cls, instance: Instance) -> Self:
        """Ports for a start: as chosen, or as last time, or the first free shift.

        Nobody else is given them while this process lives, in whichever tree he starts.
        """
        chosen = _chosen()
        if instance.name == "default":
            if not claimed(chosen.values()):
                raise Trouble("Another stack is just starting there.", "wait for it.")
            return cls(chosen)
        reserved = _reserved(instance)
        for shift in _shifts(instance, chosen):
            shifted = {name: port + shift for name, port in chosen.items()}
            if reserved.isdisjoint(shifted.values()) and _can_be_had(shifted.values()):
                return cls(shifted)
        raise Trouble(
            "No room for another instance: every shift of the ports is taken.",
            "stop one with `python -m native down --instance NAME`.",
        )

    def save(self, instance: Instance) -> None:
        instance.home.mkdir(parents=True, exist_ok=True)
        lines = [f"{name}={port}\n" for name, port in self.items()]
        instance.ports_file.write_text("".join(lines))

    def url(self, name: str) -> str:
        return f"http://{LOOPBACK}:{self[name]}"

    def __getitem__(self, name: str) -> int:
        return self._numbers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


def is_free(port: int) -> bool:
    """Nobody listens there, on loopback or on all addresses."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def _can_be_had(ports: Collection[int]) -> bool:
    """Claimed first: who had claimed them may listen by now."""
    return claimed(ports) and all(map(is_free, ports))


def _chosen() -> dict[str, int]:
    """.env's ports; a variable of the same name in the environment moves one."""
    numbers = _numbers(dotenv_values(ROOT / ".env") | dict(os.environ), _names())
    owners: dict[int, str] = {}
    for name, port in numbers.items():
        if owners.setdefault(port, name) != name:
            raise Trouble(f"{owners[port]} and {name} are both {port}.", "move one.")
    return numbers


def _grown() -> dict[str, int]:
    """Ports that .env has gained since an instance was started: it uses none of them."""
    return _numbers(dotenv_values(ROOT / ".env"), _names())


def _names() -> list[str]:
    return [name for name in dotenv_values(ROOT / ".env") if name.endswith("_PORT")]


def _numbers(
    values: Mapping[str, str | None], names: list[str] | None = None
) -> dict[str, int]:
    return {name: _number(name, values[name]) for name in names or values}


def _number(name: str, text: str | None) -> int:
    if text and text.isdecimal() and 0 < int(text) < 65_536:
        return int(text)
    raise Trouble(f"{name}={text} is not a port.", "give a number from 1 to 65535.")


def _shifts(instance: Instance, chosen: Mapping[str, int]) -> Iterator[int]:
    """Where it was last comes first, so that links to it stay good."""
    if instance.ports_file.is_file():
        kept = dotenv_values(instance.ports_file)
        yield _number("GATEWAY_PORT", kept["GATEWAY_PORT"]) - chosen["GATEWAY_PORT"]
    yield from range(FIRST_SHIFT, CEILING - max(chosen.values()), STEP)


def _reserved(instance: Instance) -> set[int]:
    """Ports of every other instance of this tree, running or not."""
    others = [each.name for each in all_instances() if each != instance]
    loaded = [Ports.load(name) for name in {"default", *others}]
    return {port for ports in loaded for port in ports.values()}
