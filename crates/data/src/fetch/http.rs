//! Downloads one file over HTTP and continues where an earlier attempt ended.

use crate::DataError;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;
use ureq::http::Response;
use ureq::{Agent, Body};

/// Attempts for each address; each continues where the one before it ended.
const ATTEMPTS: u32 = 4;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(20);
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);
/// Wait after the first attempt; it doubles after each further one.
const FIRST_BACK_OFF: Duration = Duration::from_millis(200);

/// Why an address did not give the file.
type Reason = String;

/// What keeps an attempt from completing the file.
enum DownloadFailure {
    /// The server answered, and another attempt will not change the answer.
    Final(Reason),
    /// The connection failed or broke; another attempt may succeed.
    Transient(Reason),
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
pub(super) fn download(
    address: &str,
    partial: &Path,
    bytes: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<Result<(), Reason>, DataError> {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_recv_response(Some(RESPONSE_TIMEOUT))
        .build()
        .into();
    let mut reason = String::new();
    for attempt in 0..ATTEMPTS {
        let before = length(partial);
        match attempt_download(&agent, address, partial, bytes, progress) {
            Ok(()) => return Ok(Ok(())),
            Err(DownloadFailure::Disk(error)) => return Err(error),
            Err(DownloadFailure::Final(reason)) => return Ok(Err(reason)),
            Err(DownloadFailure::Transient(why)) => reason = why,
        }
        // Two attempts without a single byte: most likely there is no network.
        if length(partial) <= before && attempt > 0 {
            break;
        }
        std::thread::sleep(FIRST_BACK_OFF * 2u32.pow(attempt));
    }
    Ok(Err(reason))
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
    let is_continued = is_continued(&response, have, partial)?;
    let file = File::options()
        .create(true)
        .write(true)
        .append(is_continued)
        .truncate(!is_continued)
        .open(partial)
        .map_err(DataError::io("write", partial))?;
    let done = if is_continued { have } else { 0 };
    copy_body(response, file, partial, done, bytes, progress)
}

/// Asks for the file from byte `have` on.
fn request(agent: &Agent, address: &str, have: u64) -> Result<Response<Body>, DownloadFailure> {
    // A compressed transfer would not be the published bytes.
    let mut request = agent.get(address).header("Accept-Encoding", "identity");
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    request
        .call()
        .map_err(|e| DownloadFailure::Transient(e.to_string()))
}

/// Whether the response continues at byte `have`; otherwise it holds the whole file.
fn is_continued(
    response: &Response<Body>,
    have: u64,
    partial: &Path,
) -> Result<bool, DownloadFailure> {
    let range = response
        .headers()
        .get("content-range")
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    match response.status().as_u16() {
        200 => Ok(false),
        206 if range.starts_with(&format!("bytes {have}-")) => Ok(true),
        // The server has fewer bytes than we do, or sends other ones: start again next time.
        206 | 416 => {
            remove(partial)?;
            Err(DownloadFailure::Transient(format!(
                "the server cannot go on from byte {have}"
            )))
        }
        status if status >= 500 => Err(DownloadFailure::Transient(format!(
            "the server answered {status}"
        ))),
        status => Err(DownloadFailure::Final(format!(
            "the server answered {status}"
        ))),
    }
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
        let n = match body.read(&mut buffer) {
            Ok(n) => n,
            Err(e) => {
                return Err(DownloadFailure::Transient(format!(
                    "the connection broke after {done} of {bytes} bytes: {e}"
                )));
            }
        };
        if n == 0 && done < bytes {
            return Err(DownloadFailure::Transient(format!(
                "the connection ended after {done} of {bytes} bytes"
            )));
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

fn remove(partial: &Path) -> Result<(), DataError> {
    fs::remove_file(partial).map_err(DataError::io("remove", partial))
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |metadata| metadata.len())
}
