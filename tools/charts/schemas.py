"""schemas.py VERSION FOLDER HOME: JSON schemas of all objects, in FOLDER/schemas, by the names that check.sh tells
kubeconform. HOME is where the folder will be in the end: schemas name each other by their addresses.

Those of Kubernetes are in a Python package under FOLDER/python; those of others are made from FOLDER/crds. In both a field
that is not known is an error.
"""

import json
import pathlib
import sys

import yaml


def strict(schema):
    """The schema of a custom resource as JSON schema that takes no unknown field."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        if not schema.get("x-kubernetes-preserve-unknown-fields"):
            schema.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        schema.pop("type", None)
        schema["anyOf"] = [{"type": "integer"}, {"type": "string"}]
    return schema


def main():
    version, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    into = folder / "schemas"
    into.mkdir()
    package = folder / "python/kubernetes_validate/kubernetes-json-schema"
    definitions = f"file://{sys.argv[3]}/schemas/_definitions.json"
    for file in (package / f"v{version}-local-strict").glob("*.json"):
        (into / file.name).write_text(file.read_text().replace("/api/_definitions.json", definitions))
    for file in (folder / "crds").glob("*.yaml"):
        crd = yaml.safe_load(file.read_text())["spec"]
        for one in crd["versions"]:
            group = crd["group"].split(".")[0]
            name = f"{crd['names']['kind'].lower()}-{group}-{one['name']}.json"
            schema = strict(one["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            (into / name).write_text(json.dumps(schema))


if __name__ == "__main__":
    main()
