"""`up` and `down`: a whole instance starts or it does not; what stops leaves nothing."""

import fcntl
import os
import shlex
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace

import psutil
from rich.console import Console

from . import builds, configs, environment, postgres, ready
from .faults import Faults, proxies
from .paths import MARK, Instance, tail
from .ports import Ports, is_free
from .processes import PORTS, Process, stack, used_ports
from .recipes import FAULTS, STACK
from .shape import CALLERS, CONSOLE, PROBE, TRAFFIC, Shape
from .supervise import STOPPED, Supervisor
from .trouble import Trouble

GRACE_S = 15.0

FURTHER = "replicas-"
"""What each group of further replicas is called, before its number."""


def up(
    instance: Instance,
    console: Console,
    replicas: int | None = None,
    *,
    faults: bool = False,
    traffic: bool = False,
    sampled: bool = False,
    probe: bool = False,
    page: bool = False,
) -> Ports:
    """Afterwards every process is ready; called twice it changes nothing.

    With another number of replicas it starts those that lack and stops those too many.
    Traffic, the probe or the web page that was asked for once goes on until it is stopped
    by its name, and then rests until it is asked for again; all else that was stopped
    by its name is started.
    """
    with alone(instance):
        if not Supervisor(instance).is_up:
            shape = Shape(replicas or 1, faults, traffic, sampled, probe, page)
            return _start(instance, console, shape)
        shape = Shape.load(instance)
        if faults and not shape.faults:
            raise _too_late(instance, "without the fault proxy", "--faults")
        if sampled and not shape.sampled:
            raise _too_late(instance, "and keeps every trace", "--sampled")
        wished = replace(
            shape,
            replicas=replicas or shape.replicas,
            traffic=shape.traffic or traffic,
            probe=shape.probe or probe,
            console=shape.console or page,
        )
        ports = Ports.load(instance.name)
        if wished == shape and _changing(instance) == _groups(wished):
            console.print(f"Instance '{instance.name}' is up already.")
        else:
            _scale(instance, ports, wished)
        processes = stack(instance, ports)
        asked = {TRAFFIC: traffic, PROBE: probe, CONSOLE: page}
        resting = _wake(
            instance, processes, {name for name in asked if not asked[name]}
        )
        awake = [each for each in processes if each.name not in resting]
        ready.wait(instance, ports, awake, console)
        return ports


def _wake(
    instance: Instance, processes: list[Process], may_rest: Collection[str]
) -> set[str]:
    """Start what was stopped by its name, and say who of those that may rest does."""
    supervisor = Supervisor(instance)
    stopped = {each.name for each in supervisor.processes() if each.state == STOPPED}
    for process in processes:
        if process.name in stopped.difference(may_rest):
            supervisor.start(process.name)
    return stopped.intersection(may_rest)


def _too_late(instance: Instance, how: str, flag: str) -> Trouble:
    """What only a start can change."""
    return Trouble(
        f"Instance '{instance.name}' is up, {how}.",
        f"python -m native down --instance {instance.name}, then up {flag}.",
    )


def _scale(instance: Instance, ports: Ports, shape: Shape) -> None:
    """Only replicas come and go, and traffic comes; what runs is not touched."""
    supervisor = Supervisor(instance)
    running = {each.name for each in supervisor.processes()}
    ours = {port for name in running for port in PORTS.get(name, ())}
    expect_free(ports, shape, besides=ours)
    configs.write(instance, ports, stack(instance, ports, shape), shape)
    if shape.faults:
        Faults(ports).extend(proxies(ports, shape))
    supervisor.adapt(FURTHER, _groups(shape))
    shape.save(instance)


def _changing(instance: Instance) -> set[str]:
    """The groups there that may come and go: others than saved, if broken off."""
    groups = {each.group for each in Supervisor(instance).processes()}
    return {each for each in groups if each in CALLERS or each.startswith(FURTHER)}


def _groups(shape: Shape) -> set[str]:
    further = {f"{FURTHER}{replica.number}" for replica in shape.further()}
    return further | shape.callers()


def down(instance: Instance) -> bool:
    """Afterwards nothing of it runs; says whether anything did."""
    if not instance.home.exists():
        return False
    with alone(instance):
        return _stop(instance)


def is_up(instance: Instance) -> bool:
    return Supervisor(instance).is_up or bool(_leftovers(instance))


def _start(instance: Instance, console: Console, shape: Shape) -> Ports:
    _sweep(instance)
    ports = Ports.plan(instance)
    expect_free(ports, shape)
    builds.ensure(console, STACK + FAULTS if shape.faults else STACK)
    ports.save(instance)
    shape.save(instance)
    processes = stack(instance, ports)
    try:
        configs.write(instance, ports, processes, shape)
        postgres.prepare(instance)
        _launch(instance, ports)
        ready.wait(instance, ports, processes, console)
    except BaseException:
        console.print("Stopping what was started …", style="dim")
        _stop(instance)
        raise
    return ports


def expect_free(
    ports: Ports, shape: Shape | None = None, besides: Collection[str] = ()
) -> None:
    """Trouble that names each taken port, who has it, and how to move ours."""
    used = [name for name in used_ports(shape) if name not in besides]
    taken = [(name, ports[name]) for name in used if not is_free(ports[name])]
    if not taken:
        return
    told = [f"Port {port} ({name}) is taken{_by(port)}." for name, port in taken]
    name, port = taken[0]
    mine = set(ports.values())
    better = next(n for n in range(port + 1, 65_536) if n not in mine and is_free(n))
    raise Trouble(
        "\n".join(told),
        f"stop that process, or move ours: {name}={better} make up "
        "(or for good, in .env). Nothing was started.",
    )


def _by(port: int) -> str:
    """Who listens there, as far as the system lets us see."""
    try:
        found = psutil.net_connections(kind="tcp")
    except psutil.AccessDenied:
        return ""
    listening = (each for each in found if each.status == psutil.CONN_LISTEN)
    for each in listening:
        if each.laddr and each.laddr.port == port and each.pid:
            return f" by process {each.pid} ({_called(each.pid)})"
    return ""


def _called(pid: int) -> str:
    try:
        return shlex.join(psutil.Process(pid).cmdline())[:80]
    except psutil.Error:
        return "of another user"


def _launch(instance: Instance, ports: Ports) -> None:
    """supervisord goes into the background by itself."""
    command = [sys.executable, "-m", "supervisor.supervisord"]
    command += ["-c", str(instance.supervisor_conf)]
    done = subprocess.run(
        command,
        cwd=instance.home,
        env=os.environ | environment.shared(instance, ports),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        log = tail(instance.home / "supervisord.log")
        raise Trouble("supervisord does not start.", tail=f"{done.stderr}{log}")


def _stop(instance: Instance) -> bool:
    supervisor = Supervisor(instance)
    was_up = supervisor.is_up
    if was_up:
        supervisor.shutdown()
    swept = _sweep(instance)
    instance.socket.unlink(missing_ok=True)
    return was_up or swept


def _sweep(instance: Instance) -> bool:
    """End what outlived its supervisor, asking first."""
    left = _leftovers(instance)
    for process in left:
        _tell(process, kill=False)
    _, stubborn = psutil.wait_procs(left, timeout=GRACE_S)
    for process in stubborn:
        _tell(process, kill=True)
    psutil.wait_procs(stubborn, timeout=GRACE_S)
    return bool(left)


def _tell(process: psutil.Process, *, kill: bool) -> None:
    try:
        process.kill() if kill else process.terminate()
    except psutil.NoSuchProcess:
        return


def _leftovers(instance: Instance) -> list[psutil.Process]:
    """Processes that carry this instance's mark: ours, whatever their ids are."""
    return [each for each in psutil.process_iter() if _is_marked(each, instance)]


def _is_marked(process: psutil.Process, instance: Instance) -> bool:
    try:
        return process.environ().get(MARK) == str(instance.home)
    except (psutil.Error, OSError):
        return False


@contextmanager
def alone(instance: Instance) -> Iterator[None]:
    """One command at a time changes an instance."""
    instance.home.mkdir(parents=True, exist_ok=True)
    with (instance.home / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as busy:
            raise Trouble(
                f"Another command is working on instance '{instance.name}'.",
                "wait until it has ended.",
            ) from busy
        yield
