//! What a terminal is asked to do besides showing text, where a person wants it: its title, a
//! notification, a bell.

use crate::exit::{Exit, failure};
use crate::streams::{say_error, write_error};
use anyhow::Result;
use convsweep_spec::words::printable;
use std::env::var_os;
use std::io::{IsTerminal, stderr};

/// What a person wants to be told by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Teller {
    title: bool,
    notification: Option<NotificationForm>,
    bell: bool,
}

/// How a terminal is asked for a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum NotificationForm {
    /// `OSC 9`: the text.
    Text,
    /// `OSC 777`: a title and the text.
    TitleAndText,
}

impl Teller {
    /// What a list such as `title,notification,bell` asks for. Where stderr is no terminal nothing
    /// is told.
    ///
    /// # Errors
    /// If the list has another word.
    pub fn of(list: &str) -> Result<Teller> {
        let mut teller = Teller::default();
        let mut wants_notification = false;
        for word in list.split(',').map(str::trim) {
            match word {
                "" => {}
                "title" => teller.title = true,
                "notification" => wants_notification = true,
                "bell" => teller.bell = true,
                other => {
                    let message = format!(
                        "--tell {other}: name title, notification or bell, or several with commas \
                        between them (so does CONVSWEEP_TELL)"
                    );
                    return Err(failure(Exit::Wrong, message));
                }
            }
        }
        if !stderr().is_terminal() {
            return Ok(Teller::default());
        }
        if wants_notification {
            teller.notification = notification_form(|name| {
                var_os(name).map(|value| value.to_string_lossy().into_owned())
            });
            if teller.notification.is_none() {
                say_error(
                    "note: this terminal is not known to show notifications: --tell bell rings its \
                    bell, --notify COMMAND runs a command of yours",
                );
            }
        }
        Ok(teller)
    }

    /// Whether the title is to be changed.
    pub fn has_title(&self) -> bool {
        self.title
    }

    /// Work begins: the title that there is will be back at the end.
    pub fn begin(&self) {
        if self.title {
            write_error(b"\x1b[22;0t");
        }
    }

    /// Changes the title.
    pub fn title(&self, text: &str) {
        if self.title {
            write_error(format!("\x1b]0;{}\x07", printable(text)).as_bytes());
        }
    }

    /// Work has ended, as the text says.
    pub fn end(&self, text: &str) {
        let text = printable(text);
        match self.notification {
            Some(NotificationForm::Text) => {
                write_error(format!("\x1b]9;{text}\x07").as_bytes());
            }
            Some(NotificationForm::TitleAndText) => {
                // A semicolon would end the text.
                let text = text.replace(';', ",");
                write_error(format!("\x1b]777;notify;convsweep;{text}\x07").as_bytes());
            }
            None => {}
        }
        if self.title {
            write_error(b"\x1b[23;0t");
        }
        if self.bell {
            write_error(b"\x07");
        }
    }
}

/// The form that the terminal understands, by the variables that it sets; `None` if that is not
/// known, as in tmux.
fn notification_form(variable: impl Fn(&str) -> Option<String>) -> Option<NotificationForm> {
    let program = variable("TERM_PROGRAM").unwrap_or_default();
    let term = variable("TERM").unwrap_or_default();
    let is_inside = variable("TMUX").is_some() || variable("STY").is_some();
    if is_inside || program == "tmux" {
        return None;
    }
    if matches!(program.as_str(), "iTerm.app" | "WezTerm" | "ghostty")
        || variable("KITTY_WINDOW_ID").is_some()
    {
        return Some(NotificationForm::Text);
    }
    let understands = variable("VTE_VERSION").is_some()
        || term.starts_with("foot")
        || term.starts_with("rxvt-unicode");
    understands.then_some(NotificationForm::TitleAndText)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_are_known_by_their_variables() {
        let check = |set: &[(&str, &str)], expected: Option<NotificationForm>| {
            let found = notification_form(|name| {
                let mut set = set.iter();
                set.find(|(key, _)| *key == name)
                    .map(|(_, value)| value.to_string())
            });
            assert_eq!(found, expected, "{set:?}");
        };
        check(
            &[("TERM_PROGRAM", "iTerm.app")],
            Some(NotificationForm::Text),
        );
        check(&[("KITTY_WINDOW_ID", "1")], Some(NotificationForm::Text));
        let vte = [("VTE_VERSION", "7600"), ("TERM", "xterm-256color")];
        check(&vte, Some(NotificationForm::TitleAndText));
        check(&[("TERM", "foot")], Some(NotificationForm::TitleAndText));
        check(&[("TERM", "xterm-256color")], None);
        check(&[("TERM_PROGRAM", "tmux"), ("VTE_VERSION", "7600")], None);
    }

    #[test]
    fn unknown_words_are_refused() {
        let error = Teller::of("title,sound").expect_err("there is no such word");
        assert!(
            error.to_string().contains("--tell sound: name title"),
            "{error}"
        );
        assert_eq!(Teller::of("").expect("nothing"), Teller::default());
    }
}
