//! A simulator, a bot that listens, and short words for what tests do with them.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use serde_json::{Value, json};
use service_kit::{Clock, Timestamp};
use simulator::{Config, Credentials, Line, Simulator};
use tokio::net::TcpListener;
use tokio::sync::Notify;

/// 2026-11-21 00:00 UTC.
pub(crate) const START: i64 = 1_795_219_200_000;

/// One POST as the bot received it.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Received {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn event(&self) -> Value {
        self.json()["events"][0].clone()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

#[derive(Default)]
pub(crate) struct Bot {
    received: Mutex<Vec<Received>>,
    arrived: Notify,
    /// What it answers; 0 is never.
    status: AtomicU16,
}

impl Bot {
    pub(crate) fn answer_with(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    pub(crate) fn count(&self) -> usize {
        self.received.lock().unwrap().len()
    }

    pub(crate) fn last(&self) -> Received {
        self.received.lock().unwrap().last().unwrap().clone()
    }

    pub(crate) fn all(&self) -> Vec<Received> {
        self.received.lock().unwrap().clone()
    }

    /// Waits until `count` POSTs have come.
    pub(crate) async fn has(&self, count: usize) {
        let enough = async {
            loop {
                let arrived = self.arrived.notified();
                if self.count() >= count {
                    return;
                }
                arrived.await;
            }
        };
        tokio::time::timeout(Duration::from_secs(5), enough)
            .await
            .expect("the webhook is called");
    }
}

async fn receive(State(bot): State<Arc<Bot>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    bot.received
        .lock()
        .unwrap()
        .push(Received { headers, body });
    bot.arrived.notify_waiters();
    match bot.status.load(Ordering::SeqCst) {
        0 => std::future::pending().await,
        status => StatusCode::from_u16(status).unwrap(),
    }
}

pub(crate) struct Stage {
    pub(crate) url: String,
    pub(crate) line: Line,
    pub(crate) credentials: Credentials,
    pub(crate) http: Client,
    pub(crate) bot: Arc<Bot>,
}

impl Stage {
    /// A simulator at rest at `START`, its webhook at a bot that answers 200.
    pub(crate) async fn start() -> Self {
        let mut config = Config::ephemeral();
        config.clock = Clock::manual(Timestamp::from_millis(START));
        config.callback_urls = vec!["http://127.0.0.1:9/auth/callback".into()];
        let simulator = Simulator::build(config).await.unwrap();
        let (url, line, credentials) = (
            simulator.url(),
            simulator.line(),
            simulator.credentials().clone(),
        );
        tokio::spawn(simulator.serve(std::future::pending()));

        let bot = Arc::new(Bot::default());
        bot.answer_with(200);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        line.set_webhook(format!(
            "http://{}/callback",
            listener.local_addr().unwrap()
        ));
        let app = Router::new()
            .route("/callback", post(receive))
            .with_state(bot.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        let http = Client::builder()
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        Self {
            url,
            line,
            credentials,
            http,
            bot,
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    /// A call of the Messaging API with the channel's token.
    pub(crate) fn api(&self, method: Method, path: &str) -> RequestBuilder {
        self.request(method, path)
            .bearer_auth(&self.credentials.channel_access_token)
    }

    pub(crate) async fn call(&self, path: &str, body: Value) -> (u16, Value) {
        read(self.api(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        read(self.api(Method::GET, path)).await
    }

    pub(crate) async fn push(&self, to: &str, text: &str) -> (u16, Value) {
        self.call("/v2/bot/message/push", push_body(to, text)).await
    }

    pub(crate) async fn push_with_key(&self, key: &str, body: &Value) -> Response {
        self.api(Method::POST, "/v2/bot/message/push")
            .header("x-line-retry-key", key)
            .json(body)
            .send()
            .await
            .unwrap()
    }

    /// A control call that must succeed.
    pub(crate) async fn sim(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.try_sim(method, path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {answer}");
        answer
    }

    pub(crate) async fn try_sim(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let request = self.request(method.clone(), &format!("/_sim{path}"));
        match method {
            Method::GET | Method::DELETE => read(request).await,
            _ => read(request.json(&body)).await,
        }
    }

    pub(crate) async fn tell(&self, path: &str, body: Value) -> Value {
        self.sim(Method::POST, path, body).await
    }

    pub(crate) async fn look(&self, path: &str) -> Value {
        self.sim(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn stranger(&self, name: &str) -> String {
        let person = self.tell("/people", json!({"name": name})).await;
        person["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn friend(&self, name: &str) -> String {
        let person = self
            .tell("/people", json!({"name": name, "friend": true}))
            .await;
        person["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn say(&self, person: &str, text: &str) -> Value {
        self.tell(&format!("/people/{person}/say"), json!({"text": text}))
            .await
    }

    pub(crate) async fn reply(&self, token: &Value, text: &str) -> (u16, Value) {
        let body = json!({"replyToken": token, "messages": [{"type": "text", "text": text}]});
        self.call("/v2/bot/message/reply", body).await
    }

    /// The texts of the bot on a person's phone.
    pub(crate) async fn heard(&self, person: &str) -> Vec<String> {
        let seen = self
            .look(&format!("/people/{person}/transcript?from=bot"))
            .await;
        let items = seen["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["message"]["text"].as_str().unwrap().to_owned())
            .collect()
    }

    pub(crate) async fn pass(&self, span: Duration) {
        self.tell(
            "/clock/advance",
            json!({"ms": u64::try_from(span.as_millis()).unwrap()}),
        )
        .await;
    }

    pub(crate) async fn fault(&self, fault: Value) {
        self.tell("/faults", fault).await;
    }
}

pub(crate) fn push_body(to: &str, text: &str) -> Value {
    json!({"to": to, "messages": [{"type": "text", "text": text}]})
}

pub(crate) async fn read(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let bytes = response.bytes().await.unwrap();
    (
        status,
        serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    )
}

pub(crate) fn uuid() -> String {
    uuid::Uuid::new_v4().to_string()
}
