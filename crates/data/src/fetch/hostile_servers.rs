//! Servers that stall, refer elsewhere, or answer what they should not: a download from each ends,
//! and says why and how to fetch by hand.

use super::tests::{set, with_download};
use super::*;
use crate::DataErrorKind;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// An answer: its head without the empty line at the end, its body, and whether the connection then
/// stays open in silence.
struct Reply {
    head: String,
    body: Vec<u8>,
    hangs: bool,
}

impl Reply {
    fn new(head: impl Into<String>, body: &[u8]) -> Reply {
        Reply {
            head: head.into(),
            body: body.to_vec(),
            hangs: false,
        }
    }

    fn then_silence(self) -> Reply {
        Reply {
            hangs: true,
            ..self
        }
    }

    fn whole(body: &[u8]) -> Reply {
        let length = body.len();
        Reply::new(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}"), body)
    }
}

/// The answer to the request with this number, from 0, and this `Range`, empty if it has none.
type Behaviour = dyn Fn(usize, &str) -> Reply + Send;

/// A tiny set whose only download is offered by a server.
struct Offer {
    set: PublishedSet,
    archive: Vec<u8>,
    cache: tempfile::TempDir,
    requests: Arc<Mutex<Vec<String>>>,
    address: String,
}

impl Offer {
    fn of(behaviour: impl Fn(usize, &str) -> Reply + Send + 'static) -> Offer {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/file.tar.gz", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        std::thread::spawn(move || serve(&listener, &behaviour, &seen));
        let (set, archive) = set();
        Offer {
            set: with_download(set, &archive, &[&address]),
            archive,
            cache: tempfile::tempdir().unwrap(),
            requests,
            address,
        }
    }

    fn partial(&self) -> PathBuf {
        self.cache.path().join("file.tar.gz.part")
    }

    fn fetch(&self) -> Result<(), DataError> {
        fetch_set(self.cache.path(), &self.set, &mut |_, _| ())
    }

    /// The download fails within some seconds, and says `expect` and how to fetch by hand.
    #[track_caller]
    fn fails(&self, kind: DataErrorKind, expect: &str) {
        let start = Instant::now();
        let error = self.fetch().expect_err("fails");
        assert_eq!(error.kind(), kind, "{error}");
        let text = error.to_string();
        for part in [expect, "to fetch tiny by hand", &self.address, "MD5"] {
            assert!(text.contains(part), "{text}\nlacks {part}");
        }
        assert!(
            start.elapsed() < Duration::from_secs(8),
            "{:?}",
            start.elapsed()
        );
        assert!(!is_present(self.cache.path(), &self.set));
    }

    fn ranges(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

fn serve(listener: &TcpListener, behaviour: &Behaviour, seen: &Mutex<Vec<String>>) {
    let mut silent: Vec<TcpStream> = Vec::new();
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let mut range = String::new();
        for line in BufReader::new(stream.try_clone().unwrap()).lines() {
            let line = line.unwrap_or_default().to_lowercase();
            if let Some(value) = line.strip_prefix("range: bytes=") {
                range = value.to_string();
            }
            if line.is_empty() {
                break;
            }
        }
        let number = seen.lock().unwrap().len();
        seen.lock().unwrap().push(range.clone());
        let reply = behaviour(number, &range);
        let connection = if reply.hangs {
            ""
        } else {
            "Connection: close\r\n"
        };
        if !reply.head.is_empty() {
            // The client may have closed the connection.
            let _ = write!(stream, "{}\r\n{connection}\r\n", reply.head)
                .and_then(|()| stream.write_all(&reply.body));
        }
        if reply.hangs {
            silent.push(stream);
        }
    }
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    Offer::of(|_, _| Reply::new("", b"").then_silence())
        .fails(DataErrorKind::Missing, "no answer came for 1 s");
    let stalls = Offer::of(|_, _| {
        Reply::new("HTTP/1.1 200 OK\r\nContent-Length: 1000000", &[7; 1000]).then_silence()
    });
    // The length is wrong, which is known before anything is waited for.
    stalls.fails(DataErrorKind::Missing, "a file of 1,000,000 bytes");
    let (_, archive) = set();
    let total = archive.len();
    let stalls = Offer::of(move |_, _| {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {total}");
        Reply::new(head, &archive[..100]).then_silence()
    });
    stalls.fails(DataErrorKind::Missing, "nothing came for 1 s after 100 of");
    assert_eq!(stalls.ranges(), ["", "100-"]);
}

#[test]
fn a_stalled_download_is_continued() {
    let (_, archive) = set();
    let total = archive.len();
    let offer = Offer::of(move |_, range| match range {
        "" => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {total}");
            Reply::new(head, &archive[..100]).then_silence()
        }
        _ => Reply::new(
            format!(
                "HTTP/1.1 206 OK\r\nContent-Range: bytes 100-{}/{total}",
                total - 1
            ),
            &archive[100..],
        ),
    });
    offer.fetch().unwrap();
    assert_eq!(offer.ranges(), ["", "100-"]);
}

#[test]
fn a_slow_download_is_waited_for() {
    let (_, archive) = set();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/file.tar.gz", listener.local_addr().unwrap());
    let (slow, total) = (archive.clone(), archive.len());
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {total}\r\n\r\n").unwrap();
        // Longer than the patience in all, and never in one piece.
        for part in slow.chunks(total / 4 + 1) {
            std::thread::sleep(Duration::from_millis(400));
            stream.write_all(part).unwrap();
        }
    });
    let (set, _) = set();
    let set = with_download(set, &archive, &[&address]);
    let cache = tempfile::tempdir().unwrap();
    fetch_set(cache.path(), &set, &mut |_, _| ()).unwrap();
}

#[test]
fn answers_of_416_never_end_in_a_circle() {
    let refuses = || Reply::new("HTTP/1.1 416 No\r\nContent-Length: 0", b"");
    let offer = Offer::of(move |_, _| refuses());
    offer.fails(DataErrorKind::Missing, "416 (no such part of the file)");
    assert_eq!(
        offer.ranges().len(),
        1,
        "final for a request of the whole file"
    );
    // With a part of the file it starts again, once.
    let (_, archive) = set();
    let offer = Offer::of(move |_, range| match range {
        "" => Reply::whole(&archive),
        _ => refuses(),
    });
    std::fs::write(offer.partial(), b"the beginning of another file").unwrap();
    offer.fetch().unwrap();
    assert_eq!(offer.ranges(), ["29-", ""]);
}

#[test]
fn a_part_that_was_not_asked_for_is_not_taken() {
    let (_, archive) = set();
    for range_header in [
        "",
        "\r\nContent-Range: bytes 3-9/10",
        "\r\nContent-Range: bytes 0-1/*",
    ] {
        let archive = archive.clone();
        let offer = Offer::of(move |_, range| match range {
            "" => Reply::whole(&archive),
            _ => Reply::new(format!("HTTP/1.1 206 Part{range_header}"), &archive[100..]),
        });
        std::fs::write(offer.partial(), &offer.archive[..100]).unwrap();
        match range_header.ends_with("/10") {
            true => offer.fails(DataErrorKind::Missing, "a file of 10 bytes"),
            false => offer.fetch().unwrap(),
        }
    }
    Offer::of(|_, _| Reply::new("HTTP/1.1 206 Part", b"12345"))
        .fails(DataErrorKind::Missing, "a part (206) without saying which");
}

#[test]
fn redirections_are_followed_to_http_only_and_not_for_ever() {
    let (_, archive) = set();
    let offer = Offer::of(move |number, _| match number {
        0 => Reply::new(
            "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0",
            b"",
        ),
        _ => Reply::whole(&archive),
    });
    offer.fetch().unwrap();
    let circle = "HTTP/1.1 301 Moved\r\nLocation: /file.tar.gz\r\nContent-Length: 0";
    let offer = Offer::of(move |_, _| Reply::new(circle, b""));
    offer.fails(DataErrorKind::Missing, "more than 5 times");
    assert_eq!(offer.ranges().len(), 6);
    for target in [
        "file:///etc/passwd",
        "ftp://127.0.0.1/x",
        "gopher://127.0.0.1/x",
        "javascript:1",
    ] {
        let head = format!("HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0");
        let offer = Offer::of(move |_, _| Reply::new(head.clone(), b""));
        offer.fails(DataErrorKind::Missing, "the server refers to an");
    }
}

/// A machine between that garbles one answer is no reason to give up.
#[test]
fn an_answer_that_is_no_http_is_asked_for_again() {
    for garbled in [
        "SSH-2.0-OpenSSH_9.6",
        "HTTP/1.1 200 OK\r\nContent-Length: many",
    ] {
        let (_, archive) = set();
        let offer = Offer::of(move |number, _| match number {
            0 => Reply::new(garbled, b""),
            _ => Reply::whole(&archive),
        });
        offer.fetch().unwrap();
        let offer = Offer::of(move |_, _| Reply::new(garbled, b""));
        offer.fails(DataErrorKind::Missing, "the server's answer is no HTTP");
    }
}

#[test]
fn other_files_and_web_pages_are_recognised() {
    let page = b"<html>Please log in</html>";
    let captive = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8";
    Offer::of(move |_, _| Reply::new(captive, page))
        .fails(DataErrorKind::Missing, "may want a login");
    Offer::of(move |_, _| Reply::new("HTTP/1.1 200 OK", page))
        .fails(DataErrorKind::Missing, "the connection ended after 26 of");
    let encoded = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip";
    Offer::of(move |_, _| Reply::new(encoded, b"xyz"))
        .fails(DataErrorKind::Missing, "Content-Encoding: gzip");
    let total = set().1.len();
    let offer = Offer::of(move |_, _| Reply::whole(&vec![7; total]));
    offer.fails(DataErrorKind::Damaged, "MD5");
    assert!(!offer.partial().exists(), "a wrong file is not continued");
    let too_much = Offer::of(move |_, _| Reply::new("HTTP/1.1 200 OK", &vec![7; total + 99]));
    too_much.fails(DataErrorKind::Damaged, "bytes found");
    for status in ["403 Forbidden", "404 Not Found", "410 Gone"] {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: 0");
        let offer = Offer::of(move |_, _| Reply::new(head.clone(), b""));
        offer.fails(
            DataErrorKind::Missing,
            &format!("answered {}", &status[..3]),
        );
        assert_eq!(offer.ranges().len(), 1);
    }
}

/// The server may have closed the connection of the first attempt without saying so.
#[test]
fn each_attempt_makes_its_own_connection() {
    let (_, archive) = set();
    let offer = Offer::of(move |number, _| match number {
        0 => Reply::new("HTTP/1.1 503 Busy\r\nContent-Length: 0", b"").then_silence(),
        _ => Reply::whole(&archive),
    });
    offer.fetch().unwrap();
    assert_eq!(offer.ranges().len(), 2);
}

#[test]
fn busy_servers_are_asked_again_when_they_say() {
    let (_, archive) = set();
    let offer = Offer::of(move |number, _| match number {
        0 => Reply::new(
            "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0",
            b"",
        ),
        _ => Reply::whole(&archive),
    });
    let start = Instant::now();
    offer.fetch().unwrap();
    assert!(start.elapsed() >= Duration::from_secs(1));
    let later = "HTTP/1.1 503 Busy\r\nRetry-After: 86400\r\nContent-Length: 0";
    Offer::of(move |_, _| Reply::new(later, b""))
        .fails(DataErrorKind::Missing, "try again after 86400 s");
    Offer::of(|_, _| Reply::new("HTTP/1.1 500 Oops\r\nContent-Length: 0", b""))
        .fails(DataErrorKind::Missing, "500 (Internal Server Error)");
}

#[test]
fn the_next_address_is_tried_after_a_wrong_file() {
    let (_, archive) = set();
    let total = archive.len();
    let wrong = Offer::of(move |_, _| Reply::whole(&vec![7; total]));
    let right = Offer::of(move |_, _| Reply::whole(&archive));
    let (tiny, archive) = set();
    let tiny = with_download(tiny, &archive, &[&wrong.address, &right.address]);
    fetch_set(wrong.cache.path(), &tiny, &mut |_, _| ()).unwrap();
    assert!(is_present(wrong.cache.path(), &tiny));
}
