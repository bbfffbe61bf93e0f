use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// What becomes of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Turn {
    /// A status, headers and a body.
    Answer(u16, &'static str, &'static str),
    /// The connection ends without an answer.
    HangUp,
    /// A line that never ends.
    EndlessLine,
    /// Nothing.
    Silence,
}

/// A server that does what it is told, one connection for each request, and remembers what it was asked.
pub(crate) struct Listener {
    url: Url,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    pub(crate) async fn start(turns: impl IntoIterator<Item = Turn>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::<Mutex<Vec<String>>>::default();
        let seen = Arc::clone(&requests);
        let turns: Vec<_> = turns.into_iter().collect();
        tokio::spawn(async move {
            let mut silent = Vec::new();
            for turn in turns {
                let (mut connection, _) = listener.accept().await.unwrap();
                let request = read(&mut connection).await;
                seen.lock().unwrap().push(request);
                match turn {
                    Turn::HangUp => {}
                    Turn::Silence => silent.push(connection),
                    Turn::EndlessLine => {
                        let head = b"HTTP/1.1 200 \r\nconnection: close\r\n\r\n";
                        let mut part: &[u8] = head;
                        // Until the client has had enough.
                        while connection.write_all(part).await.is_ok() {
                            part = &[b'['; 4096];
                        }
                    }
                    Turn::Answer(status, headers, body) => {
                        answer(&mut connection, status, headers, body).await;
                    }
                }
            }
        });
        Self {
            url: url.parse().unwrap(),
            requests,
        }
    }

    pub(crate) fn url(&self) -> Url {
        self.url.clone()
    }

    /// What it was asked so far, byte by byte.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// All of a request: its head, and a body as long as that says.
async fn read(connection: &mut TcpStream) -> String {
    let mut request = String::new();
    let mut buffer = [0; 4096];
    loop {
        let read = connection.read(&mut buffer).await.unwrap();
        request.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        let Some((head, body)) = request.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "))
            .map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            return request;
        }
    }
}

async fn answer(connection: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let length = if headers.contains("content-length") {
        String::new()
    } else {
        format!("content-length: {}\r\n", body.len())
    };
    let answer = format!("HTTP/1.1 {status} \r\nconnection: close\r\n{headers}{length}\r\n{body}");
    // A client that has what it needs may be gone.
    let _ = connection.write_all(answer.as_bytes()).await;
}
