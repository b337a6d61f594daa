//! A client that sends exactly the bytes that a test wants.

use convsweep_serve::door::RunningDoor;
use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// After this time a test that waits for the door has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// What came back on a connection.
pub struct Answer {
    /// 0 if the connection was closed without an answer.
    pub status: u16,
    /// The status line and the headers.
    pub head: String,
    /// What follows them until the connection was closed.
    pub body: String,
}

impl Answer {
    /// The values of a header, in the order of the answer.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }

    /// The value of a header that must be there once.
    pub fn header(&self, name: &str) -> &str {
        match self.all(name)[..] {
            [value] => value,
            ref values => panic!("{name}: {values:?} in\n{}", self.head),
        }
    }
}

/// A connection to the door.
pub fn connect(port: u16) -> TcpStream {
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket.set_write_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// What the door answers to these bytes until it closes the connection.
pub fn exchange(port: u16, bytes: impl AsRef<[u8]>) -> Answer {
    let mut socket = connect(port);
    // The door may close the connection before it has read everything.
    _ = socket.write_all(bytes.as_ref());
    answer(&mut socket)
}

/// What comes until the door closes the connection.
pub fn answer(socket: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    match socket.read_to_end(&mut bytes) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
        Err(error) => panic!("the door neither answers nor closes: {error}"),
    }
    let text = String::from_utf8_lossy(&bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    Answer {
        status: head.split(' ').nth(1).unwrap_or("0").parse().unwrap(),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// The token in the link.
pub fn token(door: &RunningDoor) -> &str {
    door.link().split_once("/?token=").unwrap().1
}

/// The cookie of a browser that has been let in, as a line of a request.
pub fn cookie(door: &RunningDoor) -> String {
    format!("Cookie: convsweep-{}={}\r\n", door.port(), token(door))
}

/// What a browser that has been let in gets at `target`, with more lines in the request's head.
pub fn visit(door: &RunningDoor, target: &str, lines: &str) -> Answer {
    request(door, "GET", target, &(cookie(door) + lines))
}

/// What a client with these lines in its request's head gets.
pub fn request(door: &RunningDoor, method: &str, target: &str, lines: &str) -> Answer {
    let port = door.port();
    exchange(
        port,
        format!(
            "{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n{lines}\r\n"
        ),
    )
}
