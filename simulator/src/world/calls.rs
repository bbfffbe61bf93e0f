//! The inspector's log: every call in both directions.

use std::collections::VecDeque;

use bytes::Bytes;
use http::HeaderMap;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// How many calls are kept.
const KEPT: usize = 2000;
/// Longer bodies are cut in the log.
const SHOWN: usize = 64 * 1024;

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Direction {
    /// Somebody called LINE.
    ToLine,
    /// LINE called the webhook.
    ToBot,
}

/// Headers and body of a request or an answer.
#[derive(Debug, Clone, Default)]
pub(crate) struct Part {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The signature that a webhook call carried.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Signature {
    pub(crate) sent: Option<String>,
    /// Whether it is the channel's over the exact bytes.
    pub(crate) right: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) seq: u64,
    pub(crate) at: i64,
    pub(crate) direction: Direction,
    pub(crate) operation: &'static str,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) request: Part,
    pub(crate) status: Option<u16>,
    pub(crate) answer: Part,
    pub(crate) duration_ms: u64,
    pub(crate) signature: Option<Signature>,
    /// What LINE's documents forbid and this call did.
    pub(crate) violation: Option<String>,
    /// The fault that hit it.
    pub(crate) fault: Option<Value>,
    /// Why there was no answer.
    pub(crate) error: Option<&'static str>,
}

impl Call {
    /// What a list shows.
    pub(crate) fn summary(&self) -> Value {
        json!({
            "seq": self.seq,
            "at": self.at,
            "direction": self.direction,
            "operation": self.operation,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "duration_ms": self.duration_ms,
            "signature": self.signature,
            "violation": self.violation,
            "fault": self.fault,
            "error": self.error,
        })
    }

    /// The whole call, secrets masked.
    pub(crate) fn view(&self) -> Value {
        let mut view = self.summary();
        view["request"] = self.request.view();
        view["answer"] = self.answer.view();
        view
    }
}

impl Part {
    fn view(&self) -> Value {
        let headers: Map<String, Value> = self
            .headers
            .iter()
            .map(|(name, value)| {
                let shown = match name.as_str() {
                    "authorization" | "cookie" | "set-cookie" => "(hidden)".into(),
                    _ => String::from_utf8_lossy(value.as_bytes()).into_owned(),
                };
                (name.as_str().to_owned(), shown.into())
            })
            .collect();
        json!({"headers": headers, "body": self.shown_body()})
    }

    fn shown_body(&self) -> Value {
        if self.body.is_empty() {
            return Value::Null;
        }
        if self.body.len() > SHOWN {
            let start = String::from_utf8_lossy(&self.body[..SHOWN]);
            return format!("{start}… ({} bytes)", self.body.len()).into();
        }
        if let Ok(json) = serde_json::from_slice(&self.body) {
            return json;
        }
        let is_form = self
            .headers
            .get(http::header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"application/x-www-form"));
        if is_form {
            let fields: Map<String, Value> = url::form_urlencoded::parse(&self.body)
                .map(|(name, value)| match &*name {
                    "client_secret" => (name.into_owned(), "(hidden)".into()),
                    _ => (name.into_owned(), value.into_owned().into()),
                })
                .collect();
            return fields.into();
        }
        String::from_utf8_lossy(&self.body).into()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Calls(VecDeque<Call>);

impl Calls {
    pub(crate) fn push(&mut self, call: Call) {
        self.0.push_back(call);
        if self.0.len() > KEPT {
            self.0.pop_front();
        }
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Calls later than `after`, oldest first.
    pub(crate) fn after(&self, after: u64) -> impl Iterator<Item = &Call> {
        self.0.iter().filter(move |call| call.seq > after)
    }
}
