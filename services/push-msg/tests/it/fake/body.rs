//! Answers that do not end as answers should.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::response::{IntoResponse as _, Response};
use futures::StreamExt as _;
use futures::stream::{iter, repeat_with};

const WHOLE: usize = 100 * 1024 * 1024;
const PIECE: usize = 16 * 1024;

/// A hundred megabytes, as far as somebody reads them; counts what was asked for.
pub(super) fn endless(sent: &Arc<AtomicUsize>) -> Response {
    let sent = sent.clone();
    let pieces = (0..WHOLE / PIECE).map(move |_| {
        sent.fetch_add(PIECE, Ordering::Relaxed);
        Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; PIECE]))
    });
    Body::from_stream(iter(pieces)).into_response()
}

/// A byte, and another one, and another one: never silent, and never at an end.
pub(super) fn trickle() -> Response {
    let bytes = repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(b" ")));
    let slowly = bytes.then(|byte| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        byte
    });
    Body::from_stream(slowly).into_response()
}
