#!/usr/bin/env bash
# rust.sh COMMAND...: runs a command with the Rust toolchain of rust-toolchain.toml.
#
# Where rustup has that version only under another name (such as stable), it is taken by that name
# instead of fetched; where cargo comes without rustup, it must be new enough by itself.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
wanted=$(sed -n 's/^channel = "\(.*\)"$/\1/p' "$root/rust-toolchain.toml")

fail() {
    echo "rust.sh: $*" >&2
    exit 1
}

# Whether the toolchain named $1 is the wanted version.
is_wanted() {
    rustup run "$1" rustc --version 2>/dev/null | grep -qF "rustc $wanted "
}

# A shell that was there before rustup was installed does not look where it puts things.
bin=${CARGO_HOME:-${HOME:-}/.cargo}/bin
if ! command -v rustup >/dev/null && [ -x "$bin/rustup" ]; then
    export PATH=$bin:$PATH
fi

if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && command -v rustup >/dev/null; then
    if ! is_wanted "$wanted"; then
        for name in $(rustup toolchain list | cut -d' ' -f1); do
            if is_wanted "$name"; then
                export RUSTUP_TOOLCHAIN=$name
                break
            fi
        done
    fi
    if [ -z "${RUSTUP_TOOLCHAIN:-}" ] && ! is_wanted "$wanted"; then
        echo "installing Rust $wanted with rustup" >&2
        rustup toolchain install "$wanted" --profile minimal --component clippy,rustfmt </dev/null >&2 ||
            fail "Rust $wanted is missing and rustup cannot fetch it. Install it where the network allows:" \
                "rustup toolchain install $wanted --component clippy,rustfmt"
    fi
fi
command -v cargo >/dev/null ||
    fail "cargo is missing: install rustup (https://rustup.rs) and try again; Rust $wanted is then fetched by itself"
if ! command -v rustup >/dev/null; then
    have=$(rustc --version | cut -d' ' -f2)
    [ "$(printf '%s\n' "$wanted" "${have%%-*}" | sort -V | head -n 1)" = "$wanted" ] ||
        fail "Rust $have is too old, $wanted is needed: install rustup (https://rustup.rs) and try again"
fi
exec "$@"
