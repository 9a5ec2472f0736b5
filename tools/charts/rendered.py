"""rendered.py HEARD FOLDER: heard itself judges every heard.toml in the rendered charts of FOLDER.

And the set of values `settings` gives every setting of docs/configuration.md.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECRETS = "/run/secrets/heard"


def made_secrets(folder):
    """What secrets hold: a certificate with its key, passwords, a hashing secret."""
    kafka, hashing = folder / "kafka", folder / "hashing"
    kafka.mkdir(parents=True)
    hashing.mkdir()
    certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-subj", "/CN=test", "-days", "2"]
    certificate += ["-passout", "pass:sesame", "-keyout", str(kafka / "tls.key"), "-out", str(kafka / "tls.crt")]
    subprocess.run(certificate, check=True, capture_output=True)
    (kafka / "ca.crt").write_bytes((kafka / "tls.crt").read_bytes())
    for name in ["password", "key-password"]:
        (kafka / name).write_text("sesame")
    for name in ["secret", "hex"]:
        (hashing / name).write_text("00112233445566778899aabbccddeeff")


def configurations(rendered):
    """Names and data of the ConfigMaps that hold a heard.toml."""
    for manifest in yaml.safe_load_all(rendered.read_text()):
        if manifest and manifest["kind"] == "ConfigMap" and "heard.toml" in manifest["data"]:
            yield manifest["metadata"]["name"], manifest["data"]


def judged(heard, data, folder):
    """What heard says of a configuration that is wrong; nothing if it is right."""
    for name, text in data.items():
        (folder / name).write_text(text.replace(SECRETS, str(folder / "secrets")))
    made_secrets(folder / "secrets")
    environment = dict(os.environ, HASHING="00112233445566778899aabbccddeeff", PASSWORD="sesame")
    command = [heard, "--config", str(folder / "heard.toml"), "check"]
    said = subprocess.run(command, env=environment, capture_output=True, text=True)
    return said.stdout + said.stderr if said.returncode else ""


def not_given(config):
    """Settings of the manual that a configuration does not give."""
    manual = (ROOT / "docs/configuration.md").read_text()
    for path in re.findall(r"^\| `([^`]+)` \|", manual, re.MULTILINE):
        if path.startswith("secret."):
            continue  # one of its three is given, and only one can be
        names = ["kafka", path[6:]] if path.startswith("kafka.") else path.split(".")
        at = [config]
        for name in names:
            at = [one for each in at for one in steps(each, name)]
        if not at:
            yield path


def steps(value, name):
    """What is under a name; under NAME, or under an example, whatever there is."""
    if isinstance(value, list):
        return [one for each in value for one in steps(each, name)]
    if not isinstance(value, dict):
        return []
    return list(value.values()) if name == "NAME" else [value[name]] if name in value else []


def main():
    heard, rendered = sys.argv[1], pathlib.Path(sys.argv[2])
    wrong = []
    files = sorted(rendered.glob("*.yaml"))
    for file in files:
        for name, data in configurations(file):
            with tempfile.TemporaryDirectory() as folder:
                said = judged(heard, data, pathlib.Path(folder))
            wrong += [f"{file.stem}, {name}: {line}" for line in said.splitlines()]
            if file.stem == "settings":
                wrong += [f"ci/settings.yaml lacks {path}" for path in not_given(tomllib.loads(data["heard.toml"]))]
    if not any(file.stem == "settings" for file in files):
        wrong.append("ci/settings.yaml was not rendered")
    print("\n".join(wrong), end="\n" if wrong else "")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
