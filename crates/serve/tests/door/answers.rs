//! What leaves: headers of every answer, files that cannot be reached, failures without details.

use crate::client::{Answer, request, token, visit};
use crate::routes::{PAGE, PANIC, open, open_with};
use axum::Router;
use axum::response::Html;
use axum::routing::get;
use convsweep_serve::door::{ContentPolicy, Limits, RunningDoor};
use std::time::Duration;

fn check_headers(answer: &Answer, policy: ContentPolicy, cache: &str) {
    for (name, value) in [
        ("content-security-policy", policy.text()),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("cache-control", cache),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    assert!(answer.all("server").is_empty());
    assert!(answer.all("access-control-allow-origin").is_empty());
}

/// Names and notes of a sweep are written by people; a script in one of them must not run, whatever
/// page shows it.
#[test]
fn stored_script_as_in_aim_3333() {
    let policy = ContentPolicy::PAGE.text();
    for own in [
        "default-src 'none';",
        "script-src 'self';",
        "style-src 'self';",
    ] {
        assert!(policy.contains(own), "{policy}");
    }
    for lax in ["unsafe", "*", "http"] {
        assert!(!policy.contains(lax), "{policy}");
    }
    let door = open();
    let link = format!("/?token={}", token(&door));
    let foreign = "Origin: http://evil.example\r\n";
    let answers = [
        (200, visit(&door, "/", "")),
        (200, visit(&door, &link, "")),
        (200, visit(&door, "/lax", "")),
        (404, visit(&door, "/nowhere", "")),
        (404, visit(&door, "/asset/nothing", "")),
        (400, visit(&door, "/", "Content-Length: 1\r\n")),
        (401, request(&door, "GET", "/", "")),
        (403, visit(&door, "/", foreign)),
        (405, request(&door, "PUT", "/", "")),
        (500, visit(&door, "/panic", "")),
    ];
    for (status, answer) in answers {
        assert_eq!(answer.status, status, "{}", answer.head);
        check_headers(&answer, ContentPolicy::PAGE, "no-store");
    }
}

#[test]
fn stored_report_may_have_styles_and_no_script() {
    let door = open();
    let answer = visit(&door, "/report/width", "");
    check_headers(&answer, ContentPolicy::STORED_REPORT, "no-store");
    let policy = ContentPolicy::STORED_REPORT.text();
    assert!(policy.starts_with("sandbox; default-src 'none'; style-src 'unsafe-inline'"));
    assert!(!policy.contains("script"), "{policy}");
}

#[test]
fn assets_may_be_kept_by_the_browser() {
    let door = open();
    let answer = visit(&door, "/asset/page.css", "");
    check_headers(&answer, ContentPolicy::PAGE, "private, max-age=3600");
    assert_eq!(answer.header("content-type"), "text/css");
}

/// Paths are names of routes and of entries in a map, never of files.
#[test]
fn traversal_as_in_aim_3327() {
    let door = open();
    for path in [
        "/etc/passwd",
        "//etc/passwd",
        "/../../../../etc/passwd",
        "/asset/../../../../etc/passwd",
        "/asset/..%2f..%2f..%2f..%2fetc%2fpasswd",
        "/asset/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/asset/%252e%252e%252fetc%252fpasswd",
        "/asset/..%5c..%5cetc%5cpasswd",
        "/asset/..\\..\\etc\\passwd",
        "/asset//etc/passwd",
        "/asset/%2fetc%2fpasswd",
        "/asset/%c0%ae%c0%ae%c0%afetc%c0%afpasswd",
        "/asset/page.css%00.png",
        "/asset/page.css/",
        "/asset/./page.css",
        "/asset/x/../page.css",
        "/asset/~",
        "/asset/",
        "/asset",
        "/./",
        "/%2e",
    ] {
        let answer = visit(&door, path, "");
        assert!(
            [400, 404].contains(&answer.status),
            "{path}: {}",
            answer.head
        );
        assert!(!answer.body.contains("root:"), "{path}");
        assert!(!answer.body.contains(PAGE), "{path}");
    }
}

#[test]
fn script_in_an_address_is_not_repeated() {
    let door = open();
    let token = token(&door);
    for target in [
        "/%22%3E%3Cscript%3Ealert(1)%3C/script%3E?",
        "/\"'><script>alert(1)</script>?",
        "/?a=\"'><script>alert(1)</script>&",
        "/?a=%22><script>&",
        "/;url=javascript:alert(1)?",
    ] {
        let answer = request(&door, "GET", &format!("{target}token={token}"), "");
        assert!(!answer.body.contains("<script"), "{}", answer.body);
        assert!(!answer.body.contains("'>"), "{}", answer.body);
        let quotes = answer
            .body
            .matches("content=\"0;url=http://127.0.0.1:")
            .count();
        assert!(quotes == 1 || answer.status == 400, "{}", answer.body);
        let answer = visit(&door, &format!("{target}x"), "");
        assert!(!answer.body.contains("<script"), "{}", answer.body);
    }
}

fn is_told_nothing(answer: &Answer) {
    assert!(!answer.head.contains(PANIC), "{}", answer.head);
    assert!(!answer.body.contains(PANIC), "{}", answer.body);
}

#[test]
fn panic_of_a_handler_ends_one_answer() {
    let door = open();
    let answer = visit(&door, "/panic", "");
    assert_eq!(answer.status, 500);
    is_told_nothing(&answer);
    let answer = visit(&door, "/panic-in-content", "");
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("the beginning"), "{}", answer.body);
    is_told_nothing(&answer);
    assert_eq!(visit(&door, "/", "").body, PAGE);
}

#[test]
fn handler_that_never_answers_is_given_up() {
    let limits = Limits {
        handler_time: Duration::from_millis(50),
        ..Limits::default()
    };
    let routes = Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/never", get(std::future::pending::<&str>));
    let door = open_with(limits, routes);
    let answer = visit(&door, "/never", "");
    assert_eq!(answer.status, 503);
    assert_eq!(answer.header("retry-after"), "5");
    check_headers(&answer, ContentPolicy::PAGE, "no-store");
    assert_eq!(visit(&door, "/", "").body, PAGE);
}

/// What no route answers passes the same checks.
#[test]
fn routes_cannot_be_reached_around_the_door() {
    let everything = Router::new().fallback(get(|| async { Html(PAGE) }));
    let door: RunningDoor = open_with(Limits::default(), everything);
    for target in ["/", "/nowhere", "/a/b?c", "/favicon.ico", "/robots.txt"] {
        assert_eq!(visit(&door, target, "").body, PAGE);
        let stranger = request(&door, "GET", target, "");
        assert_eq!(stranger.status, 401);
        assert!(!stranger.body.contains(PAGE));
        let foreign = visit(&door, target, "Origin: http://evil.example\r\n");
        assert_eq!(foreign.status, 403);
    }
}
