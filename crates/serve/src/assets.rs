//! Style, script, fonts and the icon, all inside the program.

use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use convsweep_report::STYLE;
use convsweep_report::draw::font::{BOLD, REGULAR};

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// Name, media type and content of each.
const ASSETS: [(&str, &str, &[u8]); 8] = [
    ("report.css", CSS, STYLE.as_bytes()),
    ("page.css", CSS, include_bytes!("assets/page.css")),
    ("page.js", SCRIPT, include_bytes!("assets/page.js")),
    // uPlot 1.6.32 by Leon Sorokin, MIT licence.
    (
        "uplot.css",
        CSS,
        include_bytes!("assets/uplot/uPlot.min.css"),
    ),
    (
        "uplot.js",
        SCRIPT,
        include_bytes!("assets/uplot/uPlot.iife.min.js"),
    ),
    (
        "icon.svg",
        "image/svg+xml",
        include_bytes!("assets/icon.svg"),
    ),
    ("regular.otf", "font/otf", REGULAR),
    ("bold.otf", "font/otf", BOLD),
];

/// An asset by its name.
pub async fn asset(Path(name): Path<String>) -> Response {
    match ASSETS.iter().find(|(known, ..)| *known == name) {
        Some((_, media_type, content)) => {
            let headers = [
                (header::CONTENT_TYPE, *media_type),
                (header::CACHE_CONTROL, "private, max-age=3600"),
            ];
            (headers, *content).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// The icon, for browsers that ask for it on pages that do not name it.
pub async fn icon() -> Response {
    asset(Path("icon.svg".into())).await
}
