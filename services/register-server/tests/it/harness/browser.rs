use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use http::{HeaderMap, Method, StatusCode, header};
use member_session::{Session, UpdateForm};
use reqwest::{Client, RequestBuilder};
use service_kit::http_client::{self, Limits};
use url::Url;

use super::PUBLIC_URL;

/// A browser: it keeps cookies and says where its forms come from. Clones are its tabs.
#[derive(Clone)]
pub(crate) struct Browser {
    http: Client,
    base: Url,
    jar: Arc<Mutex<BTreeMap<String, String>>>,
    /// What the forms of the page drawn last carry.
    form_token: Arc<Mutex<Option<String>>>,
}

/// What Chromium accepts of a page.
pub(crate) const NAVIGATION: &str =
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// Where a 303 leads.
    #[track_caller]
    pub(crate) fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text());
        self.headers[header::LOCATION].to_str().unwrap()
    }

    /// LINE's page that a 303 leads to.
    #[track_caller]
    pub(crate) fn line_page(&self) -> Url {
        Url::parse(self.location()).unwrap()
    }

    /// One parameter of LINE's page.
    #[track_caller]
    pub(crate) fn parameter(&self, name: &str) -> String {
        self.line_page()
            .query_pairs()
            .find_map(|(key, value)| (key == name).then(|| value.into_owned()))
            .unwrap_or_else(|| panic!("no {name}"))
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The `Set-Cookie` line of `name`.
    pub(crate) fn set_cookie(&self, name: &str) -> Option<String> {
        self.headers
            .get_all(header::SET_COOKIE)
            .iter()
            .map(|line| line.to_str().unwrap().to_owned())
            .find(|line| line.starts_with(&format!("{name}=")))
    }
}

impl Browser {
    pub(crate) fn new(base: Url) -> Self {
        Self {
            http: http_client::client(Limits::default()),
            base,
            jar: Arc::default(),
            form_token: Arc::default(),
        }
    }

    /// This browser at another process of the website: it does not know the difference.
    pub(crate) fn at(&self, base: Url) -> Self {
        Self {
            base,
            ..self.clone()
        }
    }

    /// Where it is.
    pub(crate) fn url(&self) -> Url {
        self.base.clone()
    }

    pub(crate) fn cookie(&self, name: &str) -> Option<String> {
        self.jar.lock().unwrap().get(name).cloned()
    }

    pub(crate) fn set_cookie(&self, name: &str, value: &str) {
        self.jar
            .lock()
            .unwrap()
            .insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn drop_cookie(&self, name: &str) {
        self.jar.lock().unwrap().remove(name);
    }

    /// A request of this browser, still without its cookies: by the website's name, and as a script would send it.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.request_by_name(method, path, &PUBLIC_URL["https://".len()..])
    }

    /// The same, by another name of the website.
    pub(crate) fn request_by_name(&self, method: Method, path: &str, host: &str) -> RequestBuilder {
        self.http
            .request(method, self.base.join(path).unwrap())
            .header(header::HOST, host)
    }

    /// Goes to an address as people do, by a link or a form.
    pub(crate) async fn navigate(&self, method: Method, path: &str) -> Answer {
        let request = self
            .request(method, path)
            .header(header::ACCEPT, NAVIGATION);
        self.send(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// Fetches what a page is drawn from. Its forms are the ones that are sent from now on.
    pub(crate) async fn draw(&self, path: &str) -> Answer {
        let answer = self.get(path).await;
        if let Ok(session) = serde_json::from_slice::<Session>(&answer.body) {
            *self.form_token.lock().unwrap() = session.form_token;
        }
        answer
    }

    /// Sends a form from the page drawn last.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form_token = self.form_token.lock().unwrap().clone();
        let mut fields = fields.to_vec();
        if let Some(form_token) = &form_token {
            fields.push((UpdateForm::FORM_TOKEN, form_token));
        }
        self.post_bare(path, &fields).await
    }

    /// Sends a form with these fields and no other.
    pub(crate) async fn post_bare(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self
            .request(Method::POST, path)
            .header(header::ORIGIN, PUBLIC_URL)
            .header("sec-fetch-site", "same-origin")
            .form(fields);
        self.send(request).await
    }

    /// Sends with the cookies of the jar, and keeps what is set.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let cookies: Vec<_> = self
            .jar
            .lock()
            .unwrap()
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = if cookies.is_empty() {
            request
        } else {
            request.header(header::COOKIE, cookies.join("; "))
        };
        let response = http_client::send(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        for line in headers.get_all(header::SET_COOKIE) {
            self.keep(line.to_str().unwrap());
        }
        let body = http_client::read_bounded(response, 1 << 20).await.unwrap();
        Answer {
            status,
            headers,
            body: body.to_vec(),
        }
    }

    fn keep(&self, line: &str) {
        let (pair, attributes) = line.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        assert!(name.starts_with("__Host-"), "{line}");
        for attribute in ["Path=/", "Secure", "HttpOnly", "SameSite=Lax"] {
            assert!(
                attributes.split(';').any(|one| one.trim() == attribute),
                "{line}"
            );
        }
        assert!(!attributes.contains("Domain"), "{line}");
        if attributes.contains("Max-Age=0") {
            self.drop_cookie(name);
        } else {
            self.set_cookie(name, value);
        }
    }
}
