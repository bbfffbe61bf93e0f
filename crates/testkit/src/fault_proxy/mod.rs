//! A network that fails where it is told to, between any two parties that speak TCP.

mod connection;
mod fault;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};
use url::Url;

pub use fault::{Direction, Mode};

use fault::Faults;

/// A proxy on 127.0.0.1 that passes bytes on, until it is told otherwise. It ends when this is dropped, and cuts what
/// goes through it then.
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    faults: Arc<Faults>,
    accepting: JoinHandle<()>,
}

impl FaultProxy {
    /// A proxy before `upstream`, in the runtime of whoever asks.
    pub async fn before(upstream: SocketAddr) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let faults = Arc::new(Faults::new(upstream));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&faults)));
        Ok(Self {
            address,
            faults,
            accepting,
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same URL by way of this proxy, of a database as of a web server.
    ///
    /// # Panics
    ///
    /// If `url` is none that names a host.
    pub fn instead_of(&self, url: &str) -> String {
        let mut url = Url::parse(url).expect("a URL");
        url.set_ip_host(self.address.ip())
            .expect("a URL that has a host");
        url.set_port(Some(self.address.port()))
            .expect("a URL that has a port");
        url.into()
    }

    /// Does this from now on, to the connections that are open and to those to come.
    pub fn set(&self, mode: Mode) {
        self.faults.mode.send_replace(mode);
    }

    /// Sends connections to come to another party.
    pub fn set_upstream(&self, upstream: SocketAddr) {
        *self.faults.upstream() = upstream;
    }

    /// Cuts every connection that is open, with an RST to both sides.
    pub fn cut(&self) {
        self.faults.cut.notify_waiters();
    }

    /// Cuts a connection right after it passed on bytes of which `hook` says true. Those to the server are sure to have
    /// reached it: the client's side is cut at once, the server's when it has answered, and the answer is lost.
    /// Replaces the hook that was there.
    pub fn cut_when(&self, hook: impl FnMut(Direction, &[u8]) -> bool + Send + 'static) {
        *self.faults.hook() = Some((fault::When::After, Box::new(hook)));
    }

    /// Cuts a connection instead of passing on bytes of which `hook` says true. Replaces the hook that was there.
    pub fn cut_before(&self, hook: impl FnMut(Direction, &[u8]) -> bool + Send + 'static) {
        *self.faults.hook() = Some((fault::When::Before, Box::new(hook)));
    }

    /// Forgets the hook.
    pub fn clear_hook(&self) {
        *self.faults.hook() = None;
    }

    /// How many connections came so far.
    pub fn connections(&self) -> u64 {
        self.faults.connections.get()
    }

    /// How many connections were cut so far, by a [`Mode`], by a hook or by [`Self::cut`].
    pub fn cuts(&self) -> u64 {
        self.faults.cuts.get()
    }

    /// How many bytes were passed on in this direction so far.
    pub fn bytes(&self, direction: Direction) -> u64 {
        self.faults.passed(direction).get()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// Whether `needle` is among `bytes`, as `COMMIT` is in what goes to PostgreSQL when a transaction is committed.
pub fn contains(bytes: &[u8], needle: &str) -> bool {
    bytes
        .windows(needle.len())
        .any(|window| window == needle.as_bytes())
}

async fn accept(listener: TcpListener, faults: Arc<Faults>) {
    // Ends the connections with itself.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((client, _)) = accepted {
                faults.connections.add(1);
                connections.spawn(connection::carry(client, Arc::clone(&faults)));
            },
            Some(_) = connections.join_next() => {}
        }
    }
}
