//! The picture that moves, on the terminal's second screen. The first one is back at the end,
//! however it comes.

use crate::exit::{Exit, failure};
use crate::output::dashboard::{Asked, Look, WatchReader, WatchView, WatchedState, draw};
use crate::panics;
use crate::streams::wants_colours;
use anyhow::Result;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::flag::register;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long a key may wait for its picture.
const PATIENCE: Duration = Duration::from_millis(200);
/// Time after which a picture is drawn again although nothing has changed but the time.
const REDRAW: Duration = Duration::from_secs(1);

/// Whether the terminal can show pictures.
pub fn is_able() -> bool {
    std::env::var_os("TERM").is_none_or(|term| term != "dumb" && !term.is_empty())
}

/// Shows what the reader reads until a person leaves it.
///
/// # Errors
/// If the terminal cannot be used.
pub fn follow(reader: WatchReader) -> Result<Exit> {
    let is_ending = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        register(signal, Arc::clone(&is_ending))?;
    }
    let first = reader.shown();
    let (sender, states) = sync_channel(1);
    let terminal = ratatui::try_init().map_err(|error| {
        let message = format!(
            "the terminal cannot be used: {error}; `convsweep watch --once` prints the state once"
        );
        failure(Exit::Wrong, message)
    })?;
    let reading = thread::Builder::new()
        .name("reader".into())
        .spawn(move || read(reader, &sender));
    let shown = match reading {
        Ok(_) => show(terminal, first, &states, &is_ending),
        Err(error) => Err(error.into()),
    };
    ratatui::restore();
    shown
}

/// Reads again and again, and passes on what has changed.
fn read(mut reader: WatchReader, states: &SyncSender<WatchedState>) {
    let mut told: Option<String> = None;
    loop {
        thread::sleep(reader.pause());
        let look = reader.refresh();
        let problem = match &look {
            Ok(Look::Unchanged | Look::Changed) => None,
            Ok(Look::Gone) => Some("the experiment is gone".to_string()),
            Err(error) => Some(format!("the state cannot be read: {error:#}")),
        };
        if matches!(look, Ok(Look::Unchanged)) && problem == told {
            continue;
        }
        told.clone_from(&problem);
        let state = WatchedState {
            problem,
            ..reader.shown()
        };
        if states.send(state).is_err() {
            return;
        }
    }
}

/// Draws, and does what keys ask for.
fn show(
    mut terminal: DefaultTerminal,
    mut state: WatchedState,
    states: &Receiver<WatchedState>,
    is_ending: &AtomicBool,
) -> Result<Exit> {
    let colours = wants_colours();
    let mut view = WatchView::default();
    let mut drawn: Option<Instant> = None;
    loop {
        if panics::has_panicked() {
            return Ok(Exit::Internal);
        }
        if is_ending.load(Ordering::Relaxed) {
            return Ok(Exit::Interrupted);
        }
        match states.try_recv() {
            Ok(new) => (state, drawn) = (new, None),
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return Ok(Exit::Internal),
        }
        if drawn.is_none_or(|at| at.elapsed() >= REDRAW) {
            panics::test_point("watch");
            terminal.draw(|frame| {
                let area = frame.area();
                draw(&state, &mut view, (area, colours), frame.buffer_mut());
            })?;
            drawn = Some(Instant::now());
        }
        if !event::poll(PATIENCE)? {
            continue;
        }
        match event::read()? {
            Event::Key(key) => match view.key(key) {
                Asked::End => return Ok(Exit::Complete),
                Asked::Picture => drawn = None,
                Asked::Nothing => {}
            },
            Event::Resize(..) => drawn = None,
            _ => {}
        }
    }
}
