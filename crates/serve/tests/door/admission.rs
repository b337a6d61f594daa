//! Requests that are refused whoever sends them. All of them carry a valid cookie.

use crate::client::{Answer, connect, cookie, exchange, request, visit};
use crate::routes::{PAGE, open};
use convsweep_serve::door::RunningDoor;
use std::io::Write;

fn check(door: &RunningDoor, head: &str, status: u16) -> Answer {
    let answer = exchange(door.port(), format!("{head}\r\n{}\r\n", cookie(door)));
    assert_eq!(answer.status, status, "{head}\n{}", answer.head);
    assert!(!answer.body.contains(PAGE), "{head}");
    answer
}

/// A name that an attacker owns is made to mean 127.0.0.1; the browser then takes their page and
/// ours for the same.
#[test]
fn dns_rebinding_as_in_cve_2025_14279() {
    let door = open();
    let port = door.port();
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("evil.example:{port}@127.0.0.1:{port}"),
        format!("127.0.0.1:{port}@evil.example"),
        format!("0.0.0.0:{port}"),
        format!("[::1]:{port}"),
        format!("127.0.0.2:{port}"),
        format!("127.1:{port}"),
        format!("localhost.:{port}"),
        format!("LOCALHOST:{port}"),
        format!("127.0.0.1:0{port}"),
        format!("http://127.0.0.1:{port}"),
        "127.0.0.1".to_owned(),
        "localhost".to_owned(),
        String::new(),
    ] {
        let answer = check(&door, &format!("GET / HTTP/1.1\r\nHost: {host}"), 403);
        assert!(!answer.body.contains("evil"), "{}", answer.body);
    }
    for host in ["127.0.0.1", "localhost"] {
        let head = format!("GET / HTTP/1.1\r\nConnection: close\r\nHost: {host}:{port}\r\n");
        let answer = exchange(port, format!("{head}{}\r\n", cookie(&door)));
        assert_eq!(answer.body, PAGE);
    }
}

#[test]
fn host_must_be_there_once() {
    let door = open();
    let port = door.port();
    check(&door, "GET / HTTP/1.1", 403);
    check(&door, "GET / HTTP/1.0", 403);
    let ours = format!("Host: 127.0.0.1:{port}");
    check(&door, &format!("GET / HTTP/1.1\r\n{ours}\r\n{ours}"), 403);
    check(
        &door,
        &format!("GET / HTTP/1.1\r\n{ours}\r\nHost: evil.example"),
        403,
    );
    let lines = "X-Forwarded-Host: evil.example\r\nForwarded: host=evil.example\r\n";
    assert_eq!(visit(&door, "/", lines).body, PAGE);
}

#[test]
fn tunnel_with_another_port_is_told_to_use_the_same_one() {
    let door = open();
    let port = door.port();
    let answer = check(&door, "GET / HTTP/1.1\r\nHost: 127.0.0.1:8000", 403);
    let words = format!("ssh -N -L {port}:127.0.0.1:{port} USER@HOST");
    assert!(answer.body.contains(&words), "{}", answer.body);
}

/// An absolute address in the request line would stand for `Host`.
#[test]
fn whole_addresses_are_refused() {
    let door = open();
    let port = door.port();
    for target in [
        format!("http://127.0.0.1:{port}/"),
        "http://evil.example/".to_owned(),
        "file:///etc/passwd".to_owned(),
        "*".to_owned(),
    ] {
        let head = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}");
        check(&door, &head, 400);
    }
}

#[test]
fn foreign_origins_are_refused() {
    let door = open();
    let port = door.port();
    for origin in [
        "http://evil.example".to_owned(),
        format!("http://evil.example:{port}"),
        format!("https://127.0.0.1:{port}"),
        "http://127.0.0.1".to_owned(),
        format!("http://127.0.0.1:{}", port ^ 1),
        format!("http://127.0.0.1:{port}/"),
        format!("http://127.0.0.1:{port} http://evil.example"),
        format!("127.0.0.1:{port}"),
        "null".to_owned(),
        String::new(),
    ] {
        let answer = visit(&door, "/", &format!("Origin: {origin}\r\n"));
        assert_eq!(answer.status, 403, "{origin}");
        assert!(answer.all("access-control-allow-origin").is_empty());
    }
    let ours = format!("Origin: http://127.0.0.1:{port}\r\n");
    assert_eq!(visit(&door, "/", &ours).body, PAGE);
    assert_eq!(visit(&door, "/", &ours.repeat(2)).status, 403);
}

#[test]
fn other_pages_may_link_here_and_nothing_else() {
    let door = open();
    for (site, mode, destination, status) in [
        ("cross-site", "no-cors", "image", 403),
        ("cross-site", "no-cors", "script", 403),
        ("cross-site", "cors", "empty", 403),
        ("cross-site", "websocket", "websocket", 403),
        ("cross-site", "navigate", "iframe", 403),
        ("cross-site", "navigate", "object", 403),
        // Another port of this machine.
        ("same-site", "no-cors", "script", 403),
        ("same-site", "navigate", "iframe", 403),
        ("anything", "no-cors", "image", 403),
        ("cross-site", "navigate", "document", 200),
        ("same-site", "navigate", "document", 200),
        ("same-origin", "cors", "empty", 200),
        ("same-origin", "no-cors", "image", 200),
        ("none", "navigate", "document", 200),
    ] {
        let lines = format!(
            "Sec-Fetch-Site: {site}\r\nSec-Fetch-Mode: {mode}\r\nSec-Fetch-Dest: {destination}\r\n"
        );
        let answer = visit(&door, "/", &lines);
        assert_eq!(answer.status, status, "{lines}");
    }
    let cross = "Sec-Fetch-Site: cross-site\r\n";
    assert_eq!(visit(&door, "/", cross).status, 403);
}

/// A list of forbidden methods forgets some; a list of allowed ones does not.
#[test]
fn methods_as_in_cve_2026_27482() {
    let door = open();
    for method in [
        "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "PURGE", "get", "Head",
        "GETS", "X",
    ] {
        let answer = request(&door, method, "/", &cookie(&door));
        assert_eq!(answer.status, 405, "{method}");
        assert_eq!(answer.header("allow"), "GET, HEAD");
    }
    let head = format!(
        "CONNECT 127.0.0.1:{0} HTTP/1.1\r\nHost: 127.0.0.1:{0}",
        door.port()
    );
    let answer = exchange(door.port(), format!("{head}\r\n{}\r\n", cookie(&door)));
    assert!([400, 405].contains(&answer.status), "{}", answer.head);
    let override_lines = "X-HTTP-Method-Override: DELETE\r\n";
    assert_eq!(visit(&door, "/", override_lines).body, PAGE);
}

#[test]
fn head_says_what_get_would_say() {
    let door = open();
    let (get, head) = (
        visit(&door, "/", ""),
        request(&door, "HEAD", "/", &cookie(&door)),
    );
    assert_eq!(head.status, 200);
    assert_eq!(head.body, "");
    assert_eq!(get.body, PAGE);
    let without_date = |answer: &Answer| {
        let lines = answer.head.lines().filter(|line| !line.starts_with("date"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_date(&head), without_date(&get));
}

#[test]
fn bodies_are_refused_unread() {
    let door = open();
    for lines in [
        "Content-Length: 5\r\n",
        "Content-Length: 1000000000000\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Content-Length: 5\r\nExpect: 100-continue\r\n",
    ] {
        let answer = visit(&door, "/", lines);
        assert_eq!(answer.status, 400, "{lines}{}", answer.head);
    }
    assert_eq!(visit(&door, "/", "Content-Length: 0\r\n").body, PAGE);
}

/// Two lengths of one body let a request hide in another one.
#[test]
fn smuggled_requests_are_not_answered() {
    let door = open();
    let port = door.port();
    let hidden = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{}\r\n",
        cookie(&door)
    );
    for lines in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 0\r\nContent-Length: 5\r\n",
        "Content-Length: +5\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        " Host: folded\r\n",
    ] {
        let head = format!(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{}",
            cookie(&door)
        );
        let answer = exchange(port, format!("{head}{lines}\r\n0\r\n\r\n{hidden}"));
        assert_eq!(answer.status, 400, "{lines}{}", answer.head);
        assert!(!answer.body.contains(PAGE), "{lines}");
    }
}

#[test]
fn each_pipelined_request_is_looked_at() {
    let door = open();
    let port = door.port();
    let good = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{}\r\n",
        cookie(&door)
    );
    for (next, refusal) in [
        (
            "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(),
            "403",
        ),
        (
            format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"),
            "401",
        ),
        ("\0\u{1}garbage\r\n\r\n".to_owned(), "400"),
        ("HTTP/1.1 200 OK\r\n\r\n".to_owned(), "400"),
    ] {
        let answer = exchange(port, format!("{good}{next}{good}"));
        assert_eq!(answer.status, 200, "{next}");
        let (first, rest) = answer.body.split_once("HTTP/1.1 ").unwrap();
        assert_eq!(first, PAGE);
        assert!(rest.starts_with(refusal), "{rest}");
        assert!(!rest.contains(PAGE), "{rest}");
    }
}

#[test]
fn bytes_that_are_no_request_end_the_connection() {
    let door = open();
    let tls_hello = [
        0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, b'\r', b'\n', b'\r', b'\n',
    ];
    let long_line = vec![b'A'; 100_000];
    for bytes in [
        &tls_hello[..],
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        &long_line,
    ] {
        let answer = exchange(door.port(), bytes);
        assert!(
            answer.status == 0 || (400..=505).contains(&answer.status),
            "{}",
            answer.head
        );
        assert_eq!(answer.body, "");
    }
    assert_eq!(visit(&door, "/", "").body, PAGE);
}

#[test]
fn other_protocols_are_not_spoken() {
    let door = open();
    let port = door.port();
    let answer = exchange(
        port,
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0",
    );
    assert!([0, 400, 505].contains(&answer.status), "{}", answer.head);
    let websocket = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                     Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    let http2 =
        "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n";
    for lines in [websocket, http2] {
        let mut socket = connect(port);
        let head = format!(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{}",
            cookie(&door)
        );
        socket
            .write_all(format!("{head}{lines}\r\n").as_bytes())
            .unwrap();
        let answer = crate::client::answer(&mut socket);
        assert_eq!(answer.status, 400, "{}", answer.head);
        assert_eq!(answer.header("connection"), "close");
    }
}
