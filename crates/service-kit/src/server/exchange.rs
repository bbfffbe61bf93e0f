//! One request and its answer, between hyper and the router.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::ConnectInfo;
use axum::routing::future::RouteFuture;
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use tower::Service as _;

use super::pulse::Pulse;
use super::stop::Stages;

/// What hyper hands the requests of one connection to.
pub(super) struct Exchange {
    pub(super) router: Router,
    /// Whoever is at the other end: the ingress, where there is one.
    pub(super) peer: SocketAddr,
    pub(super) pulse: Arc<Pulse>,
    pub(super) stages: Arc<Stages>,
}

impl hyper::service::Service<Request<Incoming>> for Exchange {
    type Response = Response<Outbound>;
    type Error = Infallible;
    type Future = Answering;

    fn call(&self, request: Request<Incoming>) -> Answering {
        self.pulse.request_begins();
        let mut request = request.map(|body| {
            if body.is_end_stream() {
                Body::empty()
            } else {
                Body::new(Inbound {
                    body,
                    pulse: Arc::clone(&self.pulse),
                })
            }
        });
        request.extensions_mut().insert(Arc::clone(&self.pulse));
        request.extensions_mut().insert(ConnectInfo(self.peer));
        Answering {
            answer: self.router.clone().call(request),
            pulse: Arc::clone(&self.pulse),
            stages: Arc::clone(&self.stages),
        }
    }
}

/// An answer that is being made.
pub(super) struct Answering {
    answer: RouteFuture<Infallible>,
    pulse: Arc<Pulse>,
    stages: Arc<Stages>,
}

impl Future for Answering {
    type Output = Result<Response<Outbound>, Infallible>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let Ok(mut response) = ready!(Pin::new(&mut self.answer).poll(context));
        // Whoever obeys sends nothing more on this connection, so that closing it loses nothing.
        if self.stages.are_closing() {
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(CONNECTION, close);
        }
        let pulse = Arc::clone(&self.pulse);
        Poll::Ready(Ok(response.map(|body| Outbound { body, pulse })))
    }
}

/// A request's body: says when somebody waits for it.
struct Inbound {
    body: Incoming,
    pulse: Arc<Pulse>,
}

impl HttpBody for Inbound {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let frame = Pin::new(&mut self.body).poll_frame(context);
        match &frame {
            Poll::Ready(Some(Ok(frame))) => {
                self.pulse
                    .body_arrives(frame.data_ref().map_or(0, Bytes::len));
            }
            Poll::Ready(_) => self.pulse.body_arrives(0),
            Poll::Pending => self.pulse.body_is_awaited(true),
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Inbound {
    fn drop(&mut self) {
        self.pulse.body_is_awaited(false);
    }
}

/// An answer's body: says when hyper has all of it.
pub(super) struct Outbound {
    body: Body,
    pulse: Arc<Pulse>,
}

impl HttpBody for Outbound {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Outbound {
    fn drop(&mut self) {
        self.pulse.answer_ends();
    }
}
