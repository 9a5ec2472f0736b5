#!/usr/bin/env bash
# Everything that must hold of a checkout, in stages. One that fails does not keep the others from
# running; a summary with times comes at the end, and the exit status is 1 if any failed.
#
#   test.sh [STAGE...]    only these stages: prepare format deny lint fuzz docs build chart test
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}

stage_prepare() { tools/prepare.sh; }
stage_format() { tools/rust.sh cargo fmt --all --check; }
stage_deny() { tools/deny.sh bans licenses sources; }
stage_lint() { tools/rust.sh cargo clippy --locked --workspace --all-targets -- -D warnings; }
# The fuzz targets compile. libFuzzer itself is C++, and needed only to link; so it is not built.
stage_fuzz() {
    CUSTOM_LIBFUZZER_PATH=not-linked/libfuzzer.a CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target} \
        tools/rust.sh cargo check --locked --manifest-path fuzz/Cargo.toml
}
stage_docs() { RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" tools/rust.sh cargo doc --locked --workspace --no-deps --document-private-items; }
stage_build() { tools/rust.sh cargo test --locked --workspace --no-run; }
stage_chart() {
    local outcome=0
    tools/charts/check.sh || outcome=1
    tools/image/check.sh "${HEARD:-${CARGO_TARGET_DIR:-target}/debug/heard}" || outcome=1
    return $outcome
}
stage_test() { tools/rust.sh cargo test --locked --workspace --no-fail-fast; }

summary=()
failed=0

# Runs a stage; keeps how it went and how long it took.
run() {
    local stage=$1 from=$SECONDS outcome=ok
    echo "==> $stage"
    "stage_$stage" </dev/null || { outcome=FAILED; failed=1; }
    summary+=("$(printf '%-8s %-6s %5d s' "$stage" "$outcome" $((SECONDS - from)))")
    [ "$outcome" = ok ]
}

stages=("$@")
[ $# -gt 0 ] || stages=(prepare format deny lint fuzz docs build chart test)
for stage in "${stages[@]}"; do
    case $stage in
    prepare | build) run "$stage" || break ;; # without these the rest cannot go well
    format | deny | lint | fuzz | docs | chart | test) run "$stage" ;;
    *) echo "test.sh: there is no stage $stage" >&2; exit 64 ;;
    esac
done

echo
printf '%s\n' "${summary[@]}"
printf '%-8s %-6s %5d s\n' all "$([ $failed = 0 ] && echo ok || echo FAILED)" $SECONDS
echo "not checked: the advisory database, which needs the network (make advisories)"
exit $failed
