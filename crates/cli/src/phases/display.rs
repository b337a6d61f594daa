//! The thread that tells what goes on.

use super::open::OpenPhases;
use crate::streams::{StderrTerminal, clear_line, own_line, say_error};
use convsweep_spec::words::duration;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, stderr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Pictures a second at most.
const PICTURES_A_SECOND: u8 = 20;

/// How it is told.
#[derive(Clone, Copy, Debug)]
pub struct Display {
    /// Whether a line is overwritten.
    is_terminal: bool,
    /// Silence after which it is told, and time between two times.
    patience: Duration,
    pause: Duration,
    /// Shows a line that stays.
    say: fn(&str),
}

/// What goes on, for those who do it and for the thread that tells it.
pub struct PhaseBoard {
    display: Display,
    open: Mutex<OpenPhases>,
    changed: Condvar,
    has_thread: AtomicBool,
}

impl Display {
    /// For the program's stderr.
    pub fn of_stderr() -> Display {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        match stderr().is_terminal() && !is_dumb {
            true => Display {
                is_terminal: true,
                patience: Duration::from_millis(500),
                pause: Duration::from_millis(100),
                say: say_error,
            },
            false => Display {
                is_terminal: false,
                patience: Duration::from_secs(10),
                pause: Duration::from_secs(10),
                say: say_error,
            },
        }
    }
}

impl PhaseBoard {
    /// Nothing goes on.
    pub fn new(display: Display) -> PhaseBoard {
        PhaseBoard {
            display,
            open: Mutex::default(),
            changed: Condvar::new(),
            has_thread: AtomicBool::new(false),
        }
    }

    /// Changes what goes on. Where nothing does any more, the line on the terminal is gone before
    /// anything else is printed.
    pub fn change<T>(&self, change: impl FnOnce(&mut OpenPhases) -> T) -> T {
        let mut open = self.lock();
        let changed = change(&mut open);
        if open.since.is_none() {
            if self.display.is_terminal {
                clear_line();
            }
            self.changed.notify_all();
        }
        changed
    }

    /// Starts the thread, if there is none yet. Without one nothing is told.
    pub fn tell(self: &Arc<PhaseBoard>) {
        if self.has_thread.swap(true, Ordering::Relaxed) {
            self.changed.notify_all();
            return;
        }
        let shared = Arc::clone(self);
        let thread = thread::Builder::new().name("phases".into());
        _ = thread.spawn(move || shared.serve());
    }

    fn serve(&self) {
        loop {
            let open = self.lock();
            let waiting = self.changed.wait_while(open, |open| open.since.is_none());
            let open = waiting.unwrap_or_else(PoisonError::into_inner);
            let since = open.since;
            let silence = self.display.patience;
            let goes_on = |open: &mut OpenPhases| open.since == since;
            let waiting = self.changed.wait_timeout_while(open, silence, goes_on);
            let open = waiting.unwrap_or_else(PoisonError::into_inner).0;
            if open.since != since {
                continue;
            }
            match self.display.is_terminal {
                true => self.draw(open),
                false => self.write(open),
            }
        }
    }

    /// Draws a line again and again until nothing goes on.
    fn draw(&self, mut open: MutexGuard<OpenPhases>) {
        let terminal = Box::new(StderrTerminal::default());
        let target = ProgressDrawTarget::term_like_with_hz(terminal, PICTURES_A_SECOND);
        let style = ProgressStyle::with_template("{spinner} {wide_msg}");
        let bar = ProgressBar::with_draw_target(None, target)
            .with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
        own_line(&bar);
        while let Some(words) = open.words() {
            bar.set_message(words);
            bar.tick();
            open = self.wait(open);
        }
    }

    /// Writes a line again and again until nothing goes on.
    fn write(&self, mut open: MutexGuard<OpenPhases>) {
        let since = open.since;
        while let (Some(words), Some(begun)) =
            (open.words(), open.since.filter(|_| open.since == since))
        {
            let elapsed = duration(begun.elapsed().as_secs_f64());
            (self.display.say)(&format!("{words} ({elapsed} so far)"));
            open = self.wait(open);
        }
    }

    /// Waits for the next time, or until nothing goes on.
    fn wait<'a>(&self, open: MutexGuard<'a, OpenPhases>) -> MutexGuard<'a, OpenPhases> {
        let since = open.since;
        let goes_on = |open: &mut OpenPhases| open.since.is_some() && open.since == since;
        let pause = self.display.pause;
        let waiting = self.changed.wait_timeout_while(open, pause, goes_on);
        waiting.unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, OpenPhases> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    static SAID: Mutex<Option<Sender<String>>> = Mutex::new(None);

    fn say(text: &str) {
        if let Some(said) = &*SAID.lock().expect("not poisoned") {
            _ = said.send(text.to_string());
        }
    }

    #[test]
    fn what_goes_on_is_told_and_then_no_longer() {
        let (sender, said): (_, Receiver<String>) = channel();
        *SAID.lock().expect("not poisoned") = Some(sender);
        let shared = Arc::new(PhaseBoard::new(Display {
            is_terminal: false,
            patience: Duration::ZERO,
            pause: Duration::from_millis(1),
            say,
        }));
        let number = shared.change(|open| open.begin("reading the logs".into()));
        shared.tell();
        let first = said.recv().expect("is told");
        assert!(first.starts_with("reading the logs ("), "{first}");
        shared.change(|open| open.step(number, (2, 3)));
        while !said
            .recv()
            .expect("is told")
            .starts_with("reading the logs: 2 of 3 (")
        {}
        shared.change(|open| open.end(number));
        // What was being said is said; then there is silence until something else begins.
        while said.try_recv().is_ok() {}
        let number = shared.change(|open| open.begin("drawing".into()));
        shared.tell();
        while !said.recv().expect("is told").starts_with("drawing") {}
        shared.change(|open| open.end(number));
    }
}
