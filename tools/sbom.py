#!/usr/bin/env python3
"""What the program is made of, as CycloneDX 1.6 on standard output: the crates that are linked into it for a target, with
versions, licences and checksums, and which needs which; macros too, since what they write is linked. `make sbom` writes target/heard.cdx.json.

    sbom.py [--target x86_64-unknown-linux-gnu] [--features gssapi,oidc]

The same checkout gives the same text. Libraries of the system (OpenSSL, zlib, libc) are those of the image's packages.
"""

import argparse
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import tomllib
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[1]


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--target", default="x86_64-unknown-linux-gnu")
    parser.add_argument("--features", default="")
    return parser.parse_args()


def metadata(asked):
    command = [ROOT / "tools/rust.sh", "cargo", "metadata", "--locked", "--format-version", "1"]
    command += ["--filter-platform", asked.target, "--features", asked.features]
    return json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)


def linked(nodes, root):
    """Ids of all packages that a package needs, but for building or testing, with what each needs."""
    found, ahead = {}, [root]
    while ahead:
        package = ahead.pop()
        if package in found:
            continue
        wanted = [dep for dep in nodes[package]["deps"] if any(kind["kind"] is None for kind in dep["dep_kinds"])]
        found[package] = sorted(dep["pkg"] for dep in wanted)
        ahead += found[package]
    return found


def component(package, checksums):
    name, version = package["name"], package["version"]
    entry = {
        "type": "library",
        "bom-ref": f"pkg:cargo/{name}@{version}",
        "name": name,
        "version": version,
        "purl": f"pkg:cargo/{name}@{version}",
        "scope": "required",
    }
    if package.get("license"):
        entry["licenses"] = [{"expression": re.sub(r"\s*/\s*|\s+OR\s+", " OR ", package["license"])}]
    if checksum := checksums.get((name, version)):
        entry["hashes"] = [{"alg": "SHA-256", "content": checksum}]
    return entry


def main():
    asked = arguments()
    told = metadata(asked)
    packages = {package["id"]: package for package in told["packages"]}
    root = next(package["id"] for package in told["packages"] if package["name"] == "heard")
    needs = linked({node["id"]: node for node in told["resolve"]["nodes"]}, root)
    lock = (ROOT / "Cargo.lock").read_text()
    checksums = {(p["name"], p["version"]): p.get("checksum") for p in tomllib.loads(lock)["package"]}
    refs = {package: component(packages[package], checksums) for package in needs}
    program = dict(refs.pop(root), type="application")
    seed = hashlib.sha256(f"{lock} {asked.target} {asked.features}".encode()).hexdigest()
    bom = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, seed)}",
        "version": 1,
        "metadata": {"component": program},
        "components": sorted(refs.values(), key=lambda entry: entry["bom-ref"]),
        "dependencies": [
            {"ref": ref["bom-ref"], "dependsOn": [(refs | {root: program})[need]["bom-ref"] for need in needs[package]]}
            for package, ref in sorted((refs | {root: program}).items(), key=lambda one: one[1]["bom-ref"])
        ],
    }
    json.dump(bom, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
