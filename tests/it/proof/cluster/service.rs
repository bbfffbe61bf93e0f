//! What a cluster does with an address of a service: a connection goes to the next pod that is ready.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

/// A service inside the cluster.
pub(super) struct Service {
    pub(super) addr: SocketAddr,
    ready: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Service {
    pub(super) async fn at(ip: IpAddr) -> Self {
        let listener = TcpListener::bind((ip, 0)).await.unwrap();
        let addr = listener.local_addr().unwrap();
        let ready = Arc::<Mutex<Vec<SocketAddr>>>::default();
        tokio::spawn(accept(listener, Arc::clone(&ready)));
        Self { addr, ready }
    }

    /// Where its pods are found by who speaks TLS with them.
    pub(super) fn url(&self) -> String {
        format!("https://{}", self.addr)
    }

    pub(super) fn add(&self, pod: SocketAddr) {
        self.ready.lock().unwrap().push(pod);
    }

    /// Connections to come do not go there any more; those that are open stay.
    pub(super) fn retire(&self, pod: SocketAddr) {
        self.ready.lock().unwrap().retain(|ready| *ready != pod);
    }
}

async fn accept(listener: TcpListener, ready: Arc<Mutex<Vec<SocketAddr>>>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let pod = {
            let mut ready = ready.lock().unwrap();
            if ready.is_empty() {
                continue;
            }
            ready.rotate_left(1);
            ready[0]
        };
        tokio::spawn(async move {
            // Who is refused by the pod is refused here.
            if let Ok(mut pod) = TcpStream::connect(pod).await {
                let _ = copy_bidirectional(&mut client, &mut pod).await;
            }
        });
    }
}
