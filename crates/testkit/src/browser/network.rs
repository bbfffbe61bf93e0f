//! What the browser asked the network for.

use serde_json::{Value, json};

use super::Browser;

/// A request that a page made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The page that it was made for.
    pub page: String,
    /// Where it went.
    pub url: String,
}

impl Browser {
    /// The requests of this tab since the last time that this was asked.
    pub async fn requests(&self) -> anyhow::Result<Vec<Request>> {
        let log = self
            .post("/se/log", &json!({ "type": "performance" }))
            .await?;
        let entries = log.as_array().map(Vec::as_slice).unwrap_or_default();
        Ok(entries.iter().filter_map(request).collect())
    }
}

fn request(entry: &Value) -> Option<Request> {
    let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
    let event = &event["message"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    (event["method"] == "Network.requestWillBeSent").then(|| {
        Some(Request {
            page: text(&event["params"]["documentURL"])?,
            url: text(&event["params"]["request"]["url"])?,
        })
    })?
}
