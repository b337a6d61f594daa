//! A whole page around its sections.

use crate::feed::FeedError;
use maud::{DOCTYPE, Markup, html};
use std::hash::{DefaultHasher, Hash, Hasher};

/// A page.
pub struct PageContent {
    /// Its title.
    pub title: String,
    /// Where it is: links that lead to it, with their words.
    pub path: Vec<(String, String)>,
    /// Its sections, from top to bottom.
    pub sections: Vec<PageSection>,
}

/// A part of a page that changes as a whole.
#[derive(Clone)]
pub struct PageSection {
    /// Its id in the document.
    pub id: &'static str,
    /// Its content; may be empty.
    pub content: Markup,
    /// Whether it is sent again when it changes. Others belong to whoever looks at them.
    pub is_live: bool,
}

impl PageSection {
    /// A section that is sent again when it changes.
    pub fn live(id: &'static str, content: Markup) -> PageSection {
        PageSection {
            id,
            content,
            is_live: true,
        }
    }

    /// A section that stays as it is until the page is loaded again.
    pub fn fixed(id: &'static str, content: Markup) -> PageSection {
        PageSection {
            is_live: false,
            ..PageSection::live(id, content)
        }
    }

    /// A number that is another one when the content is.
    pub fn mark(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.content.0.hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}

impl PageContent {
    /// The page as an HTML document.
    pub fn document(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang="en" {
                (head(&self.title))
                body {
                    a class="skip" href="#main" { "Skip to the content" }
                    (self.top())
                    main id="main" {
                        @for section in &self.sections {
                            @if section.is_live {
                                div id=(section.id) data-mark=(section.mark()) { (section.content) }
                            } @else {
                                div id=(section.id) { (section.content) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn top(&self) -> Markup {
        html! {
            header class="top" {
                nav aria-label="Where you are" {
                    a href="/" { "Convsweep" }
                    @for (address, words) in &self.path {
                        span aria-hidden="true" { " / " }
                        a href=(address) { (words) }
                    }
                }
                span class="right" {
                    span id="connection" role="status" {}
                    button id="theme" type="button" hidden { "Dark" }
                }
            }
        }
    }
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            title { (title) " – Convsweep" }
            link rel="icon" href="/assets/icon.svg";
            link rel="stylesheet" href="/assets/report.css";
            link rel="stylesheet" href="/assets/uplot.css";
            link rel="stylesheet" href="/assets/page.css";
            script src="/assets/uplot.js" defer {}
            script src="/assets/page.js" defer {}
        }
    }
}

/// A page that says why something is not shown. It follows when that changes.
pub fn error_page(error: &FeedError) -> PageContent {
    let title = match error.is_unknown_place() {
        true => "Not found",
        false => "Nothing to show yet",
    };
    let content = html! {
        section class="answer" {
            h1 { (title) }
            p { (error) }
            p { a href="/" { "All experiments" } }
        }
    };
    PageContent {
        title: title.into(),
        path: vec![],
        sections: vec![PageSection::live("error", content)],
    }
}
