"""Faults between services, by Toxiproxy: late, slow, cut off, refused, on command.

    with Faults(ports).latency("bank", 5000):
        …

A service's name means all of its replicas, `bank-2` that one alone.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx

from .backends import client
from .ports import Ports
from .shape import Replica, Shape, proxied
from .trouble import Trouble

TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Kind:
    """A toxic: what Toxiproxy calls it, the one attribute that one gives, what it does."""

    toxic: str
    attribute: str
    unit: str
    about: str


KINDS = {
    "latency": Kind("latency", "latency", "MS", "answers come so much later"),
    "bandwidth": Kind("bandwidth", "rate", "KB/S", "answers come so slowly"),
    "slow_close": Kind("slow_close", "delay", "MS", "connections close so late"),
    "timeout": Kind("timeout", "timeout", "MS", "no answer; hung up after (0: never)"),
    "reset": Kind("reset_peer", "timeout", "MS", "connections are reset after so long"),
    "cut": Kind(
        "limit_data", "bytes", "BYTES", "answers break off after so many bytes"
    ),
}
DEFAULTS = {"reset": 0, "timeout": 0}
DOWN = "down"


@dataclass(frozen=True, slots=True)
class Fault:
    """What is to be wrong: `latency=5000`, `reset`, `down`."""

    kind: str
    value: int = 0

    @classmethod
    def of(cls, text: str) -> Self:
        """Read it as one writes it; Trouble says what there is."""
        kind, is_given, value = text.partition("=")
        if kind == DOWN and not is_given:
            return cls(kind)
        if kind in DEFAULTS and not is_given:
            return cls(kind, DEFAULTS[kind])
        if kind in KINDS and value.isdecimal():
            return cls(kind, int(value))
        raise Trouble(f"'{text}' is no fault.", f"there are: {written()}.")

    def __str__(self) -> str:
        return self.kind if self.kind == DOWN else f"{self.kind}={self.value}"


def written() -> str:
    """All faults, as one writes them."""
    valued = [f"{name}={kind.unit}" for name, kind in KINDS.items()]
    return ", ".join([DOWN, *valued])


class Faults:
    """The fault proxy of one instance."""

    def __init__(self, ports: Ports) -> None:
        self._url = ports.url("TOXIPROXY_PORT")

    @contextmanager
    def put(self, name: str, text: str) -> Iterator[None]:
        """Inside, this fault is there: `faults.put("bank", "latency=5000")`."""
        fault = Fault.of(text)
        try:
            self.set(name, fault)
            yield
        finally:
            self.clear(name)

    def latency(self, name: str, ms: int) -> Any:
        return self.put(name, f"latency={ms}")

    def slow(self, name: str, seconds: float) -> Any:
        return self.latency(name, int(seconds * 1000))

    def down(self, name: str) -> Any:
        return self.put(name, DOWN)

    def reset(self, name: str, after_ms: int = 0) -> Any:
        return self.put(name, f"reset={after_ms}")

    def cut(self, name: str, after_bytes: int) -> Any:
        return self.put(name, f"cut={after_bytes}")

    def set(self, name: str, fault: Fault) -> list[str]:
        """Put a fault on all replicas of that name, for good; those it is on now."""
        found = self._named(name)
        for proxy in found:
            if fault.kind == DOWN:
                self._ask("POST", f"/proxies/{proxy}", {"enabled": False})
            else:
                self._add(proxy, fault)
        return found

    def clear(self, name: str | None = None) -> list[str]:
        """Take all faults away, of one service or of everybody."""
        found = self._named(name) if name else list(self._proxies())
        known = self._proxies()
        for proxy in found:
            for toxic in known[proxy]["toxics"]:
                self._ask("DELETE", f"/proxies/{proxy}/toxics/{toxic['name']}")
            self._ask("POST", f"/proxies/{proxy}", {"enabled": True})
        return found

    def extend(self, wanted: list[dict[str, object]]) -> None:
        """Afterwards these proxies are there too."""
        known = self._proxies()
        for proxy in wanted:
            if proxy["name"] not in known:
                self._ask("POST", "/proxies", proxy)

    def active(self) -> dict[str, list[str]]:
        """The faults that are there now, by replica."""
        return {
            name: told
            for name, proxy in self._proxies().items()
            if (told := _told(proxy))
        }

    def _named(self, name: str) -> list[str]:
        known = self._proxies()
        found = [each for each in known if name in {each, each.rpartition("-")[0]}]
        if not found:
            services = sorted({each.rpartition("-")[0] for each in known})
            raise Trouble(
                f"There is no '{name}' behind the fault proxy.",
                f"there are: {', '.join(services)}; of one replica: {', '.join(known)}.",
            )
        return found

    def _add(self, proxy: str, fault: Fault) -> None:
        kind = KINDS[fault.kind]
        for toxic in self._proxies()[proxy]["toxics"]:
            if toxic["name"] == fault.kind:
                self._ask("DELETE", f"/proxies/{proxy}/toxics/{fault.kind}")
        attributes = {kind.attribute: fault.value}
        made = {"name": fault.kind, "type": kind.toxic, "attributes": attributes}
        self._ask("POST", f"/proxies/{proxy}/toxics", made)

    def _proxies(self) -> dict[str, Any]:
        found: dict[str, Any] = self._ask("GET", "/proxies").json()
        return dict(sorted(found.items()))

    def _ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> httpx.Response:
        with client(TIMEOUT_S) as http:
            try:
                answer = http.request(method, f"{self._url}{path}", json=body)
                answer.raise_for_status()
            except httpx.HTTPError as silence:
                raise Trouble(
                    f"The fault proxy does not do as it is told: {silence}.",
                    "start the stack with it: make up FAULTS=1",
                ) from silence
        return answer


def _told(proxy: Mapping[str, Any]) -> list[str]:
    names = {kind.toxic: (name, kind.attribute) for name, kind in KINDS.items()}
    told = [] if proxy["enabled"] else [DOWN]
    for toxic in proxy["toxics"]:
        name, attribute = names.get(toxic["type"], (toxic["type"], ""))
        told.append(f"{name}={toxic['attributes'].get(attribute, '?')}")
    return told


def proxies(ports: Ports, shape: Shape) -> list[dict[str, object]]:
    """What Toxiproxy reads as it starts: one proxy beside each replica."""

    def one(replica: Replica) -> dict[str, object]:
        return {
            "name": replica.instance,
            "listen": f"127.0.0.1:{ports[replica.proxy_port]}",
            "upstream": f"127.0.0.1:{ports[replica.port]}",
            "enabled": True,
        }

    return [one(replica) for replica in proxied(shape)]
