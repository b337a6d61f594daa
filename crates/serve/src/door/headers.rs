//! What every answer says to the browser.

use axum::http::HeaderValue;
use axum::http::header::{self, HeaderName};
use axum::response::{IntoResponseParts, Response, ResponseParts};
use std::convert::Infallible;

/// Headers that no handler can change.
const FIXED: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// What the browser lets an answer do (`Content-Security-Policy`).
///
/// An answer has [`ContentPolicy::PAGE`] unless its handler returns another one with it, as in
/// `(ContentPolicy::STORED_REPORT, Html(text))`. The header itself cannot be set by handlers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentPolicy(&'static str);

impl ContentPolicy {
    /// Scripts, styles, pictures, fonts and data of this page only, and nothing inline but pictures in
    /// `data:` addresses.
    pub const PAGE: ContentPolicy = ContentPolicy(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; \
         frame-ancestors 'none'",
    );

    /// A document that holds everything itself and runs nothing: inline styles, and pictures and
    /// fonts in `data:` addresses.
    pub const STORED_REPORT: ContentPolicy = ContentPolicy(
        "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );

    /// The value of the header.
    pub fn text(self) -> &'static str {
        self.0
    }
}

impl IntoResponseParts for ContentPolicy {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

/// Adds what every answer says. Only `Cache-Control` may have been set before: by default, nothing
/// is kept.
pub(super) fn complete(response: &mut Response) {
    let policy = *response.extensions().get().unwrap_or(&ContentPolicy::PAGE);
    let headers = response.headers_mut();
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(policy.text()),
    );
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}
