//! How many connections there are, and what was done about those that were too many or too slow.

use std::sync::Arc;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// More connections than this are turned away: it bounds memory and file descriptors.
const CONNECTIONS: usize = 4096;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Limit {
    limit: &'static str,
}

/// The connections of one listener.
#[derive(Debug, Clone)]
pub(super) struct Traffic {
    room: Arc<Semaphore>,
    open: Gauge,
    refused: Counter,
    cut: Family<Limit, Counter>,
}

impl Default for Traffic {
    fn default() -> Self {
        Self {
            room: Arc::new(Semaphore::new(CONNECTIONS)),
            open: Gauge::default(),
            refused: Counter::default(),
            cut: Family::default(),
        }
    }
}

/// A connection's place; dropping it makes room for the next.
#[derive(Debug)]
pub(super) struct Place {
    open: Gauge,
    _permit: OwnedSemaphorePermit,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.open.dec();
    }
}

impl Traffic {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_connections",
            "Connections open now",
            self.open.clone(),
        );
        registry.register(
            "http_connections_refused",
            "Connections turned away because there were too many",
            self.refused.clone(),
        );
        registry.register(
            "http_connections_cut",
            "Connections cut off because the client took too long",
            self.cut.clone(),
        );
    }

    /// A place for one more connection, if there is any.
    pub(super) fn admit(&self) -> Option<Place> {
        let Ok(permit) = Arc::clone(&self.room).try_acquire_owned() else {
            self.refused.inc();
            return None;
        };
        self.open.inc();
        Some(Place {
            open: self.open.clone(),
            _permit: permit,
        })
    }

    /// Whether idle connections take up room that others may need.
    pub(super) fn is_crowded(&self) -> bool {
        self.room.available_permits() < CONNECTIONS / 2
    }

    pub(super) fn cut(&self, limit: &'static str) {
        self.cut.get_or_create(&Limit { limit }).inc();
        tracing::debug!(limit, "a client took too long and was cut off");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_connection_too_many_is_turned_away_until_another_ends() {
        let traffic = Traffic::default();
        let mut places: Vec<_> = (0..CONNECTIONS).map_while(|_| traffic.admit()).collect();
        assert_eq!(places.len(), CONNECTIONS);
        assert!(traffic.is_crowded());
        assert!(traffic.admit().is_none());
        places.pop();
        assert!(traffic.admit().is_some());
        assert_eq!(traffic.refused.get(), 1);
        drop(places);
        assert!(!traffic.is_crowded());
        assert_eq!(traffic.open.get(), 0);
    }
}
