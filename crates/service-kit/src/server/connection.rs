//! One connection, from its first byte until nobody can miss anything any more.

use std::net::SocketAddr;
use std::pin::{self, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::exchange::Exchange;
use super::patience::{LOOK, Patience, Verdict};
use super::pulse::{Phase, Pulse};
use super::socket::Socket;
use super::stop::Stages;
use super::stream::Stream;
use super::traffic::Traffic;

/// Request line and headers together, in bytes; more is answered 431, as are more than a hundred headers.
const HEAD_BYTES: usize = 32 * 1024;

/// How long a client may go on sending after the last answer, and how much: a socket that is closed while bytes arrive
/// is reset, and a reset can take the answer with it.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 2 * 1024 * 1024;

/// Serves the requests of one connection until it ends or `stages` say so.
pub(super) async fn run(
    socket: Socket,
    peer: SocketAddr,
    router: Router,
    stages: Arc<Stages>,
    traffic: &Traffic,
) {
    let pulse = Arc::<Pulse>::default();
    let stream = TokioIo::new(Stream::new(socket, Arc::clone(&pulse)));
    let exchange = Exchange {
        router,
        peer,
        pulse: Arc::clone(&pulse),
        stages: Arc::clone(&stages),
    };
    let mut connection = http1::Builder::new()
        // `Patience` keeps the time: hyper would count what passes before a head as the head's.
        .header_read_timeout(None)
        .max_buf_size(HEAD_BYTES)
        .serve_connection(stream, exchange);

    let mut patience = Patience::new(Arc::clone(&pulse));
    let mut looks = interval_at(Instant::now() + LOOK, LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    // First that it should finish, then that it was abandoned.
    let mut told = pin!(stages.finishing.cancelled());
    let mut finish_seen = false;
    let mut was_idle = false;
    loop {
        tokio::select! {
            biased;
            _ = &mut connection => break,
            () = &mut told => {
                if finish_seen {
                    return;
                }
                finish_seen = true;
                told.set(stages.abandoned.cancelled());
                was_idle = pulse.phase() == Phase::Idle;
                // A head that has begun to arrive will be a request, which is answered, and the answer says "close".
                if was_idle || pulse.phase() == Phase::Request {
                    pin::Pin::new(&mut connection).graceful_shutdown();
                }
            }
            _ = looks.tick() => match patience.look(traffic.is_crowded(), finish_seen) {
                Verdict::Wait => {}
                Verdict::Close if pulse.phase() == Phase::Fresh => return,
                Verdict::Close => {
                    was_idle = true;
                    pin::Pin::new(&mut connection).graceful_shutdown();
                }
                Verdict::Cut(limit) => {
                    traffic.cut(limit);
                    return;
                }
            }
        }
    }
    if !was_idle {
        linger(connection.into_parts().io.into_inner().socket).await;
    }
}

/// Hears a client out that has had its last answer.
async fn linger(mut socket: Socket) {
    let hearing = async {
        let _ = socket.shutdown().await;
        let (mut heard, mut scratch) = (0, [0; 4096]);
        while heard < LINGER_BYTES {
            match socket.read(&mut scratch).await {
                Ok(0) | Err(_) => break,
                Ok(read) => heard += read,
            }
        }
    };
    let _ = timeout(LINGER, hearing).await;
}
