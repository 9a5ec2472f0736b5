#!/usr/bin/env bash
# fetch.sh: brings the tools that check the chart, and prints the folder they are in:
#
#   bin/      helm, helm-unittest, helm-docs, kubeconform, controller-gen, kube-score (go.mod, score/go.mod)
#   python/   PyYAML (requirements.txt)
#   schemas/  of Kubernetes' objects, of the Prometheus operator's and KEDA's
#
# The folder is outside of the checkout, and named by what is in it: it is made once for each change of versions. Where Go
# or a registry is not to be had, the exit status is 3 and standard error says which.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

keda=github.com/kedacore/keda/v2@v2.21.0
keda_sum=h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=
kubernetes=37 # the 1.x that charts are rendered for, and whose schemas are used

export GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS=-mod=readonly

lacks() {
    echo "the chart's tools cannot be had here: $*" >&2
    exit 3
}

version=$(cat go.mod go.sum score/go.mod score/go.sum requirements.txt schemas.py fetch.sh | sha256sum | cut -c1-16)
home=${XDG_CACHE_HOME:-${HOME:?}/.cache}/heard/charts-$version
if [ -d "$home" ]; then
    echo "$home"
    exit
fi

command -v go >/dev/null || lacks "Go is missing (1.26 or later)"
needed=$(sed -n 's/^go //p' go.mod)
there=$(go env GOVERSION)
[ "$(printf '%s\n' "$needed" "${there#go}" | sort -V | head -n 1)" = "$needed" ] ||
    lacks "Go $needed or later is needed, and this is ${there#go}"
python3 -c 'import tomllib' 2>/dev/null || lacks "Python 3.11 or later is missing"

part=$home.$$
trap 'rm -rf "$part"' EXIT
mkdir -p "$part"
echo "fetching and building the chart's tools: some minutes, once" >&2

for module in . score; do
    (cd $module && go list -deps tool >"$part/packages") || lacks "the Go modules cannot be fetched"
done
downloaded=$(go mod download -json "$keda") || lacks "the Go modules cannot be fetched"
grep -qF "\"$keda_sum\"" <<<"$downloaded" || { echo "$keda is not what it was" >&2; exit 1; }
python3 -m pip install -q --disable-pip-version-check --root-user-action ignore --no-deps --require-hashes \
    --target "$part/python" -r requirements.txt </dev/null >&2 || lacks "Python's packages cannot be fetched"

flags="-s -w"
for package in pkg/chartutil pkg/lint/rules; do
    flags+=" -X helm.sh/helm/v3/$package.k8sVersionMajor=1 -X helm.sh/helm/v3/$package.k8sVersionMinor=$kubernetes"
done
go build -trimpath -ldflags "$flags" -o "$part/bin/" tool
(cd score && go build -trimpath -ldflags "-s -w" -o "$part/bin/" tool)

monitoring=$(go list -m -f '{{.Dir}}' github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring)
(cd "$monitoring" && "$part/bin/controller-gen" crd paths=./v1 output:crd:dir="$part/crds" >&2)
cp "$(sed -n 's/.*"Dir": "\(.*\)",/\1/p' <<<"$downloaded")/config/crd/bases/keda.sh_scaledobjects.yaml" "$part/crds/"
PYTHONPATH=$part/python python3 schemas.py "1.$kubernetes.0" "$part" "$home"

mv -T "$part" "$home" 2>/dev/null || [ -d "$home" ] # somebody else was quicker
echo "$home"
