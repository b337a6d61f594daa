//! A page for the tests.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use convsweep_serve::door::{Door, Limits, RunningDoor};

/// A door with a page behind it.
pub fn open() -> RunningDoor {
    open_with(Limits::default())
}

/// A door with other limits.
pub fn open_with(limits: Limits) -> RunningDoor {
    let door = Door::open(None).unwrap().with_limits(limits);
    door.start(routes()).unwrap()
}

fn routes() -> Router {
    Router::new().route("/", get(|| async { Html("the routes answer") }))
}
