//! Event streams: how many there are, and how they end.

use crate::client::{answer, connect, cookie, visit};
use crate::routes::{PAGE, open_with, routes};
use axum::response::sse::{Event, Sse};
use axum::routing::get;
use convsweep_serve::door::{Limits, RunningDoor, StreamPermit};
use futures_util::{Stream, StreamExt, stream};
use std::convert::Infallible;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::time::Duration;

/// One event, and then nothing for ever.
async fn events(permit: StreamPermit) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let first = stream::iter([Ok(Event::default().data("the first event"))]);
    Sse::new(permit.hold(first.chain(stream::pending())))
}

fn open(limits: Limits) -> RunningDoor {
    open_with(limits, routes().route("/events", get(events)))
}

/// A stream whose first event has arrived.
fn follow(door: &RunningDoor) -> BufReader<TcpStream> {
    let mut socket = connect(door.port());
    let head = format!(
        "GET /events HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n",
        door.port()
    );
    socket
        .write_all(format!("{head}{}\r\n", cookie(door)).as_bytes())
        .unwrap();
    let mut reader = BufReader::new(socket);
    let mut line = String::new();
    while !line.contains("the first event") {
        line.clear();
        assert_ne!(reader.read_line(&mut line).unwrap(), 0, "the stream ended");
    }
    reader
}

#[test]
fn thirty_third_stream_is_told_to_wait() {
    let door = open(Limits::default());
    let streams: Vec<_> = (0..32).map(|_| follow(&door)).collect();
    let refused = visit(&door, "/events", "");
    assert_eq!(refused.status, 503);
    assert_eq!(refused.header("retry-after"), "5");
    assert!(
        refused.body.contains("Too many windows"),
        "{}",
        refused.body
    );
    assert_eq!(visit(&door, "/", "").body, PAGE);
    drop(streams);
    // The door notices each that goes; the test may be faster.
    let mut again = visit_events(&door);
    while again.is_none() {
        std::thread::sleep(Duration::from_millis(10));
        again = visit_events(&door);
    }
}

/// A stream, if there is one left.
fn visit_events(door: &RunningDoor) -> Option<TcpStream> {
    let mut socket = connect(door.port());
    let head = format!(
        "GET /events HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n",
        door.port()
    );
    socket
        .write_all(format!("{head}{}\r\n", cookie(door)).as_bytes())
        .unwrap();
    let mut line = String::new();
    BufReader::new(&socket).read_line(&mut line).unwrap();
    line.contains("200").then_some(socket)
}

#[test]
fn streams_outlive_the_limits_of_other_answers() {
    let limit = Duration::from_millis(50);
    let door = open(Limits {
        head_time: limit,
        handler_time: limit,
        stall_time: limit,
        ..Limits::default()
    });
    let stream = follow(&door);
    std::thread::sleep(4 * limit);
    let socket = stream.into_inner();
    socket.set_nonblocking(true).unwrap();
    let error = socket.peek(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock);
}

/// A stream that is closed by the door has a proper end, and does not look like a broken one.
#[test]
fn streams_end_with_the_door() {
    let door = open(Limits::default());
    let streams: Vec<_> = (0..3).map(|_| follow(&door)).collect();
    door.stop();
    for stream in streams {
        let mut rest = answer(&mut stream.into_inner());
        rest.head.push_str("\r\n");
        assert!(rest.head.contains("0\r\n"), "{:?}", rest.head);
    }
}
