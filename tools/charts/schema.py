#!/usr/bin/env python3
"""The schema of the chart's `config`, from the tables of docs/configuration.md.

    schema.py           writes it into helm/heard/values.schema.json
    schema.py --check   exit status 1 if that is not what it would write

Everything else in values.schema.json is written by hand.
"""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANUAL = ROOT / "docs/configuration.md"
SCHEMA = ROOT / "helm/heard/values.schema.json"

# Tables whose keys are names of a user's own; in the manual the last part of a path is an example.
OPEN = {"identity.blocked_by_kind", "priority.tiers", "wire.ids"}
# What the Kafka client takes is checked by heard; here only that no credential stands in values.
CREDENTIAL = r"password|passphrase|secret|\.pem$|oauthbearer\.config"
FROM_ELSEWHERE = {
    "type": "object",
    "properties": {"file": {"type": "string"}, "env": {"type": "string"}},
    "additionalProperties": False,
    "minProperties": 1,
}
WIDTH = 220
DURATION = "([0-9]+(ms|s|m|h|d|w))+"
TABLES = re.compile(r"^## (\[\[?)([^\]]+)\]")
SETTING = re.compile(r"^\| `([^`]+)` \| .*? \| (.*?) \| (.*) \|$")


def kind(may_be):
    """The schema of a value, from the manual's words for what it may be."""
    if whole := re.match(r"a whole number from (\d+)$", may_be):
        return {"type": "integer", "minimum": int(whole[1])}
    if may_be == "true or false":
        return {"type": "boolean"}
    if may_be.startswith("a share above 0"):
        return {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
    if may_be.startswith("a duration"):
        none = "|none" if 'or "none"' in may_be else ""
        return {"type": "string", "pattern": f"^({DURATION}{none})$"}
    if may_be.startswith("a list in square brackets; each item must be a text"):
        return {"type": "array", "items": {"type": "string"}}
    if re.fullmatch(r'"[^"]+"( or "[^"]+")+', may_be):
        return {"enum": re.findall(r'"([^"]+)"', may_be)}
    if may_be.startswith(("a text", "a date", "a moment", "an address", "the two letters")):
        return {"type": "string"}
    return {}  # heard judges it


def table():
    return {"type": "object", "properties": {}, "additionalProperties": False}


def below(at, name):
    """The table `name` within the table `at`; NAME stands for any name."""
    if at.get("type") == "array":
        at = at["items"]
    if name == "NAME":
        if not at.get("additionalProperties"):
            at["additionalProperties"] = table()
            del at["properties"]
        return at["additionalProperties"]
    return at["properties"].setdefault(name, table())


def read(manual):
    """The schema of a configuration that the manual describes."""
    root = table()
    root["properties"]["brokers"] = root["properties"]["application"] = {"type": "string"}
    for line in manual.splitlines():
        if heading := TABLES.match(line):
            at = root
            for name in heading[2].split("."):
                at = below(at, name)
            if heading[1] == "[[":
                at_items = dict(at)
                at.clear()
                at.update({"type": "array", "items": at_items})
        elif setting := SETTING.match(line):
            path, may_be = setting[1], setting[2]
            if path.startswith(("secret.", "kafka.")):
                continue
            where, _, last = path.rpartition(".")
            at = root
            for name in where.split(".") if where else []:
                at = below(at, name)
            if at.get("type") == "array":
                at = at["items"]
            if where in OPEN or last == "NAME":
                at.pop("properties", None)
                at["additionalProperties"] = kind(may_be)
            else:
                at["properties"][last] = kind(may_be)
    properties = root["properties"]
    # `[[channels.NAME.agreements]]` is told in words only.
    properties["channels"]["additionalProperties"]["properties"]["agreements"] = properties["levels"]["properties"]["agreements"]
    properties["secret"] = FROM_ELSEWHERE
    scalar = {"type": ["string", "number", "boolean"]}
    properties["kafka"] = {
        "type": "object",
        "patternProperties": {CREDENTIAL: FROM_ELSEWHERE},
        "additionalProperties": {"anyOf": [scalar, FROM_ELSEWHERE]},
    }
    return root


def lines(value, indent=0):
    """JSON with a line for each thing that fits one."""
    flat = json.dumps(value)
    if not isinstance(value, dict) or indent + len(flat) <= WIDTH:
        return flat
    pad = " " * (indent + 2)
    inside = ",\n".join(f"{pad}{json.dumps(key)}: {lines(one, indent + 2)}" for key, one in value.items())
    return f"{{\n{inside}\n{' ' * indent}}}"


def main():
    there = SCHEMA.read_text()
    schema = json.loads(there)
    schema["definitions"]["config"] = read(MANUAL.read_text())
    wanted = lines(schema) + "\n"
    if sys.argv[1:] == ["--check"]:
        if there != wanted:
            sys.exit("helm/heard/values.schema.json is not current: make chart-docs")
    else:
        SCHEMA.write_text(wanted)


if __name__ == "__main__":
    main()
