//! A cluster: pods, services, the ingress, and what is outside.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::future::join_all;
use kaiin::Ready;
use secrecy::ExposeSecret as _;
use serde_json::json;
use tempfile::TempDir;
use testkit::people::Sim;
use testkit::postgres::{Durability, Server};
use testkit::process::Program;
use testkit::tls::Authority;
use testkit::{Database, Network};
use url::Url;

use super::super::outside::Outside;
use super::super::rig::SECRET;
use super::ground::Ground;
use super::pod::Pod;
use super::service::Service;
use crate::manifests::traefik::{Backends, Behind, Ingress};

/// Where the samples say that the website is.
pub(super) const HOST: &str = "member.example.com";
/// How long a pod that is to end is left alone first, so that those before it notice: `preStop` of the manifests.
const PRE_STOP: Duration = Duration::from_secs(5);
/// What the website and the members' API keep in PostgreSQL, and the webhook.
const OWNERS: [&str; 3] = ["webhook", "api-users", "register-server"];

/// What is served by pods, whoever is needed first first.
pub(super) const PARTS: [&str; 4] = ["api-users", "register-server", "register-client", "webhook"];

/// By part, the one with the first number first.
pub(super) type Pods = BTreeMap<&'static str, Vec<Pod>>;

/// Two replicas of every serving part.
pub(super) struct Cluster {
    pub(super) sim: Sim,
    pub(super) ingress: Ingress,
    pub(super) postgres: Server,
    pub(super) pods: Pods,
    pub(super) settings: Settings,
}

/// What pods are told.
pub(super) struct Settings {
    pub(super) ground: Ground,
    /// LINE and who vouches for callers are those of a suite on one machine.
    house: Behind,
    line: String,
    databases: BTreeMap<&'static str, Database>,
    services: BTreeMap<&'static str, Service>,
    /// Who signed the services' certificates.
    inside: Authority,
    /// What the pods are given of them.
    mounted: TempDir,
    /// All that ever ran.
    programs: Mutex<Vec<Program>>,
    /// Where the webhook finds LINE, if not with the others.
    outside: Option<Arc<Outside>>,
    /// Whether it asks the cluster's own api-users, and not those outside.
    members_are_ours: bool,
}

impl Cluster {
    /// Starts it behind what the production overlay says. The webhook answers people of the simulated LINE.
    pub(super) async fn start() -> Self {
        Self::with(None, None).await
    }

    /// The same, with a webhook that talks to this LINE and these members, who count.
    pub(super) async fn before(outside: &Arc<Outside>) -> Self {
        Self::with(Some(Arc::clone(outside)), None).await
    }

    /// The same on two nodes with links that can be cut, where there can be any. The members are the cluster's own.
    pub(super) async fn on(network: Option<Network>, outside: &Arc<Outside>) -> Self {
        Self::with(Some(Arc::clone(outside)), Some(Ground::of(network))).await
    }

    async fn with(outside: Option<Arc<Outside>>, nodes: Option<Ground>) -> Self {
        let members_are_ours = outside.is_none() || nodes.is_some();
        let mut ground = nodes.unwrap_or(Ground::of(None));
        let postgres = Server::start(Durability::Durable).unwrap();
        let databases = OWNERS.map(|owner| (owner, postgres.fresh_database().unwrap()));
        let mut services = BTreeMap::new();
        for part in PARTS {
            services.insert(part, Service::at(ground.hub()).await);
        }
        let house = Behind::start(&format!("https://{HOST}")).await;
        let ours = [&house.line, &postgres.url()].map(|url| addr_of(url));
        let theirs = outside.as_ref().map(|outside| addr_of(outside.url()));
        for addr in ours.into_iter().chain(theirs) {
            ground.open(addr).await;
        }
        let settings = Settings {
            line: ground.seen(&house.line),
            house,
            ground,
            members_are_ours,
            databases: databases.into(),
            services,
            inside: Authority::new().unwrap(),
            mounted: tempfile::tempdir().unwrap(),
            programs: Mutex::default(),
            outside,
        };
        settings.mount();
        let mut pods = BTreeMap::new();
        for part in PARTS {
            let two = [1, 2].map(|number| settings.pod(part, number));
            let two = join_all(two).await;
            let service = &settings.services[part];
            for pod in &two {
                service.add(pod.public);
            }
            pods.insert(part, two);
        }
        let addrs = |pods: &Vec<Pod>| pods.iter().map(|pod| pod.public).collect();
        let backends: Backends = pods
            .iter()
            .map(|(part, pods)| (*part, addrs(pods)))
            .collect();
        let sim = Sim::at(&settings.line.parse().unwrap()).unwrap();
        let callback = json!({ "url": format!("https://{HOST}/auth/callback") });
        sim.post("callbacks", &callback).await.unwrap();
        Self {
            sim,
            ingress: Ingress::trusting(&settings.inside.pem(), "production", HOST, &backends).await,
            postgres,
            pods,
            settings,
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}\n{}", self.ingress.said(), self.settings.said());
        }
    }
}

impl Settings {
    /// Where the simulated LINE is.
    pub(super) fn line(&self) -> &str {
        &self.line
    }

    /// Starts a pod where those with this number are.
    async fn pod(&self, part: &'static str, number: u8) -> Pod {
        let program = self.ground.place(self.program(part, number), number);
        // What it says is kept, whatever becomes of it.
        self.programs.lock().unwrap().push(program.clone());
        Pod::start(program, self.ground.address(number)).await
    }

    /// What the pods wrote, also those that are gone.
    pub(super) fn said(&self) -> String {
        let programs = self.programs.lock().unwrap();
        programs.iter().map(Program::said).collect()
    }

    /// The database of a part.
    pub(super) fn database(&self, owner: &str) -> &Database {
        &self.databases[owner]
    }

    /// The suite on one machine whose LINE and whose keys these are.
    pub(super) fn ready(&self) -> &Ready {
        &self.house.ready
    }

    /// What cert-manager would put into the pods: services know each other by address here.
    fn mount(&self) {
        let write = |name: &str, text: &str| {
            fs::write(self.mounted.path().join(name), text).unwrap();
        };
        write("ca.crt", &self.inside.pem());
        for part in PARTS {
            let hub = self.ground.hub().to_string();
            let names = [part, "website", &hub];
            let identity = self.inside.issue(&names).unwrap();
            write(&format!("{part}.crt"), &identity.certificate);
            write(&format!("{part}.key"), &identity.key);
        }
    }

    fn program(&self, part: &'static str, number: u8) -> Program {
        let credentials = &self.house.ready.line;
        let token = self.house.data.join(format!("identity/{part}.token"));
        let program = Program::named(part)
            .env("PROFILE", "dev")
            .env("RUST_LOG", "warn")
            .env("SHUTDOWN_DELAY", "5")
            .env("PUBLIC_URL", format!("https://{HOST}"))
            .env("USERS_API", self.services["api-users"].url())
            .env("REGISTER_SERVER", self.services["register-server"].url())
            .env(
                "SERVICE_ISSUERS",
                self.house.data.join("identity/issuers.json"),
            )
            .env("SERVICE_TOKEN_FILE", token)
            .env("LINE_API_BASE", self.line())
            .env("LINE_ACCESS_BASE", self.line())
            .env("LINE_LOGIN_CHANNEL_ID", &credentials.login_channel_id)
            .env(
                "LINE_LOGIN_CHANNEL_SECRET",
                credentials.login_channel_secret.expose_secret(),
            )
            .env(
                "LINE_CHANNEL_ACCESS_TOKEN",
                credentials.channel_access_token.expose_secret(),
            )
            .env(
                "LINE_CHANNEL_SECRET",
                credentials.channel_secret.expose_secret(),
            )
            .env("WEBSITE_LINK", format!("https://{HOST}"));
        let mounted = |end: &str| self.mounted.path().join(format!("{part}.{end}"));
        let program = program.env("TLS_CA", self.mounted.path().join("ca.crt"));
        let program = match part {
            "webhook" => program,
            _ => program
                .env("TLS_CERT", mounted("crt"))
                .env("TLS_KEY", mounted("key")),
        };
        let program = match self.databases.get(part) {
            Some(database) => program.env("DATABASE_URL", self.ground.seen(&database.url())),
            None => program,
        };
        let Some(outside) = self.outside.as_ref().filter(|_| part == "webhook") else {
            return program;
        };
        let outside = self.ground.seen(outside.url());
        let program = program
            .env("LINE_CHANNEL_SECRET", SECRET)
            .env("LINE_CHANNEL_ACCESS_TOKEN", life_on(number))
            .env("LINE_API_BASE", &outside);
        if self.members_are_ours {
            return program;
        }
        program.env("USERS_API", outside)
    }

    /// Replaces the pods of a part one by one, as its Deployment says: another first, and when it is ready the old one is
    /// taken out of its service, left alone for a while, told to end. Says how long each took from then on.
    pub(super) async fn roll(
        &self,
        part: &'static str,
        pods: &mut [Pod],
        ingress: &Ingress,
    ) -> Vec<Duration> {
        let service = &self.services[part];
        let mut exits = Vec::new();
        for (number, pod) in (1..).zip(pods) {
            let fresh = self.pod(part, 2 + number).await;
            service.add(fresh.public);
            ingress.add(part, fresh.public);
            let old = std::mem::replace(pod, fresh);
            let addr = old.public;
            service.retire(addr);
            ingress.retire(part, addr);
            tokio::time::sleep(PRE_STOP).await;
            exits.push(old.stop().await);
            ingress.remove(part, addr);
        }
        exits
    }
}

/// What the webhook's pod of this number is known by to LINE.
pub(super) fn life_on(number: u8) -> String {
    format!("webhook-on-{number}")
}

fn addr_of(url: &str) -> SocketAddr {
    let url: Url = url.parse().unwrap();
    let port = url.port().unwrap();
    SocketAddr::from(([127, 0, 0, 1], port))
}
