//! One request from its arrival to its answer. Handlers are called here and nowhere else.

use super::admission::{Admission, is_led_here};
use super::headers;
use super::limits::Limits;
use super::login::{Access, Login};
use super::notices::{Notice, onward};
use super::streams::Streams;
use super::token::Token;
use axum::Router;
use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use hyper::body::Incoming;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

/// What stands between requests and handlers.
#[derive(Debug)]
pub(super) struct Guard {
    admission: Admission,
    login: Login,
    streams: Streams,
    handler_time: Duration,
    routes: Router,
}

impl Guard {
    /// The guard of the page at `port`; `closed` becomes true when the door closes.
    pub(super) fn new(
        port: u16,
        token: Token,
        limits: Limits,
        routes: Router,
        closed: watch::Receiver<bool>,
    ) -> Guard {
        let free = Arc::new(Semaphore::new(limits.streams));
        Guard {
            admission: Admission::new(port),
            login: Login::new(port, token),
            streams: Streams { free, closed },
            handler_time: limits.handler_time,
            routes,
        }
    }

    /// Becomes true when the door closes.
    pub(super) fn closed(&self) -> watch::Receiver<bool> {
        self.streams.closed.clone()
    }

    /// The answer to a request, with the headers that all answers have.
    pub(super) async fn answer(
        self: Arc<Guard>,
        request: Request<Incoming>,
    ) -> Result<Response, Infallible> {
        let (parts, _refused_body) = request.into_parts();
        let mut response = self.answer_or_notice(parts).await;
        headers::complete(&mut response);
        Ok(response)
    }

    async fn answer_or_notice(&self, parts: Parts) -> Response {
        let host = match self.admission.host(&parts) {
            Ok(host) => host,
            Err(notice) => return notice.into_response(),
        };
        match self.login.entry(&parts.uri, &parts.headers) {
            Ok(Access::Answer) => self.handle(parts).await,
            Ok(Access::Cookie(address)) => self.let_in(&format!("http://{host}{address}")),
            // The cookie may be there, and only not sent since another page's link led here.
            Err(Notice::NoCookie) if is_led_here(&parts.headers) => onward(
                StatusCode::UNAUTHORIZED,
                &format!("http://{host}{}", parts.uri),
            ),
            Err(notice) => notice.into_response(),
        }
    }

    fn let_in(&self, address: &str) -> Response {
        let Ok(cookie) = HeaderValue::try_from(self.login.set_cookie()) else {
            return Notice::InternalError.into_response();
        };
        let mut response = onward(StatusCode::OK, address);
        response.headers_mut().insert(header::SET_COOKIE, cookie);
        response
    }

    /// What the handler answers. Its panic has been reported by the program's panic hook.
    async fn handle(&self, mut parts: Parts) -> Response {
        parts.extensions.insert(self.streams.clone());
        let request = Request::from_parts(parts, Body::empty());
        let answer = AssertUnwindSafe(self.routes.clone().oneshot(request)).catch_unwind();
        match tokio::time::timeout(self.handler_time, answer).await {
            Ok(Ok(Ok(response))) => response,
            Ok(Err(_panic)) => Notice::InternalError.into_response(),
            Err(_elapsed) => Notice::Late.into_response(),
        }
    }
}
