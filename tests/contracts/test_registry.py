"""docs/signals.yaml has the form of OpenTelemetry's semantic conventions."""

import re

import jsonschema
import pytest
import yaml

from apps.kit.declaring import Standard
from contract import registry
from contract.declared import declared
from contract.meaning import conventions

STABILITY = {"enum": ["stable", "release_candidate", "beta", "alpha", "development"]}
ID = {"type": "string", "pattern": r"^[a-z][a-z0-9_.{}]*$"}
TEXT = {"type": "string", "minLength": 1}
SIMPLE = ["string", "int", "double", "boolean", "template[string]"]


def exactly(required, **optional):
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
        "additionalProperties": False,
    }


MEMBER = exactly({"id": ID, "value": TEXT, "stability": STABILITY})
ATTRIBUTE = exactly(
    {
        "id": ID,
        "type": {
            "oneOf": [
                {"enum": SIMPLE},
                exactly({"members": {"type": "array", "items": MEMBER, "minItems": 1}}),
            ]
        },
        "brief": TEXT,
        "stability": STABILITY,
    },
    examples={"type": "array", "minItems": 1},
)
REF = exactly(
    {
        "ref": ID,
        "requirement_level": {
            "oneOf": [
                {"enum": ["required", "recommended", "opt_in"]},
                exactly({"conditionally_required": TEXT}),
            ]
        },
    }
)
COMMON = {"id": ID, "brief": TEXT}
REFS = {"type": "array", "items": REF}
TOLD = {"stability": STABILITY, "attributes": REFS, "annotations": {"type": "object"}}
FORMS = {
    "attribute_group": exactly(
        {
            **COMMON,
            "type": {"const": "attribute_group"},
            "attributes": {"type": "array", "items": ATTRIBUTE, "minItems": 1},
        },
        display_name=TEXT,
    ),
    "span": exactly(
        {
            **COMMON,
            **TOLD,
            "type": {"const": "span"},
            "span_kind": {
                "enum": ["client", "server", "producer", "consumer", "internal"]
            },
        },
        note=TEXT,
    ),
    "event": exactly({**COMMON, **TOLD, "type": {"const": "event"}, "name": ID}),
    "metric": exactly(
        {
            **COMMON,
            **TOLD,
            "type": {"const": "metric"},
            "metric_name": ID,
            "instrument": {"enum": ["counter", "gauge", "histogram", "updowncounter"]},
            "unit": TEXT,
        }
    ),
}
GROUPS = yaml.safe_load(registry.written())["groups"]
OWN = {
    attribute["id"]: attribute
    for group in GROUPS
    for attribute in group["attributes"]
    if "id" in attribute
}


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group["id"])
def test_a_group_has_the_form_of_its_type(group):
    jsonschema.validate(group, FORMS[group["type"]])
    assert group["id"].startswith(group["type"].replace("attribute_group", "registry"))


def test_ids_are_used_once():
    ids = [group["id"] for group in GROUPS]
    defined = [
        each["id"] for group in GROUPS for each in group["attributes"] if "id" in each
    ]

    assert len(set(ids)) == len(ids)
    assert len(set(defined)) == len(defined)
    for attribute in OWN.values():
        if isinstance(attribute["type"], dict):
            members = attribute["type"]["members"]
            assert len({each["id"] for each in members}) == len(members)


def test_a_ref_leads_to_an_attribute_here_or_to_a_standard_one():
    asked = {
        each["ref"] for group in GROUPS for each in group["attributes"] if "ref" in each
    }

    assert asked - OWN.keys() <= conventions().keys()
    assert asked & OWN.keys()


@pytest.mark.parametrize("attribute", OWN.values(), ids=lambda each: each["id"])
def test_examples_are_of_their_type(attribute):
    kinds = {"string": str, "int": int, "double": float, "boolean": bool}
    if isinstance(kind := attribute["type"], str) and kind in kinds:
        assert kind == "boolean" or attribute["examples"]
        for example in attribute.get("examples", ()):
            assert type(example) is kinds[kind]


def test_all_that_is_declared_is_in_it():
    contract = declared()
    by_type = {
        kind: [group for group in GROUPS if group["type"] == kind] for kind in FORMS
    }

    assert {each["name"] for each in by_type["event"]} == contract.events.keys()
    assert {
        each["metric_name"] for each in by_type["metric"]
    } == contract.metrics.keys()
    assert len(by_type["span"]) == len(contract.spans)
    own = {
        re.sub(r"\.\{.*", "", name)
        for name, each in contract.attributes.items()
        if not isinstance(each, Standard)
    }
    assert OWN.keys() == own
