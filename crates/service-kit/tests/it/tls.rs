//! Calls over TLS, with a private authority.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::routing::get;
use reqwest::{Client, StatusCode};
use service_kit::Readiness;
use service_kit::http_client::{self, Limits, send};
use service_kit::tls::{TlsConfig, TrustConfig};
use tempfile::TempDir;
use testkit::tls::{Authority, Identity};

use crate::harness::{
    BOUND, Running, connect, fetch, hello, metric, rest, start_with, until_metric,
};
use crate::process::Process;

/// The name by which the tests call.
const NAMES: [&str; 1] = ["127.0.0.1"];

/// A folder as a cluster mounts it.
struct Mounted(TempDir);

impl Mounted {
    fn with(identity: &Identity) -> Self {
        let mounted = Self(tempfile::tempdir().unwrap());
        mounted.put("tls.crt", &identity.certificate);
        mounted.put("tls.key", &identity.key);
        mounted
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// In place of the file that was there, in one step.
    fn put(&self, name: &str, text: &str) {
        let next = self.path("next");
        fs::write(&next, text).unwrap();
        fs::rename(next, self.path(name)).unwrap();
    }

    fn config(&self) -> TlsConfig {
        TlsConfig {
            tls_cert: Some(self.path("tls.crt")),
            tls_key: Some(self.path("tls.key")),
        }
    }

    /// What a start says of these files.
    fn complaint(&self) -> String {
        let error = self.config().acceptor().err().expect("they are refused");
        error.to_string()
    }
}

async fn serve(router: Router, mounted: &Mounted) -> Running {
    let acceptor = mounted.config().acceptor().unwrap();
    start_with(router, Readiness::always(), |server| server.tls(acceptor)).await
}

/// Somebody who was told of these authorities.
fn believing(authorities: &[&Authority]) -> Client {
    let bundle: String = authorities.iter().map(|one| one.pem()).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.crt");
    fs::write(&path, bundle).unwrap();
    let config = TrustConfig { tls_ca: Some(path) };
    config.trust().unwrap().client(Limits::default())
}

async fn hears(client: &Client, addr: impl std::fmt::Display) -> bool {
    let answer = send(client.get(format!("https://{addr}/hello/mei"))).await;
    answer.is_ok_and(|answer| answer.status() == StatusCode::OK)
}

#[tokio::test]
async fn with_a_certificate_it_is_called_over_tls_and_not_otherwise() {
    let authority = Authority::new().unwrap();
    let mounted = Mounted::with(&authority.issue(&NAMES).unwrap());
    let running = serve(hello(), &mounted).await;
    assert!(hears(&believing(&[&authority]), running.public).await);
    assert!(!hears(&http_client::client(Limits::default()), running.public).await);
    let other = Authority::new().unwrap();
    assert!(!hears(&believing(&[&other]), running.public).await);
    let plain = "GET /hello/mei HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut stream = connect(running.public).await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, plain.as_bytes())
        .await
        .unwrap();
    let mut answer = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await;
    assert!(!answer.starts_with(b"HTTP/"), "{answer:?}");
    // Whoever asks after its health need not know the authority.
    assert_eq!(fetch(running.internal, "/livez").await.status(), 200);
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_the_next_caller() {
    let (old, new) = (Authority::new().unwrap(), Authority::new().unwrap());
    let mounted = Mounted::with(&old.issue(&NAMES).unwrap());
    let running = serve(hello(), &mounted).await;
    let kept = believing(&[&old]);
    assert!(hears(&kept, running.public).await);
    let renewed = new.issue(&NAMES).unwrap();
    mounted.put("tls.crt", &renewed.certificate);
    // Between the two, the files do not belong together.
    assert!(hears(&believing(&[&old]), running.public).await);
    mounted.put("tls.key", &renewed.key);
    assert!(hears(&believing(&[&new]), running.public).await);
    assert!(!hears(&believing(&[&old]), running.public).await);
    // Whoever was connected before stays so.
    assert!(hears(&kept, running.public).await);
}

#[tokio::test]
async fn a_renewed_certificate_that_is_of_no_use_leaves_the_one_before() {
    let authority = Authority::new().unwrap();
    let mounted = Mounted::with(&authority.issue(&NAMES).unwrap());
    let process = Process::start_with(&[], "0", &mounted.config());
    assert!(hears(&believing(&[&authority]), process.addr).await);
    for broken in ["", "not a certificate"] {
        mounted.put("tls.crt", broken);
        for _ in 0..3 {
            assert!(hears(&believing(&[&authority]), process.addr).await);
        }
    }
    fs::remove_file(mounted.path("tls.key")).unwrap();
    assert!(hears(&believing(&[&authority]), process.addr).await);
    let renewed = authority.issue(&NAMES).unwrap();
    mounted.put("tls.key", &renewed.key);
    mounted.put("tls.crt", &renewed.certificate);
    assert!(hears(&believing(&[&authority]), process.addr).await);
    process.terminate();
    let (log, _) = process.end().await;
    let errors = log.lines().filter(|line| line.contains("\"ERROR\""));
    assert_eq!(errors.count(), 3, "one for each: {log}");
    assert_eq!(log.matches("TLS_CERT was renewed\"").count(), 1, "{log}");
}

#[test]
fn files_of_no_use_stop_the_start_by_name() {
    let authority = Authority::new().unwrap();
    let identity = authority.issue(&NAMES).unwrap();
    let mounted = Mounted::with(&identity);
    assert!(TlsConfig::default().acceptor().unwrap().is_none());

    mounted.put("tls.key", &authority.issue(&NAMES).unwrap().key);
    let complaint = mounted.complaint();
    assert_eq!(
        complaint,
        "TLS_KEY is not the key of the certificate in TLS_CERT"
    );
    for (file, setting, what) in [
        ("tls.crt", "TLS_CERT", "a certificate"),
        ("tls.key", "TLS_KEY", "a private key"),
    ] {
        let mounted = Mounted::with(&identity);
        for broken in ["", "nothing of this kind"] {
            mounted.put(file, broken);
            let complaint = mounted.complaint();
            let expected = format!("{setting} must name a PEM file with {what};");
            assert!(complaint.starts_with(&expected), "{complaint}");
        }
        fs::remove_file(mounted.path(file)).unwrap();
        let complaint = mounted.complaint();
        let expected = format!("{setting} cannot be read from ");
        assert!(complaint.starts_with(&expected), "{complaint}");
    }
    for broken in ["", "nobody", &identity.key] {
        mounted.put("ca.crt", broken);
        let config = TrustConfig {
            tls_ca: Some(mounted.path("ca.crt")),
        };
        let complaint = config.trust().unwrap_err().to_string();
        assert!(complaint.starts_with("TLS_CA must name "), "{complaint}");
    }
}

#[test]
fn a_private_authority_is_not_believed_at_lines_own_address() {
    const LINE: &str = "https://api.line.me/";
    let authority = Authority::new().unwrap();
    let mounted = Mounted::with(&authority.issue(&NAMES).unwrap());
    mounted.put("ca.crt", &authority.pem());
    let config = TrustConfig {
        tls_ca: Some(mounted.path("ca.crt")),
    };
    let trust = config.trust().unwrap();
    let nobody = format!("{:?}", service_kit::tls::Trust::default());
    for (base, is_believed) in [
        (LINE, false),
        ("https://api.line.me/v2/", false),
        ("https://line.simulator/", true),
        ("https://api.line.me:8443/", true),
    ] {
        let at = format!("{:?}", trust.at(&base.parse().unwrap(), LINE));
        assert_eq!(at != nobody, is_believed, "{base}");
    }
}

#[tokio::test]
async fn w33_a_handshake_that_does_not_end_is_cut_off() {
    let authority = Authority::new().unwrap();
    let mounted = Mounted::with(&authority.issue(&NAMES).unwrap());
    let running = serve(hello(), &mounted).await;
    let mut silent = connect(running.public).await;
    assert_eq!(rest(&mut silent).await, "");
    let cut = r#"http_connections_cut_total{limit="handshake"}"#;
    assert_eq!(metric(running.internal, cut).await, 1);
    until_metric(running.internal, "http_connections", 0).await;
}

#[tokio::test]
async fn an_answer_that_is_not_read_is_not_kept_for_ever() {
    let endless = || async {
        Body::from_stream(futures::stream::repeat_with(|| {
            Ok::<_, std::io::Error>(Bytes::from(vec![b'x'; 1 << 16]))
        }))
    };
    // As long as what TLS takes before the client has.
    let short = || async { vec![b'x'; 8 << 20] };
    let authority = Authority::new().unwrap();
    let mounted = Mounted::with(&authority.issue(&NAMES).unwrap());
    let router = Router::new()
        .route("/endless", get(endless))
        .route("/short", get(short));
    let running = serve(router, &mounted).await;
    let client = believing(&[&authority]);
    let mut unread = Vec::new();
    for path in ["endless", "short"] {
        let request = client.get(format!("https://{}/{path}", running.public));
        unread.push(send(request).await.unwrap());
    }
    let cut = r#"http_connections_cut_total{limit="answer"}"#;
    until_metric(running.internal, cut, 2).await;
    until_metric(running.internal, "http_connections", 0).await;
}

#[tokio::test]
async fn i14_a_stop_over_tls_answers_who_asked_and_waits_for_nobody_else() {
    let (begun, go_on) = (
        std::sync::Arc::new(tokio::sync::Notify::new()),
        std::sync::Arc::new(tokio::sync::Notify::new()),
    );
    let (told, may) = (begun.clone(), go_on.clone());
    let slow = move || async move {
        told.notify_one();
        may.notified().await;
        "done"
    };
    let authority = Authority::new().unwrap();
    let mounted = Mounted::with(&authority.issue(&NAMES).unwrap());
    let running = serve(hello().route("/slow", get(slow)), &mounted).await;
    let idle = believing(&[&authority]);
    assert!(hears(&idle, running.public).await);
    let mut silent = connect(running.public).await;
    let asking = believing(&[&authority]).get(format!("https://{}/slow", running.public));
    let asking = tokio::spawn(send(asking));
    begun.notified().await;
    running.stop.cancel();
    let stopped = Instant::now();
    assert_eq!(rest(&mut silent).await, "");
    go_on.notify_one();
    let answer = asking.await.unwrap().unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["connection"], "close");
    tokio::time::timeout(BOUND, running.drained)
        .await
        .expect("the server stops")
        .unwrap();
    assert!(stopped.elapsed() < Duration::from_secs(9));
}
