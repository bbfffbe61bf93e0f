//! Which part listens where, on loopback.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use anyhow::{bail, ensure};

/// The ports of the suite; 0 takes a free one.
#[derive(Debug, Clone, clap::Args)]
pub struct Ports {
    /// The website, and every public path: what the ingress is in a cluster.
    #[arg(long, help_heading = "Ports", default_value_t = 8100)]
    pub website_port: u16,
    /// webhook.
    #[arg(long, help_heading = "Ports", default_value_t = 8000)]
    pub webhook_port: u16,
    /// register-server.
    #[arg(long, help_heading = "Ports", default_value_t = 8001)]
    pub register_server_port: u16,
    /// register-client.
    #[arg(long, help_heading = "Ports", default_value_t = 8002)]
    pub register_client_port: u16,
    /// api-users.
    #[arg(long, help_heading = "Ports", default_value_t = 8080)]
    pub users_port: u16,
    /// The internal port of push-msg, which has no public one.
    #[arg(long, help_heading = "Ports", default_value_t = 9003)]
    pub push_port: u16,
    /// Take free ports instead of the ones above.
    #[arg(long, help_heading = "Ports")]
    pub random_ports: bool,
}

impl Default for Ports {
    fn default() -> Self {
        Self {
            website_port: 8100,
            webhook_port: 8000,
            register_server_port: 8001,
            register_client_port: 8002,
            users_port: 8080,
            push_port: 9003,
            random_ports: false,
        }
    }
}

impl Ports {
    /// Free ports for everything.
    pub fn random() -> Self {
        Self {
            random_ports: true,
            ..Self::default()
        }
    }

    /// The address on loopback with this port, or with a free one.
    pub(crate) fn addr(&self, port: u16) -> SocketAddr {
        loopback(if self.random_ports { 0 } else { port })
    }

    /// The internal address that belongs to a public port: a thousand above.
    pub(crate) fn internal_addr(&self, port: u16) -> SocketAddr {
        self.addr(if port == 0 {
            0
        } else {
            port.saturating_add(1000)
        })
    }

    /// Says which setting moves a port that is taken or named twice, before anything starts.
    pub(crate) fn check(&self, simulator: Option<u16>) -> anyhow::Result<()> {
        if self.random_ports {
            return Ok(());
        }
        let mut held: Vec<(u16, &str, TcpListener)> = Vec::new();
        for (setting, port) in self.wanted(simulator)? {
            if port == 0 {
                continue;
            }
            if let Some((_, other, _)) = held.iter().find(|(taken, ..)| *taken == port) {
                bail!(
                    "port {port} is wanted by {other} and by {setting}: a service's internal port is its own + 1000"
                );
            }
            let Ok(listener) = TcpListener::bind(loopback(port)) else {
                bail!(
                    "port {port} is taken: choose another with {setting}, or take free ones with --random-ports"
                );
            };
            held.push((port, setting, listener));
        }
        Ok(())
    }

    fn wanted(&self, simulator: Option<u16>) -> anyhow::Result<Vec<(&'static str, u16)>> {
        let services = [
            ("--website-port", self.website_port),
            ("--webhook-port", self.webhook_port),
            ("--register-server-port", self.register_server_port),
            ("--register-client-port", self.register_client_port),
            ("--users-port", self.users_port),
        ];
        let mut wanted = Vec::new();
        for (setting, port) in services {
            let internal = self.internal_addr(port).port();
            ensure!(
                port == 0 || internal == port.wrapping_add(1000),
                "{setting} must leave room for the internal port, 1000 above"
            );
            wanted.extend([(setting, port), (setting, internal)]);
        }
        wanted.push(("--push-port", self.push_port));
        wanted.extend(simulator.map(|port| ("--simulator-port", port)));
        Ok(wanted)
    }
}

fn loopback(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}
