//! The live page in a real browser, beside a running sweep and after it.

use crate::browser::Browser;
use crate::processes::{exit_code, has_ended, send_signal, wait_until};
use crate::support::{SMALL, Workdir};
use serde_json::json;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, ChildStderr, Stdio};

/// A program that shows a page. It is interrupted when it is dropped.
struct Page {
    program: Child,
    link: String,
    stderr: BufReader<ChildStderr>,
}

impl Page {
    /// Runs the program with these arguments; the link is in its first line with one.
    fn start(workdir: &Workdir, arguments: &[&str]) -> Page {
        let mut command = workdir.command(arguments);
        let mut program = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("starts");
        let mut stderr = BufReader::new(program.stderr.take().expect("piped"));
        let link = match arguments[0] {
            "serve" => link_in(&mut BufReader::new(program.stdout.take().expect("piped"))),
            _ => link_in(&mut stderr),
        };
        Page {
            program,
            link,
            stderr,
        }
    }

    /// The port of 127.0.0.1.
    fn port(&self) -> u16 {
        let after = self.link.split_once("127.0.0.1:").expect("is local").1;
        after
            .split('/')
            .next()
            .expect("is there")
            .parse()
            .expect("is a port")
    }

    /// The answer to a request with these lines behind the first.
    fn ask(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port())).expect("connects");
        let request = format!(
            "{}\r\nConnection: close\r\n\r\n",
            request.replace('\n', "\r\n")
        );
        stream.write_all(request.as_bytes()).expect("sends");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answers");
        answer
    }

    /// The lines of a request of a browser that has opened the link.
    fn host_with_cookie(&self) -> String {
        let host = format!("Host: 127.0.0.1:{}", self.port());
        let token = self.link.split_once('?').expect("has a token").1;
        let login = self.ask(&format!("GET /?{token} HTTP/1.1\n{host}"));
        let cookie = login.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            let is_cookie = name.eq_ignore_ascii_case("set-cookie");
            is_cookie.then(|| value.split(';').next().unwrap_or_default())
        });
        format!("{host}\nCookie: {}", cookie.expect("is set"))
    }

    /// Waits until the program has ended by itself; its exit code, and what it wrote to stderr.
    fn ended(mut self) -> (Option<i32>, String) {
        let mut text = String::new();
        self.stderr.read_to_string(&mut text).expect("reads");
        (exit_code(&mut self.program), text)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if !has_ended(&mut self.program) {
            send_signal("TERM", self.program.id());
        }
        let _ = self.program.wait();
    }
}

fn link_in(lines: &mut impl BufRead) -> String {
    loop {
        let mut line = String::new();
        assert!(
            lines.read_line(&mut line).expect("reads") > 0,
            "it prints a link"
        );
        if let Some(start) = line.find("http://") {
            return line[start..].trim().to_string();
        }
    }
}

/// [`SMALL`] with names and labels that would be markup, and long enough to be watched.
fn hostile() -> String {
    SMALL
        .replace(
            "Which learning rate?",
            "<script>alert(1)</script> & <img src=x onerror=alert(2)>?",
        )
        .replace("epochs = 3", "epochs = 150")
        .replace("[sweep.grid]", "[sweep.grid]\n\"data.split.seed\" = [1, 2]")
}

#[test]
fn a_sweep_is_followed_in_the_browser_from_its_first_epoch_to_its_report() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let workdir = Workdir::with(&hostile());
    let page = Page::start(
        &workdir,
        &["run", "small.toml", "--serve", "--slots", "cpu=1"],
    );
    browser.resize(1280, 1000);
    browser.open(&page.link);
    browser.wait_for("document.querySelector('h1')?.textContent === 'small'");
    let address = browser.value("location.href");
    assert!(
        !address.as_str().expect("is a text").contains("token"),
        "{address}"
    );
    // Curves move.
    browser.wait_for("document.querySelector('#plot canvas')");
    browser.wait_for("document.querySelectorAll('#running tbody tr').length > 0");
    browser.picture("running-light");
    let range = "document.querySelector('#plot').dataset.range";
    let before = browser.value(range);
    browser.wait_for(&format!("{range} !== {before}"));
    // Until the report is there, in the same page.
    browser.wait_for("document.querySelector('#rest .provenance')");
    browser
        .wait_for("document.querySelector('#status').innerText.includes('8 finished of 8 jobs')");
    assert!(
        browser
            .text()
            .contains("<script>alert(1)</script> & <img src=x")
    );
    browser.picture("ended-light");
    let own = format!("http://127.0.0.1:{}/", page.port());
    // Addresses such as chrome:// are inside the browser.
    let elsewhere = |asked: &String| asked.starts_with("http") && !asked.starts_with(&own);
    let asked = browser.requests();
    assert!(
        asked
            .iter()
            .any(|address| address.ends_with("/assets/page.js")),
        "{asked:?}"
    );
    let elsewhere: Vec<&String> = asked.iter().filter(|a| elsewhere(a)).collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    let (code, stderr) = page.ended();
    assert_eq!(code, Some(0), "{stderr}");
    let messages = browser.messages();
    let is_closed = |message: &String| {
        message.contains("ERR_CONNECTION_REFUSED")
            || message.contains("ERR_INCOMPLETE_CHUNKED_ENCODING")
    };
    let errors: Vec<&String> = messages.iter().filter(|m| !is_closed(m)).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn the_link_is_not_in_a_file_that_others_can_read() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    let kept = workdir.path("results/.page-link");
    for (mode, is_private) in [(0o644, false), (0o640, false), (0o600, true)] {
        let path = workdir.path("output");
        let output = fs::File::create(&path).expect("creates");
        let permissions = fs::Permissions::from_mode(mode);
        output.set_permissions(permissions).expect("sets");
        let mut command = workdir.command(&["serve"]);
        command.stderr(output.try_clone().expect("a file"));
        let mut program = command.stdout(output).spawn().expect("starts");
        let read = |path: &Path| fs::read_to_string(path).unwrap_or_default();
        wait_until("it says where", || read(&path).contains("Ctrl-C"));
        let link = "http://127.0.0.1:";
        assert_eq!(read(&path).contains(link), is_private, "{mode:o}");
        assert_eq!(read(&kept).contains(link), !is_private, "{mode:o}");
        if !is_private {
            let metadata = fs::metadata(&kept).expect("is there");
            assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
            assert!(read(&path).contains(".page-link"), "{}", read(&path));
        }
        send_signal("TERM", program.id());
        exit_code(&mut program);
        assert!(!kept.exists(), "it leads nowhere");
    }
}

#[test]
fn what_is_chosen_is_in_the_address() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let workdir = Workdir::with(&hostile().replace("epochs = 150", "epochs = 2"));
    workdir.run(&["run", "small.toml"]).exits(0);
    let page = Page::start(&workdir, &["serve", "small"]);
    browser.open(&page.link);
    browser.wait_for("document.querySelectorAll('#leaderboard tbody tr').length === 4");
    browser.wait_for("document.querySelectorAll('#plot .u-series').length === 5");
    // A filter.
    browser.value(
        "(() => { const field = document.querySelector('select[name=\"where.train.optimizer.lr\"]'); \
         field.value = field.options[1].value; \
         field.dispatchEvent(new Event('change', { bubbles: true })); })()",
    );
    browser.wait_for("document.querySelectorAll('#leaderboard tbody tr').length === 2");
    browser.wait_for("document.querySelectorAll('#plot .u-series').length === 3");
    browser.wait_for("location.search.includes('where.train.optimizer.lr=')");
    // Ticks, which a link shows again.
    browser.click("#leaderboard tbody tr:nth-child(1) input");
    browser.wait_for("document.querySelectorAll('#plot .u-series').length === 2");
    browser.wait_for("location.search.includes('tick=')");
    browser.click("#leaderboard tbody tr:nth-child(2) input");
    browser.wait_for("document.querySelector('#compared h2')");
    let address = browser.value("location.href");
    browser.open(address.as_str().expect("is a text"));
    browser.wait_for("document.querySelectorAll('#leaderboard input:checked').length === 2");
    browser.wait_for("document.querySelectorAll('#plot .u-series').length === 3");
    // Another metric over seconds, smoothed.
    browser.value(
        "(() => { const fields = document.getElementById('view').elements; \
         fields.metric.value = 'val_loss'; fields.x.value = 'seconds'; fields.smooth.value = '50'; \
         fields.metric.dispatchEvent(new Event('change', { bubbles: true })); })()",
    );
    browser.wait_for("document.querySelector('#plot .u-legend').innerText.includes('seconds')");
    browser.wait_for("location.search.includes('metric=val_loss&x=seconds&smooth=50')");
    // By the keyboard.
    browser.type_into("#plot", "\u{e011}");
    browser.wait_for("document.getElementById('values').textContent.startsWith('seconds ')");
    browser.type_into("#plot", "+");
    browser.wait_for("location.search.includes('zoom=')");
    let range = browser.value("document.querySelector('#plot').dataset.range");
    browser.value("location.reload()");
    browser.wait_for("document.querySelector('#plot canvas')");
    browser.wait_for(&format!(
        "document.querySelector('#plot').dataset.range === {range}"
    ));
    browser.value("document.activeElement.blur()");
    browser.click("#sort-time");
    browser.wait_for("location.search.includes('sort=time')");
    browser
        .wait_for("document.querySelector('th[aria-sort=ascending]').innerText.includes('time')");
    assert_eq!(browser.messages(), Vec::<String>::new());
}

#[test]
fn pages_are_readable_in_light_and_dark_and_on_a_phone() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let workdir = Workdir::with(&SMALL.replace("1e-2]", "1e-2, 1e6]"));
    workdir.run(&["run", "small.toml"]);
    let page = Page::start(&workdir, &["serve"]);
    let scheme = |scheme: &str| {
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        browser.devtools(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
    };
    let overflow = "document.documentElement.scrollWidth > document.documentElement.clientWidth";
    for (name, width) in [("wide", 1280), ("phone", 390)] {
        let metrics =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500 });
        browser.devtools("Emulation.setDeviceMetricsOverride", metrics);
        for theme in ["light", "dark"] {
            scheme(theme);
            browser.open(&page.link);
            browser.wait_for("document.querySelector('.experiments a')");
            assert_eq!(
                browser.value(overflow),
                json!(false),
                "overview, {width} pixels"
            );
            browser.picture(&format!("overview-{name}-{theme}"));
            browser.click(".experiments a");
            browser.wait_for("document.querySelector('#plot canvas')");
            assert_eq!(
                browser.value(overflow),
                json!(false),
                "experiment, {width} pixels"
            );
            browser.picture(&format!("experiment-{name}-{theme}"));
            browser.click("#leaderboard tr.best td:last-child a");
            browser.wait_for("document.querySelector('#plot canvas')");
            browser.wait_for("document.querySelector('#images img')?.naturalWidth > 0");
            assert_eq!(browser.value(overflow), json!(false), "job, {width} pixels");
            browser.picture(&format!("job-{name}-{theme}"));
            let ink = browser.value("getComputedStyle(document.body).color");
            let is_dark = browser.value("getComputedStyle(document.body).backgroundColor");
            assert_ne!(ink, is_dark);
        }
    }
    assert_eq!(browser.messages(), Vec::<String>::new());
    assert!(browser.text().contains("end of the worker's log") || browser.text().contains("Files"));
}

#[test]
fn nobody_else_gets_in() {
    let workdir = Workdir::small();
    workdir.run(&["run", "small.toml"]).exits(0);
    let page = Page::start(&workdir, &["serve", "small"]);
    let port = page.port();
    let host = format!("Host: 127.0.0.1:{port}");
    for path in [
        "/",
        "/experiments/small/",
        "/experiments/small/report",
        "/events",
        "/nowhere",
    ] {
        let answer = page.ask(&format!("GET {path} HTTP/1.1\n{host}"));
        assert!(answer.starts_with("HTTP/1.1 401"), "{path}: {answer}");
        assert!(!answer.contains("small"), "{path}: {answer}");
        let foreign = page.ask(&format!("GET {path} HTTP/1.1\nHost: evil.example:{port}"));
        assert!(foreign.starts_with("HTTP/1.1 403"), "{path}: {foreign}");
        let origin = format!("{host}\nOrigin: http://evil.example");
        let foreign = page.ask(&format!("GET {path} HTTP/1.1\n{origin}"));
        assert!(foreign.starts_with("HTTP/1.1 403"), "{path}: {foreign}");
    }
    let host = page.host_with_cookie();
    let status = |path: &str| {
        let answer = page.ask(&format!("GET {path} HTTP/1.1\n{host}"));
        answer.split(' ').nth(1).unwrap_or_default().to_string()
    };
    for there in [
        "/",
        "/experiments/small/",
        "/experiments/small/report",
        "/experiments/small/leaderboard.csv",
        "/experiments/small/charts/leaderboard.svg",
    ] {
        assert_eq!(status(there), "200", "{there}");
    }
    for outside in [
        "/experiments/small/log.jsonl",
        "/experiments/small/run.log",
        "/experiments/small/..%2Fconvsweep.sqlite",
        "/experiments/small/charts/..%2F..%2Fconvsweep.sqlite",
        "/experiments/..%2F..%2Fetc/passwd",
        "/experiments/%2Fetc/passwd",
        "/experiments/jobs/charts/leaderboard.svg",
        "/assets/..%2F..%2FCargo.toml",
        "/jobs/..%2Fsmall/",
        "/jobs/zz/images.svg",
    ] {
        assert_eq!(status(outside), "404", "{outside}");
    }
}

#[test]
fn an_error_of_the_page_itself_does_not_touch_the_run() {
    let mut workdir = Workdir::with(&hostile());
    workdir
        .environment
        .push(("CONVSWEEP_PANIC_AT", "page".into()));
    let arguments = ["run", "small.toml", "--serve", "--slots", "cpu=1"];
    let page = Page::start(&workdir, &arguments);
    let host = page.host_with_cookie();
    wait_until("a job has begun", || !workdir.job_folders().is_empty());
    let folder = workdir.job_folders().swap_remove(0);
    let job = folder
        .file_name()
        .expect("has a name")
        .to_string_lossy()
        .into_owned();
    let mut answer = String::new();
    wait_until("the job is known", || {
        answer = page.ask(&format!("GET /jobs/{job}/ HTTP/1.1\n{host}"));
        !answer.starts_with("HTTP/1.1 404")
    });
    assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
    assert!(!answer.contains("CONVSWEEP_PANIC_AT"), "{answer}");
    let (code, stderr) = page.ended();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stderr.contains("CONVSWEEP_PANIC_AT is page"), "{stderr}");
}

#[test]
fn what_cannot_be_shown_is_said() {
    let workdir = Workdir::small();
    workdir
        .run(&["serve"])
        .exits(5)
        .says(&["there is no results folder"]);
    std::fs::create_dir(workdir.path("results")).expect("created");
    workdir.run(&["serve", "small"]).exits(5);
    let page = Page::start(&workdir, &["serve"]);
    let taken = page.port().to_string();
    workdir
        .run(&["serve", "--port", &taken])
        .exits(2)
        .says(&["is taken"]);
    // A run that begins later is shown.
    let Some(browser) = Browser::start() else {
        return;
    };
    browser.open(&page.link);
    browser.wait_for("document.body.innerText.includes('Nothing has been run here yet')");
    workdir.run(&["run", "small.toml"]).exits(0);
    browser.wait_for("document.querySelector('.experiments a')");
    workdir
        .run(&["run", "small.toml", "--serve", "--port"])
        .exits(2);
    workdir
        .run(&["serve", "large"])
        .exits(2)
        .says(&["no experiment \"large\""]);
    let newer = "pragma user_version = 999";
    let database = rusqlite::Connection::open(workdir.path("results/convsweep.sqlite"));
    database
        .expect("opens")
        .execute_batch(newer)
        .expect("is set");
    workdir.run(&["serve"]).exits(5).says(&["newer"]);
    wait_until("the page follows a rebuild", || {
        workdir.run(&["rebuild"]).exits(0);
        browser.value("document.querySelectorAll('.experiments a').length") == json!(1)
    });
}

/// A browser that follows a link on another page keeps `SameSite=Strict` cookies back, so that a
/// redirect from the link with the token would lead to a page that does not know the browser.
#[test]
fn links_on_other_pages_open_the_page_and_other_pages_read_nothing() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let workdir = Workdir::with(&SMALL.replace("epochs = 3", "epochs = 1"));
    workdir.run(&["run", "small.toml"]).exits(0);
    let page = Page::start(&workdir, &["serve", "small"]);
    let (address, _) = page.link.split_once("?token=").expect("has a token");
    let shows_the_sweep = "document.querySelector('h1')?.textContent === 'small'";
    for link in [&page.link, address] {
        browser.open(&format!("data:text/html,<a href='{link}'>the sweep</a>"));
        browser.click("a");
        browser.wait_for(shows_the_sweep);
        assert_eq!(browser.value("location.href"), address);
    }
    browser.open("data:text/html,<title>another page</title>");
    browser.value(&format!(
        "fetch('{address}', {{ mode: 'no-cors', credentials: 'include' }}) \
         .then((answer) => document.title = answer.type, () => document.title = 'refused') && 0"
    ));
    browser.wait_for("document.title === 'refused'");
    browser.value(&format!(
        "(() => {{ const script = document.createElement('script'); \
         script.onload = () => document.title = 'loaded'; \
         script.onerror = () => document.title = 'not loaded'; \
         script.src = new URL('/assets/page.js', '{address}'); document.body.append(script); }})()"
    ));
    browser.wait_for("document.title === 'not loaded'");
}
