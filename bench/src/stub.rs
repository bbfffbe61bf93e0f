//! Whom the webhook calls: api-users' membership look-up and LINE's reply, answered at once and counted. Nobody is ever
//! erased. And whom register-client calls: register-server, to whom everybody is a member.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::http::{Message, find, message};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Where both are.
    #[arg(long)]
    listen: SocketAddr,

    /// api-users takes questions and never answers, so that the webhook takes events and gets no further with them.
    #[arg(long)]
    silent_members: bool,
}

/// What register-server says of somebody who is a member.
const MEMBER: &[u8] = br#"{"visitor":{"display_name":"Alice"},"membership":{"display_name":"Alice","language":"en","registered_at":1786120200000,"friendship":"following","consents":[{"purpose":"terms","version":"1","granted":true,"changed_at":1786120200000}],"history":[{"purpose":"terms","version":"1","granted":true,"changed_at":1786120200000}],"topics":[],"time_zone":"Asia/Taipei","quiet_hours":null},"flash":[],"form":null,"form_token":"bench-form-token"}"#;

/// What api-users says of everybody.
const MEMBERSHIP: &str = r#"{"member":true,"language":"en"}"#;

#[derive(Default)]
struct Books {
    totals: Totals,
    /// How often each reply token was used.
    tokens: HashMap<Box<[u8]>, u32>,
}

/// What was asked so far.
#[derive(Default, Serialize)]
struct Totals {
    look_ups: u64,
    replies: u64,
    /// Replies with a token that had been used before.
    repeated: u64,
}

/// Told of each reply's token as it arrives.
pub(crate) type OnReply = Box<dyn Fn(&[u8]) + Send + Sync>;

/// Answers, and keeps the books.
pub(crate) struct Stub {
    silent_members: bool,
    on_reply: OnReply,
    books: Mutex<Books>,
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(options: &Options) -> anyhow::Result<()> {
    let listener = TcpListener::bind(options.listen).await?;
    Stub::new(options.silent_members, Box::new(|_| {}))
        .serve(listener)
        .await
}

impl Stub {
    pub(crate) fn new(silent_members: bool, on_reply: OnReply) -> Arc<Self> {
        Arc::new(Self {
            silent_members,
            on_reply,
            books: Mutex::default(),
        })
    }

    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) -> anyhow::Result<()> {
        loop {
            let (stream, _) = listener.accept().await?;
            let stub = Arc::clone(&self);
            tokio::spawn(async move {
                // Whoever breaks off has ended.
                let _ = stub.converse(stream).await;
            });
        }
    }

    async fn converse(&self, mut stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let mut buffer = Vec::with_capacity(4096);
        let mut answer = Vec::with_capacity(256);
        while stream.read_buf(&mut buffer).await? > 0 {
            while let Some(request) = message(&buffer) {
                answer.clear();
                if !self.answer(&buffer[..request.end], &request, &mut answer) {
                    std::future::pending::<()>().await;
                }
                stream.write_all(&answer).await?;
                buffer.drain(..request.end);
            }
        }
        Ok(())
    }

    /// Writes the answer; false if there is to be none.
    fn answer(&self, request: &[u8], parts: &Message, answer: &mut Vec<u8>) -> bool {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let Books { totals, tokens } = &mut *books;
        if request.starts_with(b"POST /v2/bot/message/reply ") {
            let token = token(&request[parts.body_at..]);
            totals.replies += 1;
            let times = tokens.entry(token.into()).or_default();
            *times += 1;
            totals.repeated += u64::from(*times > 1);
            (self.on_reply)(token);
            write_json(
                answer,
                br#"{"sentMessages":[{"id":"461230966842064897","quoteToken":"IStG5h1Tz7b"}]}"#,
            );
        } else if request.starts_with(b"GET /totals ") {
            let totals = serde_json::to_vec(&totals).unwrap_or_default();
            write_json(answer, &totals);
        } else if request.starts_with(b"GET /member/session") {
            write_json(answer, MEMBER);
        } else if request.starts_with(b"GET /changes?") {
            write_json(answer, br#"{"changes":[],"next_after":0}"#);
        } else if request.starts_with(b"POST /memberships ") {
            let asked = people(&request[parts.body_at..]);
            totals.look_ups += asked as u64;
            if self.silent_members {
                return false;
            }
            let members = vec![MEMBERSHIP; asked].join(",");
            write_json(
                answer,
                format!(r#"{{"memberships":[{members}]}}"#).as_bytes(),
            );
        } else if request.starts_with(b"PUT ") {
            answer.extend_from_slice(b"HTTP/1.1 204 No Content\r\n\r\n");
        } else {
            totals.look_ups += 1;
            if self.silent_members {
                return false;
            }
            write_json(answer, MEMBERSHIP.as_bytes());
        }
        true
    }
}

/// How many people a question names.
fn people(body: &[u8]) -> usize {
    serde_json::from_slice::<HashMap<&str, Vec<&str>>>(body)
        .map_or(0, |question| question.values().map(Vec::len).sum())
}

fn token(body: &[u8]) -> &[u8] {
    const NAME: &[u8] = b"\"replyToken\":";
    let value = find(body, NAME).map_or(&[][..], |at| body[at + NAME.len()..].trim_ascii_start());
    value.split(|byte| *byte == b'"').nth(1).unwrap_or_default()
}

fn write_json(answer: &mut Vec<u8>, body: &[u8]) {
    answer.extend_from_slice(
        b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ",
    );
    answer.extend_from_slice(body.len().to_string().as_bytes());
    answer.extend_from_slice(b"\r\n\r\n");
    answer.extend_from_slice(body);
}
