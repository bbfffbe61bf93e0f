//! A process, as far as one test can have several: a runtime of its own, which can be killed.

use tokio::runtime::{Builder, Runtime};

use super::record::{BOUND, PAUSE};

pub(crate) struct Process(Option<Runtime>);

impl Process {
    pub(crate) fn start() -> Self {
        let mut runtime = Builder::new_multi_thread();
        let runtime = runtime.worker_threads(1).enable_all().build();
        Self(Some(runtime.unwrap()))
    }

    /// Runs something in it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> T {
        self.0.as_ref().unwrap().spawn(task).await.unwrap()
    }

    /// Has something run in it.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.0.as_ref().unwrap().spawn(task)
    }

    /// Ends all of it wherever it is, as SIGKILL does.
    pub(crate) async fn kill(mut self) {
        let runtime = self.0.take().unwrap();
        let ended = tokio::task::spawn_blocking(move || runtime.shutdown_timeout(BOUND));
        ended.await.unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// Waits until nothing in this process, which is the test's, has the file of a database open any more: SQLite's threads outlive
/// the runtime that they worked for by a moment, in which they may still do what they were told.
pub(crate) async fn let_go_of(url: &str) {
    let file = std::path::Path::new(url.trim_start_matches("sqlite://"));
    let is_open = || {
        let mut open = std::fs::read_dir("/proc/self/fd").unwrap().flatten();
        open.any(|entry| std::fs::read_link(entry.path()).is_ok_and(|link| link == file))
    };
    let mut turns = tokio::time::interval(PAUSE);
    let closed = async {
        while is_open() {
            turns.tick().await;
        }
    };
    let closed = tokio::time::timeout(BOUND, closed).await;
    closed.expect("SQLite lets go of the file in time");
}
