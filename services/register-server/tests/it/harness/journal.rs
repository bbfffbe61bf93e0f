use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;

/// What the neighbours were asked, in order.
#[derive(Clone)]
pub(crate) struct Journal {
    entries: Arc<Mutex<Vec<&'static str>>>,
    count: watch::Sender<usize>,
}

impl Default for Journal {
    fn default() -> Self {
        Self {
            entries: Arc::default(),
            count: watch::Sender::new(0),
        }
    }
}

impl Journal {
    pub(crate) fn note(&self, entry: &'static str) {
        let mut entries = self.entries.lock().unwrap();
        entries.push(entry);
        self.count.send_replace(entries.len());
    }

    pub(crate) fn entries(&self) -> Vec<&'static str> {
        self.entries.lock().unwrap().clone()
    }

    pub(crate) fn count(&self, entry: &str) -> usize {
        self.entries().iter().filter(|one| **one == entry).count()
    }

    /// Waits until `entry` was noted `times` times.
    pub(crate) async fn wait_for(&self, entry: &str, times: usize) {
        let mut count = self.count.subscribe();
        let wait = async {
            while self.count(entry) < times {
                count.changed().await.unwrap();
            }
        };
        tokio::time::timeout(Duration::from_secs(10), wait)
            .await
            .unwrap_or_else(|_| {
                panic!("{entry} was not asked {times} times: {:?}", self.entries())
            });
    }
}
