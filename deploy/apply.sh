#!/usr/bin/env bash
# Traefik and an overlay to try, into the cluster that kubectl talks to; returns when everything is ready. The images are
# there already.
set -euo pipefail
cd "$(dirname "$0")/.."

overlay=${1:-demo}
# The chart for which traefik/values.yaml was written.
chart=$(sed -n 's/.*--version \([0-9.]*\).*/\1/p' traefik/values.yaml)

helm upgrade --install traefik traefik --repo https://traefik.github.io/charts --version "${chart}" \
    --namespace traefik --create-namespace --wait --timeout 5m \
    --values traefik/values.yaml --values traefik/values-try.yaml

rendered=$(kubectl kustomize "kustomize/overlays/${overlay}")
kubectl apply --server-side --force-conflicts --filename - <<< "${rendered}"
if kubectl --namespace kaiin get statefulset/postgres > /dev/null 2>&1; then
    kubectl --namespace kaiin rollout status statefulset/postgres --timeout 5m
fi
for part in api-users webhook register-server register-client simulator; do
    kubectl --namespace kaiin rollout status "deployment/${part}" --timeout 5m
done
