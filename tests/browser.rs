//! A headless Chromium, driven by ChromeDriver (WebDriver).

use crate::needs;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a page may take to show something.
const PATIENCE: Duration = Duration::from_secs(60);
/// Chromium reaches for nothing by itself, and keeps nothing.
const OPTIONS: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
];

/// A browser with one window. It ends when it is dropped.
pub struct Browser {
    driver: Child,
    session: String,
    _profile: TempDir,
}

impl Browser {
    /// Starts one; `None`, with a message, where there is no ChromeDriver.
    pub fn start() -> Option<Browser> {
        let driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let Ok(mut driver) = driver else {
            let missing = "there is no ChromeDriver (Debian: chromium-driver)";
            // Where continuous integration could not install one, which it says itself.
            match std::env::var_os("CONVSWEEP_NO_BROWSER").is_some() {
                true => needs::tell(missing),
                false => needs::skip(missing),
            }
            return None;
        };
        let mut lines = BufReader::new(driver.stdout.take().expect("piped")).lines();
        let port = loop {
            let line = lines.next().expect("it says its port").expect("reads");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').to_string();
            }
        };
        let profile = tempfile::tempdir().expect("a temporary folder");
        let mut arguments: Vec<String> = OPTIONS.map(String::from).to_vec();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let capabilities = json!({ "capabilities": { "alwaysMatch": {
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            "goog:chromeOptions": { "args": arguments },
        } } });
        let root = format!("http://127.0.0.1:{port}/session");
        let answer = post(&root, &capabilities);
        let id = answer["sessionId"].as_str().expect("a session");
        Some(Browser {
            session: format!("{root}/{id}"),
            driver,
            _profile: profile,
        })
    }

    fn ask(&self, command: &str, body: &Value) -> Value {
        post(&format!("{}/{command}", self.session), body)
    }

    /// Opens an address.
    pub fn open(&self, address: &str) {
        self.ask("url", &json!({ "url": address }));
    }

    /// The value of an expression of JavaScript.
    pub fn value(&self, expression: &str) -> Value {
        let script = format!("return ({expression});");
        self.ask("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub fn wait_for(&self, expression: &str) {
        let begin = Instant::now();
        while self.value(&format!("Boolean({expression})")) != json!(true) {
            let text = self.value("document.body.innerText");
            assert!(
                begin.elapsed() < PATIENCE,
                "{expression} does not become true on\n{text}"
            );
            sleep(Duration::from_millis(100));
        }
    }

    /// The text that the page shows.
    pub fn text(&self) -> String {
        let text = self.value("document.body.innerText");
        text.as_str().expect("is a text").to_string()
    }

    /// Sends keys to the element that a selector finds.
    pub fn type_into(&self, selector: &str, keys: &str) {
        let query = json!({ "using": "css selector", "value": selector });
        let found = self.ask("element", &query);
        let element = found.as_object().and_then(|found| found.values().next());
        let element = element.and_then(Value::as_str).expect("is there");
        self.ask(
            &format!("element/{element}/value"),
            &json!({ "text": keys }),
        );
    }

    /// Clicks on the element that a selector finds.
    pub fn click(&self, selector: &str) {
        let query = json!({ "using": "css selector", "value": selector });
        let found = self.ask("element", &query);
        let element = found.as_object().and_then(|found| found.values().next());
        let element = element.and_then(Value::as_str).expect("is there");
        self.ask(&format!("element/{element}/click"), &json!({}));
    }

    /// Makes the window this large, in pixels.
    pub fn resize(&self, width: u32, height: u32) {
        self.ask("window/rect", &json!({ "width": width, "height": height }));
    }

    /// Takes a picture of the window, if the tests are asked to keep pictures.
    pub fn picture(&self, name: &str) {
        let Some(folder) = std::env::var_os("CONVSWEEP_TEST_PICTURES") else {
            return;
        };
        let answer = get(&format!("{}/screenshot", self.session));
        let data = answer.as_str().expect("is base64");
        let bytes = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, data);
        let path = Path::new(&folder).join(format!("{name}.png"));
        std::fs::write(path, bytes.expect("is base64")).expect("written");
    }

    /// What the page has written to the console since the last call: errors, also those of the
    /// content security policy.
    pub fn messages(&self) -> Vec<String> {
        let entries = self.ask("se/log", &json!({ "type": "browser" }));
        let entries = entries.as_array().expect("is a list");
        entries
            .iter()
            .map(|entry| entry["message"].to_string())
            .collect()
    }

    /// The addresses that the browser has asked for since the last call.
    pub fn requests(&self) -> Vec<String> {
        let entries = self.ask("se/log", &json!({ "type": "performance" }));
        let mut addresses = Vec::new();
        for entry in entries.as_array().expect("is a list") {
            let text = entry["message"].as_str().expect("is a text");
            let event: Value = serde_json::from_str(text).expect("is JSON");
            let event = &event["message"];
            if event["method"] == "Network.requestWillBeSent" {
                let address = event["params"]["request"]["url"].as_str();
                addresses.push(address.expect("is a text").to_string());
            }
        }
        addresses
    }

    /// Sends a command of the Chrome DevTools Protocol.
    pub fn devtools(&self, command: &str, parameters: Value) {
        self.ask(
            "goog/cdp/execute",
            &json!({ "cmd": command, "params": parameters }),
        );
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = ureq::delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

#[track_caller]
fn post(address: &str, body: &Value) -> Value {
    let agent = agent();
    let answer = agent.post(address).send(body.to_string());
    value_of(answer.expect("ChromeDriver answers"), body)
}

#[track_caller]
fn get(address: &str) -> Value {
    let answer = agent().get(address).call();
    value_of(answer.expect("ChromeDriver answers"), &Value::Null)
}

fn agent() -> ureq::Agent {
    // The message of an error is in its body.
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    config.build().into()
}

#[track_caller]
fn value_of(mut answer: ureq::http::Response<ureq::Body>, body: &Value) -> Value {
    let body_text = answer
        .body_mut()
        .with_config()
        .limit(1 << 28)
        .read_to_string();
    let mut value: Value = serde_json::from_str(&body_text.expect("reads")).expect("is JSON");
    assert!(answer.status().is_success(), "{body}: {value}");
    value["value"].take()
}
