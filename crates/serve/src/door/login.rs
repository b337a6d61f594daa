//! Who asks: the token of the link is exchanged for a cookie.

use super::notices::Notice;
use super::token::Token;
use axum::http::{HeaderMap, Uri, header};

/// The name of the token in a link's query, with the sign after it.
const PARAMETER: &str = "token=";

/// What the token or the cookie of a request gives it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// The answer: the cookie is right.
    Answer,
    /// A cookie, and the same address without the token, as a path with a query.
    Cookie(String),
}

/// The door's secret, and the cookie's name.
#[derive(Debug)]
pub(super) struct Login {
    token: Token,
    /// Cookies know no ports, so the port is in the name.
    cookie: String,
}

impl Login {
    /// The login of the page at `port`.
    pub(super) fn new(port: u16, token: Token) -> Login {
        let cookie = format!("convsweep-{port}");
        Login { token, cookie }
    }

    /// What a request may have.
    ///
    /// # Errors
    /// If it has neither the token nor the cookie.
    pub(super) fn entry(&self, uri: &Uri, headers: &HeaderMap) -> Result<Access, Notice> {
        let is_known = self.has_cookie(headers);
        let (claimed, address) = without_token(uri);
        match claimed {
            None if is_known => Ok(Access::Answer),
            None => Err(Notice::NoCookie),
            Some(claimed) if is_known || self.token.equals(claimed) => Ok(Access::Cookie(address)),
            Some(_) => Err(Notice::WrongToken),
        }
    }

    /// The value of `Set-Cookie`. The cookie ends with the browser's session; no script reads it,
    /// and no other site's page makes the browser send it.
    pub(super) fn set_cookie(&self) -> String {
        let (name, token) = (&self.cookie, self.token.text());
        format!("{name}={token}; HttpOnly; SameSite=Strict; Path=/")
    }

    fn has_cookie(&self, headers: &HeaderMap) -> bool {
        let mut is_known = false;
        for line in headers.get_all(header::COOKIE) {
            for pair in line.to_str().unwrap_or_default().split(';') {
                let Some((name, value)) = pair.trim().split_once('=') else {
                    continue;
                };
                is_known |= name == self.cookie && self.token.equals(value);
            }
        }
        is_known
    }
}

/// The token in the address, if there is one, and the address without it.
fn without_token(uri: &Uri) -> (Option<&str>, String) {
    let mut claimed = None;
    let mut kept = Vec::new();
    for pair in uri.query().unwrap_or_default().split('&') {
        match pair.strip_prefix(PARAMETER) {
            Some(token) => claimed = Some(token),
            None if pair.is_empty() => {}
            None => kept.push(pair),
        }
    }
    let mark = if kept.is_empty() { "" } else { "?" };
    let address = format!("{}{mark}{}", uri.path(), kept.join("&"));
    (claimed, address)
}
