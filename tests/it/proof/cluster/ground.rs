//! What pods stand on: this machine's loopback, or nodes whose links can be cut.

use std::net::{IpAddr, SocketAddr};

use testkit::Network;
use testkit::process::Program;

use super::pod::Pod;
use super::service::Service;

/// Where pods are, and what they can see from there.
pub(super) struct Ground {
    pub(super) network: Option<Network>,
    /// What listens on loopback, and where pods on nodes find it.
    doors: Vec<(SocketAddr, Service)>,
}

impl Ground {
    pub(super) fn of(network: Option<Network>) -> Self {
        Self {
            network,
            doors: Vec::new(),
        }
    }

    /// Where services are found by pods.
    pub(super) fn hub(&self) -> IpAddr {
        match self.network {
            Some(_) => Network::HUB,
            None => [127, 0, 0, 1].into(),
        }
    }

    /// The address of pods with this number, which is their node's: Traefik tells them apart by that.
    pub(super) fn address(&self, number: u8) -> IpAddr {
        match self.network {
            Some(_) => Network::node(number),
            None => [127, 0, 0, number].into(),
        }
    }

    /// The program where pods with this number are.
    pub(super) fn place(&self, program: Program, number: u8) -> Program {
        match &self.network {
            Some(network) => program.under(network.on(number)),
            None => program,
        }
    }

    /// Cuts a node off, with all pods on it.
    pub(super) fn cut<'p>(&self, node: u8, pods: impl Iterator<Item = &'p mut Pod>) {
        match &self.network {
            Some(network) => network.cut(node).unwrap(),
            None => pods.for_each(|pod| pod.process.pause().unwrap()),
        }
    }

    /// Lets it be heard again.
    pub(super) fn mend<'p>(&self, node: u8, pods: impl Iterator<Item = &'p mut Pod>) {
        match &self.network {
            Some(network) => network.mend(node).unwrap(),
            None => pods.for_each(|pod| pod.process.resume().unwrap()),
        }
    }

    /// Lets pods reach what listens on loopback.
    pub(super) async fn open(&mut self, addr: SocketAddr) {
        if self.network.is_some() {
            let door = Service::at(Network::HUB).await;
            door.add(addr);
            self.doors.push((addr, door));
        }
    }

    /// The address as pods must have it.
    pub(super) fn seen(&self, url: &str) -> String {
        self.doors.iter().fold(url.to_owned(), |url, (addr, door)| {
            url.replace(&addr.to_string(), &door.addr.to_string())
        })
    }
}
