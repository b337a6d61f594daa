//! Fetching from a local server that can misbehave.

use super::archive::unpack_present;
use super::places::is_present;
use super::*;
use crate::DataErrorKind;
use crate::checksum::checksum;
use crate::published::{self, Download};
use convsweep_spec::words::thousands;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// How the server answers.
#[derive(Clone, Copy, PartialEq)]
enum ServerBehaviour {
    Correct,
    /// Closes the connection after this number of bytes of the body.
    CutAfter(usize),
    /// Sends the whole file whatever range is requested.
    NoRange,
    Status(u16),
}

/// A server with one file that records the `Range` of every request, empty if there is none.
struct Server {
    address: String,
    ranges: Arc<Mutex<Vec<String>>>,
}

fn serve(content: Vec<u8>, behaviour: ServerBehaviour) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/file.tar.gz", listener.local_addr().unwrap());
    let ranges = Arc::new(Mutex::new(Vec::new()));
    let seen = ranges.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &content, behaviour, &seen);
        }
    });
    Server { address, ranges }
}

fn answer(
    mut stream: TcpStream,
    content: &[u8],
    behaviour: ServerBehaviour,
    seen: &Mutex<Vec<String>>,
) {
    let mut range = String::new();
    for line in BufReader::new(stream.try_clone().unwrap()).lines() {
        let line = line.unwrap().to_lowercase();
        if let Some(value) = line.strip_prefix("range: bytes=") {
            range = value.to_string();
        }
        if line.is_empty() {
            break;
        }
    }
    seen.lock().unwrap().push(range.clone());
    let from: usize = match behaviour {
        ServerBehaviour::NoRange => 0,
        _ => range.trim_end_matches('-').parse().unwrap_or(0),
    };
    let (status, body) = match behaviour {
        ServerBehaviour::Status(status) => (status, &content[..0]),
        _ if from > content.len() => (416, &content[..0]),
        _ => (if from > 0 { 206 } else { 200 }, &content[from..]),
    };
    let total = content.len();
    let mut head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n",
        body.len()
    );
    if status == 206 {
        head += &format!("Content-Range: bytes {from}-{}/{total}\r\n", total - 1);
    }
    let sent = match behaviour {
        ServerBehaviour::CutAfter(n) => &body[..n.min(body.len())],
        _ => body,
    };
    // The client may have closed the connection.
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(b"\r\n"))
        .and_then(|()| stream.write_all(sent));
}

/// A tiny set in CIFAR's layout, and its archive.
pub(super) fn set() -> (PublishedSet, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let set = crate::published::tests::tiny(FileLayout::Cifar { label_bytes: 1 }, folder.path());
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(
        Vec::new(),
        flate2::Compression::none(),
    ));
    // Without times, so that the archive is always the same.
    tar.mode(tar::HeaderMode::Deterministic);
    tar.append_dir_all("somewhere", folder.path()).unwrap();
    (set, tar.into_inner().unwrap().finish().unwrap())
}

pub(super) fn with_download(
    mut set: PublishedSet,
    archive: &[u8],
    addresses: &[&str],
) -> PublishedSet {
    let md5 = checksum::<md5::Md5>(archive);
    let addresses = addresses.iter().map(ToString::to_string).collect();
    let (name, bytes) = ("file.tar.gz".to_string(), archive.len() as u64);
    set.downloads = vec![Download {
        name,
        addresses,
        bytes,
        md5,
    }];
    set
}

struct Fetched {
    result: Result<(), DataError>,
    cache: tempfile::TempDir,
    ranges: Vec<String>,
    progress: Vec<u64>,
}

/// Fetches while a partial file with the bytes `already` is in the cache.
fn fetch_from(behaviour: ServerBehaviour, already: &[u8]) -> Fetched {
    let (set, archive) = set();
    let server = serve(archive.clone(), behaviour);
    let set = with_download(set, &archive, &[&server.address]);
    let cache = tempfile::tempdir().unwrap();
    if !already.is_empty() {
        std::fs::write(cache.path().join("file.tar.gz.part"), already).unwrap();
    }
    let mut progress = Vec::new();
    let result = fetch_set(cache.path(), &set, &mut |done, total| {
        assert_eq!(total, Some(archive.len() as u64));
        progress.push(done);
    });
    if result.is_ok() {
        let folder = cache.path().join("tiny");
        let mut images = 0;
        published::read(&set, &folder, &mut |_, _| {
            images += 1;
            Ok(())
        })
        .unwrap();
        assert_eq!(images, 8);
        assert!(
            !cache.path().join("file.tar.gz").exists(),
            "a fetched archive is removed once unpacked"
        );
        assert_eq!(progress.last(), Some(&(archive.len() as u64)));
    }
    let ranges = server.ranges.lock().unwrap().clone();
    Fetched {
        result,
        cache,
        ranges,
        progress,
    }
}

#[test]
fn a_whole_file_is_fetched() {
    let fetched = fetch_from(ServerBehaviour::Correct, b"");
    fetched.result.unwrap();
    assert_eq!(fetched.ranges, [""]);
    assert!(fetched.progress.is_sorted());
}

#[test]
fn a_partial_file_is_continued() {
    let (_, archive) = set();
    let fetched = fetch_from(ServerBehaviour::Correct, &archive[..100]);
    fetched.result.unwrap();
    assert_eq!(fetched.ranges, ["100-"]);
}

#[test]
fn a_broken_connection_is_continued() {
    let third = set().1.len() / 3 + 1;
    let fetched = fetch_from(ServerBehaviour::CutAfter(third), b"");
    fetched.result.unwrap();
    assert_eq!(
        fetched.ranges,
        [
            String::new(),
            format!("{third}-"),
            format!("{}-", 2 * third)
        ]
    );
}

#[test]
fn a_server_without_ranges_sends_the_whole_file() {
    let (_, archive) = set();
    let fetched = fetch_from(ServerBehaviour::NoRange, &archive[..100]);
    fetched.result.unwrap();
    assert_eq!(fetched.ranges, ["100-"]);
}

#[test]
fn a_partial_file_that_is_too_long_is_discarded() {
    let fetched = fetch_from(ServerBehaviour::Correct, &[7; 1 << 20]);
    fetched.result.unwrap();
    assert_eq!(fetched.ranges, [""]);
}

#[test]
fn a_wrong_partial_file_fails_its_checksum_and_is_removed() {
    let fetched = fetch_from(ServerBehaviour::Correct, b"not the beginning of it");
    let error = fetched.result.unwrap_err();
    assert_eq!(error.kind(), DataErrorKind::Damaged);
    let text = error.to_string();
    assert!(
        text.contains("file.tar.gz.part: MD5") && text.contains("expected"),
        "{text}"
    );
    assert!(!fetched.cache.path().join("file.tar.gz.part").exists());
}

#[test]
fn without_a_network_the_message_says_what_to_do() {
    let (tiny, archive) = set();
    // A port on which nothing listens.
    let port = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let address = format!("http://127.0.0.1:{port}/file.tar.gz");
    let tiny = with_download(tiny, &archive, &[&address]);
    let cache = tempfile::tempdir().unwrap();
    let error = fetch_set(cache.path(), &tiny, &mut |_, _| ()).unwrap_err();
    assert_eq!(error.kind(), DataErrorKind::Missing);
    let (text, folder) = (error.to_string(), cache.path().display().to_string());
    for part in [
        &address,
        "as file.tar.gz into",
        &folder,
        "MD5",
        &thousands(archive.len() as u64),
    ] {
        assert!(text.contains(part), "{text} lacks {part}");
    }
    // Doing so helps: the network is not needed any more, and the file is kept.
    let by_hand = cache.path().join("file.tar.gz");
    std::fs::write(&by_hand, &archive).unwrap();
    assert!(unpack_present(cache.path(), &tiny).unwrap());
    assert!(by_hand.exists() && is_present(cache.path(), &tiny));
    fetch_set(cache.path(), &tiny, &mut |_, _| ()).unwrap();
}

#[test]
fn the_next_address_is_tried_after_a_failure() {
    let (tiny, archive) = set();
    let (bad, good) = (
        serve(vec![], ServerBehaviour::Status(404)),
        serve(archive.clone(), ServerBehaviour::Correct),
    );
    let tiny = with_download(tiny, &archive, &[&bad.address, &good.address]);
    let cache = tempfile::tempdir().unwrap();
    fetch_set(cache.path(), &tiny, &mut |_, _| ()).unwrap();
    assert_eq!(
        bad.ranges.lock().unwrap().len(),
        1,
        "an answer of 404 is final"
    );
}

#[test]
fn a_truncated_archive_is_reported() {
    let (tiny, archive) = set();
    let tiny = with_download(tiny, &archive, &[]);
    let cache = tempfile::tempdir().unwrap();
    std::fs::write(cache.path().join("file.tar.gz"), &archive[..500]).unwrap();
    let text = unpack_present(cache.path(), &tiny).unwrap_err().to_string();
    assert!(text.contains("file.tar.gz: 500 bytes found"), "{text}");
}

#[test]
fn concurrent_fetches_download_once() {
    let (tiny, archive) = set();
    let server = serve(archive.clone(), ServerBehaviour::Correct);
    let tiny = with_download(tiny, &archive, &[&server.address]);
    let cache = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fetch_set(cache.path(), &tiny, &mut |_, _| ()).unwrap());
        }
    });
    assert_eq!(server.ranges.lock().unwrap().len(), 1);
}
