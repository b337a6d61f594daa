//! One file over HTTP, going on where an earlier try ended.

use crate::DataError;
use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

/// Tries for one address; each goes on where the last one ended.
const TRIES: u32 = 4;

/// Why an address did not give the file.
type Reason = String;

/// Appends to `part` what it lacks of the file at `address`. The outer error is the disk's, the
/// inner one the network's.
pub(super) fn download(
    address: &str,
    part: &Path,
    bytes: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<Result<(), Reason>, DataError> {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_connect(Some(Duration::from_secs(20)))
        .timeout_recv_response(Some(Duration::from_secs(60)))
        .build()
        .into();
    let mut reason = String::new();
    for attempt in 0..TRIES {
        let before = length(part);
        match attempt_once(&agent, address, part, bytes, progress)? {
            Ok(()) => return Ok(Ok(())),
            Err(Failure::Final(why)) => return Ok(Err(why)),
            Err(Failure::Passing(why)) => reason = why,
        }
        // Where nothing at all came, trying at once again is pointless: no network, most likely.
        if length(part) <= before && attempt > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(200 << attempt));
    }
    Ok(Err(reason))
}

enum Failure {
    /// The server answered, and trying again will not change the answer.
    Final(Reason),
    /// The connection failed or broke.
    Passing(Reason),
}

fn attempt_once(
    agent: &ureq::Agent,
    address: &str,
    part: &Path,
    bytes: u64,
    progress: &mut dyn FnMut(u64),
) -> Result<Result<(), Failure>, DataError> {
    let mut have = length(part);
    if have == bytes {
        return Ok(Ok(()));
    }
    if have > bytes {
        std::fs::remove_file(part).map_err(DataError::io("remove", part))?;
        have = 0;
    }
    // A compressed transfer would not be the published bytes.
    let mut request = agent.get(address).header("Accept-Encoding", "identity");
    if have > 0 {
        request = request.header("Range", format!("bytes={have}-"));
    }
    let response = match request.call() {
        Ok(response) => response,
        Err(e) => return Ok(Err(Failure::Passing(e.to_string()))),
    };
    let range = response
        .headers()
        .get("content-range")
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let goes_on = match response.status().as_u16() {
        200 => false,
        206 if range.starts_with(&format!("bytes {have}-")) => true,
        // The server has less than we do, or another part of it: begin anew next time.
        206 | 416 => {
            std::fs::remove_file(part).map_err(DataError::io("remove", part))?;
            return Ok(Err(Failure::Passing(format!(
                "the server cannot go on from byte {have}"
            ))));
        }
        status if status >= 500 => {
            return Ok(Err(Failure::Passing(format!(
                "the server answered {status}"
            ))));
        }
        status => return Ok(Err(Failure::Final(format!("the server answered {status}")))),
    };
    let file = File::options()
        .create(true)
        .write(true)
        .append(goes_on)
        .truncate(!goes_on)
        .open(part);
    let mut file = file.map_err(DataError::io("write", part))?;
    let mut done = if goes_on { have } else { 0 };
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match body.read(&mut buffer) {
            Ok(0) if done < bytes => {
                return Ok(Err(Failure::Passing(format!(
                    "the connection ended after {done} of {bytes} bytes"
                ))));
            }
            Ok(0) => return Ok(Ok(())),
            Ok(n) => {
                file.write_all(&buffer[..n])
                    .map_err(DataError::io("write", part))?;
                done += n as u64;
                progress(done.min(bytes));
                if done > bytes {
                    // Longer than published: whoever checks the size says so.
                    return Ok(Ok(()));
                }
            }
            Err(e) => {
                return Ok(Err(Failure::Passing(format!(
                    "the connection broke after {done} of {bytes} bytes: {e}"
                ))));
            }
        }
    }
}

fn length(path: &Path) -> u64 {
    std::fs::metadata(path).map_or(0, |m| m.len())
}
