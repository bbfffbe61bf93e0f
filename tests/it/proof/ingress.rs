//! The real Traefik before several replicas, as a cluster has it.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tempfile::TempDir;
use testkit::port;
use testkit::process::{Process, Program};
use testkit::tier::Tier;

use super::load::Load;
use super::rig::{Replica, until};

/// LINE's route: an event has an ID, so that its POST may be tried again with another replica; two attempts of a second
/// each are what LINE's patience allows. Idle connections are given up before the webhook would.
const ROUTE: &str = "\
http:
  routers:
    webhook:
      entryPoints: [public]
      rule: PathPrefix(`/callback`)
      middlewares: [again]
      service: webhook
    webhook-once:
      entryPoints: [once]
      rule: PathPrefix(`/callback`)
      service: webhook
  middlewares:
    again:
      retry:
        attempts: 2
        retryNonIdempotentMethod: true
        maxRequestBodyBytes: 1048576
  serversTransports:
    webhook:
      maxIdleConnsPerHost: 64
      forwardingTimeouts:
        dialTimeout: 300ms
        responseHeaderTimeout: HEADER_TIMEOUT
        idleConnTimeout: 4s
  services:
    webhook:
      weighted:
        healthCheck: {}
        services:
";

/// How often Traefik asks whether a replica is ready, and how long it waits for that at most.
pub(super) const NOTICE: Duration = Duration::from_millis(1_900);

/// Traefik.
pub(super) struct Ingress {
    /// Where what is not answered is tried again with another replica.
    pub(super) public: SocketAddr,
    /// Where nothing is tried again.
    pub(super) once: SocketAddr,
    program: Program,
    _process: Process,
    _folder: TempDir,
}

impl Ingress {
    /// Begins to serve, and waits until it does.
    pub(super) async fn before(replicas: &[Replica]) -> Self {
        let local = |port| SocketAddr::from(([127, 0, 0, 1], port));
        let (public, once) = (local(port::free()), local(port::free()));
        let folder = tempfile::tempdir().unwrap();
        let route = folder.path().join("route.yaml");
        fs::write(&route, dynamic(replicas)).unwrap();
        let program = Program::at(&traefik())
            .arg(format!("--entryPoints.public.address={public}"))
            .arg(format!("--entryPoints.once.address={once}"))
            .arg(format!("--providers.file.filename={}", route.display()))
            .arg("--global.checkNewVersion=false")
            .arg("--global.sendAnonymousUsage=false")
            .arg("--log.level=INFO");
        let ingress = Self {
            public,
            once,
            _process: program.start().unwrap(),
            program,
            _folder: folder,
        };
        // It listens before it knows its routes: only the webhook itself says that something is not signed.
        for entry in [public, once] {
            let load = Load::on(entry);
            until(Duration::from_secs(30), "Traefik's routes", async || {
                let answer = load.post(String::new(), "unsigned").await;
                answer.is_ok_and(|(status, _)| status == 401)
            })
            .await;
        }
        ingress
    }

    /// What it wrote.
    pub(super) fn said(&self) -> String {
        self.program.said()
    }
}

/// A cluster knows replicas by their addresses. Here it is their ports that differ, and a service of Traefik's has one
/// port to ask for health: so each is a service, and one service is made of them.
fn dynamic(replicas: &[Replica]) -> String {
    // A busy machine may be slower than a webhook.
    let timeout = Tier::from_env().pick("5s", "1s");
    let mut text = ROUTE.replace("HEADER_TIMEOUT", timeout);
    for name in 0..replicas.len() {
        writeln!(text, "          - {{ name: replica-{name}, weight: 1 }}").unwrap();
    }
    for (name, replica) in replicas.iter().enumerate() {
        write!(
            text,
            "    replica-{name}:
      loadBalancer:
        passHostHeader: true
        serversTransport: webhook
        servers: [{{ url: \"http://{}\" }}]
        healthCheck: {{ path: /readyz, port: {}, interval: 1s, timeout: 900ms }}
",
            replica.public,
            replica.internal.port()
        )
        .unwrap();
    }
    text
}

/// The program on `PATH`, or where `cargo xtask test` installs it.
fn traefik() -> PathBuf {
    let us = std::env::current_exe().unwrap();
    let installed = us.ancestors().nth(3).map(|target| target.join("tools/bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(installed)
        .map(|folder| folder.join("traefik"))
        .find(|program| program.is_file())
        .expect("Traefik is installed; `cargo xtask test` does that")
}
