//! As many requests as are answered: each connection sends its next when it has its answer.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};

use super::{Figures, Pace, Requests, Window};
use crate::http::{message, status};
use crate::say;

/// A connection that cannot be made is tried again after this.
const PAUSE: Duration = Duration::from_millis(20);

/// How long the last answers may take.
const PATIENCE: Duration = Duration::from_secs(10);

struct Run {
    target: SocketAddr,
    requests: Requests,
    next: Cell<u64>,
    counting: Cell<bool>,
    over: Cell<bool>,
    figures: RefCell<Figures>,
}

#[tokio::main(flavor = "current_thread")]
pub(super) async fn run(
    pace: &Pace,
    requests: Requests,
    window: Window,
) -> anyhow::Result<(Figures, Duration)> {
    let run = Rc::new(Run {
        target: pace.target,
        requests,
        next: Cell::new(0),
        counting: Cell::new(window.warm_up.is_zero()),
        over: Cell::new(false),
        figures: RefCell::default(),
    });
    let connections = pace.connections;
    let bounded = pace.requests.is_some();
    LocalSet::new()
        .run_until(async {
            let mut running = JoinSet::new();
            if window.warm_up.is_zero() {
                say("begin");
            }
            let mut begin = Instant::now();
            for _ in 0..connections {
                running.spawn_local(Rc::clone(&run).connection());
            }
            if !window.warm_up.is_zero() {
                tokio::time::sleep(window.warm_up).await;
                say("begin");
                begin = Instant::now();
                run.counting.set(true);
            }
            let all_sent = async { while running.join_next().await.is_some() {} };
            let ended = tokio::time::timeout(window.seconds, all_sent).await;
            let took = begin.elapsed();
            run.counting.set(false);
            run.over.set(true);
            say("end");
            ensure!(
                ended.is_err() || bounded,
                "every prepared request was sent before the time was over"
            );
            let rest = async { while running.join_next().await.is_some() {} };
            let _ = tokio::time::timeout(PATIENCE, rest).await;
            Ok((run.figures.take(), took))
        })
        .await
}

impl Run {
    async fn connection(self: Rc<Self>) {
        while !self.over.get() {
            if self.converse().await.is_ok() {
                return;
            }
            if self.counting.get() {
                self.figures.borrow_mut().count_broken();
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Until all is sent or over, or the connection ends.
    async fn converse(&self) -> io::Result<()> {
        let mut stream = TcpStream::connect(self.target).await?;
        stream.set_nodelay(true)?;
        let mut request = Vec::with_capacity(1024);
        let mut answer = Vec::with_capacity(4096);
        while !self.over.get() {
            let index = self.next.replace(self.next.get() + 1);
            if !self.requests.write(index, &mut request) {
                return Ok(());
            }
            let left = Instant::now();
            stream.write_all(&request).await?;
            answer.clear();
            let end = loop {
                if stream.read_buf(&mut answer).await? == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                if let Some(end) = message(&answer) {
                    break end;
                }
            };
            if self.counting.get() {
                self.figures
                    .borrow_mut()
                    .record(status(&answer), left.elapsed());
            }
            if end.closes {
                return Err(io::ErrorKind::ConnectionReset.into());
            }
        }
        Ok(())
    }
}
