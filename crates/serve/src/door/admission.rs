//! What a request says of itself, before anyone asks who sent it.

use super::notices::Notice;
use axum::http::header::{self, HeaderName};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// The names by which this page may be asked for.
#[derive(Debug)]
pub(super) struct Admission {
    port: u16,
    /// Values of `Host`.
    hosts: Vec<String>,
}

impl Admission {
    /// The page at `port`.
    pub(super) fn new(port: u16) -> Admission {
        let names = ["127.0.0.1", "localhost"];
        let mut hosts = names.map(|name| format!("{name}:{port}")).to_vec();
        if port == 80 {
            // Browsers leave the port of http out.
            hosts.extend(names.map(str::to_owned));
        }
        Admission { port, hosts }
    }

    /// The request's `Host`, if the request is one that this page answers.
    ///
    /// # Errors
    /// Why it is not.
    pub(super) fn host<'a>(&self, request: &'a Parts) -> Result<&'a str, Notice> {
        let host = self.named_host(&request.headers)?;
        if request.uri.scheme().is_some() || !request.uri.path().starts_with('/') {
            return Err(Notice::Target);
        }
        self.check_origin(&request.headers)?;
        check_site(&request.headers)?;
        if ![Method::GET, Method::HEAD].contains(&request.method) {
            return Err(Notice::Method);
        }
        if has_body(&request.headers) {
            return Err(Notice::Body);
        }
        if request.headers.contains_key(header::UPGRADE) {
            return Err(Notice::Upgrade);
        }
        Ok(host)
    }

    fn named_host<'a>(&self, headers: &'a HeaderMap) -> Result<&'a str, Notice> {
        let refusal = Notice::Host { port: self.port };
        let host = only(headers, &header::HOST).ok_or(refusal)?;
        if self.hosts.iter().any(|ours| ours == host) {
            Ok(host)
        } else {
            Err(refusal)
        }
    }

    fn check_origin(&self, headers: &HeaderMap) -> Result<(), Notice> {
        if !headers.contains_key(header::ORIGIN) {
            return Ok(());
        }
        let origin = only(headers, &header::ORIGIN).and_then(|text| text.strip_prefix("http://"));
        let origin = origin.ok_or(Notice::Origin)?;
        if self.hosts.iter().any(|ours| ours == origin) {
            Ok(())
        } else {
            Err(Notice::Origin)
        }
    }
}

/// A page of another origin, also of another port of this machine (`same-site`), may only link here.
fn check_site(headers: &HeaderMap) -> Result<(), Notice> {
    let is_ours = match headers.get(&SITE) {
        None => true,
        Some(site) => site == "same-origin" || site == "none",
    };
    let is_link =
        only(headers, &MODE) == Some("navigate") && only(headers, &DESTINATION) == Some("document");
    if is_ours || is_link {
        Ok(())
    } else {
        Err(Notice::Site)
    }
}

/// Whether a link on a page of another origin led here.
pub(super) fn is_led_here(headers: &HeaderMap) -> bool {
    headers
        .get(&SITE)
        .is_some_and(|site| site == "cross-site" || site == "same-site")
}

fn has_body(headers: &HeaderMap) -> bool {
    headers.contains_key(header::TRANSFER_ENCODING)
        || headers
            .get(header::CONTENT_LENGTH)
            .is_some_and(|length| length != "0")
}

/// The header's value, if it is there once and is text.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    match values.next() {
        None => value.to_str().ok(),
        Some(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_80_may_be_left_out() {
        let hosts = ["127.0.0.1:80", "localhost:80", "127.0.0.1", "localhost"];
        assert_eq!(Admission::new(80).hosts, hosts);
        assert_eq!(
            Admission::new(8080).hosts,
            ["127.0.0.1:8080", "localhost:8080"]
        );
    }
}
