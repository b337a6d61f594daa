//! What a server's answer means for a download: where its body goes on, or why it is not taken.

use convsweep_spec::words::{printable, shortened, thousands};
use std::time::Duration;
use ureq::http::HeaderMap;

/// Longest wait that a server can ask for with `Retry-After`.
const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Characters of a header that a message shows.
const LONGEST_SHOWN: usize = 80;

/// Why the body of an answer is not taken.
#[derive(Debug, PartialEq)]
pub(super) enum Refusal {
    /// Another request will not change the answer.
    Final(String),
    /// Another request may be answered otherwise, after this time if the server names one.
    Retry(String, Option<Duration>),
    /// The server cannot go on from what is there: the download starts again.
    Restart(String),
}

/// The answer to a request for a file of `expected` bytes from byte `have` on.
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a HeaderMap,
    pub(super) have: u64,
    pub(super) expected: u64,
}

impl Answer<'_> {
    /// The byte of the file with which the answer's body begins.
    pub(super) fn start(&self) -> Result<u64, Refusal> {
        match self.status {
            200 => self.check_whole().map(|()| 0),
            206 => self.check_part(),
            416 if self.have > 0 => Err(Refusal::Restart(format!(
                "the server cannot go on from byte {} (416)",
                thousands(self.have)
            ))),
            416 => Err(Refusal::Final(
                "the server answered 416 (no such part of the file), although the whole file was \
                 asked for: it is faulty, or something between it and here is"
                    .into(),
            )),
            status => Err(self.refused(status)),
        }
    }

    /// Checks what a whole file says of itself.
    fn check_whole(&self) -> Result<(), Refusal> {
        self.check_type()?;
        match self.number("content-length") {
            Some(found) if found != self.expected => Err(self.other_length(found)),
            _ => Ok(()),
        }
    }

    /// Checks which part of the file this is: it must begin where it was asked to.
    fn check_part(&self) -> Result<u64, Refusal> {
        self.check_type()?;
        let found = self.text("content-range");
        let range = found.strip_prefix("bytes ").and_then(part_of);
        match range {
            Some((_, Some(total))) if total != self.expected => Err(self.other_length(total)),
            Some((start, _)) if start == self.have => Ok(start),
            _ => {
                let why = format!(
                    "the server sent {} where the file from byte {} on was asked for",
                    match found {
                        "" => "a part (206) without saying which".to_string(),
                        range => format!("the part \"{}\"", shortened(range, LONGEST_SHOWN)),
                    },
                    thousands(self.have)
                );
                match self.have {
                    0 => Err(Refusal::Final(why)),
                    _ => Err(Refusal::Restart(why)),
                }
            }
        }
    }

    /// Recognises pages that are no file: of networks that want a login, and of servers that
    /// report errors with status 200.
    fn check_type(&self) -> Result<(), Refusal> {
        let found = self.text("content-type");
        if found
            .trim_start()
            .to_ascii_lowercase()
            .starts_with("text/html")
        {
            return Err(Refusal::Final(
                "a web page came instead of the file: this network may want a login (open any page \
                 in a browser), or the file has moved"
                    .into(),
            ));
        }
        match self.text("content-encoding") {
            "" | "identity" => Ok(()),
            other => Err(Refusal::Final(format!(
                "the server sends the file in another form (Content-Encoding: {})",
                shortened(other, LONGEST_SHOWN)
            ))),
        }
    }

    fn refused(&self, status: u16) -> Refusal {
        let name = ureq::http::StatusCode::from_u16(status).ok();
        let name = name.and_then(|status| status.canonical_reason());
        let name = name.map_or(String::new(), |name| format!(" ({})", printable(name)));
        let why = format!("the server answered {status}{name}");
        if status < 500 && status != 429 {
            return Refusal::Final(why);
        }
        match self.number("retry-after").map(Duration::from_secs) {
            Some(wait) if wait > LONGEST_WAIT => {
                let seconds = wait.as_secs();
                Refusal::Final(format!("{why} and asks to try again after {seconds} s"))
            }
            wait => Refusal::Retry(why, wait),
        }
    }

    fn other_length(&self, found: u64) -> Refusal {
        Refusal::Final(format!(
            "the server offers a file of {} bytes, but the published one has {}",
            thousands(found),
            thousands(self.expected)
        ))
    }

    fn number(&self, header: &str) -> Option<u64> {
        self.text(header).trim().parse().ok()
    }

    /// The text of a header; empty if it is missing.
    fn text(&self, header: &str) -> &str {
        let value = self.headers.get(header);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }
}

/// First byte and length of the whole of `FIRST-LAST/LENGTH`; a length of `*` is unknown.
fn part_of(range: &str) -> Option<(u64, Option<u64>)> {
    let (part, total) = range.split_once('/')?;
    let (first, last) = part.split_once('-')?;
    let (first, last) = (first.trim().parse().ok()?, last.trim().parse::<u64>().ok()?);
    (first <= last).then_some((first, total.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ureq::http::{HeaderName, HeaderValue};

    /// The meaning of an answer to a request for a file of 100 bytes.
    fn start(
        status: u16,
        have: u64,
        headers: &[(&'static str, &'static str)],
    ) -> Result<u64, Refusal> {
        let pairs = headers.iter().map(|&(name, value)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_static(value),
            )
        });
        let headers = HeaderMap::from_iter(pairs);
        Answer {
            status,
            headers: &headers,
            have,
            expected: 100,
        }
        .start()
    }

    #[test]
    fn right_answers_say_where_they_begin() {
        assert_eq!(start(200, 0, &[]), Ok(0));
        assert_eq!(start(200, 40, &[("content-length", "100")]), Ok(0));
        assert_eq!(
            start(206, 40, &[("content-range", "bytes 40-99/100")]),
            Ok(40)
        );
        assert_eq!(
            start(206, 40, &[("content-range", "bytes 40-99/*")]),
            Ok(40)
        );
        assert_eq!(start(206, 0, &[("content-range", "bytes 0-9/100")]), Ok(0));
        assert_eq!(start(200, 0, &[("content-encoding", "identity")]), Ok(0));
    }

    #[test]
    fn wrong_answers_are_final_or_start_again() {
        let check = |status, have, header, expect: &str| {
            let headers: Vec<_> = Option::into_iter(header).collect();
            let (kind, why) = match start(status, have, &headers) {
                Err(Refusal::Final(why)) => ("final", why),
                Err(Refusal::Restart(why)) => ("restart", why),
                other => panic!("{other:?}"),
            };
            let expected_kind = if have > 0 && status != 200 {
                "restart"
            } else {
                "final"
            };
            assert_eq!(kind, expected_kind, "{why}");
            assert!(why.contains(expect), "{why} lacks {expect}");
        };
        check(416, 0, None, "416 (no such part");
        check(416, 40, None, "cannot go on from byte 40");
        check(206, 40, None, "a part (206) without saying which");
        check(
            206,
            40,
            Some(("content-range", "bytes 10-99/100")),
            "\"bytes 10-99/100\"",
        );
        check(
            206,
            40,
            Some(("content-range", "bytes 40-3/100")),
            "from byte 40 on",
        );
        check(
            206,
            0,
            Some(("content-range", "pages 0-99/100")),
            "\"pages 0-99/100\"",
        );
        check(
            200,
            0,
            Some(("content-length", "99")),
            "99 bytes, but the published one has 100",
        );
        check(
            200,
            9,
            Some(("content-type", "text/HTML; charset=x")),
            "want a login",
        );
        check(
            200,
            0,
            Some(("content-encoding", "gzip")),
            "Content-Encoding: gzip",
        );
        check(404, 0, None, "404 (Not Found)");
        check(403, 0, None, "403 (Forbidden)");
        check(302, 0, None, "302 (Found)");
        check(
            503,
            0,
            Some(("retry-after", "3600")),
            "try again after 3600 s",
        );
    }

    #[test]
    fn a_file_of_another_length_is_final() {
        let found = start(206, 40, &[("content-range", "bytes 40-98/99")]);
        assert!(matches!(found, Err(Refusal::Final(why)) if why.contains("99 bytes")));
    }

    #[test]
    fn busy_servers_are_asked_again() {
        let retry = |why: &str, wait| Err(Refusal::Retry(why.into(), wait));
        let busy = "the server answered 503 (Service Unavailable)";
        let wait = Some(Duration::from_secs(2));
        assert_eq!(start(503, 0, &[("retry-after", "2")]), retry(busy, wait));
        assert_eq!(start(503, 0, &[("retry-after", "soon")]), retry(busy, None));
        let faulty = "the server answered 500 (Internal Server Error)";
        assert_eq!(start(500, 0, &[]), retry(faulty, None));
        let too_many = "the server answered 429 (Too Many Requests)";
        assert_eq!(start(429, 0, &[]), retry(too_many, None));
    }
}
