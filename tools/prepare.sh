#!/usr/bin/env bash
# What building and testing need: checks it, installs what is missing where it can (root on Debian or
# its kin), and says of the rest what is missing and how to get it.
#
#   prepare.sh [build]    only what building needs, without a word if nothing is missing
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

what_for=${1:-all}

# A line each: what it is for | the Debian package that brings it | how to tell that it is there.
needs() {
    needs_to_build
    [ "$what_for" = build ] || needs_to_test
}

needs_to_build() {
    cat <<'NEEDS'
a C compiler, for librdkafka and zstd|build-essential|command -v cc
a C++ compiler, for librdkafka's configure|build-essential|command -v c++
make|make|command -v make
pkg-config, to find the libraries|pkg-config|command -v pkg-config
the OpenSSL headers, for librdkafka|libssl-dev|pkg-config --exists openssl
the zlib headers, for librdkafka|zlib1g-dev|pkg-config --exists zlib
Rust, by rustup: see https://rustup.rs|rustup|cargo_is_there
NEEDS
}

needs_to_test() {
    cat <<'NEEDS'
Java 17 or later, for the broker of the tests|default-jre-headless|java_is_new_enough
Maven, which fetches that broker|maven|command -v mvn
ps, to look after that broker|procps|command -v ps
git|git|command -v git
NEEDS
}

java_is_new_enough() {
    local version
    version=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
    [ "${version:-0}" -ge 17 ]
}

# In the PATH, or where rustup puts it and tools/rust.sh finds it.
cargo_is_there() {
    command -v cargo || [ -x "${CARGO_HOME:-${HOME:-}/.cargo}/bin/cargo" ]
}

# Prints the lines of `needs` that are not met.
missing() {
    local what package check
    needs | while IFS='|' read -r what package check; do
        eval "$check" </dev/null >/dev/null 2>&1 || echo "$what|$package"
    done
}

# Installs packages, if this is Debian or its kin and we may; those that this release has.
install() {
    local may=()
    command -v apt-get >/dev/null || return 0
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 0
        may=(sudo -n)
    fi
    echo "installing: $*"
    "${may[@]}" env DEBIAN_FRONTEND=noninteractive sh -c \
        'apt-get update -qq
         known=$(apt-cache show --no-all-versions "$@" 2>/dev/null | sed -n "s/^Package: //p")
         apt-get install -y -qq --no-install-recommends $known' install "$@" \
        </dev/null >.tools/apt.log 2>&1 || tail -n 15 .tools/apt.log >&2
}

# Brings apt's lists up to date, if we may.
apt_update() {
    if [ "$(id -u)" = 0 ]; then
        apt-get update -qq >>.tools/apt.log 2>&1
    else
        command -v sudo >/dev/null && sudo -n apt-get update -qq >>.tools/apt.log 2>&1
    fi
}

# Prometheus, for the test that scrapes `heard run` with it: unpacked into .tools/ from its Debian
# package, so that no service is installed or started. Without it that test is skipped, and says so.
fetch_prometheus() {
    local dir=.tools/prometheus
    if { command -v prometheus && command -v promtool; } >/dev/null || [ -x $dir/usr/bin/prometheus ]; then
        return
    fi
    rm -rf $dir && mkdir -p $dir
    if command -v apt-get >/dev/null && command -v dpkg >/dev/null; then
        (cd $dir && apt-get download -qq prometheus >>../apt.log 2>&1) ||
            { apt_update && (cd $dir && apt-get download -qq prometheus >>../apt.log 2>&1); } || true
        dpkg -x $dir/prometheus_*.deb $dir 2>>.tools/apt.log && rm -f $dir/*.deb && return
    fi
    rm -rf $dir
    echo "Prometheus cannot be had here (Debian: prometheus): the test that needs it will be skipped"
}

mkdir -p .tools
lacks=$(missing)
if [ -n "$lacks" ]; then
    # shellcheck disable=SC2046 # a word for each package
    install $(cut -d'|' -f2 <<<"$lacks" | sort -u)
    lacks=$(missing)
fi
if [ -n "$lacks" ]; then
    echo "This machine lacks:" >&2
    while IFS='|' read -r what package; do
        echo "  $what (Debian: apt-get install $package)" >&2
    done <<<"$lacks"
    exit 1
fi

if [ "$what_for" = build ]; then
    tools/rust.sh cargo --version >/dev/null
    exit
fi
tools/rust.sh cargo --version
for component in clippy fmt; do
    tools/rust.sh cargo "$component" --version ||
        { echo "cargo $component is missing: rustup component add clippy rustfmt" >&2; exit 1; }
done
java -version 2>&1 | head -n 1
fetch_prometheus
[ -f Cargo.lock ] || { echo "Cargo.lock is missing: it belongs to the checkout" >&2; exit 1; }
