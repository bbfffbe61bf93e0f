//! As much of the Kubernetes API as Traefik asks for: lists, and watches of what changes.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http::{Request, Response, Uri, header};
use http_body_util::StreamBody;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::manifests::object::{name, text};

/// What Traefik asks for: in addresses, and what it is.
const KINDS: [(&str, &str, &str); 15] = [
    ("configmaps", "ConfigMap", "v1"),
    ("nodes", "Node", "v1"),
    ("secrets", "Secret", "v1"),
    ("services", "Service", "v1"),
    ("endpointslices", "EndpointSlice", "discovery.k8s.io/v1"),
    ("ingressroutes", "IngressRoute", TRAEFIK),
    ("ingressroutetcps", "IngressRouteTCP", TRAEFIK),
    ("ingressrouteudps", "IngressRouteUDP", TRAEFIK),
    ("middlewares", "Middleware", TRAEFIK),
    ("middlewaretcps", "MiddlewareTCP", TRAEFIK),
    ("serverstransports", "ServersTransport", TRAEFIK),
    ("serverstransporttcps", "ServersTransportTCP", TRAEFIK),
    ("tlsoptions", "TLSOption", TRAEFIK),
    ("tlsstores", "TLSStore", TRAEFIK),
    ("traefikservices", "TraefikService", TRAEFIK),
];
const TRAEFIK: &str = "traefik.io/v1alpha1";

type Body = BoxBody<Bytes, Infallible>;

/// An API server with these objects.
pub(super) struct Kubernetes {
    pub(super) addr: SocketAddr,
    cluster: Arc<Cluster>,
}

#[derive(Default)]
struct Cluster {
    held: Mutex<Held>,
    /// How many changes there were.
    version: watch::Sender<usize>,
    asked: Mutex<BTreeSet<String>>,
}

#[derive(Default)]
struct Held {
    objects: Vec<Value>,
    /// Each a kind, and a line that tells of it.
    changes: Vec<(String, String)>,
}

impl Kubernetes {
    pub(super) async fn with(objects: Vec<Value>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let cluster = Arc::<Cluster>::default();
        for object in objects {
            cluster.apply(object);
        }
        let served = Arc::clone(&cluster);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let cluster = Arc::clone(&served);
                let answer = service_fn(move |request: Request<Incoming>| {
                    let answer = answer(&cluster, request.uri());
                    async move { Ok::<_, Infallible>(answer) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
        Self { addr, cluster }
    }

    /// The resources that were asked for.
    pub(super) fn asked(&self) -> BTreeSet<String> {
        self.cluster.asked.lock().unwrap().clone()
    }

    /// Puts an object there, in place of the one of its name.
    pub(super) fn apply(&self, object: Value) {
        self.cluster.apply(object);
    }

    /// Takes the object of this kind and name away.
    pub(super) fn delete(&self, kind: &str, wanted: &str) {
        let mut held = self.cluster.held.lock().unwrap();
        let place = held.position(kind, wanted).expect("it is there");
        let gone = held.objects.remove(place);
        held.tell("DELETED", &gone);
        self.cluster.version.send_replace(held.changes.len());
    }
}

impl Cluster {
    /// With what only an API server writes.
    fn apply(&self, mut object: Value) {
        let mut held = self.held.lock().unwrap();
        let version = held.changes.len() + 1;
        let place = held.position(text(&object, "/kind"), name(&object));
        let number = place.unwrap_or(held.objects.len());
        object["metadata"]["uid"] = json!(format!("00000000-0000-4000-8000-{number:012}"));
        object["metadata"]["resourceVersion"] = json!(version.to_string());
        let event = if place.is_some() { "MODIFIED" } else { "ADDED" };
        held.tell(event, &object);
        match place {
            Some(place) => held.objects[place] = object,
            None => held.objects.push(object),
        }
        self.version.send_replace(version);
    }
}

impl Held {
    fn position(&self, kind: &str, wanted: &str) -> Option<usize> {
        let is_it = |object: &Value| text(object, "/kind") == kind && name(object) == wanted;
        self.objects.iter().position(is_it)
    }

    fn tell(&mut self, event: &str, object: &Value) {
        let line = format!("{}\n", json!({ "type": event, "object": object }));
        self.changes.push((text(object, "/kind").to_owned(), line));
    }
}

fn answer(cluster: &Arc<Cluster>, uri: &Uri) -> Response<Body> {
    let resource = uri.path().rsplit('/').next().unwrap_or_default();
    cluster.asked.lock().unwrap().insert(resource.to_owned());
    let Some((_, kind, version)) = KINDS.iter().find(|(plural, _, _)| *plural == resource) else {
        let nothing = Full::<Bytes>::default().boxed();
        return Response::builder().status(404).body(nothing).unwrap();
    };
    let held = cluster.held.lock().unwrap();
    let items = held.objects.iter();
    let items: Vec<_> = items
        .filter(|object| text(object, "/kind") == *kind)
        .collect();
    let query = uri.query().unwrap_or_default();
    let body = if query.contains("watch=true") || query.contains("watch=1") {
        // Whoever has listed already wants to hear of nothing but changes since; whoever has not, of everything first.
        let (first, since) = if query.contains("sendInitialEvents=true") {
            (
                first_events(kind, version, &items, held.changes.len()),
                held.changes.len(),
            )
        } else {
            (String::new(), listed(query))
        };
        changes(Arc::clone(cluster), kind, first, since)
    } else {
        let list = json!({
            "kind": format!("{kind}List"), "apiVersion": version,
            "metadata": { "resourceVersion": held.changes.len().to_string() }, "items": items,
        });
        Full::from(list.to_string()).boxed()
    };
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .unwrap()
}

/// How many changes there were when this client listed.
fn listed(query: &str) -> usize {
    let version = query
        .split('&')
        .find_map(|part| part.strip_prefix("resourceVersion="));
    version
        .and_then(|version| version.parse().ok())
        .unwrap_or_default()
}

/// Everything there is, and that this was everything.
fn first_events(kind: &str, version: &str, items: &[&Value], changes: usize) -> String {
    let mut events: Vec<_> = items
        .iter()
        .map(|item| json!({ "type": "ADDED", "object": item }))
        .collect();
    let end = json!({
        "resourceVersion": changes.to_string(),
        "annotations": { "k8s.io/initial-events-end": "true" },
    });
    events.push(json!({ "type": "BOOKMARK", "object": { "kind": kind, "apiVersion": version, "metadata": end } }));
    let lines: Vec<_> = events.iter().map(|event| format!("{event}\n")).collect();
    lines.concat()
}

/// A body that begins so, tells of every change of this kind after the first so many, and does not end.
fn changes(cluster: Arc<Cluster>, kind: &'static str, first: String, since: usize) -> Body {
    let told = cluster.version.subscribe();
    let first = stream::once(async move { Ok(Frame::data(Bytes::from(first))) });
    let rest = stream::unfold(
        (cluster, told, since),
        move |(cluster, mut told, since)| async move {
            told.wait_for(|version| *version > since).await.ok()?;
            let (lines, version) = {
                let held = cluster.held.lock().unwrap();
                let new = held.changes[since..].iter();
                let lines: String = new
                    .filter(|(changed, _)| changed == kind)
                    .map(|(_, line)| line.as_str())
                    .collect();
                (lines, held.changes.len())
            };
            Some((
                Ok(Frame::data(Bytes::from(lines))),
                (cluster, told, version),
            ))
        },
    );
    http_body_util::BodyExt::boxed(StreamBody::new(first.chain(rest)))
}
