#!/usr/bin/env bash
# check.sh PROGRAM: what the image holds is enough to run the program, the same each time, and nothing more; the systemd unit
# is one; the list of what the program is made of names what it should. The image itself needs a container engine.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
program=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

tools/image/root.sh "$program" "$work/one"
tools/image/root.sh "$program" "$work/two"
listed() { (cd "$1" && find . -printf '%p %M %T@ %s\n' | sort && find . -type f -exec sha256sum {} + | sort); }
diff <(listed "$work/one") <(listed "$work/two")
programs=$(cd "$work/one" && find . -type f -perm /111 -not -name '*.so*')
[ "$programs" = ./usr/bin/heard ] || { echo "the image holds more than heard: $programs" >&2; exit 1; }
if [ "$(id -u)" = 0 ]; then
    chroot --userspec=65532:65532 "$work/one" /usr/bin/heard --version >/dev/null
    chroot --userspec=65532:65532 "$work/one" /usr/bin/heard --quiet check 2>/dev/null
else
    echo "skipped: only root may try the image's files"
fi

if command -v systemd-analyze >/dev/null; then
    sed "s#/usr/bin/heard#$(command -v true)#" packaging/heard.service >"$work/heard.service"
    said=$(systemd-analyze verify "$work/heard.service" 2>&1) && [ -z "$said" ] || { echo "$said" >&2; exit 1; }
else
    echo "skipped: systemd-analyze is not here to judge packaging/heard.service"
fi

tools/sbom.py >"$work/heard.cdx.json"
tools/sbom.py | cmp - "$work/heard.cdx.json"
python3 - "$work/heard.cdx.json" <<'PYTHON'
import json, sys
bom = json.load(open(sys.argv[1]))
refs = {entry["bom-ref"] for entry in bom["components"]} | {bom["metadata"]["component"]["bom-ref"]}
names = {entry["name"] for entry in bom["components"]}
assert {"rdkafka", "rdkafka-sys", "tokio", "hyper"} <= names, "what is linked is missing"
assert not {"proptest", "tempfile", "heard-oracle"} & names, "what only tests need is in it"
assert all("hashes" in entry and "licenses" in entry for entry in bom["components"]), "a checksum or a licence is missing"
assert {ref for one in bom["dependencies"] for ref in [one["ref"], *one["dependsOn"]]} == refs, "a reference leads nowhere"
PYTHON
echo "the image's files, the unit and the list of parts are fine"
