//! `watch`: the picture of [`crate::output::dashboard`], again and again.

use crate::context::Context;
use crate::exit::{Code, Exit, Failure};
use crate::output::dashboard::{Picture, draw};
use crate::output::stdout::say;
use anyhow::Result;
use convsweep_runner::lock_holder;
use convsweep_store::Reader;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Shows the named experiment, or the one that was run last, until it is interrupted.
pub fn watch(context: &Context, name: Option<&str>, once: bool) -> Result<Exit> {
    let terminal = console::Term::stdout();
    let live = !once && std::io::stdout().is_terminal();
    loop {
        let reader = Reader::open(&context.results).code(Exit::Results)?;
        let newest = || {
            let list = reader.experiments().code(Exit::Results)?;
            let newest = list
                .into_iter()
                .max_by(|a, b| a.updated.total_cmp(&b.updated))
                .map(|e| e.name);
            newest.ok_or_else(|| {
                anyhow::Error::from(Failure {
                    exit: Exit::Wrong,
                    message: "nothing was run here yet".into(),
                })
            })
        };
        let name = match name {
            Some(name) => name.to_string(),
            None => newest()?,
        };
        let picture = Picture::read(&reader, &name, lock_holder(&context.results))?;
        let (height, width) = if live { terminal.size() } else { (24, 80) };
        let lines = draw(&picture, width.into(), height.into());
        if !live {
            say(&lines.join("\n"))?;
            return Ok(Exit::Complete);
        }
        let mut out = std::io::stdout().lock();
        // Home, each line to its end, then the rest of the screen: no flicker.
        let text: String = lines
            .iter()
            .map(|line| format!("{line}\x1b[K\r\n"))
            .collect();
        out.write_all(format!("\x1b[H{}\x1b[J", text.trim_end_matches("\r\n")).as_bytes())?;
        out.flush()?;
        drop(out);
        std::thread::sleep(Duration::from_secs(1));
    }
}
