//! A client's socket, with TLS or without.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::patience::LOOK;
use super::stop::Stages;
use super::traffic::Traffic;
use crate::tls::Acceptor;

/// How long a client may take until it and the server have agreed on their keys.
const HANDSHAKE: Duration = Duration::from_secs(5);

pub(super) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// Makes a connection ready for its first request. Nothing if the client is not up to TLS, or takes too long.
pub(super) async fn open(
    tcp: TcpStream,
    tls: Option<&Acceptor>,
    stages: &Stages,
    traffic: &Traffic,
) -> Option<Socket> {
    let _ = tcp.set_nodelay(true);
    let Some(Acceptor(acceptor)) = tls else {
        return Some(Socket::Plain(tcp));
    };
    let finished = async {
        stages.finishing.cancelled().await;
        tokio::time::sleep(LOOK).await;
    };
    tokio::select! {
        biased;
        opened = acceptor.accept(tcp) => match opened {
            Ok(stream) => Some(Socket::Tls(Box::new(stream))),
            Err(error) => {
                tracing::debug!(%error, "a client and this server did not agree on TLS");
                None
            }
        },
        () = tokio::time::sleep(HANDSHAKE) => {
            traffic.cut("handshake");
            None
        }
        // A client that has not said anything yet loses nothing.
        () = finished => None,
    }
}

/// The same call of whichever it is.
macro_rules! either {
    ($socket:expr, $inner:ident => $call:expr) => {
        match $socket.get_mut() {
            Socket::Plain($inner) => $call,
            Socket::Tls($inner) => $call,
        }
    };
}

impl AsyncRead for Socket {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        either!(self, inner => Pin::new(inner).poll_read(context, buffer))
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        either!(self, inner => Pin::new(inner).poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        either!(self, inner => Pin::new(inner).poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Self::Plain(tcp) => tcp.is_write_vectored(),
            Self::Tls(tls) => tls.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, inner => Pin::new(inner).poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, inner => Pin::new(inner).poll_shutdown(context))
    }
}
