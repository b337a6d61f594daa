//! Clients that are many, slow, silent or large.

use crate::client::{answer, connect, cookie, exchange, visit};
use crate::routes::{PAGE, open, open_with, routes};
use axum::Router;
use axum::body::Body;
use axum::response::Html;
use axum::routing::get;
use convsweep_serve::door::{Limits, RunningDoor};
use futures_util::{StreamExt, stream};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

/// Longer than any test waits.
const NEVER: Duration = Duration::from_secs(3600);

fn ask(socket: &mut TcpStream, door: &RunningDoor, target: &str, lines: &str) {
    let head = format!(
        "GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n",
        door.port()
    );
    let request = format!("{head}{}{lines}\r\n", cookie(door));
    socket.write_all(request.as_bytes()).unwrap();
}

/// Slowloris: heads of requests that never end.
#[test]
fn slowloris_is_cut_off() {
    let limits = Limits {
        head_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let door = open_with(limits, routes());
    for start in [
        "",
        "G",
        "GET / HTTP/1.1\r\nHost: 127",
        "GET / HTTP/1.1\r\nX: y\r\n",
    ] {
        assert_eq!(exchange(door.port(), start).status, 0, "{start}");
    }
    // One that sends another byte now and then is no better off.
    let mut socket = connect(door.port());
    let dripping = socket.try_clone().unwrap();
    let drip = thread::spawn(move || {
        let mut dripping = dripping;
        while dripping.write_all(b"G").is_ok() {
            thread::sleep(Duration::from_millis(10));
        }
    });
    assert_eq!(answer(&mut socket).status, 0);
    drip.join().unwrap();
}

#[test]
fn connection_without_further_requests_is_closed() {
    let limits = Limits {
        head_time: Duration::from_millis(100),
        ..Limits::default()
    };
    let door = open_with(limits, routes());
    let mut socket = connect(door.port());
    ask(&mut socket, &door, "/", "");
    let answer = answer(&mut socket);
    assert_eq!(answer.body, PAGE);
    assert!(answer.all("connection").is_empty(), "{}", answer.head);
}

#[test]
fn large_heads_are_refused() {
    let door = open();
    let long = "x".repeat(20_000);
    let many = "X: y\r\n".repeat(300);
    for (target, lines) in [
        ("/", format!("X: {long}\r\n")),
        ("/", format!("Cookie: {long}\r\n")),
        ("/", many),
        (&format!("/{long}"), String::new()),
        (&format!("/?{long}"), String::new()),
    ] {
        let answer = visit(&door, target, &lines);
        assert!([414, 431].contains(&answer.status), "{}", answer.head);
    }
    let large = format!("X: {}\r\n", "x".repeat(12_000));
    assert_eq!(visit(&door, "/", &large).body, PAGE);
}

/// Many connections that say nothing, as from a browser that keeps 200 tabs open, or from another
/// user who means no good: nobody waits for them.
#[test]
fn silent_connections_give_way() {
    let limits = Limits {
        head_time: NEVER,
        ..Limits::default()
    };
    let door = open_with(limits, routes());
    let mut silent: Vec<_> = (0..200).map(|_| connect(door.port())).collect();
    for socket in silent.iter_mut().skip(100) {
        socket.write_all(b"GET / HTTP/1.1\r\n").unwrap();
    }
    for _ in 0..100 {
        assert_eq!(visit(&door, "/", "").body, PAGE);
    }
    assert_eq!(answer(&mut silent[0]).status, 0);
}

/// Marks how many are inside at once.
struct Inside(Arc<AtomicUsize>);

impl Inside {
    fn enter(now: &Arc<AtomicUsize>, most: &AtomicUsize) -> Inside {
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Inside(Arc::clone(now))
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[test]
fn two_hundred_requests_at_once_are_all_answered_a_few_at_a_time() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let highest = Arc::clone(&most);
    let slow = async move || {
        let _inside = Inside::enter(&now, &most);
        tokio::time::sleep(Duration::from_millis(5)).await;
        Html(PAGE)
    };
    let limits = Limits {
        connections: 8,
        ..Limits::default()
    };
    let door = open_with(limits, Router::new().route("/", get(slow)));
    let mut sockets: Vec<_> = (0..200).map(|_| connect(door.port())).collect();
    // Those that were closed in favour of others, having said nothing yet, ask again as a browser
    // does.
    for socket in &mut sockets {
        let head = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", door.port());
        let lines = format!("{}Connection: close\r\n\r\n", cookie(&door));
        _ = socket.write_all(format!("{head}{lines}").as_bytes());
    }
    for socket in &mut sockets {
        let first = answer(socket);
        let body = match first.status {
            0 => visit(&door, "/", "").body,
            _ => first.body,
        };
        assert_eq!(body, PAGE);
    }
    let highest = highest.load(Ordering::SeqCst);
    assert!(highest <= 8, "{highest} at once");
}

/// Says when it is dropped.
struct Dropped(Sender<()>);

impl Drop for Dropped {
    fn drop(&mut self) {
        _ = self.0.send(());
    }
}

fn endless(told: Dropped) -> Body {
    let chunks = stream::repeat([b'x'; 65_536].to_vec());
    Body::from_stream(chunks.map(move |chunk| {
        let _told = &told;
        io::Result::Ok(chunk)
    }))
}

/// The answer of 50 MB and more that nobody reads.
#[test]
fn client_that_never_reads_is_dropped() {
    let (sender, dropped) = mpsc::channel();
    let content = async move || endless(Dropped(sender.clone()));
    let limits = Limits {
        stall_time: Duration::from_millis(200),
        ..Limits::default()
    };
    let door = open_with(limits, routes().route("/endless", get(content)));
    let mut socket = connect(door.port());
    ask(&mut socket, &door, "/endless", "");
    // Others do not notice.
    assert_eq!(visit(&door, "/", "").body, PAGE);
    dropped.recv_timeout(Duration::from_secs(60)).unwrap();
    assert_eq!(visit(&door, "/", "").body, PAGE);
}

/// The handler's work ends with the client.
#[test]
fn client_that_leaves_ends_its_answer() {
    let (sender, dropped) = mpsc::channel();
    let content = async move || endless(Dropped(sender.clone()));
    let limits = Limits {
        stall_time: NEVER,
        ..Limits::default()
    };
    let door = open_with(limits, routes().route("/endless", get(content)));
    let mut socket = connect(door.port());
    ask(&mut socket, &door, "/endless", "");
    socket.read_exact(&mut [0; 1000]).unwrap();
    drop(socket);
    dropped.recv_timeout(Duration::from_secs(60)).unwrap();
}
