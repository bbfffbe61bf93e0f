//! The ID of a request.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderMap, HeaderValue};
use uuid::{Builder, Uuid};

use crate::Clock;

/// The header that carries a request's ID.
pub const REQUEST_ID: &str = "x-request-id";

/// The request's ID, for handlers and for calls to other services.
#[derive(Debug, Clone, Copy)]
pub struct RequestId(pub Uuid);

impl RequestId {
    /// A caller may name its own ID, as long as it is one: services pass theirs on.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        headers
            .get(REQUEST_ID)
            .and_then(|value| Uuid::try_parse_ascii(value.as_bytes()).ok())
            .map_or_else(Self::fresh, Self)
    }

    /// A `UUIDv7`. It has to differ from all others and need not be hard to guess, so that no system call is made for it.
    fn fresh() -> Self {
        static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut noise = [0; 10];
        noise[..8].copy_from_slice(&SEED.hash_one(count).to_be_bytes());
        noise[8..].copy_from_slice(&count.to_be_bytes()[6..]);
        let now = u64::try_from(Clock::default().now().as_millis()).unwrap_or_default();
        Self(Builder::from_unix_timestamp_millis(now, &noise).into_uuid())
    }

    pub(super) fn write_to(self, headers: &mut HeaderMap) {
        let mut text = Uuid::encode_buffer();
        let text = self.0.hyphenated().encode_lower(&mut text);
        if let Ok(value) = HeaderValue::from_str(text) {
            headers.insert(REQUEST_ID, value);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_differ_and_are_in_the_order_of_time() {
        let ids: Vec<_> = (0..10_000).map(|_| RequestId::fresh().0).collect();
        assert_eq!(ids.iter().collect::<HashSet<_>>().len(), ids.len());
        assert_eq!(ids[0].get_version_num(), 7);
        assert!(ids[0].as_bytes()[..6] <= ids[9_999].as_bytes()[..6]);
    }
}
