//! What changes on a page while somebody looks at it, as server-sent events.
//!
//! `sections` is an object of the sections that have changed, by id, each with its HTML and its mark;
//! `curves` is what is new of the curves. A browser says which sections it has (`seen`), so that one
//! that comes back gets what it has missed and nothing else. An event is made when the one before it
//! has been read: a slow reader misses intermediate states, and takes no memory.

use crate::curves::SentCurves;
use crate::door::StreamPermit;
use crate::pages::error_page;
use crate::site::{PageAddress, Site};
use crate::view::View;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde_json::{Map, json};
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use tokio::sync::watch;

/// What one browser sees of one page.
struct Watcher {
    site: Arc<Site>,
    place: PageAddress,
    view: View,
    /// The marks of the sections that it has, by id.
    seen: HashMap<String, String>,
    curves: SentCurves,
    changes: watch::Receiver<u64>,
    is_first: bool,
    ready: VecDeque<Event>,
}

/// The events of a page.
pub fn events(
    permit: StreamPermit,
    site: Arc<Site>,
    place: PageAddress,
    query: Option<String>,
) -> Response {
    site.watch();
    let query = query.unwrap_or_default();
    let mut seen = HashMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name == "seen"
            && let Some((id, mark)) = value.split_once('.')
        {
            seen.insert(id.to_string(), mark.to_string());
        }
    }
    let watcher = Watcher {
        changes: site.feed().changes(),
        view: View::of_query(&query),
        curves: SentCurves::default(),
        is_first: true,
        ready: VecDeque::new(),
        seen,
        place,
        site,
    };
    let events = permit.hold(watcher.stream());
    Sse::new(events)
        .keep_alive(KeepAlive::default())
        .into_response()
}

impl Watcher {
    fn stream(self) -> impl Stream<Item = Result<Event, Infallible>> {
        stream::unfold(self, |mut watcher| async {
            loop {
                if let Some(event) = watcher.ready.pop_front() {
                    return Some((Ok(event), watcher));
                }
                if !std::mem::take(&mut watcher.is_first) {
                    watcher.changes.changed().await.ok()?;
                }
                watcher = tokio::task::spawn_blocking(|| watcher.looked())
                    .await
                    .ok()?;
            }
        })
    }

    /// Looks at the page, and makes events of what has changed.
    fn looked(mut self) -> Watcher {
        let page = match self.site.page(&self.place, &self.view) {
            Ok(page) => page,
            Err(error) => error_page(&error),
        };
        let mut changed = Map::new();
        for section in page.sections.into_iter().filter(|section| section.is_live) {
            let mark = section.mark();
            if self.seen.get(section.id) != Some(&mark) {
                let content = json!({ "mark": mark, "html": section.content.0 });
                changed.insert(section.id.to_string(), content);
                self.seen.insert(section.id.to_string(), mark);
            }
        }
        if !changed.is_empty() {
            self.push("sections", &json!(changed));
        }
        if let Ok(Some(curves)) = self.site.curves(&self.place, &self.view)
            && let Some(update) = self.curves.update(curves)
        {
            self.push("curves", &update);
        }
        self
    }

    fn push(&mut self, name: &str, data: &serde_json::Value) {
        self.ready
            .push_back(Event::default().event(name).data(data.to_string()));
    }
}
