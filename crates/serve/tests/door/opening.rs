//! Ports, and how the door closes.

use crate::client::{answer, connect, cookie, visit};
use crate::routes::{PAGE, open, open_with, routes};
use axum::Router;
use axum::routing::get;
use convsweep_serve::door::{Door, Limits};
use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex, mpsc};

#[test]
fn taken_port_is_named_with_the_remedy() {
    let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = other.local_addr().unwrap().port();
    let error = Door::open(Some(port)).unwrap_err().to_string();
    assert!(
        error.contains(&format!("port {port} of 127.0.0.1 is taken")),
        "{error}"
    );
    assert!(error.contains("--port"), "{error}");
    drop(other);
    assert_eq!(Door::open(Some(port)).unwrap().port(), port);
}

/// Two doors, or a door and a listener on all addresses, never share a port.
#[test]
fn open_port_is_taken_for_others() {
    let door = open();
    let error = Door::open(Some(door.port())).unwrap_err();
    assert!(error.to_string().contains("taken"), "{error}");
    let error = TcpListener::bind((Ipv4Addr::UNSPECIFIED, door.port())).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AddrInUse);
}

#[test]
fn port_that_browsers_refuse_is_refused() {
    for port in [6000, 6667, 10080] {
        let error = Door::open(Some(port)).unwrap_err().to_string();
        assert!(
            error.contains(&format!("browsers refuse to open port {port}")),
            "{error}"
        );
        assert!(error.contains("--port"), "{error}");
    }
}

/// The machine's address in its network, which is found without sending anything.
fn outer_address() -> Option<std::net::IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_loopback()).then_some(address)
}

#[test]
fn no_other_address_is_listened_on() {
    let door = open();
    let others = [
        "127.0.0.2".parse().ok(),
        "::1".parse().ok(),
        outer_address(),
    ];
    for address in others.into_iter().flatten() {
        let connection = TcpStream::connect((address, door.port()));
        assert!(connection.is_err(), "{address} is listened on");
    }
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, door.port())).is_ok());
}

#[test]
fn connections_before_the_start_wait_for_it() {
    let door = Door::open(None).unwrap();
    let mut socket = connect(door.port());
    let head = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", door.port());
    let running = door.start(routes()).unwrap();
    let head = format!("{head}{}Connection: close\r\n\r\n", cookie(&running));
    socket.write_all(head.as_bytes()).unwrap();
    assert_eq!(answer(&mut socket).body, PAGE);
}

#[test]
fn closed_door_leaves_its_port() {
    let door = open();
    let port = door.port();
    assert_eq!(visit(&door, "/", "").body, PAGE);
    let mut idle = connect(port);
    door.stop();
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err());
    assert_eq!(answer(&mut idle).status, 0);
    let again = Door::open(Some(port)).unwrap();
    assert_eq!(again.port(), port);
}

/// The handler ends only after the door was closed, so that this test would wait for ever if
/// closing waited for it.
#[test]
fn handler_that_holds_the_thread_up_does_not_hold_up_the_end() {
    let (has_begun, begun) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Arc::new(Mutex::new(released));
    let stuck = async move || {
        has_begun.send(()).unwrap();
        _ = released.lock().unwrap().recv();
    };
    let door = open_with(Limits::default(), Router::new().route("/stuck", get(stuck)));
    let mut socket = connect(door.port());
    let head = format!("GET /stuck HTTP/1.1\r\nHost: 127.0.0.1:{}\r\n", door.port());
    socket
        .write_all(format!("{head}{}\r\n", cookie(&door)).as_bytes())
        .unwrap();
    begun.recv().unwrap();
    door.stop();
    release.send(()).unwrap();
}
