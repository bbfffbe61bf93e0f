//! Each program does its work there: it starts, keeps what it owns, finds names and believes a private authority.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use service_kit::http_client::{Limits, send};
use service_kit::tls::TrustConfig;
use testkit::people::Sim;
use testkit::port;
use testkit::process::{Process, Program};
use testkit::tls::Authority;

use super::super::image::{Image, parts};
use super::super::rig::{SECRET, until};
use super::cage::{assert_confined, confined, is_root};
use super::stranger::{HOST, RESOLVER, listen, serve_names};

/// A program that has something to ask asks within this.
const PATIENCE: Duration = Duration::from_secs(30);

#[test]
#[ignore = "needs the images"]
fn o08_every_image_runs_as_nobody_in_particular() {
    assert!(is_root(), "only root can take everything from a program");
    for (part, _) in parts() {
        let image = Image::of(&part);
        let program = confined(&image, &part).arg("--version");
        let mut process = program.start().unwrap();
        let status = process.wait(Duration::from_secs(10)).unwrap();
        assert!(status.success(), "{part}: {}", program.said());
        assert_eq!(
            program.said(),
            format!("{part} {}\n", env!("CARGO_PKG_VERSION"))
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs the images"]
async fn o08_every_program_finds_names_and_believes_a_private_authority() {
    assert!(is_root(), "only root can take everything from a program");
    serve_names();
    for (part, _) in parts() {
        let mut cell = Cell::of(&part).await;
        cell.start().await;
        cell.provoke().await;
        let asked = Arc::clone(&cell.asked);
        until(PATIENCE, &format!("{part} asks"), async || {
            asked.load(Ordering::SeqCst) > 0
        })
        .await;
        eprintln!("O08: {part} asked over TLS, as nobody in particular");
    }
}

/// One program with its settings, and the one whom it asks.
struct Cell {
    part: String,
    image: Image,
    program: Program,
    process: Option<Process>,
    public: SocketAddr,
    internal: SocketAddr,
    /// How often somebody was asked whom only a private authority vouches for, under a name that must be looked up.
    asked: Arc<AtomicUsize>,
}

impl Cell {
    async fn of(part: &str) -> Self {
        let authority = Authority::new().unwrap();
        let (stranger, asked) = listen(&authority.issue(&[HOST]).unwrap()).await;
        let stranger = format!("https://{HOST}:{}", stranger.port());
        let image = Image::of(part);
        let (public, internal) = (local(), local());
        let ours = authority.issue(&["127.0.0.1"]).unwrap();
        let program = [
            ("LISTEN_ADDR", public.to_string()),
            ("INTERNAL_ADDR", internal.to_string()),
            ("PROFILE", "production".into()),
            ("DATABASE_URL", format!("sqlite:///data/{part}.db")),
            ("SQLITE_TMPDIR", "/data".into()),
            ("SERVICE_ISSUERS", "/run/issuers.json".into()),
            ("SERVICE_TOKEN_FILE", "/run/token".into()),
            ("TLS_CA", "/run/ca.crt".into()),
            ("TLS_CERT", "/run/tls.crt".into()),
            ("TLS_KEY", "/run/tls.key".into()),
            ("USERS_API", stranger.clone()),
            ("REGISTER_SERVER", stranger.clone()),
            ("LINE_API_BASE", stranger.clone()),
            ("LINE_ACCESS_BASE", stranger.clone()),
            ("LINE_CHANNEL_SECRET", SECRET.into()),
            ("LINE_CHANNEL_ACCESS_TOKEN", "an-access-token".into()),
            ("LINE_LOGIN_CHANNEL_ID", "2000000002".into()),
            ("LINE_LOGIN_CHANNEL_SECRET", SECRET.into()),
            ("PUBLIC_URL", format!("https://{public}")),
            ("WEBSITE_LINK", "https://join.example/here".into()),
            ("CAMPAIGNS", "/run/campaigns".into()),
        ]
        .into_iter()
        .fold(confined(&image, part), |program, (name, value)| {
            program.env(name, value)
        });
        let program = match part {
            "push-msg" => program.arg("serve"),
            // It believes whom the system believes, and calls the webhook as LINE would.
            "simulator" => program
                .env("WEBHOOK_URL", &stranger)
                .env("SSL_CERT_FILE", "/run/ca.crt"),
            _ => program,
        };
        let write = |path: &str, text: &str| fs::write(image.root().join(path), text).unwrap();
        fs::create_dir(image.root().join("run/campaigns")).unwrap();
        write("etc/resolv.conf", RESOLVER);
        write("run/ca.crt", &authority.pem());
        write("run/tls.crt", &ours.certificate);
        write("run/tls.key", &ours.key);
        write("run/token", "a-service-token");
        write("run/issuers.json", &issuers(&stranger));
        Self {
            part: part.to_owned(),
            image,
            program,
            process: None,
            public,
            internal,
            asked,
        }
    }

    async fn start(&mut self) {
        let mut process = self.program.start().unwrap();
        if self.part == "simulator" {
            let public = self.public;
            until(PATIENCE, "the simulator", async || {
                TcpStream::connect(public).is_ok()
            })
            .await;
        } else {
            let ready = process.ready(self.internal).await;
            ready.unwrap_or_else(|error| panic!("{error:#}"));
        }
        assert_confined(&mut process, &self.image.root());
        self.process = Some(process);
    }

    /// Has it ask, if it does not by itself.
    async fn provoke(&self) {
        match self.part.as_str() {
            "api-users" => {
                let answer = self.call(|url, http| http.get(url("/users")).bearer_auth(token()));
                assert_eq!(answer.await.status(), StatusCode::UNAUTHORIZED);
            }
            "register-client" => {
                let cookie = "__Host-kaiin-session=x";
                let page = |url: Url<'_>, http: &Client| {
                    http.get(url("/en/")).header(header::COOKIE, cookie)
                };
                self.call(page).await;
            }
            "register-server" => self.sign_in().await,
            "simulator" => {
                let at = format!("http://{}/", self.public).parse().unwrap();
                let person = Sim::at(&at).unwrap().add("Mei", "en").await.unwrap();
                person.follow().await.unwrap();
            }
            // They ask who was erased.
            _ => {}
        }
    }

    /// Comes back from LINE with a code, which LINE is asked about.
    async fn sign_in(&self) {
        let begun = self.call(|url, http| http.get(url("/auth/login"))).await;
        assert_eq!(begun.status(), StatusCode::SEE_OTHER);
        let cookies: Vec<_> = begun.headers().get_all(header::SET_COOKIE).iter().collect();
        let cookies = cookies.iter().map(|cookie| cookie.to_str().unwrap());
        let cookies: Vec<_> = cookies
            .map(|cookie| cookie.split(';').next().unwrap())
            .collect();
        let to = begun.headers()[header::LOCATION].to_str().unwrap();
        let to: url::Url = to.parse().unwrap();
        let mut fields = to.query_pairs();
        let (_, state) = fields.find(|(name, _)| name == "state").unwrap();
        let back = format!("/auth/callback?code=a-code&state={state}");
        let cookies = cookies.join("; ");
        self.call(|url, http| http.get(url(&back)).header(header::COOKIE, &cookies))
            .await;
    }

    /// Calls it over TLS, by the certificate that it was given.
    async fn call(&self, request: impl FnOnce(Url<'_>, &Client) -> RequestBuilder) -> Response {
        let trust = TrustConfig {
            tls_ca: Some(self.image.root().join("run/ca.crt")),
        };
        let client = trust.trust().unwrap().client(Limits::default());
        let url = |path: &str| format!("https://{}{path}", self.public);
        let answer = send(request(&url, &client)).await;
        answer.unwrap_or_else(|error| panic!("{}: {error:?}\n{}", self.part, self.program.said()))
    }
}

impl Drop for Cell {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.program.said());
        }
    }
}

/// Where a path of the program is.
type Url<'a> = &'a dyn Fn(&str) -> String;

fn local() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port::free()))
}

fn issuers(stranger: &str) -> String {
    format!(
        r#"{{"issuers":[{{"issuer":"https://{HOST}","algorithm":"ES256","jwks_url":"{stranger}/jwks","ca_file":"ca.crt"}}]}}"#
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
