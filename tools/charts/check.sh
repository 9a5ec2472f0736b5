#!/usr/bin/env bash
# check.sh: everything that must hold of helm/heard. Says what fails, and goes on.
#
#   check.sh          checks; where the tools cannot be had (tools/charts/fetch.sh) it says so and checks what it can
#   check.sh docs     writes the chart's README and the schema of its values anew
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

chart=helm/heard
failed=0

fail() {
    echo "FAILED: $*" >&2
    failed=1
}

if [ "${1:-}" = docs ]; then
    python3 tools/charts/schema.py || exit 1
    home=$(tools/charts/fetch.sh) || exit 1
    exec "$home/bin/helm-docs" --chart-search-root helm --sort-values-order file --log-level warning
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

promtool=$(command -v promtool || echo .tools/prometheus/usr/bin/promtool)
prometheus=$(command -v prometheus || echo .tools/prometheus/usr/bin/prometheus)

python3 tools/charts/schema.py --check || failed=1

# Rules: what they say when things go wrong, and that they are silent when not.
if [ -x "$promtool" ]; then
    mapfile -t rules < <(ls "$chart"/rules/*.yaml | grep -v _test.yaml)
    mapfile -t tests < <(ls "$chart"/tests/rules/*.yaml "$chart"/rules/*.yaml | grep '/tests/\|_test.yaml')
    "$promtool" check rules "${rules[@]}" || fail "rules"
    "$promtool" test rules "${tests[@]}" || fail "what rules do"
else
    echo "skipped: promtool is not here, so rules and dashboards are not tried; tools/prepare.sh fetches it where it can"
fi

home=$(tools/charts/fetch.sh)
case $? in
0) ;;
3) echo "skipped: the chart is not rendered"; exit $failed ;;
*) exit 1 ;;
esac
export PATH=$home/bin:$PATH PYTHONPATH=$home/python PYTHONDONTWRITEBYTECODE=1

heard=${CARGO_TARGET_DIR:-target}/debug/heard
[ -n "${HEARD:-}" ] && heard=$HEARD
[ -x "$heard" ] || tools/rust.sh cargo build --locked || fail "heard cannot be built"

# Each set of values: what comes of it is lint-free, known to Kubernetes, and as good as kube-score wants it. Two of its
# demands are not ours: a limit of CPU makes answers late, and an image with a fixed tag need not be pulled each time.
#
# Among them are the values that docs/deploy.md shows.
mkdir "$work/docs"
awk '/^```/ && shown {exit} shown; /^```yaml/ {shown = 1}' docs/deploy.md >"$work/docs/deploy.yaml"
for values in "$chart"/ci/*.yaml "$work/docs/deploy.yaml"; do
    name=$(basename "$values" .yaml)
    rendered=$work/$name.yaml
    helm lint --quiet --strict "$chart" -f "$values" || fail "helm lint, $name"
    helm template heard "$chart" --namespace crm -f "$values" >"$rendered" || { fail "helm template, $name"; continue; }
    kubeconform -strict -summary -schema-location "$home/schemas/{{.ResourceKind}}{{.KindSuffix}}.json" "$rendered" ||
        fail "kubeconform, $name"
    kube-score score --kubernetes-version v1.37 --ignore-container-cpu-limit --ignore-test container-image-pull-policy \
        --output-format ci "$rendered" >"$work/score"
    grep '^\[CRITICAL\]' "$work/score" && fail "kube-score, $name"
done
helm-unittest "$chart" || fail "the chart's own tests"
python3 tools/charts/rendered.py "$heard" "$work" || fail "what is rendered"
if [ -x "$promtool" ] && [ -x "$prometheus" ]; then
    python3 tools/charts/queries.py "$promtool" "$prometheus" "$heard" || fail "rules and dashboards"
fi

cp "$chart/README.md" "$work/README.md"
helm-docs --chart-search-root helm --sort-values-order file --log-level warning --dry-run >"$work/wanted" 2>&1
diff -u "$work/README.md" "$work/wanted" >"$work/diff" ||
    { head -n 20 "$work/diff"; fail "$chart/README.md is not current: make chart-docs"; }

[ $failed = 0 ] && echo "the chart is fine: $(ls "$work"/*.yaml | wc -l) sets of values"
exit $failed
