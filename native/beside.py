"""Runs a command beside a stack: it finds there what the stack's services find."""

import os
from collections.abc import Mapping, Sequence

from .environment import SERVICES, of_service, shared
from .paths import MARK, Instance
from .ports import Ports
from .trouble import Trouble


def become(command: Sequence[str], instance: Instance) -> int:
    """This process is the command from here on; its exit code is ours."""
    variables = environment(instance, Ports.load(instance.name))
    try:
        os.execvpe(command[0], list(command), os.environ | variables)  # noqa: S606  (no shell: it becomes the command)
    except OSError as fault:
        raise Trouble(f"{command[0]} does not start: {fault.strerror}.") from fault


def environment(instance: Instance, ports: Ports) -> Mapping[str, str]:
    """Every service's variables at once; who it is, the command says by itself."""
    found = shared(instance, ports)
    for name in SERVICES:
        found |= of_service(name, ports)
    del found[MARK]  # it is not the stack's, and outlives it
    return found | {"OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=native"}
