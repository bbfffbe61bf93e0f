//! A client's socket: takes the pulse, and lets no ambiguous request through to hyper.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::framing::Framing;
use super::pulse::{Phase, Pulse};
use super::socket::Socket;

/// What hyper reads instead of a head that is ambiguous: no head either, so that it answers 400 and closes, after the
/// answers that are still owed.
const NO_HEAD: &[u8] = b"\0\r\n\r\n";

pub(super) struct Stream {
    pub(super) socket: Socket,
    pulse: Arc<Pulse>,
    framing: Framing,
}

impl Stream {
    pub(super) fn new(socket: Socket, pulse: Arc<Pulse>) -> Self {
        Self {
            socket,
            pulse,
            framing: Framing::default(),
        }
    }

    fn arrived(&mut self, buffer: &mut ReadBuf<'_>, from: usize) {
        if self.pulse.phase() != Phase::Request {
            self.framing.resume();
            if self.framing.in_head() {
                self.pulse.head_arrives();
            }
        }
        if let Err(at) = self.framing.read(&buffer.filled()[from..]) {
            buffer.set_filled(from + at);
            let fits = NO_HEAD.len().min(buffer.remaining());
            buffer.put_slice(&NO_HEAD[..fits]);
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let from = buffer.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(context, buffer))?;
        if buffer.filled().len() > from {
            self.arrived(buffer, from);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(context, bytes);
        self.pulse.answer_moves(written.is_ready());
        written
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write_vectored(context, slices);
        self.pulse.answer_moves(written.is_ready());
        written
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.socket).poll_flush(context);
        // TLS has taken what the client has not.
        self.pulse.answer_moves(flushed.is_ready());
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
