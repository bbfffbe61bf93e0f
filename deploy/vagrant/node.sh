#!/usr/bin/env bash
# Makes a machine fit to be a node: containerd, kubeadm, kubelet and kubectl, in versions that are pinned. May be run again.
set -euo pipefail

address=$1
kubernetes=1.34

export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq apt-transport-https ca-certificates containerd curl gpg

# A node swaps nothing, and lets pods speak across bridges.
swapoff --all
sed -i '/\sswap\s/d' /etc/fstab
printf 'overlay\nbr_netfilter\n' > /etc/modules-load.d/kubernetes.conf
modprobe overlay
modprobe br_netfilter
cat > /etc/sysctl.d/90-kubernetes.conf << 'END'
net.bridge.bridge-nf-call-iptables = 1
net.bridge.bridge-nf-call-ip6tables = 1
net.ipv4.ip_forward = 1
END
sysctl --quiet --system

mkdir -p /etc/containerd
containerd config default | sed 's/SystemdCgroup = false/SystemdCgroup = true/' > /etc/containerd/config.toml
systemctl restart containerd

keyring=/etc/apt/keyrings/kubernetes.gpg
if [[ ! -f ${keyring} ]]; then
    mkdir -p /etc/apt/keyrings
    curl --fail --silent --show-error --location "https://pkgs.k8s.io/core:/stable:/v${kubernetes}/deb/Release.key" \
        | gpg --dearmor --output "${keyring}"
fi
echo "deb [signed-by=${keyring}] https://pkgs.k8s.io/core:/stable:/v${kubernetes}/deb/ /" \
    > /etc/apt/sources.list.d/kubernetes.list
apt-get update -qq
apt-get install -y -qq kubeadm kubelet kubectl
apt-mark hold kubeadm kubelet kubectl > /dev/null
# The first network of a virtual machine is the same for all of them.
echo "KUBELET_EXTRA_ARGS=--node-ip=${address}" > /etc/default/kubelet
systemctl restart kubelet
