//! Who is let in.

use crate::client::{request, token, visit};
use crate::routes::open;

#[test]
fn link_is_exchanged_for_a_cookie() {
    let door = open();
    let target = format!("/?token={}", token(&door));
    let answer = request(&door, "GET", &target, "");
    assert_eq!(answer.status, 200, "{}", answer.head);
    assert_eq!(
        answer.header("set-cookie"),
        format!(
            "convsweep-{}={}; HttpOnly; SameSite=Strict; Path=/",
            door.port(),
            token(&door)
        )
    );
    assert!(!answer.body.contains(token(&door)), "{}", answer.body);
    assert!(!answer.body.contains("the routes answer"));
    assert_eq!(visit(&door, "/", "").body, "the routes answer");
}

#[test]
fn without_a_cookie_nothing_is_answered() {
    let door = open();
    let answer = request(&door, "GET", "/", "");
    assert_eq!(answer.status, 401);
    assert!(!answer.head.contains(token(&door)));
    assert!(!answer.body.contains(token(&door)));
    assert!(!answer.body.contains("the routes answer"));
}
