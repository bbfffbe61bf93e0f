use std::collections::BTreeMap;
use std::sync::Mutex;

use http::header;
use reqwest::{Client, RequestBuilder};
use service_kit::http_client::{self, Limits, read_bounded};

/// A browser with scripts off: it keeps cookies, reads pages and sends the forms on them.
pub(crate) struct Visitor {
    http: Client,
    /// Where they believe to be.
    origin: String,
    /// Where that is.
    base: String,
    host: Option<&'static str>,
    jar: Mutex<BTreeMap<String, String>>,
}

impl Visitor {
    pub(super) fn new(base: &str) -> Self {
        Self {
            http: http_client::client(Limits::default()),
            origin: base.to_owned(),
            base: base.to_owned(),
            host: None,
            jar: Mutex::default(),
        }
    }

    /// Somebody whose client knows where `host` is.
    pub(crate) fn through(http: Client, port: u16, host: &'static str) -> Self {
        Self {
            http,
            origin: format!("https://{host}"),
            base: format!("https://{host}:{port}"),
            host: Some(host),
            jar: Mutex::default(),
        }
    }

    /// The path of an address of the website.
    pub(super) fn path_of(&self, address: &str) -> String {
        let path = address.strip_prefix(&self.origin);
        path.unwrap_or_else(|| panic!("{address} is elsewhere"))
            .to_owned()
    }

    /// Goes to an address that sends people on; answers where to.
    pub(super) async fn get(&self, path: &str) -> String {
        let (status, location, body) = self.ask(self.http.get(self.at(path))).await;
        assert_eq!(status, 303, "{path}: {body}");
        location.unwrap()
    }

    /// Reads a page.
    pub(super) async fn see(&self, path: &str) -> String {
        let (status, _, body) = self.ask(self.http.get(self.at(path))).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Sends a form of this page with what was typed; answers where it leads.
    pub(super) async fn send(&self, page: &str, path: &str, typed: &[(&str, &str)]) -> String {
        let mut fields = typed.to_vec();
        fields.push(("page_language", "en"));
        let token = value(page, "form_token");
        fields.extend(token.map(|token| ("form_token", token)));
        let request = self
            .http
            .post(self.at(path))
            .header(header::ORIGIN, &self.origin)
            .header("sec-fetch-site", "same-origin")
            .form(&fields);
        let (status, location, body) = self.ask(request).await;
        assert_eq!(status, 303, "{path}: {body}");
        location.unwrap()
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    async fn ask(&self, request: RequestBuilder) -> (u16, Option<String>, String) {
        let cookies: Vec<_> = {
            let jar = self.jar.lock().unwrap();
            jar.iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect()
        };
        let request = match self.host {
            Some(host) => request.header(header::HOST, host),
            None => request,
        };
        let request = request
            .header(header::ACCEPT, "text/html")
            .header(header::ACCEPT_LANGUAGE, "en")
            .header(header::COOKIE, cookies.join("; "));
        let answer = http_client::send(request).await.unwrap();
        let status = answer.status().as_u16();
        let headers = answer.headers().clone();
        for line in headers.get_all(header::SET_COOKIE) {
            self.keep(line.to_str().unwrap());
        }
        let location = headers.get(header::LOCATION);
        let location = location.map(|to| to.to_str().unwrap().to_owned());
        let body = read_bounded(answer, 1 << 20).await.unwrap().to_vec();
        (status, location, String::from_utf8(body).unwrap())
    }

    fn keep(&self, line: &str) {
        let (pair, attributes) = line.split_once(';').unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let mut jar = self.jar.lock().unwrap();
        if attributes.contains("Max-Age=0") {
            jar.remove(name);
        } else {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// The value of the first field of this name.
fn value<'p>(page: &'p str, name: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\""))?;
    let (tag, _) = rest.split_once('>')?;
    let (_, rest) = tag.split_once("value=\"")?;
    Some(rest.split_once('"')?.0)
}
