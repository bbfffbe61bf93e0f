//! The simulated LINE's people, as a test speaks of them.

use std::sync::Mutex;
use std::sync::PoisonError;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use service_kit::http_client::{self, Limits, read_bounded, send};
use url::Url;

/// How long a test waits for what must come, in milliseconds. What comes, comes at once.
const PATIENCE_MS: u64 = 20_000;
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// The simulator, through its control API.
#[derive(Debug, Clone)]
pub struct Sim {
    http: reqwest::Client,
    control: Url,
}

/// Somebody with a phone.
#[derive(Debug)]
pub struct Person {
    /// Their LINE user ID.
    pub id: String,
    sim: Sim,
    /// What they have read of their chat with the bot.
    read: Mutex<u64>,
}

impl Sim {
    /// The simulator at `url`.
    pub fn at(url: &Url) -> anyhow::Result<Self> {
        let limits = Limits {
            total: std::time::Duration::from_secs(40),
            ..Limits::default()
        };
        Ok(Self {
            http: http_client::client(limits),
            control: url.join("_sim/")?,
        })
    }

    /// Adds a person who speaks `language`.
    pub async fn add(&self, name: &str, language: &str) -> anyhow::Result<Person> {
        let person = self
            .post("people", &json!({ "name": name, "language": language }))
            .await?;
        self.person(person["id"].as_str().context("a person has an ID")?)
    }

    /// Somebody new who adds the bot as a friend, and has heard its welcome.
    pub async fn add_friend(&self, name: &str, language: &str) -> anyhow::Result<Person> {
        let person = self.add(name, language).await?;
        person.follow().await?;
        person.hear().await?;
        Ok(person)
    }

    /// The person who has this ID.
    pub fn person(&self, id: &str) -> anyhow::Result<Person> {
        Ok(Person {
            id: id.to_owned(),
            sim: self.clone(),
            read: Mutex::new(0),
        })
    }

    /// A GET of the control API.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        answer(self.http.get(self.control.join(path)?)).await
    }

    /// A POST of the control API.
    pub async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        answer(self.http.post(self.control.join(path)?).json(body)).await
    }

    /// A PUT of the control API.
    pub async fn put(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        answer(self.http.put(self.control.join(path)?).json(body)).await
    }
}

impl Person {
    /// Adds the bot as a friend, or unblocks it.
    pub async fn follow(&self) -> anyhow::Result<()> {
        self.act("follow", &json!({})).await
    }

    /// Blocks the bot.
    pub async fn block(&self) -> anyhow::Result<()> {
        self.act("block", &json!({})).await
    }

    /// Takes back in LINE's settings what they allowed the website.
    pub async fn unlink(&self) -> anyhow::Result<()> {
        self.act("unlink", &json!({})).await
    }

    /// Writes to the bot.
    pub async fn say(&self, text: &str) -> anyhow::Result<()> {
        self.act("say", &json!({ "text": text })).await
    }

    /// Sends the bot a sticker.
    pub async fn send_sticker(&self) -> anyhow::Result<()> {
        self.act("send/sticker", &json!({})).await
    }

    /// The text of the bot's next message to them, once it is there.
    pub async fn hear(&self) -> anyhow::Result<String> {
        let read = *self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let path = format!(
            "people/{}/transcript?after={read}&wait_ms={PATIENCE_MS}&chat=bot&from=bot",
            self.id
        );
        let transcript = self.sim.get(&path).await?;
        let line = transcript["items"].get(0).context("the bot says nothing")?;
        *self.read.lock().unwrap_or_else(PoisonError::into_inner) =
            line["seq"].as_u64().context("a line has a number")?;
        Ok(line["message"]["text"]
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// Writes to the bot and answers what it says to that.
    pub async fn ask(&self, text: &str) -> anyhow::Result<String> {
        self.say(text).await?;
        self.hear().await
    }

    async fn act(&self, what: &str, body: &Value) -> anyhow::Result<()> {
        self.sim
            .post(&format!("people/{}/{what}", self.id), body)
            .await
            .map(drop)
    }
}

async fn answer(request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let response = send(request).await?;
    let status = response.status();
    let body = read_bounded(response, ANSWER_BYTES).await?;
    ensure!(
        status.is_success(),
        "the simulator answers {status}: {}",
        String::from_utf8_lossy(&body)
    );
    Ok(if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body)?
    })
}
