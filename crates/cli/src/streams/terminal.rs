//! stderr as a terminal on which bars are drawn.

use super::write_error;
use indicatif::TermLike;
use std::fmt::Write;
use std::io;
use std::sync::{Mutex, PoisonError};

/// Collects what belongs to one picture and passes it on whole, so that a picture that nobody
/// sees can be dropped without spoiling the next one.
#[derive(Debug, Default)]
pub struct StderrTerminal(Mutex<String>);

impl StderrTerminal {
    fn add(&self, change: impl FnOnce(&mut String)) -> io::Result<()> {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
        Ok(())
    }

    fn move_cursor(&self, count: usize, direction: char) -> io::Result<()> {
        if count == 0 {
            return Ok(());
        }
        self.add(|picture| _ = write!(picture, "\x1b[{count}{direction}"))
    }
}

impl TermLike for StderrTerminal {
    fn width(&self) -> u16 {
        console::Term::stderr().size().1.max(1)
    }

    fn height(&self) -> u16 {
        console::Term::stderr().size().0
    }

    fn move_cursor_up(&self, count: usize) -> io::Result<()> {
        self.move_cursor(count, 'A')
    }

    fn move_cursor_down(&self, count: usize) -> io::Result<()> {
        self.move_cursor(count, 'B')
    }

    fn move_cursor_right(&self, count: usize) -> io::Result<()> {
        self.move_cursor(count, 'C')
    }

    fn move_cursor_left(&self, count: usize) -> io::Result<()> {
        self.move_cursor(count, 'D')
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.add(|picture| _ = writeln!(picture, "{line}"))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.add(|picture| picture.push_str(text))
    }

    fn clear_line(&self) -> io::Result<()> {
        self.write_str("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        self.add(|picture| write_error(std::mem::take(picture).as_bytes()))
    }
}
