//! Fetching from a server of our own that can misbehave.

use super::*;
use crate::builtin::Format;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// How the server answers.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    Good,
    /// Closes the connection after so many bytes of the body.
    CutAfter(usize),
    /// Sends the whole file whatever range is asked for.
    NoRange,
    Status(u16),
}

/// A server with one file; remembers the `Range` of every request (empty: none).
struct Server {
    address: String,
    ranges: Arc<Mutex<Vec<String>>>,
}

fn serve(content: Vec<u8>, manner: Manner) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/file.tar.gz", listener.local_addr().unwrap());
    let ranges = Arc::new(Mutex::new(Vec::new()));
    let seen = ranges.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &content, manner, &seen);
        }
    });
    Server { address, ranges }
}

fn answer(mut stream: TcpStream, content: &[u8], manner: Manner, seen: &Mutex<Vec<String>>) {
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
    let from: usize = match manner {
        Manner::NoRange => 0,
        _ => range.trim_end_matches('-').parse().unwrap_or(0),
    };
    let (status, body) = match manner {
        Manner::Status(status) => (status, &content[..0]),
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
    let sent = match manner {
        Manner::CutAfter(n) => &body[..n.min(body.len())],
        _ => body,
    };
    // The client may have gone away.
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(b"\r\n"))
        .and_then(|()| stream.write_all(sent));
}

/// A tiny set in CIFAR's format, and its archive.
fn set() -> (BuiltIn, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let set = crate::builtin::tests::tiny(Format::Cifar { labels: 1 }, folder.path());
    let mut tar = tar::Builder::new(flate2::write::GzEncoder::new(
        Vec::new(),
        flate2::Compression::none(),
    ));
    tar.append_dir_all("somewhere", folder.path()).unwrap();
    (set, tar.into_inner().unwrap().finish().unwrap())
}

fn with_download(mut set: BuiltIn, archive: &[u8], addresses: &[&str]) -> BuiltIn {
    let md5 = files::checksum_of::<md5::Md5>(archive);
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

struct Outcome {
    result: Result<(), DataError>,
    cache: tempfile::TempDir,
    ranges: Vec<String>,
    progress: Vec<u64>,
}

/// Fetches with `already` bytes of a partial file there.
fn fetch_from(manner: Manner, already: &[u8]) -> Outcome {
    let (set, archive) = set();
    let server = serve(archive.clone(), manner);
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
        builtin::read(&set, &folder, &mut |_, _| {
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
    Outcome {
        result,
        cache,
        ranges,
        progress,
    }
}

#[test]
fn whole_file() {
    let outcome = fetch_from(Manner::Good, b"");
    outcome.result.unwrap();
    assert_eq!(outcome.ranges, [""]);
    assert!(outcome.progress.is_sorted());
}

#[test]
fn goes_on_from_a_partial_file() {
    let (_, archive) = set();
    let outcome = fetch_from(Manner::Good, &archive[..100]);
    outcome.result.unwrap();
    assert_eq!(outcome.ranges, ["100-"]);
}

#[test]
fn a_broken_connection_is_taken_up_again() {
    let third = set().1.len() / 3 + 1;
    let outcome = fetch_from(Manner::CutAfter(third), b"");
    outcome.result.unwrap();
    assert_eq!(
        outcome.ranges,
        [
            String::new(),
            format!("{third}-"),
            format!("{}-", 2 * third)
        ]
    );
}

#[test]
fn a_server_without_ranges_begins_anew() {
    let (_, archive) = set();
    let outcome = fetch_from(Manner::NoRange, &archive[..100]);
    outcome.result.unwrap();
    assert_eq!(outcome.ranges, ["100-"]);
}

#[test]
fn a_partial_file_that_is_too_long_is_dropped() {
    let outcome = fetch_from(Manner::Good, &[7; 1 << 20]);
    outcome.result.unwrap();
    assert_eq!(outcome.ranges, [""]);
}

#[test]
fn a_wrong_partial_file_is_found_by_its_checksum_and_removed() {
    let outcome = fetch_from(Manner::Good, b"not the beginning of it");
    let error = outcome.result.unwrap_err();
    assert_eq!(error.kind(), Kind::Damaged);
    let text = error.to_string();
    assert!(
        text.contains("file.tar.gz.part: MD5") && text.contains("expected"),
        "{text}"
    );
    assert!(!outcome.cache.path().join("file.tar.gz.part").exists());
}

#[test]
fn without_network_the_message_says_what_to_do() {
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
    assert_eq!(error.kind(), Kind::Missing);
    let (text, folder) = (error.to_string(), cache.path().display().to_string());
    for part in [
        &address,
        "as file.tar.gz into",
        &folder,
        "MD5",
        &convsweep_spec::words::thousands(archive.len() as u64),
    ] {
        assert!(text.contains(part), "{text} lacks {part}");
    }
    // And doing so helps: no network is asked any more, the file stays.
    let by_hand = cache.path().join("file.tar.gz");
    std::fs::write(&by_hand, &archive).unwrap();
    assert!(unpack_present(cache.path(), &tiny).unwrap());
    assert!(by_hand.exists() && present(cache.path(), &tiny));
    fetch_set(cache.path(), &tiny, &mut |_, _| ()).unwrap();
}

#[test]
fn the_next_address_is_tried() {
    let (tiny, archive) = set();
    let (bad, good) = (
        serve(vec![], Manner::Status(404)),
        serve(archive.clone(), Manner::Good),
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
fn an_archive_by_hand_that_is_cut_is_named() {
    let (tiny, archive) = set();
    let tiny = with_download(tiny, &archive, &[]);
    let cache = tempfile::tempdir().unwrap();
    std::fs::write(cache.path().join("file.tar.gz"), &archive[..500]).unwrap();
    let text = unpack_present(cache.path(), &tiny).unwrap_err().to_string();
    assert!(text.contains("file.tar.gz: 500 bytes found"), "{text}");
}

#[test]
fn two_at_once_fetch_once() {
    let (tiny, archive) = set();
    let server = serve(archive.clone(), Manner::Good);
    let tiny = with_download(tiny, &archive, &[&server.address]);
    let cache = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| fetch_set(cache.path(), &tiny, &mut |_, _| ()).unwrap());
        }
    });
    assert_eq!(server.ranges.lock().unwrap().len(), 1);
}
