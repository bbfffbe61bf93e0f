//! A real browser: headless Chromium, driven through chromedriver.
//!
//! A small client of W3C WebDriver over the HTTP client that the suite already has; the crates that do the same
//! bring a second HTTP and TLS stack. Waiting is the driver's: every look-up waits for the element to appear.

use std::net::SocketAddr;
use std::process::Stdio;

use anyhow::{Context as _, bail};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use service_kit::http_client::{self, Limits, read_bounded, send};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

mod keys;
mod network;
mod screen;

pub use keys::Key;
pub use network::Request;
pub use screen::{Scheme, Screen};

/// How long a look-up waits for its element, in milliseconds.
const PATIENCE_MS: u64 = 15_000;
/// A screenshot is the longest answer.
const ANSWER_BYTES: usize = 32 * 1024 * 1024;
/// The key of an element's reference (WebDriver §12).
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

const CHROMIUM_FLAGS: [&str; 9] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
];

/// A browser with a profile of its own. It ends when this is dropped.
pub struct Browser {
    http: reqwest::Client,
    session: String,
    _profile: TempDir,
    driver: Child,
}

/// chromedriver takes Chromium along when it is asked to end, and not when it is killed: both are of one group.
impl Drop for Browser {
    fn drop(&mut self) {
        let group = self.driver.id().and_then(|id| i32::try_from(id).ok());
        if let Some(group) = group.and_then(Pid::from_raw) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

/// Something on the page.
#[derive(Debug, Clone)]
pub struct Element(String);

impl Browser {
    /// Starts chromedriver on a free port, and Chromium with an empty profile.
    pub async fn start() -> anyhow::Result<Self> {
        Self::start_with(json!({}), Vec::new()).await
    }

    /// The same for somebody to whom `host` is at `addr`, and the certificate with this `pin` is its own.
    pub async fn start_before(host: &str, addr: SocketAddr, pin: &str) -> anyhow::Result<Self> {
        let flags = vec![
            format!("--host-resolver-rules=MAP {host} {addr}"),
            format!("--ignore-certificate-errors-spki-list={pin}"),
        ];
        Self::start_with(json!({}), flags).await
    }

    /// The same for somebody who has set their browser to text of `percent` of its usual size.
    pub async fn start_with_text(percent: u32) -> anyhow::Result<Self> {
        let size = 16 * percent / 100;
        let preferences = json!({ "webkit.webprefs.default_font_size": size });
        Self::start_with(preferences, Vec::new()).await
    }

    async fn start_with(preferences: Value, more: Vec<String>) -> anyhow::Result<Self> {
        let (driver, port) = driver().await?;
        let profile = tempfile::tempdir()?;
        let mut flags: Vec<String> = CHROMIUM_FLAGS.map(String::from).to_vec();
        flags.extend(more);
        flags.push(format!("--user-data-dir={}", profile.path().display()));
        let http = http_client::client(Limits {
            total: std::time::Duration::from_mins(1),
            ..Limits::default()
        });
        let mut browser = Self {
            http,
            session: format!("http://127.0.0.1:{port}"),
            _profile: profile,
            driver,
        };
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:chromeOptions": { "args": flags, "prefs": preferences },
            "goog:loggingPrefs": { "performance": "ALL" },
            "timeouts": { "implicit": PATIENCE_MS, "pageLoad": 30_000 },
        } } });
        let session = browser.post("/session", &capabilities).await?;
        let id = session["sessionId"]
            .as_str()
            .context("chromedriver gave no session")?;
        browser.session = format!("{}/session/{id}", browser.session);
        Ok(browser)
    }

    /// Opens an address.
    pub async fn open(&self, url: impl AsRef<str>) -> anyhow::Result<()> {
        self.post("/url", &json!({ "url": url.as_ref() }))
            .await
            .map(drop)
    }

    /// The address that is open.
    pub async fn url(&self) -> anyhow::Result<String> {
        Ok(self
            .get("/url")
            .await?
            .as_str()
            .unwrap_or_default()
            .to_owned())
    }

    /// The element that a CSS selector finds.
    pub async fn find(&self, css: &str) -> anyhow::Result<Element> {
        self.locate("css selector", css).await
    }

    /// The innermost element with this text in it.
    pub async fn find_text(&self, text: &str) -> anyhow::Result<Element> {
        anyhow::ensure!(!text.contains('"'), "a quoted text cannot be looked for");
        self.locate("xpath", &format!("//body//*[contains(normalize-space(.), \"{text}\")][not(*[contains(normalize-space(.), \"{text}\")])]")).await
    }

    /// Clicks what a CSS selector finds.
    pub async fn click(&self, css: &str) -> anyhow::Result<()> {
        let element = self.find(css).await?;
        self.click_on(&element).await
    }

    /// Clicks an element.
    pub async fn click_on(&self, element: &Element) -> anyhow::Result<()> {
        self.post(&format!("/element/{}/click", element.0), &json!({}))
            .await
            .map(drop)
    }

    /// Types into the field that a CSS selector finds, in place of what it holds.
    pub async fn fill(&self, css: &str, text: &str) -> anyhow::Result<()> {
        let element = self.find(css).await?;
        self.post(&format!("/element/{}/clear", element.0), &json!({}))
            .await?;
        self.post(
            &format!("/element/{}/value", element.0),
            &json!({ "text": text }),
        )
        .await
        .map(drop)
    }

    /// The visible text of what a CSS selector finds.
    pub async fn text(&self, css: &str) -> anyhow::Result<String> {
        let element = self.find(css).await?;
        let text = self.get(&format!("/element/{}/text", element.0)).await?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    /// Runs a script's body in the page and answers what it returns.
    pub async fn run(&self, script: &str) -> anyhow::Result<Value> {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
            .await
    }

    /// Runs a script's body in the page, and answers what the promise that it returns comes to.
    pub async fn run_async(&self, script: &str) -> anyhow::Result<Value> {
        let expression = format!("(async () => {{ {script} }})()");
        let parameters = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true,
        });
        let mut answer = self.devtools("Runtime.evaluate", parameters).await?;
        if let Some(error) = answer.get("exceptionDetails") {
            bail!("the script failed: {error}");
        }
        Ok(answer["result"]["value"].take())
    }

    /// Goes to the page before this one.
    pub async fn back(&self) -> anyhow::Result<()> {
        self.post("/back", &json!({})).await.map(drop)
    }

    /// Loads the page anew.
    pub async fn reload(&self) -> anyhow::Result<()> {
        self.post("/refresh", &json!({})).await.map(drop)
    }

    /// Opens another tab and turns to it.
    pub async fn open_tab(&self) -> anyhow::Result<String> {
        let tab = self.post("/window/new", &json!({ "type": "tab" })).await?;
        let handle = tab["handle"].as_str().context("a tab has a handle")?;
        self.switch_to(handle).await?;
        Ok(handle.to_owned())
    }

    /// Lets pages run scripts, or not. The test's own run all the same.
    pub async fn let_scripts_run(&self, may: bool) -> anyhow::Result<()> {
        let parameters = json!({ "value": !may });
        self.devtools("Emulation.setScriptExecutionDisabled", parameters)
            .await
            .map(drop)
    }

    /// The open windows and tabs, oldest first.
    pub async fn windows(&self) -> anyhow::Result<Vec<String>> {
        Ok(serde_json::from_value(self.get("/window/handles").await?)?)
    }

    /// Turns to a window.
    pub async fn switch_to(&self, window: &str) -> anyhow::Result<()> {
        self.post("/window", &json!({ "handle": window }))
            .await
            .map(drop)
    }

    async fn locate(&self, using: &str, value: &str) -> anyhow::Result<Element> {
        let found = self
            .post("/element", &json!({ "using": using, "value": value }))
            .await;
        let found = found.with_context(|| format!("looking for {value}"))?;
        Ok(Element(
            found[ELEMENT]
                .as_str()
                .context("no element reference")?
                .to_owned(),
        ))
    }

    /// One command of the `DevTools` protocol.
    async fn devtools(&self, command: &str, parameters: Value) -> anyhow::Result<Value> {
        let body = json!({ "cmd": command, "params": parameters });
        self.post("/goog/cdp/execute", &body).await
    }

    async fn get(&self, command: &str) -> anyhow::Result<Value> {
        answer(self.http.get(format!("{}{command}", self.session))).await
    }

    async fn post(&self, command: &str, body: &Value) -> anyhow::Result<Value> {
        answer(
            self.http
                .post(format!("{}{command}", self.session))
                .json(body),
        )
        .await
    }
}

async fn answer(request: reqwest::RequestBuilder) -> anyhow::Result<Value> {
    let response = send(request).await?;
    let succeeded = response.status().is_success();
    let mut document: Value = serde_json::from_slice(&read_bounded(response, ANSWER_BYTES).await?)?;
    let value = document["value"].take();
    if !succeeded {
        bail!(
            "{}: {}",
            value["error"].as_str().unwrap_or("error"),
            value["message"].as_str().unwrap_or_default()
        );
    }
    Ok(value)
}

/// How often a port is looked for.
const PORTS: usize = 5;

/// chromedriver on a port of its own. It picks one that is free on one loopback address, and gives up if somebody has it on the
/// other.
async fn driver() -> anyhow::Result<(Child, u16)> {
    for _ in 0..PORTS {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .context("cannot start chromedriver; `cargo xtask test` installs it")?;
        if let Some(port) = announced_port(&mut driver).await? {
            return Ok((driver, port));
        }
    }
    bail!("chromedriver ended {PORTS} times without saying where it listens")
}

/// The port that chromedriver says it has, unless it ends before.
async fn announced_port(driver: &mut Child) -> anyhow::Result<Option<u16>> {
    let output = driver.stdout.take().context("chromedriver has no output")?;
    let mut lines = BufReader::new(output).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some((_, port)) = line.split_once("successfully on port ") {
            return Ok(Some(port.trim_end_matches('.').parse()?));
        }
    }
    Ok(None)
}
