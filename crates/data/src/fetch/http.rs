//! Downloads one file over HTTP and continues where an earlier attempt ended.

use super::answer::{Answer, Refusal};
use crate::DataError;
use convsweep_spec::words::{printable, thousands};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::Duration;
use ureq::http::{Response, Uri};
use ureq::{Agent, Body};

/// Attempts for each address; each continues where the one before it ended.
const ATTEMPTS: u32 = 4;
/// Longest time in which nothing comes from a server: neither a connection, nor an answer, nor the
/// next bytes.
const PATIENCE: Duration = Duration::from_secs(if cfg!(test) { 1 } else { 30 });
/// Longest time for the whole head of an answer, however slowly it comes.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);
/// Addresses that an answer may refer to one after another.
const MAX_REDIRECTS: u32 = 5;
/// Wait after the first attempt; it doubles after each further one.
const FIRST_BACK_OFF: Duration = Duration::from_millis(200);

/// Why an address did not give the file.
type Reason = String;

/// What keeps an attempt from completing the file.
enum DownloadFailure {
    /// The answer is not taken.
    Refused(Refusal),
    /// Nothing came for [`PATIENCE`].
    Stalled(Reason),
    /// The disk refused.
    Disk(DataError),
}

impl From<DataError> for DownloadFailure {
    fn from(error: DataError) -> DownloadFailure {
        DownloadFailure::Disk(error)
    }
}

/// Appends to `partial` what it lacks of the file at `address`, which has `bytes` bytes. The outer
/// error is the disk's, the inner one the network's.
///
/// Proxies are those of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`).
pub(super) fn download(
    address: &str,
    partial: &Path,
    bytes: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<Result<(), Reason>, DataError> {
    let agent = agent();
    let (mut reason, mut has_stalled) = (String::new(), false);
    for attempt in 0..ATTEMPTS {
        let before = length(partial);
        let mut wait = FIRST_BACK_OFF * 2u32.pow(attempt);
        match attempt_download(&agent, address, partial, bytes, progress) {
            Ok(()) => return Ok(Ok(())),
            Err(DownloadFailure::Disk(error)) => return Err(error),
            Err(DownloadFailure::Refused(Refusal::Final(reason))) => return Ok(Err(reason)),
            Err(DownloadFailure::Stalled(reason)) if has_stalled => return Ok(Err(reason)),
            Err(DownloadFailure::Stalled(why)) => (reason, has_stalled) = (why, true),
            Err(DownloadFailure::Refused(Refusal::Retry(why, asked))) => {
                reason = why;
                wait = asked.unwrap_or(wait);
            }
            Err(DownloadFailure::Refused(Refusal::Restart(why))) => {
                remove(partial)?;
                reason = why;
            }
        }
        // Two attempts without a single byte: most likely there is no network.
        if length(partial) <= before && attempt > 0 {
            break;
        }
        std::thread::sleep(wait);
    }
    Ok(Err(reason))
}

fn agent() -> Agent {
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(MAX_REDIRECTS)
        // A server may have closed the connection since: each attempt makes its own.
        .max_idle_connections(0)
        .timeout_resolve(Some(PATIENCE))
        .timeout_connect(Some(PATIENCE))
        .timeout_per_read(Some(PATIENCE))
        .timeout_per_write(Some(PATIENCE))
        .timeout_recv_response(Some(RESPONSE_TIMEOUT))
        .build()
        .into()
}

fn attempt_download(
    agent: &Agent,
    address: &str,
    partial: &Path,
    bytes: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<(), DownloadFailure> {
    let mut have = length(partial);
    if have == bytes {
        return Ok(());
    }
    if have > bytes {
        remove(partial)?;
        have = 0;
    }
    let response = request(agent, address, have)?;
    let answer = Answer {
        status: response.status().as_u16(),
        headers: response.headers(),
        have,
        expected: bytes,
    };
    let start = answer.start().map_err(DownloadFailure::Refused)?;
    let file = File::options()
        .create(true)
        .write(true)
        .append(start > 0)
        .truncate(start == 0)
        .open(partial)
        .map_err(DataError::io("write", partial))?;
    copy_body(response, file, partial, start, bytes, progress)
}

/// Asks for the file from byte `have` on.
fn request(agent: &Agent, address: &str, have: u64) -> Result<Response<Body>, DownloadFailure> {
    // A compressed transfer would not be the published bytes.
    let mut request = agent.get(address).header("Accept-Encoding", "identity");
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    request.call().map_err(|error| no_answer(error, address))
}

/// Why there is no answer from this address. A redirection that is not followed is final; an answer
/// that is no HTTP may be better the next time.
fn no_answer(error: ureq::Error, address: &str) -> DownloadFailure {
    let text = printable(&error.to_string()).into_owned();
    match error {
        ureq::Error::Timeout(_) => DownloadFailure::Stalled(silence("no answer came")),
        ureq::Error::TooManyRedirects => DownloadFailure::Refused(Refusal::Final(format!(
            "the server refers to another address more than {MAX_REDIRECTS} times in a row"
        ))),
        ureq::Error::BadUri(_) if !is_http(address) => {
            let why = format!("{} is no http or https address", printable(address));
            DownloadFailure::Refused(Refusal::Final(why))
        }
        // Only the text tells which rule of the protocol was broken.
        ureq::Error::Protocol(_) if !text.contains("location header") => {
            let why = format!("the server's answer is no HTTP: {text}");
            DownloadFailure::Refused(Refusal::Retry(why, None))
        }
        ureq::Error::BadUri(_) | ureq::Error::Protocol(_) | ureq::Error::RedirectFailed => {
            let why = format!(
                "the server refers to an address that is not followed (only http and https are): {text}"
            );
            DownloadFailure::Refused(Refusal::Final(why))
        }
        _ => DownloadFailure::Refused(Refusal::Retry(text, None)),
    }
}

/// Whether a text is an address that can be asked at all.
fn is_http(address: &str) -> bool {
    let uri: Option<Uri> = address.parse().ok();
    let scheme = uri.as_ref().and_then(|uri| uri.scheme_str());
    matches!(scheme, Some("http" | "https"))
}

/// Appends the response's body to the file, which holds `done` bytes already.
fn copy_body(
    response: Response<Body>,
    mut file: File,
    partial: &Path,
    mut done: u64,
    bytes: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<(), DownloadFailure> {
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let so_far = || format!("{} of {} bytes", thousands(done), thousands(bytes));
        let n = match body.read(&mut buffer) {
            Ok(n) => n,
            Err(e) if is_timeout(&e) => {
                let why = format!("{} after {}", silence("nothing came"), so_far());
                return Err(DownloadFailure::Stalled(why));
            }
            Err(e) => {
                return Err(broken(format!(
                    "the connection broke after {}: {e}",
                    so_far()
                )));
            }
        };
        if n == 0 && done < bytes {
            return Err(broken(format!("the connection ended after {}", so_far())));
        }
        if n == 0 {
            return Ok(());
        }
        file.write_all(&buffer[..n])
            .map_err(DataError::io("write", partial))?;
        done += n as u64;
        progress(done.min(bytes));
        if done > bytes {
            // Longer than published: the check of the size reports it.
            return Ok(());
        }
    }
}

fn broken(why: Reason) -> DownloadFailure {
    DownloadFailure::Refused(Refusal::Retry(why, None))
}

fn silence(what: &str) -> Reason {
    format!("{what} for {} s", PATIENCE.as_secs())
}

fn is_timeout(error: &io::Error) -> bool {
    let is_wrapped = || {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        matches!(inner, Some(ureq::Error::Timeout(_)))
    };
    matches!(
        error.kind(),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock
    ) || is_wrapped()
}

/// Removes a partial file, if there is one.
fn remove(partial: &Path) -> Result<(), DataError> {
    match fs::remove_file(partial) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(DataError::io("remove", partial)(e)),
        Ok(()) | Err(_) => Ok(()),
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}
