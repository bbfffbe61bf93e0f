//! Replicas that fail: who does is left alone, and when all of them did, that is no reason to send anybody away.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use service_kit::http_client::{read_bounded, send};
use tokio::net::TcpListener;

use super::{Backends, Behind, Ingress};

/// Fewer than come in the time for which a replica that failed is left alone.
const REQUESTS: usize = 100;

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_that_fails_is_left_alone() {
    let (ill, well) = (
        Stub::failing(usize::MAX, 1).await,
        Stub::failing(0, 2).await,
    );
    let turned_away = turned_away(&[&ill, &well]).await;
    // Nobody knows before the first, and who is told so asks once more, any of the two.
    assert!(
        turned_away <= 1 && ill.asked() <= 3,
        "{turned_away}, {}",
        ill.asked()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_all_failed_once_are_asked_all_the_same() {
    let (one, other) = (Stub::failing(1, 1).await, Stub::failing(1, 2).await);
    let turned_away = turned_away(&[&one, &other]).await;
    assert!(turned_away <= 2, "{turned_away}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_signs_in_or_sends_a_form_to_nobody_is_told_so_on_a_page() {
    let house = Behind::start("http://localhost").await;
    let mut backends = house.backends();
    let nobody = SocketAddr::from(([127, 0, 0, 1], 1));
    backends.insert("register-server", vec![nobody]);
    let ingress = Ingress::of("demo", "localhost", &backends).await;
    for (method, path) in [
        (Method::GET, "/auth/login"),
        (Method::POST, "/member/update"),
    ] {
        let url = format!("http://{}{path}", ingress.web);
        let request = ingress
            .http
            .request(method, url)
            .header("host", "localhost");
        let answer = send(request.header("accept-language", "ja")).await.unwrap();
        assert_eq!(answer.status(), 502, "{path}");
        assert!(answer.headers().contains_key("content-security-policy"));
        let page = read_bounded(answer, 100_000).await.unwrap();
        let page = String::from_utf8_lossy(&page);
        assert!(page.contains("<html lang=\"ja\""), "{path}: {page}");
    }
}

/// How many of LINE's requests are not answered 200, as fast as they can be made.
async fn turned_away(stubs: &[&Stub]) -> usize {
    let addrs = stubs.iter().map(|stub| stub.addr).collect();
    let ingress = Ingress::of("demo", "localhost", &Backends::from([("webhook", addrs)])).await;
    let mut turned_away = 0;
    for _ in 0..REQUESTS {
        let post = ingress
            .http
            .post(format!("http://{}/callback", ingress.web));
        let answer = send(post.header("host", "localhost").body("{}")).await;
        turned_away += usize::from(answer.unwrap().status() != 200);
    }
    turned_away
}

/// A replica that answers 503 to the first few, and 200 to all others.
struct Stub {
    addr: SocketAddr,
    asked: Arc<AtomicUsize>,
}

impl Stub {
    async fn failing(first: usize, number: u8) -> Self {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, number], 0)));
        let listener = listener.await.unwrap();
        let addr = listener.local_addr().unwrap();
        let asked = Arc::<AtomicUsize>::default();
        let count = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let count = Arc::clone(&count);
                let answer = service_fn(move |_: Request<Incoming>| {
                    let fails = count.fetch_add(1, Ordering::SeqCst) < first;
                    let answer = Response::builder().status(if fails { 503 } else { 200 });
                    let answer = answer.body(Full::<Bytes>::default());
                    async { Ok::<_, Infallible>(answer.unwrap()) }
                });
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
            }
        });
        Self { addr, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}
