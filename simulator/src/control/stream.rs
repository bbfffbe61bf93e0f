//! Everything that changes, as server-sent events for the page.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt as _};
use tokio_stream::wrappers::BroadcastStream;

use crate::app::App;

pub(super) async fn stream(
    State(app): State<App>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let notices = BroadcastStream::new(app.notices.subscribe()).map(|notice| {
        // A page that fell behind starts over.
        let data = notice.map_or_else(|_| r#"{"type":"lagged"}"#.into(), |n| n.to_string());
        Ok(Event::default().data(data))
    });
    let stopped = app.stopping.clone().cancelled_owned();
    Sse::new(notices.take_until(Box::pin(stopped))).keep_alive(KeepAlive::default())
}
