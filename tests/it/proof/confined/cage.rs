//! O08: the programs of the images as a cluster runs them: nobody in particular, with a root that is read-only, no
//! capabilities and no way to new ones.

use std::fs;
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use service_kit::http_client::{Limits, send};
use service_kit::tls::TrustConfig;
use testkit::port;
use testkit::process::{Process, Program};
use testkit::tls::{Authority, Identity};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::image::{Image, parts};
use crate::manifests::render::tool;

/// A name that only the test's own name server knows.
const HOST: &str = "keys.kaiin.test";
/// Where that server is: a resolver's port cannot be chosen.
const NAME_SERVER: &str = "127.9.9.9:53";

/// Runs `$@` of the image whose root is `$0`, as the restricted profile of Kubernetes has it run.
const CONFINE: &str = r#"
set -e
mount --bind "$0" "$0"
mount -t proc proc "$0/proc"
mount -t tmpfs -o uid=65532,gid=65532,mode=700 data "$0/data"
mount -o remount,bind,ro "$0"
exec setpriv --no-new-privs chroot --userspec=65532:65532 --groups= "$0" "$@"
"#;

/// A program of an image, to be run. What a cluster mounts is there already.
fn confined(image: &Image, part: &str) -> Program {
    for mount in ["proc", "data", "run", "etc"] {
        fs::create_dir_all(image.root().join(mount)).unwrap();
    }
    Program::at(&tool("unshare"))
        .arg("--mount")
        .arg("--pid")
        .arg("--fork")
        .arg("--kill-child")
        .arg("sh")
        .arg("-c")
        .arg(CONFINE)
        .arg(image.root())
        .arg(format!("/{part}"))
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

#[test]
#[ignore = "needs the images"]
fn o08_every_image_runs_as_nobody_in_particular() {
    assert!(is_root(), "only root can take everything from a program");
    for (part, _) in parts() {
        let image = Image::of(&part);
        let program = confined(&image, &part).arg("--version");
        let mut process = program.start().unwrap();
        let status = process.wait(std::time::Duration::from_secs(10)).unwrap();
        assert!(status.success(), "{part}: {}", program.said());
        assert_eq!(
            program.said(),
            format!("{part} {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
}

#[tokio::test]
#[ignore = "needs the images"]
async fn o08_a_confined_service_finds_names_and_believes_a_private_authority() {
    assert!(is_root(), "only root can take everything from a program");
    let authority = Authority::new().unwrap();
    let (keys, asked) = keys(&authority.issue(&[HOST]).unwrap()).await;
    serve_names();

    let image = Image::of("api-users");
    let (public, internal) = (local(), local());
    let program = confined(&image, "api-users")
        .env("LISTEN_ADDR", public.to_string())
        .env("INTERNAL_ADDR", internal.to_string())
        .env("DATABASE_URL", "sqlite:///data/api-users.db")
        .env("SQLITE_TMPDIR", "/data")
        .env("SERVICE_ISSUERS", "/run/issuers.json")
        .env("TLS_CERT", "/run/tls.crt")
        .env("TLS_KEY", "/run/tls.key")
        .env("PROFILE", "production");
    let write = |path: &str, text: &str| fs::write(image.root().join(path), text).unwrap();
    write("etc/resolv.conf", "nameserver 127.9.9.9\n");
    write("run/ca.crt", &authority.pem());
    let ours = authority.issue(&["127.0.0.1"]).unwrap();
    write("run/tls.crt", &ours.certificate);
    write("run/tls.key", &ours.key);
    write("run/issuers.json", &issuers(keys.port()));
    let mut process = program.start().unwrap();
    process.ready(internal).await.unwrap();
    assert_confined(&mut process, &image.root());

    let trust = TrustConfig {
        tls_ca: Some(image.root().join("run/ca.crt")),
    };
    let client = trust.trust().unwrap().client(Limits::default());
    let request = client.get(format!("https://{public}/users"));
    let answer = send(request.bearer_auth(token())).await.unwrap();
    assert_eq!(answer.status(), 401, "{}", program.said());
    assert!(
        asked.load(Ordering::SeqCst) > 0,
        "nobody asked for the keys: {}",
        program.said()
    );
}

fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port::free()))
}

fn issuers(port: u16) -> String {
    format!(
        r#"{{"issuers":[{{"issuer":"https://{HOST}","algorithm":"ES256","jwks_url":"https://{HOST}:{port}/jwks","ca_file":"ca.crt"}}]}}"#
    )
}

/// A token whose key nobody knows.
fn token() -> String {
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let head = part(r#"{"alg":"ES256","typ":"JWT","kid":"unknown"}"#);
    let claims = part(&format!(
        r#"{{"iss":"https://{HOST}","sub":"x","aud":"api-users","exp":4102444800}}"#
    ));
    format!("{head}.{claims}.{}", part("nothing"))
}

/// What the kernel says of the process behind the wrapper.
fn assert_confined(process: &mut Process, root: &Path) {
    let id = child(process.pid().unwrap());
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let field = |name: &str| {
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap();
        line.trim_start_matches(':')
            .split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(field("Uid"), ["65532"; 4]);
    assert_eq!(field("Gid"), ["65532"; 4]);
    assert!(field("Groups").is_empty());
    for kind in ["CapEff", "CapPrm", "CapInh", "CapAmb"] {
        assert_eq!(field(kind), ["0000000000000000"], "{kind}");
    }
    assert_eq!(field("NoNewPrivs"), ["1"]);
    let mounts = fs::read_to_string(format!("/proc/{id}/mountinfo")).unwrap();
    let mut ours = mounts
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>());
    let ours = ours
        .rfind(|mount| mount[4] == "/" || Path::new(mount[4]) == root)
        .unwrap();
    assert!(ours[5].split(',').any(|option| option == "ro"), "{ours:?}");
}

/// The program that the wrapper runs in the end.
fn child(wrapper: u32) -> u32 {
    let children = fs::read_to_string(format!("/proc/{wrapper}/task/{wrapper}/children")).unwrap();
    children.split_whitespace().next().unwrap().parse().unwrap()
}

/// Serves no keys at all over TLS, and counts who asks for them.
async fn keys(identity: &Identity) -> (SocketAddr, Arc<AtomicUsize>) {
    let chain = CertificateDer::pem_slice_iter(identity.certificate.as_bytes())
        .collect::<Result<_, _>>()
        .unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let asked = Arc::<AtomicUsize>::default();
    let count = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // Whoever does not believe the certificate ends here.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut request = [0; 2048];
            let _ = stream.read(&mut request).await;
            count.fetch_add(1, Ordering::SeqCst);
            let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 11\r\nconnection: close\r\n\r\n{\"keys\":[]}";
            let _ = stream.write_all(answer.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    (addr, asked)
}

/// Says of every name that it is this machine's.
fn serve_names() {
    let socket = UdpSocket::bind(NAME_SERVER).unwrap();
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut query) {
            let _ = socket.send_to(&name_answer(&query[..length]), from);
        }
    });
}

/// The question, and for an IPv4 address 127.0.0.1 (RFC 1035 §4.1).
fn name_answer(query: &[u8]) -> Vec<u8> {
    let end = 12 + query[12..].iter().position(|byte| *byte == 0).unwrap() + 5;
    let is_v4 = query[end - 4..end - 2] == [0, 1];
    let mut answer = query[..end].to_vec();
    answer[2..12].copy_from_slice(&[0x81, 0x80, 0, 1, 0, u8::from(is_v4), 0, 0, 0, 0]);
    if is_v4 {
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    }
    answer
}
