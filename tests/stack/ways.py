"""The ways between signals that Grafana is provisioned with, as it goes them."""

import yaml

from native.paths import ROOT


def derived(name):
    """A way out of a log line, as provisioned."""
    fields = datasource("loki")["derivedFields"]
    return next(each for each in fields if each["name"] == name)


def datasource(kind):
    """Grafana's settings for a backend, as provisioned."""
    files = sorted((ROOT / "grafana/provisioning/datasources").glob("*.y*ml"))
    sources = [
        source
        for file in files
        for source in yaml.safe_load(file.read_text()).get("datasources", [])
    ]
    (found,) = [source for source in sources if source["type"] == kind]
    return found["jsonData"]


def served(spans, service):
    """What a service's span of a request says, its resource's name included."""
    span = next(
        each for each in spans if each.service == service and each.kind == "SERVER"
    )
    return {**span.attributes, "service.name": service}


def trace_to_metrics(query, facts):
    """A query behind "Related metrics"; Grafana leaves out tags that a span lacks."""
    tags = ",".join(
        f'{tag["value"]}="{facts[tag["key"]]}"'
        for tag in datasource("tempo")["tracesToMetrics"]["tags"]
        if tag["key"] in facts
    )
    assert "http_route" in tags
    return plain(query).replace("$__tags", tags)


def trace_to_logs(service, trace):
    """The query behind "Logs for this span", its variables replaced as Grafana does."""
    config = datasource("tempo")["tracesToLogsV2"]
    facts = {"service.name": service, "service.namespace": "payscope"}
    tags = [f'{tag["value"]}="{facts[tag["key"]]}"' for tag in config["tags"]]
    query = plain(config["query"]).replace("${__tags}", ", ".join(tags))
    for variable in ("${__trace.traceId}", "${__span.traceId}"):
        query = query.replace(variable, trace)
    assert "$" not in query
    return query


def plain(text):
    """Provisioned files write $ as $$."""
    return text.replace("$$", "$")
