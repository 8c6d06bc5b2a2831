"""The interface documents say what the code does, and their examples are true."""

import importlib
import json
import pkgutil
from functools import cache
from pathlib import Path

import httpx
import pytest
from jsonschema import Draft202012Validator

from apps.kit.auth import SCOPES
from apps.kit.errors import MEDIA_TYPE, Problem
from apps.kit.openapi import operations
from apps.kit.service import Service, app_of
from docs import build
from tests.fakes import PAN

FACES = ("gateway", *build.BEHIND)
OF_OAUTH = ("/oauth/token", "401")
"""Written as RFC 6749 has it, and asserted in tests/gateway/test_issuing.py."""


@pytest.fixture(scope="module", params=FACES)
def face(request):
    """The OpenAPI document of one service, made anew."""
    return documents()[request.param]


@pytest.fixture(scope="module")
def stream():
    """The AsyncAPI document of all services, made anew."""
    return documents()["asyncapi"]


@cache
def documents():
    return {
        path.stem: json.loads(text)
        for path, text in build.built()
        if path.suffix == ".json"
    }


def test_the_committed_documents_are_up_to_date():
    assert build.stale() == [], "run `make docs`"


@pytest.mark.parametrize("name", [*FACES, "asyncapi"])
def test_every_reference_leads_somewhere(name):
    document = documents()[name]

    asked = list(references(document))
    assert asked or name == "gateway"
    for reference in asked:
        assert resolved(document, reference) is not None, reference


def test_a_face_is_openapi_and_names_each_operation_once(face):
    names = [each["operationId"] for _path, _method, each in operations(face)]

    assert face["openapi"].startswith("3.1")
    assert face["info"]["title"].startswith("payscope ")
    assert names
    assert len(names) == len(set(names))


def test_every_operation_says_what_it_is_for_and_what_it_answers(face):
    for path, method, operation in operations(face):
        assert operation["summary"], (path, method)
        assert operation["description"], (path, method)
        statuses = set(operation["responses"])
        assert any(status.startswith("2") for status in statuses), (path, method)
        assert {"414", "431", "500"} <= statuses, (path, method)
        if "requestBody" in operation:
            assert {"400", "413", "415", "422"} <= statuses, (path, method)


def test_every_error_is_a_problem_with_true_examples(face):
    for path, method, operation in operations(face):
        for status, said in operation["responses"].items():
            if int(status) < 400:
                continue
            assert "Trace-Id" in said["headers"]
            if (path, status) == OF_OAUTH:
                continue
            content = said["content"][MEDIA_TYPE]
            assert content["schema"]["$ref"].endswith("/Problem")
            assert content["examples"], (path, method, status)
            for example in content["examples"].values():
                assert example["value"]["status"] == int(status)
                validate(face, content["schema"], example["value"])


@pytest.mark.parametrize("service", FACES)
def test_every_problem_of_a_service_is_an_answer_of_some_route(service):
    written = json.dumps(documents()[service])

    for kind in raised_by(service):
        assert f'"{kind.__name__}": {{"summary": ' in written, kind


def test_every_body_has_an_example_that_could_be_sent(face):
    for path, method, operation in operations(face):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            examples = list(examples_of(face, content["schema"]))
            assert examples, (path, method)
            for example in examples:
                validate(face, content["schema"], example)


def test_the_gateway_tells_the_bodies_that_it_forwards():
    face = documents()["gateway"]

    paying = face["paths"]["/api/v1/payments"]["post"]
    assert "requestBody" in paying
    assert paying["responses"]["201"]["content"]["application/json"]["schema"]
    for path, method, operation in operations(face):
        assert described(operation), (path, method)


def test_every_way_in_names_the_one_scope_that_it_takes():
    """But for those by which tokens and their keys are got."""
    open_, guarded = [], []
    for path, _method, operation in operations(documents()["gateway"]):
        needed = operation.get("security", [])
        (guarded if needed else open_).append(path)
        for each in needed:
            assert len(each["bearer"]) == 1
            assert set(each["bearer"]) <= set(SCOPES)
            assert {"401", "403"} <= set(operation["responses"])

    assert open_ == ["/oauth/token", "/.well-known/jwks.json"]
    assert guarded


@pytest.mark.parametrize("path", ["", "/{payment_id}/captures"])
def test_a_key_is_asked_for_once(path):
    face = documents()["gateway"]

    asked = face["paths"][f"/api/v1/payments{path}"]["post"]["parameters"]

    (key,) = [each for each in asked if each["name"] == "Idempotency-Key"]
    assert key["required"]
    validate(face, key["schema"], key["example"])


def test_the_stream_is_asyncapi_and_its_parts_fit(stream):
    assert stream["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(stream["info"])
    for channel in stream["channels"].values():
        assert channel["address"]
        assert channel["messages"]
    for name, operation in stream["operations"].items():
        assert operation["action"] in {"send", "receive"}
        binding = operation["bindings"]["nats"]
        assert ("queue" in binding) == (operation["action"] == "receive"), name


def test_every_event_that_is_heard_is_announced(stream):
    by_action = {"send": set(), "receive": set()}
    for operation in stream["operations"].values():
        by_action[operation["action"]].add(operation["channel"]["$ref"])

    assert by_action["receive"] <= by_action["send"]


def test_every_field_that_is_read_is_announced(stream):
    for operation in stream["operations"].values():
        if operation["action"] == "send":
            continue
        channel = resolved(stream, operation["channel"]["$ref"])
        for message in channel["messages"].values():
            payload = resolved(stream, message["$ref"])["payload"]
            data = resolved(stream, payload["properties"]["data"]["$ref"])
            needed = set(operation["x-needs"])
            assert needed <= set(data["properties"]), operation["summary"]


def test_every_kept_sample_is_an_example_that_fits(stream):
    shown = set()
    for message in stream["components"]["messages"].values():
        for example in message.get("examples", ()):
            validate(stream, message["payload"], example["payload"])
            shown.add(f"{message['title']}.json")

    assert shown == {file.name for file in Path(build.SAMPLES).glob("*.json")}


def test_every_announced_event_has_a_sample(stream):
    sent = {
        resolved(stream, operation["channel"]["$ref"])["address"]
        for operation in stream["operations"].values()
        if operation["action"] == "send"
    }

    kept = {file.stem for file in Path(build.SAMPLES).glob("*.json")}
    assert {subject for subject in sent if subject.startswith("pay.")} <= kept


def test_no_event_has_a_place_for_a_card_number(stream):
    text = json.dumps(stream)

    assert PAN.digits not in text
    assert not {"number", "pan", "cvv"} & {
        name
        for schema in stream["components"]["schemas"].values()
        for name in schema.get("properties", {})
    }


@pytest.mark.parametrize("service", FACES)
async def test_each_service_shows_its_part_of_the_stream(service, told):
    router = importlib.import_module(f"apps.{service}.app").router
    transport = httpx.ASGITransport(app_of(Service(service, None, router)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        shown = (await client.get("/asyncapi.json")).json()

    assert shown["info"]["title"] == f"payscope {service}"
    assert shown["channels"].keys() <= documents()["asyncapi"]["channels"].keys()
    assert bool(shown["channels"]) is (service != "gateway")


def raised_by(service):
    """Its own kinds of problem, wherever they are written."""
    package = importlib.import_module(f"apps.{service}")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return [
        kind
        for kind in kinds(Problem)
        if kind.__module__.startswith(package.__name__)
        and not kind.__name__.startswith("_")  # caught where it is raised
    ]


def kinds(above):
    for kind in above.__subclasses__():
        yield kind
        yield from kinds(kind)


def references(part):
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from references(each)


def resolved(document, reference):
    found = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def validate(document, schema, value):
    """Against the schema, in the document that holds what it refers to."""
    whole = {**schema, "components": document["components"]}
    Draft202012Validator(whole).validate(value)


def examples_of(document, schema):
    """A schema's examples; those of its parts where it is one of several."""
    if "$ref" in schema:
        schema = resolved(document, schema["$ref"])
    yield from schema.get("examples", ())
    for part in schema.get("anyOf", ()):
        yield from examples_of(document, part)


def described(operation):
    """Something is said of its success: a body, or that there is none."""
    return any(
        status == "204" or said.get("content")
        for status, said in operation["responses"].items()
        if status.startswith("2")
    )
