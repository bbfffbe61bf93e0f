//! What a cluster does with an address of a service: a connection goes to the next pod that is ready.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

/// A service inside the cluster, whose pods speak TLS.
pub(super) struct Service {
    pub(super) url: String,
    ready: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Service {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let ready = Arc::<Mutex<Vec<SocketAddr>>>::default();
        tokio::spawn(accept(listener, Arc::clone(&ready)));
        Self { url, ready }
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
