//! Retry keys: remembered for 24 hours from the first request that carried them.

use std::collections::HashMap;

use aws_lc_rs::digest;
use serde_json::Value;

const KEPT: i64 = 24 * 3600 * 1000;

#[derive(Debug)]
struct Memory {
    first_at: i64,
    digest: Vec<u8>,
    /// Request ID and sent messages, once a request was accepted.
    accepted: Option<(String, Option<Value>)>,
}

/// A request that carries a retry key.
#[derive(Debug, Clone)]
pub(crate) struct Retry {
    pub(crate) key: String,
    digest: Vec<u8>,
}

impl Retry {
    pub(crate) fn new(key: &str, path: &str, body: &[u8]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(path.as_bytes());
        context.update(b"\n");
        context.update(body);
        Self {
            key: key.to_ascii_lowercase(),
            digest: context.finish().as_ref().to_vec(),
        }
    }
}

#[derive(Debug, PartialEq)]
pub(crate) enum RetryVerdict {
    /// Nothing was accepted under this key.
    Fresh,
    /// The same request was accepted: its request ID and, for push, its sent messages.
    Accepted(String, Option<Value>),
    /// Another request carried this key: LINE leaves undefined what happens.
    Different,
}

#[derive(Debug, Default)]
pub(crate) struct Retries(HashMap<String, Memory>);

impl Retries {
    pub(crate) fn look_up(&mut self, retry: &Retry, now: i64) -> RetryVerdict {
        match self.0.get(&retry.key) {
            Some(memory) if now - memory.first_at >= KEPT => {
                self.0.remove(&retry.key);
                RetryVerdict::Fresh
            }
            Some(memory) if memory.digest != retry.digest => RetryVerdict::Different,
            Some(Memory {
                accepted: Some((id, sent)),
                ..
            }) => RetryVerdict::Accepted(id.clone(), sent.clone()),
            Some(_) | None => RetryVerdict::Fresh,
        }
    }

    /// Notes a request whose sender cannot know whether it was accepted.
    pub(crate) fn seen(&mut self, retry: &Retry, now: i64) {
        self.0.entry(retry.key.clone()).or_insert_with(|| Memory {
            first_at: now,
            digest: retry.digest.clone(),
            accepted: None,
        });
    }

    pub(crate) fn accepted(&mut self, retry: &Retry, now: i64, id: &str, sent: Option<Value>) {
        self.seen(retry, now);
        if let Some(memory) = self.0.get_mut(&retry.key) {
            memory.accepted = Some((id.to_owned(), sent));
        }
    }
}
