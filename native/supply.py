"""What we are made of: a bill of materials, and what is known against each part.

`python -m native.supply bill|audit`; both read what uv.lock pins for running, hashes and
all, and nothing that is only there to build or to test.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from .paths import ROOT

BILL = ROOT / "dist" / "sbom.json"
VULNERABLE = 1
UNKNOWN = 2
"""Nobody answered: that is no good news, and not the exit code of good news."""


def pinned(place: Path) -> Path:
    """The runtime dependencies of uv.lock, as requirements with hashes."""
    file = place / "requirements.txt"
    only = ["--no-default-groups", "--no-emit-project", "--no-header", "--quiet"]
    _run("uv", "export", "--frozen", *only, "-o", str(file)).check_returncode()
    return file


def bill(to: Path = BILL) -> int:
    """Write the bill of materials (CycloneDX, JSON); the same lock, the same bytes."""
    to.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        made = _run(
            "cyclonedx_py",
            *("requirements", str(pinned(Path(place)))),
            *("--pyproject", str(ROOT / "pyproject.toml"), "--mc-type", "application"),
            *("--output-reproducible", "--of", "JSON", "-o", str(to)),
        )
    if made.returncode:
        sys.stderr.write(made.stderr)
        return made.returncode
    parts = len(json.loads(to.read_text())["components"])
    sys.stdout.write(f"{to}: {parts} parts, CycloneDX\n")
    return 0


def audit() -> int:
    """Ask the advisory service about each part; silence is told as silence."""
    with tempfile.TemporaryDirectory() as place:
        report = Path(place) / "report.json"
        asked = _run(
            "pip_audit",
            *("-r", str(pinned(Path(place))), "--disable-pip", "--require-hashes"),
            *("--strict", "--progress-spinner", "off", "-f", "json", "-o", str(report)),
        )
        written = report.read_text() if report.is_file() else ""
    return judged(written, asked.stderr)


def judged(written: str, said: str) -> int:
    """The exit code for a report; without one, or with gaps in it, nothing is known."""
    parts = json.loads(written)["dependencies"] if written else []
    gaps = [part["name"] for part in parts if "skip_reason" in part]
    if not parts or gaps:
        last = said.strip().rpartition("\n")[2]
        sys.stderr.write(f"NOT AUDITED: the advisory service did not answer. {last}\n")
        return UNKNOWN
    known = [
        f"{part['name']} {part['version']}: {each['id']}"
        + (
            f", mended in {', '.join(each['fix_versions'])}"
            * bool(each["fix_versions"])
        )
        for part in parts
        for each in part["vulns"]
    ]
    sys.stdout.write("\n".join([*known, f"{len(parts)} parts, {len(known)} known"]))
    sys.stdout.write("\n")
    return VULNERABLE if known else 0


def _run(module: str, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", module, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


if __name__ == "__main__":
    sys.exit({"bill": bill, "audit": audit}[sys.argv[1]]())
