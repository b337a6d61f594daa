//! The door's own pages: why there is no answer, or where to go on. None of them repeats what a
//! client sent, but for the address to go on to, and none holds the token.

use super::limits::RETRY_SECONDS;
use axum::http::header;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// Why a request has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Notice {
    /// The request line names a whole address, or no path.
    Target,
    /// `Host` is missing, repeated, or names another page than the one at this port.
    Host { port: u16 },
    /// `Origin` is another page.
    Origin,
    /// Another page asks for more than to be replaced by this one.
    Site,
    /// The method is neither GET nor HEAD.
    Method,
    /// The request has a body.
    Body,
    /// The request asks for another protocol.
    Upgrade,
    /// The token of the link is of another run.
    WrongToken,
    /// There is no cookie.
    NoCookie,
    /// As many event streams as there may be are open.
    StreamsInUse,
    /// The handler took too long.
    Late,
    /// The handler panicked.
    InternalError,
}

impl Notice {
    fn status(self) -> StatusCode {
        match self {
            Notice::Target | Notice::Body | Notice::Upgrade => StatusCode::BAD_REQUEST,
            Notice::Host { .. } | Notice::Origin | Notice::Site => StatusCode::FORBIDDEN,
            Notice::Method => StatusCode::METHOD_NOT_ALLOWED,
            Notice::WrongToken | Notice::NoCookie => StatusCode::UNAUTHORIZED,
            Notice::StreamsInUse | Notice::Late => StatusCode::SERVICE_UNAVAILABLE,
            Notice::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn words(self) -> String {
        let words = match self {
            Notice::Host { port } => {
                return format!(
                    "This page answers to 127.0.0.1:{port} and localhost:{port} only, and was asked for by another name or port. \
                     Through a tunnel, use the same port on both sides: ssh -N -L {port}:127.0.0.1:{port} USER@HOST. \
                     If {port} is taken on your own machine, start the program with another --port."
                );
            }
            Notice::Target => "The request must name a path of this page, such as /.",
            Notice::Origin | Notice::Site => {
                "Another page asked for this one. Pages of other addresses may link to it, and nothing else."
            }
            Notice::Method => "This page can be read, by GET and HEAD, and nothing else.",
            Notice::Body => "This page can be read only: a request may not have a body.",
            Notice::Upgrade => "This page speaks HTTP/1.1 and no other protocol.",
            Notice::WrongToken => {
                "The token in this link is not the one of the program that runs now. Open the link that it printed when it started."
            }
            Notice::NoCookie => {
                "This browser has not been let in. Open the link that the program printed when it started: it holds the token."
            }
            Notice::StreamsInUse => {
                "Too many windows follow this page at once. Close some, or wait: this one will try again."
            }
            Notice::Late => "The answer took too long. Try again.",
            Notice::InternalError => {
                "An error in the program: it is described in the terminal where it runs."
            }
        };
        words.to_owned()
    }
}

impl IntoResponse for Notice {
    fn into_response(self) -> Response {
        let status = self.status();
        let heading = status.canonical_reason().unwrap_or_default();
        let page = page(heading, &html! { p { (self.words()) } });
        let mut response = (status, Html(page.into_string())).into_response();
        let headers = response.headers_mut();
        match self {
            Notice::Method => {
                headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD"));
            }
            Notice::StreamsInUse | Notice::Late => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_SECONDS));
            }
            _ => {}
        }
        // A client that was not let in keeps no connection.
        if !matches!(self, Notice::StreamsInUse | Notice::Late) {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }
}

/// A page that has the browser open `address`. To the browser, this page is then the one that asks,
/// and the cookie goes along, which after a redirect it does not if a link on another page came
/// first (`SameSite=Strict`). The address replaces the one before it in the browser's history.
pub(super) fn onward(status: StatusCode, address: &str) -> Response {
    let content = html! {
        meta http-equiv="refresh" content={ "0;url=" (address) };
        p { a href=(address) { "Open the page" } }
    };
    (status, Html(page("Convsweep", &content).into_string())).into_response()
}

fn page(heading: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width";
            meta name="color-scheme" content="light dark";
            title { (heading) " – Convsweep" }
            h1 { (heading) }
            (content)
        }
    }
}
