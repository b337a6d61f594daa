//! The right to one of the event streams.

use super::notices::Notice;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, StreamExt};
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// What the guard gives along with each request.
#[derive(Clone, Debug)]
pub(super) struct Streams {
    /// As many permits as there may be streams.
    pub(super) free: Arc<Semaphore>,
    /// Becomes true when the door closes.
    pub(super) closed: watch::Receiver<bool>,
}

/// The right to one event stream, which a handler asks for as an argument. If all streams are in
/// use, the client gets 503 with `Retry-After` instead, and the handler is not called.
///
/// ```
/// use axum::response::sse::{Event, KeepAlive, Sse};
/// use convsweep_serve::door::StreamPermit;
/// use futures_util::{Stream, stream};
/// use std::convert::Infallible;
///
/// async fn events(permit: StreamPermit) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
///     let events = stream::iter([Ok(Event::default().data("1"))]);
///     Sse::new(permit.hold(events)).keep_alive(KeepAlive::default())
/// }
/// ```
#[derive(Debug)]
pub struct StreamPermit {
    permit: OwnedSemaphorePermit,
    closed: watch::Receiver<bool>,
}

impl StreamPermit {
    /// The stream, which now holds the permit until it is dropped, and ends when the door closes.
    pub fn hold<S: Stream>(self, events: S) -> impl Stream<Item = S::Item> {
        let StreamPermit { permit, mut closed } = self;
        let closing = async move {
            // An error means that the door is gone.
            _ = closed.wait_for(|is_closed| *is_closed).await;
        };
        events.take_until(closing).map(move |event| {
            let _held = &permit;
            event
        })
    }
}

impl<S: Sync> FromRequestParts<S> for StreamPermit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<StreamPermit, Response> {
        let streams = parts.extensions.get::<Streams>();
        let streams = streams.ok_or_else(|| Notice::InternalError.into_response())?;
        let permit = Arc::clone(&streams.free)
            .try_acquire_owned()
            .map_err(|_| Notice::StreamsInUse.into_response())?;
        Ok(StreamPermit {
            permit,
            closed: streams.closed.clone(),
        })
    }
}
