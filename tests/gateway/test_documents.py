"""The gateway shows the whole interface: bodies, problems, scopes."""

import json

from apps.gateway.__main__ import DOCUMENT, build, table_at
from apps.gateway.domain.routes import Table
from apps.gateway.settings import Settings
from apps.kit.auth import SCOPES
from apps.kit.openapi import operations
from apps.kit.service import app_of

from .house import told as settings_told

SHOWN = json.loads(DOCUMENT.read_text())


def of_table(table: Table):
    for route in table.routes:
        yield route, SHOWN["paths"][f"/api/v1{route.path}"][route.method.lower()]


def served(tmp_path):
    settings = settings_told(signing_key_file=tmp_path / "key")
    return build(settings, table_at(settings.routes_file))


async def test_a_running_gateway_shows_the_merged_document(tmp_path):
    shown = app_of(served(tmp_path)).openapi()

    assert shown == SHOWN


def test_each_route_of_the_table_tells_its_scope_and_what_goes_wrong():
    for route, operation in of_table(table_at(Settings().routes_file)):
        assert operation["security"] == [{"bearer": [route.scope]}]
        assert operation["description"]
        assert {"401", "403", "429", "503", "504"} <= operation["responses"].keys()
        assert str(route.status) in operation["responses"]


def test_what_is_sent_and_what_is_answered_has_a_shape():
    for route, operation in of_table(table_at(Settings().routes_file)):
        said = operation["responses"][str(route.status)]["content"]["application/json"]
        assert said["schema"], route.name
        if route.method == "POST" and route.tag == "payments":
            body = operation["requestBody"]["content"]["application/json"]
            assert body["schema"], route.name


def test_every_reference_leads_somewhere():
    names = SHOWN["components"]["schemas"]
    for line in json.dumps(SHOWN).split('"$ref": "')[1:]:
        assert line.partition('"')[0].rpartition("/")[2] in names


def test_scopes_are_those_that_there_are():
    flows = SHOWN["components"]["securitySchemes"]["bearer"]["flows"]
    assert flows["clientCredentials"]["scopes"] == SCOPES
    asked = {
        scope
        for _path, _method, operation in operations(SHOWN)
        for each in operation.get("security", ())
        for scope in each["bearer"]
    }
    assert asked <= SCOPES.keys()


def test_who_asks_for_a_token_learns_that_he_may_be_too_slow_or_too_often():
    said = SHOWN["paths"]["/oauth/token"]["post"]

    assert {"408", "429"} <= said["responses"].keys()
