//! As much of the Kubernetes API as Traefik asks for: lists, and watches on which nothing happens.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Request, Response, header};
use http_body_util::StreamBody;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::manifests::object::text;

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
    asked: Arc<Mutex<BTreeSet<String>>>,
}

impl Kubernetes {
    pub(super) async fn with(objects: Vec<Value>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<BTreeSet<String>>>::default();
        let (objects, log) = (Arc::new(numbered(objects)), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (objects, log) = (Arc::clone(&objects), Arc::clone(&log));
                let answer = service_fn(move |request: Request<Incoming>| {
                    let resource = request
                        .uri()
                        .path()
                        .rsplit('/')
                        .next()
                        .unwrap_or_default()
                        .to_owned();
                    let answer = answer(
                        &objects,
                        &resource,
                        request.uri().query().unwrap_or_default(),
                    );
                    log.lock().unwrap().insert(resource);
                    async move { Ok::<_, Infallible>(answer) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
        Self { addr, asked }
    }

    /// The resources that were asked for.
    pub(super) fn asked(&self) -> BTreeSet<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// With what only an API server writes.
fn numbered(objects: Vec<Value>) -> Vec<Value> {
    let number = |(number, mut object): (usize, Value)| {
        object["metadata"]["uid"] = json!(format!("00000000-0000-4000-8000-{number:012}"));
        object["metadata"]["resourceVersion"] = json!("1");
        object
    };
    objects.into_iter().enumerate().map(number).collect()
}

fn answer(objects: &[Value], resource: &str, query: &str) -> Response<Body> {
    let Some((_, kind, version)) = KINDS.iter().find(|(plural, _, _)| *plural == resource) else {
        let nothing = Full::<Bytes>::default().boxed();
        return Response::builder().status(404).body(nothing).unwrap();
    };
    let items: Vec<_> = objects
        .iter()
        .filter(|object| text(object, "/kind") == *kind)
        .collect();
    let body = if query.contains("watch=true") || query.contains("watch=1") {
        // Whoever has listed already wants to hear of nothing but changes; whoever has not, of everything first.
        let all = query.contains("sendInitialEvents=true");
        forever(if all {
            first_events(kind, version, &items)
        } else {
            String::new()
        })
    } else {
        let list = json!({
            "kind": format!("{kind}List"), "apiVersion": version,
            "metadata": { "resourceVersion": "1" }, "items": items,
        });
        Full::from(list.to_string()).boxed()
    };
    Response::builder()
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .unwrap()
}

/// Everything there is, and that this was everything.
fn first_events(kind: &str, version: &str, items: &[&Value]) -> String {
    let mut events: Vec<_> = items
        .iter()
        .map(|item| json!({ "type": "ADDED", "object": item }))
        .collect();
    let end =
        json!({ "resourceVersion": "1", "annotations": { "k8s.io/initial-events-end": "true" } });
    events.push(json!({ "type": "BOOKMARK", "object": { "kind": kind, "apiVersion": version, "metadata": end } }));
    let lines: Vec<_> = events.iter().map(|event| format!("{event}\n")).collect();
    lines.concat()
}

/// A body that begins so and does not end.
fn forever(beginning: String) -> Body {
    let first = futures::stream::once(async move { Ok(Frame::data(Bytes::from(beginning))) });
    let rest = futures::stream::pending();
    StreamBody::new(futures::StreamExt::chain(first, rest)).boxed()
}
