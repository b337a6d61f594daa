//! Which address shows what.

use crate::assets::{asset, icon};
use crate::door::{ContentPolicy, StreamPermit};
use crate::events::events;
use crate::feed::FeedError;
use crate::pages::{error_page, images_svg, report_file, stored_report_path};
use crate::site::{PageAddress, Site};
use crate::view::View;
use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use convsweep_files::read_regular;
use std::sync::Arc;

/// Largest report that is sent, in bytes.
const LARGEST_REPORT: u64 = 64 << 20;

/// The handlers of a site.
pub fn routes(site: Site) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/events", get(overview_events))
        .route("/experiments/{name}/", get(experiment))
        .route("/experiments/{name}/events", get(experiment_events))
        .route("/experiments/{name}/report", get(report))
        .route("/experiments/{name}/{file}", get(table))
        .route("/experiments/{name}/charts/{file}", get(chart))
        .route("/jobs/{id}/", get(job))
        .route("/jobs/{id}/events", get(job_events))
        .route("/jobs/{id}/images.svg", get(job_images))
        .route("/assets/{name}", get(asset))
        .route("/favicon.ico", get(icon))
        .with_state(Arc::new(site))
}

type Shared = State<Arc<Site>>;

async fn overview(State(site): Shared, RawQuery(query): RawQuery) -> Response {
    show(site, PageAddress::Overview, query).await
}

async fn experiment(
    State(site): Shared,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    show(site, PageAddress::Experiment(name), query).await
}

async fn job(State(site): Shared, Path(id): Path<String>, RawQuery(query): RawQuery) -> Response {
    show(site, PageAddress::Job(id), query).await
}

/// The page at a place as a document; an error is a page too, which follows.
async fn show(site: Arc<Site>, place: PageAddress, query: Option<String>) -> Response {
    let view = View::of_query(&query.unwrap_or_default());
    let page = blocking(move || match site.page(&place, &view) {
        Ok(page) => (StatusCode::OK, Html(page.document().into_string())),
        Err(error) => {
            let status = match (site.is_to_come(&place, &error), error.is_unknown_place()) {
                (true, _) => StatusCode::OK,
                (false, true) => StatusCode::NOT_FOUND,
                (false, false) => StatusCode::SERVICE_UNAVAILABLE,
            };
            (status, Html(error_page(&error).document().into_string()))
        }
    });
    page.await.into_response()
}

async fn overview_events(
    permit: StreamPermit,
    State(site): Shared,
    RawQuery(query): RawQuery,
) -> Response {
    events(permit, site, PageAddress::Overview, query)
}

async fn experiment_events(
    permit: StreamPermit,
    State(site): Shared,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    events(permit, site, PageAddress::Experiment(name), query)
}

async fn job_events(
    permit: StreamPermit,
    State(site): Shared,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    events(permit, site, PageAddress::Job(id), query)
}

async fn job_images(State(site): Shared, Path(id): Path<String>) -> Response {
    let drawn = blocking(move || images_svg(site.feed(), &site.results, &id)).await;
    match drawn {
        Ok(Some(svg)) => picture(svg.into_bytes(), "image/svg+xml"),
        Ok(None) | Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The stored report, as the one file that it is.
async fn report(State(site): Shared, Path(name): Path<String>) -> Response {
    let known = Arc::clone(&site);
    let found = blocking(move || {
        known
            .feed()
            .with(|database, _| Ok(database.newest_revision(&name)?))?;
        let path = stored_report_path(&known.results, &name);
        read_regular(&path, LARGEST_REPORT).map_err(|error| FeedError::Report(error.to_string()))
    });
    match found.await {
        Ok(bytes) => {
            let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
            (ContentPolicy::STORED_REPORT, kind, bytes).into_response()
        }
        Err(_) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn table(State(site): Shared, Path((name, file)): Path<(String, String)>) -> Response {
    stored_file(site, name, false, file).await
}

async fn chart(State(site): Shared, Path((name, file)): Path<(String, String)>) -> Response {
    stored_file(site, name, true, file).await
}

async fn stored_file(site: Arc<Site>, name: String, is_chart: bool, file: String) -> Response {
    let found = blocking(move || {
        let experiments = site
            .feed()
            .with(|database, _| Ok(database.experiments()?))
            .ok()?;
        let is_known = experiments.iter().any(|experiment| experiment.name == name);
        is_known
            .then(|| report_file(&site.results, &name, is_chart, &file))
            .flatten()
    });
    match found.await {
        Some(file) => picture(file.content, file.media_type),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A file with styles and images of its own, and no script.
fn picture(content: Vec<u8>, media_type: &'static str) -> Response {
    (
        ContentPolicy::STORED_REPORT,
        [(header::CONTENT_TYPE, media_type)],
        content,
    )
        .into_response()
}

/// Does work that waits for the disk on another thread.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        // The door answers for a handler that panics.
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}
