//! One connection, and how it ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::fault::{Direction, Faults, Mode, When};

/// How long a server may take to answer what it is sure to have got.
const ANSWER: Duration = Duration::from_secs(5);

/// Why a connection does not end in good order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Cut {
    /// We were told to.
    Now,
    /// We were told to, when the server has answered.
    Answered,
    /// One of its parties reset it, which the other is told in the same way.
    Theirs,
}

/// Carries bytes between a client and the server until both have ended, or until the connection is cut.
pub(super) async fn carry(mut client: TcpStream, faults: Arc<Faults>) {
    // From here on no cut is missed.
    let told_to_cut = faults.cut.notified();
    let refuses = *faults.mode.borrow() == Mode::Refuse;
    if refuses {
        reset(client);
        return faults.cuts.add(1);
    }
    let upstream = *faults.upstream();
    let Ok(mut server) = TcpStream::connect(upstream).await else {
        return reset(client);
    };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let ended = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let pipe = |direction, from, to| Pipe {
            direction,
            from,
            to,
            passed: 0,
            modes: faults.mode.subscribe(),
            faults: &faults,
        };
        let there = pipe(Direction::ToServer, from_client, to_server);
        let back = pipe(Direction::ToClient, from_server, to_client);
        tokio::select! {
            () = told_to_cut => Err(Cut::Now),
            ended = async { tokio::try_join!(there.run(), back.run()) } => ended,
        }
    };
    let Err(cut) = ended else { return };
    reset(client);
    if cut == Cut::Answered {
        let _ = timeout(ANSWER, server.read_u8()).await;
    }
    reset(server);
    if cut != Cut::Theirs {
        faults.cuts.add(1);
    }
}

/// Closes a socket with an RST: what is not read by then is lost.
fn reset(socket: TcpStream) {
    let _ = socket.set_zero_linger();
    drop(socket);
}

/// One direction of a connection.
struct Pipe<'a> {
    direction: Direction,
    from: ReadHalf<'a>,
    to: WriteHalf<'a>,
    /// Bytes that went through.
    passed: u64,
    modes: watch::Receiver<Mode>,
    faults: &'a Faults,
}

impl Pipe<'_> {
    async fn run(mut self) -> Result<(), Cut> {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let mode = *self.modes.borrow_and_update();
            let room = match mode {
                Mode::Refuse => return Err(Cut::Now),
                Mode::CutAfter(direction, limit) if direction == self.direction => {
                    let left = limit.saturating_sub(self.passed);
                    if left == 0 {
                        return Err(Cut::Now);
                    }
                    usize::try_from(left).unwrap_or(usize::MAX)
                }
                Mode::HalfClose(direction) if direction == self.direction => break,
                Mode::Stall => 0,
                Mode::Trickle(_) => 1,
                _ => usize::MAX,
            };
            let room = room.min(buffer.len());
            let read = tokio::select! {
                // Nothing that comes after a change is treated as before it.
                biased;
                // A closed channel is a proxy that is no more, and this task with it.
                _ = self.modes.changed() => continue,
                read = self.from.read(&mut buffer[..room]), if room > 0 => read,
            };
            match read {
                Ok(0) => break,
                Ok(length) => self.pass(&buffer[..length]).await?,
                Err(_) => return Err(Cut::Theirs),
            }
        }
        let _ = self.to.shutdown().await;
        Ok(())
    }

    async fn pass(&mut self, bytes: &[u8]) -> Result<(), Cut> {
        // As the network is by now: the mode may have changed while nothing came.
        let mode = *self.modes.borrow();
        match mode {
            Mode::Blackhole => return Ok(()),
            Mode::Delay(time) | Mode::Trickle(time) => sleep(time).await,
            _ => {}
        }
        let cut = self.faults.ask(self.direction, bytes);
        if cut == Some(When::Before) {
            return Err(Cut::Now);
        }
        let length = u64::try_from(bytes.len()).expect("a length");
        self.to.write_all(bytes).await.map_err(|_| Cut::Theirs)?;
        self.passed += length;
        self.faults.passed(self.direction).add(length);
        match cut {
            None => Ok(()),
            Some(_) if self.direction == Direction::ToServer => Err(Cut::Answered),
            Some(_) => Err(Cut::Now),
        }
    }
}
