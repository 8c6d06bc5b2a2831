"""Who may import whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APPS = Path(__file__).parents[2] / "apps"
AUDITOR = "verify"
"""No service: it alone may know them all, and none knows it."""
STORY = "story"
"""No service: puts together what is known of a payment, for whoever reads of it."""
SERVICES = sorted(
    folder.name
    for folder in APPS.iterdir()
    if (folder / "__main__.py").exists() and folder.name != AUDITOR
)
OWN = {
    "settings": set(),
    "domain": set(),
    "events": {"domain"},
    "announcing": {"domain", "events"},
    "auditing": {"domain"},
    "signals": {"domain", "ports"},
    "usecases": {"domain", "events", "signals", "ports", "idempotency"},
    "store": {"domain", "events", "ports", "announcing", "auditing", "rows", "vault"},
    "clients": {"domain", "events", "ports", "signals"},
    "ports": {"domain", "events"},
    "idempotency": set(),
    "rows": {"domain"},
    "vault": {"domain"},
    "demo": {"store"},
    "app": {"usecases", "events", "domain", "ports", "idempotency"},
    "listeners": {"usecases", "events", "domain", "ports"},
}
"""What each file may import from its own service; some parts only payments has."""

FILES = [file for name in SERVICES for file in sorted((APPS / name).rglob("*.py"))]


def named(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"


def part(file: Path) -> str:
    """Which part of its service the file is: any may be a folder."""
    return file.stem if depth(file) == 0 else file.relative_to(APPS).parts[1]


def depth(file: Path) -> int:
    """How many folders below its service's own."""
    return len(file.relative_to(APPS).parts) - 2


def imports(file: Path) -> Iterator[tuple[str, str]]:
    """Pairs of (kind, name): 'beside' within the part, 'own' within the service, 'other'."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (("other", alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level:
            names = [node.module] if node.module else [a.name for a in node.names]
            kind = "own" if node.level == depth(file) + 1 else "beside"
            yield from ((kind, name.partition(".")[0]) for name in names)
        elif isinstance(node, ast.ImportFrom):
            yield "other", f"{node.module}"


def test_the_six_services_are_there_and_who_asks_from_beside():
    assert SERVICES == [
        "backoffice",
        "bank",
        "console",
        "fraud",
        "gateway",
        "notifications",
        "payments",
        "probe",
    ]


@pytest.mark.parametrize("file", FILES, ids=named)
def test_a_service_imports_nothing_of_another(file):
    others = [name for kind, name in imports(file) if kind == "other"]
    is_console = (APPS / "console") in file.parents
    may = ("apps.kit", f"apps.{STORY}") if is_console else ("apps.kit",)

    for name in others:
        if name.startswith("apps"):
            assert name.startswith(may), f"{named(file)} imports {name}"


@pytest.mark.parametrize("file", FILES, ids=named)
def test_data_goes_one_way(file):
    own = {name for kind, name in imports(file) if kind == "own"}
    if file.stem in ("__main__", "__init__"):
        return
    assert part(file) in OWN, f"{named(file)}: which part of a service is this?"
    assert own <= OWN[part(file)]


@pytest.mark.parametrize("file", [f for f in FILES if part(f) == "domain"], ids=named)
def test_a_domain_knows_only_values(file):
    others = {name for kind, name in imports(file) if kind == "other"}

    known = {"apps.kit.values"}
    if (APPS / "console") in file.parents:  # whose matter is what others told
        known |= {"apps.story.gathering", "apps.story.evidence"}
    assert {name for name in others if name.startswith("apps")} <= known
    assert not others & {"fastapi", "pydantic", "asyncpg", "httpx"}


@pytest.mark.parametrize("file", FILES, ids=named)
def test_only_the_kit_speaks_to_the_telemetry_libraries(file):
    roots = {name.partition(".")[0] for kind, name in imports(file) if kind == "other"}

    assert not roots & {"opentelemetry", "structlog", "logging"}


@pytest.mark.parametrize(
    "file",
    [
        *FILES,
        *(
            file
            for name in ("kit", AUDITOR, STORY)
            for file in (APPS / name).rglob("*.py")
        ),
    ],
    ids=named,
)
def test_two_screens_make_a_full_file(file):
    assert len(file.read_text().splitlines()) <= 200
