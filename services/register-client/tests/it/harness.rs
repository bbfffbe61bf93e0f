use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::{HeaderMap, StatusCode, Uri, header};
use member_session::{Consent, Friendship, Language, Membership, Session, Visitor};
use register_client::{App, Config};
use service_kit::{Clock, Profile, Timestamp, http_client};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// 2026-08-07 16:30 UTC.
pub(crate) const REGISTERED_AT: i64 = 1_786_120_200_000;

const TOPICS: &str = "topics:
  - name: events
    title: { zh-TW: 活動, ja: イベント, th: กิจกรรม, en: 'Events of %{brand}' }
    detail: { zh-TW: 一, ja: 二, th: สาม, en: Once a month }
  - name: offers
    title: { zh-TW: 優惠, ja: 特典, th: สิทธิพิเศษ, en: Offers }
    detail: { zh-TW: 一, ja: 二, th: สาม, en: Now and then }
";

/// The cookie of somebody who signed in, be it long ago.
pub(crate) const SIGNED_IN: &str = "__Host-kaiin-session=abc";

/// What the forms of whoever is signed in carry.
pub(crate) const FORM_TOKEN: &str = "canary-form-token";

/// What the stand-in answers, and what it was asked.
#[derive(Clone)]
pub(crate) struct RegisterServer {
    inner: Arc<Mutex<Inner>>,
    pub(crate) addr: SocketAddr,
}

struct Inner {
    status: StatusCode,
    body: String,
    cookies: Vec<String>,
    asked: Vec<HeaderMap>,
    addresses: Vec<String>,
}

impl RegisterServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            addr: listener.local_addr().unwrap(),
            inner: Arc::new(Mutex::new(Inner {
                status: StatusCode::OK,
                body: serde_json::to_string(&nobody()).unwrap(),
                cookies: Vec::new(),
                asked: Vec::new(),
                addresses: Vec::new(),
            })),
        };
        let router = Router::new()
            .route("/member/session", get(answer))
            .with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        server
    }

    pub(crate) fn says(&self, session: &Session) {
        self.says_raw(StatusCode::OK, &serde_json::to_string(session).unwrap());
    }

    pub(crate) fn says_raw(&self, status: StatusCode, body: &str) {
        let mut inner = self.inner.lock().unwrap();
        inner.status = status;
        body.clone_into(&mut inner.body);
    }

    pub(crate) fn sets_cookie(&self, cookie: &str) {
        self.inner.lock().unwrap().cookies.push(cookie.to_owned());
    }

    /// The headers of every call so far.
    pub(crate) fn asked(&self) -> Vec<HeaderMap> {
        self.inner.lock().unwrap().asked.clone()
    }

    /// The address of every call so far.
    pub(crate) fn addresses(&self) -> Vec<String> {
        self.inner.lock().unwrap().addresses.clone()
    }
}

async fn answer(State(server): State<RegisterServer>, uri: Uri, headers: HeaderMap) -> Response {
    let mut inner = server.inner.lock().unwrap();
    inner.addresses.push(uri.to_string());
    inner.asked.push(headers);
    let mut response = (inner.status, inner.body.clone()).into_response();
    for cookie in &inner.cookies {
        response
            .headers_mut()
            .append(header::SET_COOKIE, cookie.parse().unwrap());
    }
    response
}

/// The website, running.
pub(crate) struct Website {
    pub(crate) register_server: RegisterServer,
    pub(crate) client: reqwest::Client,
    addr: SocketAddr,
    _stop: oneshot::Sender<()>,
    _folder: TempDir,
}

impl Website {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut Config)) -> Self {
        let register_server = RegisterServer::start().await;
        let folder = tempfile::tempdir().unwrap();
        let mut config = config(register_server.addr, folder.path());
        change(&mut config);
        let app = App::build(config).await.unwrap();
        let addr = app.public_addr();
        let (stop, stopped) = oneshot::channel::<()>();
        tokio::spawn(app.serve(async {
            let _ = stopped.await;
        }));
        Self {
            register_server,
            client: http_client::client(http_client::Limits::default()),
            addr,
            _stop: stop,
            _folder: folder,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.addr)
    }

    /// The page as a browser with a session gets it.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.get_with(path, &[("cookie", SIGNED_IN)]).await
    }

    pub(crate) async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let request = headers
            .iter()
            .fold(self.client.get(self.url(path)), |request, (name, value)| {
                request.header(*name, *value)
            });
        self.send(request).await
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let body = http_client::read_bounded(response, 1 << 20).await.unwrap();
        Answer {
            status: status.as_u16(),
            headers,
            html: String::from_utf8(body.to_vec()).unwrap(),
        }
    }
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) html: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn cookies(&self) -> Vec<&str> {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|cookie| cookie.to_str().unwrap())
            .collect()
    }

    /// Checks that it sends the browser to `address`.
    #[track_caller]
    pub(crate) fn leads_to(&self, address: &str) {
        assert_eq!((self.status, self.header("location")), (303, address));
    }

    /// Checks that the page says `text`, as it stands in the HTML.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) {
        assert!(self.html.contains(text), "{text:?} is not in {}", self.html);
    }

    /// Checks that no text is missing: one that is shows as its language and key, a value as its placeholder.
    #[track_caller]
    pub(crate) fn lacks_no_text(&self, tag: &str) {
        let marker = format!("{tag}.");
        let mut after_tag = self.html.split(&marker).skip(1);
        let key =
            after_tag.find(|rest| rest.starts_with(|letter: char| letter.is_ascii_lowercase()));
        assert!(
            key.is_none(),
            "no text in {tag} for {:.40}",
            key.unwrap_or_default()
        );
        self.says_not("%{");
    }

    #[track_caller]
    pub(crate) fn says_not(&self, text: &str) {
        assert!(!self.html.contains(text), "{text:?} is in {}", self.html);
    }
}

/// The second version of Kaiin's own offer, and two topics.
fn offer(folder: &Path) -> PathBuf {
    let texts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../crates/member-session/texts");
    for name in ["terms", "privacy"] {
        for language in Language::ALL {
            let file = format!("{name}.{}.md", language.tag());
            std::fs::copy(texts.join(&file), folder.join(&file)).unwrap();
        }
    }
    let own = std::fs::read_to_string(texts.join("membership.yaml")).unwrap();
    let document = own
        .replace("version: \"1\"", "version: \"2\"")
        .replace("topics: []", TOPICS);
    let path = folder.join("membership.yaml");
    std::fs::write(&path, document).unwrap();
    path
}

pub(crate) fn config(register_server: SocketAddr, folder: &Path) -> Config {
    Config {
        listen_addr: "127.0.0.1:0".parse().unwrap(),
        internal_addr: "127.0.0.1:0".parse().unwrap(),
        register_server: format!("http://{register_server}").parse().unwrap(),
        public_url: "http://127.0.0.1:8100".parse().unwrap(),
        brand: None::<PathBuf>,
        membership: Some(offer(folder)),
        profile: Profile::Dev,
        telemetry: service_kit::telemetry::TelemetryConfig::default(),
        stop: service_kit::server::StopConfig::default(),
        tls: service_kit::tls::TlsConfig::default(),
        trust: service_kit::tls::TrustConfig::default(),
        clock: Clock::manual(Timestamp::from_millis(REGISTERED_AT)),
    }
}

/// The session of someone who is not signed in.
pub(crate) fn nobody() -> Session {
    Session::default()
}

/// Signed in, not a member.
pub(crate) fn visitor(name: &str) -> Session {
    Session {
        visitor: Some(Visitor {
            display_name: Some(name.to_owned()),
        }),
        form_token: Some(FORM_TOKEN.to_owned()),
        ..nobody()
    }
}

/// Signed in and a member, who agreed to the terms of today and to nothing else.
pub(crate) fn member(name: &str) -> Session {
    Session {
        membership: Some(Membership {
            display_name: name.to_owned(),
            language: Language::Ja,
            registered_at: REGISTERED_AT,
            friendship: Friendship::Following,
            consents: vec![consent("terms", "2", true)],
            history: vec![consent("terms", "1", true), consent("terms", "2", true)],
            topics: Vec::new(),
            time_zone: None,
            quiet_hours: None,
        }),
        ..visitor(name)
    }
}

/// A consent that was given, or taken back, on the day of registering.
pub(crate) fn consent(purpose: &str, version: &str, granted: bool) -> Consent {
    Consent {
        purpose: purpose.to_owned(),
        version: version.to_owned(),
        granted,
        changed_at: REGISTERED_AT,
    }
}
