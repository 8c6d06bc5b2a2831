"""The keys that Grafana's documentation gives provisioning files, as JSON schemas."""

from typing import Any


def closed(required: list[str], **properties: Any) -> dict[str, Any]:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "required": required,
        "properties": properties,
        "additionalProperties": False,
    }


TEXT = {"type": "string", "minLength": 1}
YES = {"type": "boolean"}
NUMBER = {"type": "integer"}
SHIFT = {"type": "string", "pattern": "^-?[0-9]+(ms|s|m|h|d)$"}
UID = {"type": "string", "pattern": "^[a-zA-Z0-9_-]{1,40}$"}
TAGS = {"type": "array", "items": closed(["key"], key=TEXT, value=TEXT)}

# administration/provisioning, datasources/prometheus: "Provision the data source"
PROMETHEUS = closed(
    ["timeInterval", "exemplarTraceIdDestinations"],
    httpMethod={"enum": ["GET", "POST"]},
    prometheusType={"enum": ["Prometheus", "Cortex", "Mimir", "Thanos"]},
    prometheusVersion=TEXT,
    timeInterval={"type": "string", "pattern": "^[0-9]+s$"},
    cacheLevel={"enum": ["Low", "Medium", "High", "None"]},
    manageAlerts=YES,
    exemplarTraceIdDestinations={
        "type": "array",
        "items": closed(
            ["name", "datasourceUid"],
            name=TEXT,
            datasourceUid=UID,
            url=TEXT,
            urlDisplayLabel=TEXT,
        ),
    },
)

# datasources/loki/configure: "Provision the data source"
LOKI = closed(
    ["derivedFields"],
    maxLines=NUMBER,
    timeout=NUMBER,
    manageAlerts=YES,
    derivedFields={
        "type": "array",
        "items": closed(
            ["name", "matcherType", "matcherRegex", "url"],
            name=TEXT,
            matcherType={"enum": ["label", "regex"]},
            matcherRegex=TEXT,
            url=TEXT,
            datasourceUid=UID,
            urlDisplayLabel=TEXT,
            targetBlank=YES,
        ),
    },
)

# datasources/tempo/configure-tempo-data-source/provision: "Example file"
TEMPO = closed(
    ["tracesToLogsV2", "tracesToMetrics", "serviceMap"],
    tracesToLogsV2=closed(
        ["datasourceUid", "customQuery", "query"],
        datasourceUid=UID,
        spanStartTimeShift=SHIFT,
        spanEndTimeShift=SHIFT,
        tags=TAGS,
        filterByTraceID=YES,
        filterBySpanID=YES,
        customQuery=YES,
        query=TEXT,
    ),
    tracesToMetrics=closed(
        ["datasourceUid", "queries"],
        datasourceUid=UID,
        spanStartTimeShift=SHIFT,
        spanEndTimeShift=SHIFT,
        tags=TAGS,
        queries={
            "type": "array",
            "minItems": 1,
            "items": closed(["name", "query"], name=TEXT, query=TEXT),
        },
    ),
    serviceMap=closed(["datasourceUid"], datasourceUid=UID),
    nodeGraph=closed(["enabled"], enabled=YES),
    search=closed(["hide"], hide=YES),
    traceQuery=closed(
        ["timeShiftEnabled"],
        timeShiftEnabled=YES,
        spanStartTimeShift=SHIFT,
        spanEndTimeShift=SHIFT,
    ),
    spanBar=closed(["type"], type=TEXT, tag=TEXT),
    streamingEnabled=closed([], search=YES, metrics=YES),
)


def source(kind: str, settings: dict[str, Any]) -> dict[str, Any]:
    return closed(
        ["name", "type", "uid", "url", "jsonData"],
        name=TEXT,
        type={"const": kind},
        uid=UID,
        access={"enum": ["proxy", "direct"]},
        orgId=NUMBER,
        url={"type": "string", "pattern": r"^\$[A-Z_]+$"},
        isDefault=YES,
        editable=YES,
        version=NUMBER,
        jsonData=settings,
    )


DATASOURCES = closed(
    ["apiVersion", "datasources"],
    apiVersion={"const": 1},
    prune=YES,
    deleteDatasources={"type": "array"},
    datasources={
        "type": "array",
        "items": {
            "oneOf": [
                source("prometheus", PROMETHEUS),
                source("loki", LOKI),
                source("tempo", TEMPO),
            ]
        },
    },
)

# administration/provisioning: "Dashboards"
PROVIDERS = closed(
    ["apiVersion", "providers"],
    apiVersion={"const": 1},
    providers={
        "type": "array",
        "items": closed(
            ["name", "type", "options"],
            name=TEXT,
            orgId=NUMBER,
            folder=TEXT,
            folderUid=UID,
            type={"const": "file"},
            disableDeletion=YES,
            updateIntervalSeconds=NUMBER,
            allowUiUpdates=YES,
            options=closed(["path"], path=TEXT, foldersFromFilesStructure=YES),
        ),
    },
)
