//! Traefik with an overlay's routes, before services that run here.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use reqwest::Client;
use serde::Deserialize as _;
use serde_json::{Value, json};
use service_kit::http_client::{self, Limits, send};
use testkit::port;
use testkit::process::{Process, Program};
use testkit::tls::{Authority, Identity};

use super::kubernetes::Kubernetes;
use crate::house::root;
use crate::manifests::object::{list, text};
use crate::manifests::render::{Manifests, tool};

/// Longer than Traefik takes to read everything on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// What runs behind each service.
pub(crate) type Backends = BTreeMap<&'static str, Vec<SocketAddr>>;

/// Traefik, serving.
pub(crate) struct Ingress {
    /// Without TLS.
    pub(crate) web: SocketAddr,
    /// With TLS.
    pub(crate) websecure: SocketAddr,
    /// Who signed its certificate, PEM.
    pub(crate) authority: String,
    /// By which a browser knows its certificate.
    pub(crate) pin: String,
    /// For what needs no TLS.
    pub(crate) http: Client,
    kubernetes: Kubernetes,
    program: Program,
    _process: Process,
}

impl Ingress {
    /// Starts it with what an overlay says, and waits until it has read that.
    pub(crate) async fn of(overlay: &'static str, host: &str, backends: &Backends) -> Self {
        Self::trusting("", overlay, host, backends).await
    }

    /// The same where the services behind it show certificates of this authority, PEM.
    pub(crate) async fn trusting(
        inside: &str,
        overlay: &'static str,
        host: &str,
        backends: &Backends,
    ) -> Self {
        let authority = Authority::new().unwrap();
        let identity = authority.issue(&[host]).unwrap();
        let kubernetes = Kubernetes::with(cluster(overlay, &identity, inside, backends)).await;
        let local = || SocketAddr::from(([127, 0, 0, 1], port::free()));
        let (web, websecure) = (local(), local());
        let program = arguments()
            .into_iter()
            .fold(Program::at(&tool("traefik")), Program::arg)
            .arg(format!("--entryPoints.web.address={web}"))
            .arg(format!("--entryPoints.websecure.address={websecure}"))
            .arg(format!("--entryPoints.line.address={}", local()))
            .arg(format!(
                "--providers.kubernetescrd.endpoint=http://{}",
                kubernetes.addr
            ))
            .arg("--providers.kubernetescrd.token=of-no-use")
            .arg("--providers.kubernetescrd.allowEmptyServices=true")
            .arg("--log.level=INFO");
        let ingress = Self {
            web,
            websecure,
            authority: authority.pem(),
            pin: identity.pin,
            http: http_client::client(Limits::default()),
            kubernetes,
            _process: program.start().unwrap(),
            program,
        };
        ingress.wait(host).await;
        ingress
    }

    /// A pod has become ready.
    pub(crate) fn add(&self, service: &str, addr: SocketAddr) {
        self.kubernetes.apply(slice(service, addr, true));
    }

    /// A pod is about to end.
    pub(crate) fn retire(&self, service: &str, addr: SocketAddr) {
        self.kubernetes.apply(slice(service, addr, false));
    }

    /// A pod is gone.
    pub(crate) fn remove(&self, service: &str, addr: SocketAddr) {
        let name = slice_name(service, addr);
        self.kubernetes.delete("EndpointSlice", &name);
    }

    /// A client that finds `host` here, and believes its certificate.
    #[expect(
        clippy::disallowed_methods,
        reason = "only this builder takes an address for a name"
    )]
    pub(crate) fn client(&self, host: &str) -> Client {
        Client::builder()
            .resolve(host, self.websecure)
            .redirect(reqwest::redirect::Policy::none())
            .pool_idle_timeout(Duration::from_secs(4))
            .tls_certs_only([reqwest::Certificate::from_pem(self.authority.as_bytes()).unwrap()])
            .build()
            .unwrap()
    }

    /// What it wrote.
    pub(crate) fn said(&self) -> String {
        self.program.said()
    }

    /// It listens before it knows its routes: then it knows no path.
    async fn wait(&self, host: &str) {
        let begin = std::time::Instant::now();
        let ready = async || {
            let request = self
                .http
                .get(format!("http://{}/", self.web))
                .header("host", host);
            send(request)
                .await
                .is_ok_and(|answer| answer.status() != 404)
        };
        while !ready().await {
            let asked = self.kubernetes.asked();
            assert!(
                begin.elapsed() < PATIENCE,
                "it asked for {asked:?} and said {}",
                self.said()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        let said = self.said();
        assert!(!said.contains(" ERR "), "{said}");
    }
}

/// What the values of Traefik's chart say that the chart has no word for.
fn arguments() -> Vec<String> {
    let values = std::fs::read_to_string(root().join("traefik/values.yaml")).unwrap();
    let values = Value::deserialize(serde_norway::Deserializer::from_str(&values)).unwrap();
    let arguments = list(&values, "/additionalArguments").iter();
    arguments
        .map(|argument| argument.as_str().unwrap().to_owned())
        .collect()
}

/// The overlay's objects, and what a cluster makes beside them: addresses of pods, and a certificate.
fn cluster(
    overlay: &'static str,
    identity: &Identity,
    inside: &str,
    backends: &Backends,
) -> Vec<Value> {
    let mut objects = Manifests::of(overlay).objects;
    objects.retain(|object| {
        let traefik = text(object, "/apiVersion").starts_with("traefik.io/");
        traefik || text(object, "/kind") == "Service"
    });
    for (service, addrs) in backends {
        objects.extend(addrs.iter().map(|addr| slice(service, *addr, true)));
    }
    let base64 = |text: &str| base64::Engine::encode(&base64::prelude::BASE64_STANDARD, text);
    objects.push(json!({
        "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
        "metadata": { "name": "website-tls", "namespace": "kaiin" },
        "data": { "tls.crt": base64(&identity.certificate), "tls.key": base64(&identity.key) },
    }));
    objects.extend(["api-users-tls", "register-client-tls"].map(|name| {
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": { "name": name, "namespace": "kaiin" },
            "data": { "ca.crt": base64(inside) },
        })
    }));
    objects
}

/// A pod's place in a service. Each has a port of its own here, of which a slice has one.
fn slice(service: &str, addr: SocketAddr, ready: bool) -> Value {
    json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
        "metadata": {
            "name": slice_name(service, addr), "namespace": "kaiin",
            "labels": { "kubernetes.io/service-name": service },
        },
        "ports": [{ "name": "http", "port": addr.port(), "protocol": "TCP" }],
        "endpoints": [{
            "addresses": [addr.ip()],
            "conditions": { "ready": ready, "serving": true, "terminating": !ready },
        }],
    })
}

fn slice_name(service: &str, addr: SocketAddr) -> String {
    format!("{service}-{}", addr.port())
}
