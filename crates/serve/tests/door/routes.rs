//! Pages for the tests.

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use convsweep_serve::door::{ContentPolicy, Door, Limits, RunningDoor};
use futures_util::{StreamExt, stream};
use std::io;

/// What the first page says.
pub const PAGE: &str = "what only the owner may see";

/// What a handler panics with.
pub const PANIC: &str = "a detail of the program";

/// A door with pages behind it.
pub fn open() -> RunningDoor {
    open_with(Limits::default(), routes())
}

/// A door with other limits or other pages.
pub fn open_with(limits: Limits, routes: Router) -> RunningDoor {
    let door = Door::open(None).unwrap().with_limits(limits);
    door.start(routes).unwrap()
}

/// A page, assets by name, a stored report, and handlers that fail.
pub fn routes() -> Router {
    Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/asset/{name}", get(asset))
        .route("/report/{name}", get(report))
        .route("/lax", get(lax))
        .route("/panic", get(panics))
        .route("/panic-in-content", get(panics_in_content))
}

async fn asset(Path(name): Path<String>) -> impl IntoResponse {
    let content = match name.as_str() {
        "page.css" => "body { color: black }",
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let headers = [
        (header::CONTENT_TYPE, "text/css"),
        (header::CACHE_CONTROL, "private, max-age=3600"),
    ];
    (headers, content).into_response()
}

async fn report(Path(name): Path<String>) -> (ContentPolicy, Html<String>) {
    (ContentPolicy::STORED_REPORT, Html(name))
}

/// A handler that would like the browser to do anything.
async fn lax() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, "default-src *"),
        (header::X_FRAME_OPTIONS, "ALLOWALL"),
        (header::REFERRER_POLICY, "unsafe-url"),
    ];
    (headers, Html("lax"))
}

async fn panics() -> &'static str {
    panic!("{PANIC}")
}

async fn panics_in_content() -> Body {
    let first = stream::iter([io::Result::Ok("the beginning")]);
    let last = stream::once(async {
        // What came before leaves in the meantime.
        tokio::task::yield_now().await;
        panic!("{PANIC}")
    });
    Body::from_stream(first.chain(last))
}
