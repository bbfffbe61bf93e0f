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

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use testkit::tls::Authority;
    use tokio::io::AsyncReadExt as _;
    use tokio::net::{TcpListener, TcpStream};
    use tokio_rustls::TlsConnector;
    use tokio_rustls::rustls::pki_types::CertificateDer;
    use tokio_rustls::rustls::pki_types::pem::PemObject as _;
    use tokio_rustls::rustls::{ClientConfig, RootCertStore};

    use super::*;
    use crate::tls::TlsConfig;

    const NAME: &str = "localhost";

    /// A server's side of a connection over TLS, and its client's.
    async fn pair() -> (Socket, tokio_rustls::client::TlsStream<TcpStream>) {
        let authority = Authority::new().unwrap();
        let identity = authority.issue(&[NAME]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let files = ["tls.crt", "tls.key"].map(|name| folder.path().join(name));
        for (file, text) in files.iter().zip([&identity.certificate, &identity.key]) {
            std::fs::write(file, text).unwrap();
        }
        let [cert, key] = files.map(Some);
        let config = TlsConfig {
            tls_cert: cert,
            tls_key: key,
        };
        let acceptor = config.acceptor().unwrap().unwrap();
        let mut roots = RootCertStore::empty();
        let root = CertificateDer::from_pem_slice(authority.pem().as_bytes());
        roots.add(root.unwrap()).unwrap();
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let tcp = TcpStream::connect(listener.local_addr().unwrap()).await;
        let client =
            TlsConnector::from(Arc::new(config)).connect(NAME.try_into().unwrap(), tcp.unwrap());
        let (accepted, _) = listener.accept().await.unwrap();
        let (server, client) = tokio::join!(acceptor.0.accept(accepted), client);
        (Socket::Tls(Box::new(server.unwrap())), client.unwrap())
    }

    /// TLS takes a part of an answer before the client does: that part must count as not taken.
    #[tokio::test]
    async fn what_tls_holds_back_is_an_answer_that_is_not_taken() {
        let (socket, mut client) = pair().await;
        let pulse = Arc::<Pulse>::default();
        let mut stream = Stream::new(socket, Arc::clone(&pulse));
        let mut sent = 0;
        // A little at a time, so that it is the flush that meets the end of what the system holds.
        loop {
            let wrote = poll_fn(|context| {
                Poll::Ready(Pin::new(&mut stream).poll_write(context, &[b'x'; 1024]))
            });
            let Poll::Ready(wrote) = wrote.await else {
                panic!("the flush comes first")
            };
            sent += wrote.unwrap();
            let flushed = poll_fn(|context| Poll::Ready(Pin::new(&mut stream).poll_flush(context)));
            if flushed.await.is_pending() {
                break;
            }
        }
        assert!(pulse.is_answer_blocked());
        let reading = async {
            let mut read = vec![0; sent];
            client.read_exact(&mut read).await.unwrap();
        };
        let flushing = poll_fn(|context| Pin::new(&mut stream).poll_flush(context));
        let ((), flushed) = tokio::join!(reading, flushing);
        flushed.unwrap();
        assert!(!pulse.is_answer_blocked());
    }
}
