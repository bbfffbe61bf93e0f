#!/usr/bin/env bash
# Makes this node the control plane, builds the images, and offers them to the workers. May be run again.
set -euo pipefail

address=$1
token=$2
calico=v3.30.3
helm=v3.19.0
parts=(webhook api-users register-server register-client push-msg simulator)

# Whoever provisions need not have a home of their own.
export HOME=${HOME:-/root} KUBECONFIG=/etc/kubernetes/admin.conf
if [[ ! -f ${KUBECONFIG} ]]; then
    # 20 s until a node that says nothing is given up, instead of 50: the control plane is ours.
    mkdir -p /etc/kubernetes
    cat > /etc/kubernetes/kaiin.yaml << END
apiVersion: kubeadm.k8s.io/v1beta4
kind: InitConfiguration
bootstrapTokens:
  - token: ${token}
    ttl: 24h0m0s
localAPIEndpoint:
  advertiseAddress: ${address}
nodeRegistration:
  kubeletExtraArgs:
    - name: node-ip
      value: ${address}
---
apiVersion: kubeadm.k8s.io/v1beta4
kind: ClusterConfiguration
networking:
  podSubnet: 10.244.0.0/16
controllerManager:
  extraArgs:
    - name: node-monitor-grace-period
      value: 20s
    - name: node-monitor-period
      value: 2s
END
    kubeadm init --config /etc/kubernetes/kaiin.yaml
fi
mkdir -p "${HOME}/.kube" /home/vagrant/.kube
cp "${KUBECONFIG}" "${HOME}/.kube/config"
cp "${KUBECONFIG}" /home/vagrant/.kube/config
chown --recursive vagrant:vagrant /home/vagrant/.kube

# A network plug-in that keeps network policies.
kubectl apply --server-side --force-conflicts \
    --filename "https://raw.githubusercontent.com/projectcalico/calico/${calico}/manifests/calico.yaml"
# By the address that the kubelet gives: the first network of a virtual machine is the same for all of them.
kubectl --namespace kube-system set env daemonset/calico-node IP_AUTODETECTION_METHOD=kubernetes-internal-ip
# Volumes of the node's own disk, for the demo's files.
kubectl apply --filename \
    https://raw.githubusercontent.com/rancher/local-path-provisioner/v0.0.32/deploy/local-path-storage.yaml
kubectl patch storageclass local-path --patch \
    '{"metadata":{"annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}}'

export DEBIAN_FRONTEND=noninteractive
apt-get install -y -qq build-essential buildah cmake git python3
if [[ ! -x ${HOME}/.cargo/bin/cargo ]]; then
    curl --fail --silent --show-error --location https://sh.rustup.rs | sh -s -- -y --profile minimal
fi
export PATH=${HOME}/.cargo/bin:${PATH}
if ! command -v helm > /dev/null; then
    curl --fail --silent --show-error --location "https://get.helm.sh/helm-${helm}-linux-amd64.tar.gz" \
        | tar --extract --gzip --directory /usr/local/bin --strip-components 1 linux-amd64/helm
fi

cd /kaiin
cargo xtask images
for part in "${parts[@]}"; do
    ctr --namespace k8s.io images import "target/images/${part}.tar"
done
systemctl stop kaiin-images.service > /dev/null 2>&1 || true
systemd-run --quiet --unit kaiin-images python3 -m http.server 8077 --bind "${address}" --directory /kaiin/target/images
