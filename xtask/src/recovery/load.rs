//! Requests at a steady rate, each answered in LINE's two seconds or failed.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::Context as _;

const PATIENCE: Duration = Duration::from_secs(2);

/// What is asked for, and how it is answered by whom it is for.
const REQUESTS: [(&str, &str); 2] = [("POST /callback", " 401 "), ("GET /en/", " 200 ")];

/// How they were answered.
#[derive(Debug, Default, Clone)]
pub(super) struct Answers {
    pub(super) requests: usize,
    pub(super) failed: usize,
    pub(super) slowest: Duration,
}

/// Somebody who asks all the time.
pub(super) struct Load {
    stop: Arc<AtomicBool>,
    answers: Arc<Mutex<Answers>>,
    asking: JoinHandle<()>,
}

impl Load {
    pub(super) fn start(url: &str, rate: u32) -> anyhow::Result<Self> {
        let host = url
            .strip_prefix("http://")
            .context("the address must begin with http://")?;
        let host = host.trim_end_matches('/').to_owned();
        let addr = host
            .to_socket_addrs()
            .ok()
            .and_then(|mut addrs| addrs.find(SocketAddr::is_ipv4))
            .context("the address must be host:port")?;
        let stop = Arc::<AtomicBool>::default();
        let answers = Arc::<Mutex<Answers>>::default();
        let (stopped, sum) = (Arc::clone(&stop), Arc::clone(&answers));
        let asking = thread::spawn(move || {
            let mut callers = Vec::new();
            let begin = Instant::now();
            for turn in 0.. {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                // Whoever is slow keeps nobody else from coming.
                let due = begin + Duration::from_secs(1) * turn / rate;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                let (host, sum) = (host.clone(), Arc::clone(&sum));
                let which = REQUESTS[turn as usize % REQUESTS.len()];
                callers.push(thread::spawn(move || {
                    let begin = Instant::now();
                    let right = ask(addr, &host, which).unwrap_or(false);
                    let mut sum = sum.lock().unwrap_or_else(PoisonError::into_inner);
                    sum.requests += 1;
                    sum.failed += usize::from(!right);
                    sum.slowest = sum.slowest.max(begin.elapsed());
                }));
                callers.retain(|caller| !caller.is_finished());
            }
            for caller in callers {
                let _ = caller.join();
            }
        });
        Ok(Self {
            stop,
            answers,
            asking,
        })
    }

    pub(super) fn stop(self) -> Answers {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.asking.join();
        self.answers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Whether the request is answered as it should be, in time.
fn ask(addr: SocketAddr, host: &str, (request, expected): (&str, &str)) -> std::io::Result<bool> {
    let begin = Instant::now();
    let mut stream = TcpStream::connect_timeout(&addr, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // In one piece: whoever answers early must not break off the rest.
    let request = format!(
        "{request} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    let mut head = [0; 16];
    stream.read_exact(&mut head)?;
    let head = String::from_utf8_lossy(&head);
    Ok(head.contains(expected) && begin.elapsed() <= PATIENCE)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn what_is_answered_otherwise_or_not_at_all_has_failed() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let server = thread::spawn(move || {
            for status in ["401 Unauthorized", "503 Service Unavailable"] {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0; 512]);
                let _ = write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            }
        });
        assert!(ask(addr, "x", REQUESTS[0]).unwrap());
        assert!(!ask(addr, "x", REQUESTS[0]).unwrap());
        server.join().unwrap();
        assert!(ask(addr, "x", REQUESTS[0]).is_err());
    }
}
