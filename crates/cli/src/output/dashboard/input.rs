//! What keys do.

use super::pane::WatchPane;
use super::view::WatchView;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEffect {
    /// Another picture.
    Picture,
    /// The end.
    End,
    /// Nothing.
    Nothing,
}

impl WatchView {
    /// Does what a key asks for.
    pub fn key(&mut self, key: KeyEvent) -> KeyEffect {
        if key.kind == KeyEventKind::Release {
            return KeyEffect::Nothing;
        }
        let is_control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if is_control => KeyEffect::End,
            _ if self.is_typing => self.typed(key.code),
            KeyCode::Char('q') | KeyCode::Esc => KeyEffect::End,
            code => self.moved(code),
        }
    }

    /// A key while the filter is being typed.
    fn typed(&mut self, code: KeyCode) -> KeyEffect {
        match code {
            KeyCode::Enter => self.is_typing = false,
            KeyCode::Esc => {
                self.is_typing = false;
                self.filter.clear();
            }
            KeyCode::Backspace => _ = self.filter.pop(),
            KeyCode::Char(letter) => self.filter.push(letter),
            _ => return KeyEffect::Nothing,
        }
        self.scroll_to(0);
        KeyEffect::Picture
    }

    fn moved(&mut self, code: KeyCode) -> KeyEffect {
        let page = self.page.max(1) as isize;
        match code {
            KeyCode::Tab | KeyCode::Right | KeyCode::Char('l') => self.turn(1),
            KeyCode::BackTab | KeyCode::Left | KeyCode::Char('h') => {
                self.turn(WatchPane::COUNT - 1);
            }
            KeyCode::Char(digit @ '1'..='4') => {
                self.pane = WatchPane::ALL[digit as usize - '1' as usize];
            }
            KeyCode::Down | KeyCode::Char('j') => self.scroll_by(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll_by(-1),
            KeyCode::PageDown | KeyCode::Char(' ') => self.scroll_by(page),
            KeyCode::PageUp => self.scroll_by(-page),
            KeyCode::Home | KeyCode::Char('g') => self.scroll_to(0),
            KeyCode::End | KeyCode::Char('G') => self.scroll_to(usize::MAX),
            KeyCode::Char('s') => self.next_order(),
            KeyCode::Char('S') => self.reverse(),
            KeyCode::Char('/') => self.is_typing = true,
            _ => return KeyEffect::Nothing,
        }
        KeyEffect::Picture
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn press(view: &mut WatchView, keys: &str) {
        for key in keys.chars() {
            let code = match key {
                '\n' => KeyCode::Enter,
                '\t' => KeyCode::Tab,
                '↓' => KeyCode::Down,
                '⇟' => KeyCode::PageDown,
                '⌫' => KeyCode::Backspace,
                key => KeyCode::Char(key),
            };
            view.key(KeyEvent::new(code, KeyModifiers::NONE));
        }
    }

    #[test]
    fn keys_end_it_unless_a_filter_is_being_typed() {
        let mut view = WatchView::default();
        let mut ends = |code, modifiers| view.key(KeyEvent::new(code, modifiers)) == KeyEffect::End;
        assert!(ends(KeyCode::Char('q'), KeyModifiers::NONE));
        assert!(ends(KeyCode::Esc, KeyModifiers::NONE));
        assert!(ends(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(!ends(KeyCode::Char('/'), KeyModifiers::NONE));
        assert!(!ends(KeyCode::Char('q'), KeyModifiers::NONE));
        assert!(ends(KeyCode::Char('c'), KeyModifiers::CONTROL));
        assert!(!ends(KeyCode::Esc, KeyModifiers::NONE));
        assert!(ends(KeyCode::Esc, KeyModifiers::NONE));
    }

    #[test]
    fn a_filter_is_typed_and_kept() {
        let mut view = WatchView::default();
        press(&mut view, "/See q⌫2\n");
        assert_eq!((view.filter.as_str(), view.is_typing), ("See 2", false));
        assert!(view.shows("lr=1, seed 2, running") && !view.shows("lr=1, seed 1"));
        press(&mut view, "s\t");
        assert_eq!(view.filter, "See 2");
    }

    #[test]
    fn scrolling_ends_at_the_last_rows() {
        let mut view = WatchView::of(WatchPane::Overview);
        (view.rows, view.page) = (25, 10);
        press(&mut view, "↓↓");
        assert_eq!(view.offset(), 2);
        press(&mut view, "⇟⇟");
        assert_eq!(view.offset(), 15);
        press(&mut view, "k");
        assert_eq!(view.offset(), 14);
        press(&mut view, "\t");
        assert_eq!(view.offset(), 0, "each pane has its own place");
        view.turn(WatchPane::COUNT - 1);
        assert_eq!(view.offset(), 14);
        view.rows = 3;
        assert_eq!(view.offset(), 0, "rows have gone");
    }
}
