"""docker-compose.yml as a real compose understands it."""

import functools
import json
import os
import re
import shutil
import subprocess

from dotenv import dotenv_values

from native.builds import program
from native.paths import ROOT

ENV = {name: value or "" for name, value in dotenv_values(ROOT / ".env").items()}


@functools.cache
def composed(*said):
    """The whole model, with .env filled in and nothing of this shell's environment but
    what is said: pairs of a variable and its value."""
    profiles = ["--profile", "load", "--profile", "replicas"]
    command = [*_compose(), *profiles, "config", "--format", "json"]
    told = subprocess.run(
        command,
        cwd=ROOT,
        env={
            **{
                name: os.environ[name]
                for name in ("PATH", "HOME")
                if name in os.environ
            },
            **dict(said),
        },
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(told.stdout)


def on_loopback(value, names):
    """A variable as it would read without containers."""
    hosts = "|".join(names)
    here = re.sub(rf"(?<=[/@])({hosts})(?=:\d)", "127.0.0.1", value)
    return here.replace("0.0.0.0", "127.0.0.1").replace("=compose", "=native")  # noqa: S104


def _compose():
    """The machine's compose, or the one built from its Go module."""
    if docker := shutil.which("docker"):
        asked = [docker, "compose", "version"]
        if subprocess.run(asked, capture_output=True, check=False).returncode == 0:
            return [docker, "compose"]
    return [str(program("docker-compose"))]
