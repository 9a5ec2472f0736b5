#!/usr/bin/env bash
# What things take: encoding and decoding, then heard beside a bare pass-through and beside the same job in
# Kafka Streams, on real brokers that this starts and stops. Writes docs/benchmarks.md.
#
# BENCH_... variables set sizes; benches/compare/settings.rs lists them. Needs a JDK, 17 or later, and mvn.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

for program in javac mvn; do
    command -v "$program" >/dev/null || {
        echo "bench.sh: $program is missing: install a JDK, 17 or later, and Maven" \
            "(Debian: apt-get install default-jdk-headless maven)" >&2
        exit 1
    }
done

# The broker must not be what is measured: more heap than tests give it.
export KAFKA_JVM=${KAFKA_JVM:--Xmx1g}
tools/rust.sh cargo bench --locked --bench wire
if command -v valgrind >/dev/null; then
    export BENCH_CORE=${CARGO_TARGET_DIR:-target}/bench-core.txt
    tools/rust.sh cargo bench --locked --bench core | tee "$BENCH_CORE"
else
    echo "bench.sh: without valgrind, instructions are not counted (Debian: apt-get install valgrind)" >&2
fi
tools/rust.sh cargo bench --locked --bench compare
