"""The load image holds a part of the code and of the packages: Locust starts with these."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest

from native.paths import ROOT

DOCKERFILE = (ROOT / "apps/Dockerfile").read_text()
STAGE = re.search(r"FROM base AS load\n(.*?)\n\n", DOCKERFILE, re.S).group(1)
COPIED = re.findall(r"^COPY ([\w/.]+) \./\1$", STAGE, re.M)
INSIDE = """
import sys

class Refused:
    def find_spec(self, name, *_):
        if name.partition(".")[0] in {missing!r}:
            raise ModuleNotFoundError(f"{{name}} is not in the image", name=name)

sys.path[:] = [each for each in sys.path if each != {root!r}]
sys.meta_path.insert(0, Refused())
import {module}
"""


def packages():
    """What `uv sync --only-group load` installs, by the lock file."""
    locked = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
    known = {each["name"]: each for each in locked}
    wanted = list(known["payscope"]["dev-dependencies"]["load"])
    found = set()
    while wanted:
        name, extras = (wanted[-1]["name"], wanted.pop().get("extra", []))
        package = known[name]
        more = package.get("optional-dependencies", {})
        if name not in found:
            wanted += package.get("dependencies", [])
        wanted += [each for extra in extras for each in more.get(extra, [])]
        found.add(name)
    return found


def missing():
    """Modules that are here, and not there."""
    there = packages()
    return {
        module
        for module, owners in packages_distributions().items()
        if not {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners} & there
    }


@pytest.fixture(scope="module", name="image")
def _image(tmp_path_factory):
    home = tmp_path_factory.mktemp("image")
    for folder in COPIED:
        shutil.copytree(ROOT / folder, home / folder)
    return home


@pytest.mark.parametrize("module", ["loadtests.locustfile", "loadtests.traffic"])
def test_locust_starts_with_what_the_image_has(image, module):
    code = INSIDE.format(missing=missing(), root=str(ROOT), module=module)

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=image,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr


def test_the_image_has_the_load_tests_and_none_of_what_they_judge():
    assert COPIED == ["loadtests"]
    assert "!loadtests" in (ROOT / ".dockerignore").read_text().splitlines()
