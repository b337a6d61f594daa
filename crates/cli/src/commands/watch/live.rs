//! The picture that moves, on the terminal's second screen. The first one is back at the end,
//! however it comes.

use crate::exit::{Exit, failure};
use crate::output::dashboard::{KeyEffect, Reading, WatchReader, WatchView, WatchedState, draw};
use crate::panics;
use crate::signals::leaving;
use crate::streams::wants_colours;
use anyhow::Result;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use std::io::{IsTerminal, stdout};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// Time between looks for a signal and for a terminal that is gone.
const PATIENCE: Duration = Duration::from_millis(200);
/// Time after which a picture is drawn again although nothing has changed but the time.
const REDRAW: Duration = Duration::from_secs(1);

/// What the threads that wait for something tell the one that draws.
enum Told {
    /// The sweep has gone on.
    State(Box<WatchedState>),
    /// A person has pressed a key, or the terminal has another size.
    Event(Event),
}

/// Whether the terminal can show pictures.
pub fn is_able() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term != "dumb" && !term.is_empty())
}

/// Shows what the reader reads until a person leaves it.
///
/// # Errors
/// If the terminal cannot be used.
pub fn follow(reader: WatchReader) -> Result<Exit> {
    let is_leaving = leaving()?;
    let first = reader.shown();
    let (sender, told) = sync_channel(8);
    let terminal = ratatui::try_init().map_err(|error| {
        let message = format!(
            "the terminal cannot be used: {error}; `convsweep watch --once` prints the state once"
        );
        failure(Exit::Wrong, message)
    })?;
    let shown =
        start_threads(reader, sender).and_then(|()| show(terminal, first, &told, &is_leaving));
    // A terminal that is gone needs nothing put back.
    let _ = ratatui::try_restore();
    shown
}

/// Starts what reads the sweep and what reads keys. They end with the program. Keys have a thread
/// of their own because crossterm 0.29 never returns from a terminal that is gone.
fn start_threads(reader: WatchReader, sender: SyncSender<Told>) -> Result<()> {
    let states = sender.clone();
    let named = |name: &str| thread::Builder::new().name(name.to_string());
    named("reader").spawn(move || read_states(reader, &states))?;
    named("keys").spawn(move || read_keys(&sender))?;
    Ok(())
}

fn read_keys(events: &SyncSender<Told>) {
    while let Ok(event) = event::read() {
        if events.send(Told::Event(event)).is_err() {
            return;
        }
    }
}

/// Reads again and again, and passes on what has changed.
fn read_states(mut reader: WatchReader, states: &SyncSender<Told>) {
    let mut told: Option<String> = None;
    loop {
        thread::sleep(reader.pause());
        let look = reader.refresh();
        let problem = match &look {
            Ok(Reading::Unchanged | Reading::Changed) => None,
            Ok(Reading::Gone) => Some("the experiment is gone".to_string()),
            Err(error) => Some(format!("the state cannot be read: {error:#}")),
        };
        if matches!(look, Ok(Reading::Unchanged)) && problem == told {
            continue;
        }
        told.clone_from(&problem);
        let state = WatchedState {
            problem,
            ..reader.shown()
        };
        if states.send(Told::State(Box::new(state))).is_err() {
            return;
        }
    }
}

/// Draws, and does what keys ask for.
fn show(
    mut terminal: DefaultTerminal,
    mut state: WatchedState,
    told: &Receiver<Told>,
    is_leaving: &AtomicBool,
) -> Result<Exit> {
    let colours = wants_colours();
    let mut view = WatchView::default();
    let mut drawn: Option<Instant> = None;
    loop {
        if panics::has_panicked() {
            return Ok(Exit::Internal);
        }
        if is_leaving.load(Ordering::Relaxed) || is_gone() {
            return Ok(Exit::Interrupted);
        }
        if drawn.is_none_or(|at| at.elapsed() >= REDRAW) {
            panics::test_point("watch");
            terminal.draw(|frame| {
                let area = frame.area();
                draw(&state, &mut view, (area, colours), frame.buffer_mut());
            })?;
            drawn = Some(Instant::now());
        }
        match told.recv_timeout(PATIENCE) {
            Ok(Told::State(new)) => (state, drawn) = (*new, None),
            Ok(Told::Event(Event::Key(key))) => match view.key(key) {
                KeyEffect::End => return Ok(Exit::Complete),
                KeyEffect::Picture => drawn = None,
                KeyEffect::Nothing => {}
            },
            Ok(Told::Event(Event::Resize(..))) => drawn = None,
            Ok(Told::Event(_)) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(Exit::Internal),
        }
    }
}

/// Whether the terminal is gone: its window was closed, or its connection has ended.
fn is_gone() -> bool {
    !stdout().is_terminal()
}
