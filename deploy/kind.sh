#!/usr/bin/env bash
# A cluster of three nodes on this machine with the suite in it. Needs Docker, kind, kubectl and Helm; asks nothing, and may be
# run again after every change.
#
#   deploy/kind.sh          the demo: one replica of everything on SQLite
#   deploy/kind.sh kind     two replicas of everything on PostgreSQL, to take nodes away from
set -euo pipefail
cd "$(dirname "$0")/.."

overlay=${1:-demo}
cluster=kaiin
parts=(webhook api-users register-server register-client push-msg simulator)
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)

for tool in docker kind kubectl helm; do
    if ! command -v "${tool}" > /dev/null; then
        echo "${tool} is missing; install it, and run this again" >&2
        exit 1
    fi
done
if [[ ! -d kustomize/overlays/${overlay} || ${overlay} == production ]]; then
    echo "there is no overlay ${overlay} to try; demo and kind are" >&2
    exit 1
fi

if ! kind get clusters | grep --quiet --line-regexp "${cluster}"; then
    kind create cluster --name "${cluster}" --config deploy/kind.yaml --wait 120s
fi
kubectl config use-context "kind-${cluster}" > /dev/null

images=()
for part in "${parts[@]}"; do
    image=kaiin/${part}:${version}
    docker build --quiet --target "${part}" --tag "${image}" . > /dev/null
    images+=("${image}")
done
kind load docker-image --name "${cluster}" "${images[@]}"

deploy/apply.sh "${overlay}"

cat << END

The website:         http://localhost:8080
The simulated LINE:  http://localhost:8900    (add the bot as Alice, and write to it)
The members' API:    http://localhost:8080/api/docs
END
