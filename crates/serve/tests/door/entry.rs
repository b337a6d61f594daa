//! Who is let in: the token, once, then the cookie.

use crate::client::{Answer, cookie, request, token, visit};
use crate::routes::{PAGE, open};
use axum::Router;
use convsweep_serve::door::{Door, RunningDoor};

fn is_let_in(answer: &Answer, door: &RunningDoor) {
    assert_eq!(answer.status, 200, "{}", answer.head);
    let (port, token) = (door.port(), token(door));
    assert_eq!(
        answer.header("set-cookie"),
        format!("convsweep-{port}={token}; HttpOnly; SameSite=Strict; Path=/")
    );
    assert!(!answer.body.contains(token), "{}", answer.body);
    assert!(!answer.body.contains(PAGE));
}

/// A stranger learns neither the page nor the token.
fn is_kept_out(answer: &Answer, door: &RunningDoor) {
    assert_eq!(answer.status, 401, "{}", answer.head);
    assert!(answer.all("set-cookie").is_empty());
    assert_eq!(answer.header("connection"), "close");
    for text in [&answer.head, &answer.body] {
        assert!(!text.contains(token(door)), "{text}");
        assert!(!text.contains(PAGE), "{text}");
    }
}

#[test]
fn link_has_a_token_of_256_bits_that_is_new_for_each_door() {
    let (one, other) = (open(), open());
    assert_eq!(token(&one).len(), 43);
    assert_ne!(token(&one), token(&other));
    assert_eq!(
        one.link(),
        format!("http://127.0.0.1:{}/?token={}", one.port(), token(&one))
    );
}

#[test]
fn link_is_exchanged_for_a_cookie_as_often_as_it_is_opened() {
    let door = open();
    for _ in 0..2 {
        let target = format!("/?token={}", token(&door));
        is_let_in(&request(&door, "GET", &target, ""), &door);
        is_let_in(&request(&door, "HEAD", &target, ""), &door);
    }
    assert_eq!(visit(&door, "/", "").body, PAGE);
}

/// A token in an address leaks by `Referer`, history and screenshots.
#[test]
fn token_leaves_the_address_and_everything_else_stays() {
    let door = open();
    let (port, token) = (door.port(), token(&door));
    for (target, left) in [
        (format!("/?token={token}"), "/"),
        (format!("/a/b?token={token}"), "/a/b"),
        (format!("/a?x=1&token={token}&y=%2F2"), "/a?x=1&amp;y=%2F2"),
        (format!("/a?x=1&y=2&token={token}"), "/a?x=1&amp;y=2"),
        (format!("/?token=old&token={token}"), "/"),
    ] {
        let answer = request(&door, "GET", &target, "");
        is_let_in(&answer, &door);
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        let onward = format!(r#"content="0;url=http://127.0.0.1:{port}{left}""#);
        assert!(answer.body.contains(&onward), "{target}: {}", answer.body);
    }
}

#[test]
fn way_on_from_the_link_leads_to_no_other_site() {
    let door = open();
    let (port, token) = (door.port(), token(&door));
    for path in [
        "//evil.example/",
        "/\\evil.example/",
        "/@evil.example",
        "/.evil",
    ] {
        let answer = request(&door, "GET", &format!("{path}?token={token}"), "");
        let onward = format!(r#"content="0;url=http://127.0.0.1:{port}{path}""#);
        assert!(answer.body.contains(&onward), "{path}: {}", answer.body);
    }
}

#[test]
fn wrong_tokens_and_cookies_are_refused() {
    let door = open();
    let (port, token) = (door.port(), token(&door));
    let shorter = &token[..42];
    let flipped = token.replace(&token[..1], if token.starts_with('A') { "B" } else { "A" });
    for target in [
        "/".to_owned(),
        "/?token=".to_owned(),
        format!("/?token={shorter}"),
        format!("/?token={token}A"),
        format!("/?token={flipped}"),
        format!("/?Token={token}"),
        format!("/{token}"),
        "/nowhere".to_owned(),
        "/asset/page.css".to_owned(),
    ] {
        is_kept_out(&request(&door, "GET", &target, ""), &door);
        is_kept_out(&request(&door, "HEAD", &target, ""), &door);
    }
    let another_port = port ^ 1;
    for cookie in [
        format!("convsweep-{port}="),
        format!("convsweep-{port}={shorter}"),
        format!("convsweep-{port}={token}A"),
        format!("convsweep-{port}={flipped}"),
        format!("convsweep-{another_port}={token}"),
        format!("convsweep={token}"),
        token.to_owned(),
        format!("a=convsweep-{port}={token}"),
    ] {
        let lines = format!("Cookie: {cookie}\r\n");
        is_kept_out(&request(&door, "GET", "/", &lines), &door);
    }
    let lines = format!(
        "Authorization: Bearer {token}\r\nReferer: {}\r\n",
        door.link()
    );
    is_kept_out(&request(&door, "GET", "/", &lines), &door);
}

#[test]
fn cookie_is_found_among_others() {
    let door = open();
    let (port, token) = (door.port(), token(&door));
    for lines in [
        format!("Cookie: a=b; convsweep-{port}={token}; c=d\r\n"),
        format!("Cookie: convsweep-1=x;convsweep-{port}={token}\r\n"),
        format!("Cookie: a=b\r\nCookie: convsweep-{port}={token}\r\n"),
        format!("Cookie: convsweep-{port}=old; convsweep-{port}={token}\r\n"),
    ] {
        assert_eq!(request(&door, "GET", "/", &lines).body, PAGE, "{lines}");
    }
}

/// The link of a run that has ended, opened in a browser that knows the present one.
#[test]
fn old_token_beside_a_valid_cookie_only_leaves_the_address() {
    let door = open();
    is_let_in(&visit(&door, "/?token=old", ""), &door);
}

/// What is formatted ends in logs and in messages of panics.
#[test]
fn token_is_in_no_debug_output() {
    let door = Door::open(None).unwrap();
    let token = door.link().split_once("token=").unwrap().1.to_owned();
    assert!(!format!("{door:?}").contains(&token));
    let running = door.start(Router::new()).unwrap();
    assert!(running.link().contains(&token));
    assert!(!format!("{running:?}").contains(&token));
}

/// With `SameSite=Strict`, a browser that follows another page's link sends no cookie.
#[test]
fn link_on_another_page_is_opened_once_more_by_our_own_page() {
    let door = open();
    let port = door.port();
    for site in ["cross-site", "same-site"] {
        let link = format!(
            "Sec-Fetch-Site: {site}\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n"
        );
        let answer = request(&door, "GET", "/a?b=c", &link);
        is_kept_out(&answer, &door);
        let onward = format!(r#"content="0;url=http://127.0.0.1:{port}/a?b=c""#);
        assert!(answer.body.contains(&onward), "{}", answer.body);
        let answer = request(&door, "GET", "/", &(cookie(&door) + &link));
        assert_eq!(answer.body, PAGE);
    }
    // What our own page asks for is not sent on again.
    let ours =
        "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    let answer = request(&door, "GET", "/a?b=c", ours);
    is_kept_out(&answer, &door);
    assert!(!answer.body.contains("refresh"), "{}", answer.body);
}
