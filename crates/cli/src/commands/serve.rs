//! `serve`: shows experiments in the browser.

use super::show::{origin_words, recorded_values};
use crate::context::Context;
use crate::exit::{Code, Exit};
use crate::output::stdout::say;
use crate::panics;
use crate::planning::lookup::{is_experiment, unknown_experiment};
use crate::signals::leaving;
use crate::streams::{is_private, say_error};
use anyhow::Result;
use clap::Args;
use convsweep_files::FileError;
use convsweep_serve::door::{Door, RunningDoor, ssh_hint};
use convsweep_serve::{OriginRow, Origins, Site, experiment_path, routes};
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use convsweep_store::Database;
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write, stderr, stdout};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::thread::sleep;
use std::time::Duration;

/// Time between two looks whether the program is to end.
const PATIENCE: Duration = Duration::from_millis(200);
/// Time that browsers have to be told of the end of a run.
const LAST_WORDS: Duration = Duration::from_millis(1500);

/// Arguments of `serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Experiments to show [default: all].
    pub names: Vec<String>,
    /// Port of 127.0.0.1 [default: a free one].
    #[arg(long)]
    pub port: Option<u16>,
}

/// A page that is shown.
pub struct LivePage {
    door: RunningDoor,
    first: String,
    /// A file that holds the link, where the output may be read by others.
    link_file: Option<PathBuf>,
}

/// Shows the named experiments, or all, until the program is interrupted.
///
/// # Errors
/// If there is no results folder or no such experiment, or if the port cannot be opened.
pub fn serve(context: &Context, args: &ServeArgs) -> Result<Exit> {
    context.require_results()?;
    if !args.names.is_empty() {
        let database = context.database()?;
        for name in &args.names {
            if !is_experiment(&database, name) {
                return Err(unknown_experiment(&database, name));
            }
        }
    } else if context.database_if_any()?.is_none() {
        let folder = context.results.0.display();
        say_error(&format!(
            "nothing has been run in {folder} yet; the page follows"
        ));
    }
    let is_leaving = leaving()?;
    let mut page = LivePage::start(context, args.names.clone(), args.port)?;
    match is_private(stdout()) {
        true => say(&page.link())?,
        false => page.keep_link(&context.results)?,
    }
    page.say_hint();
    say_error("Ctrl-C ends the page; nothing else depends on it");
    while !is_leaving.load(Ordering::Relaxed) {
        sleep(PATIENCE);
    }
    Ok(Exit::Interrupted)
}

impl LivePage {
    /// Shows experiments that are about to run, and says where.
    ///
    /// # Errors
    /// If the port cannot be opened.
    pub fn open(context: &Context, names: Vec<String>, port: Option<u16>) -> Result<LivePage> {
        let mut page = LivePage::start(context, names, port)?;
        match is_private(stderr()) {
            true => say_error(&format!("page      {}", page.link())),
            false => page.keep_link(&context.results)?,
        }
        page.say_hint();
        Ok(page)
    }

    fn start(context: &Context, names: Vec<String>, port: Option<u16>) -> Result<LivePage> {
        let first = match names.as_slice() {
            [only] => experiment_path(only),
            _ => "/".to_string(),
        };
        let door = Door::open(port).code(Exit::Wrong)?;
        let data = context.data().ok().map(Path::to_path_buf);
        let site = Site::new(&context.results, names, origins(&context.results, data));
        let door = door.start(routes(site)).code(Exit::Wrong)?;
        Ok(LivePage {
            door,
            first,
            link_file: None,
        })
    }

    /// Writes the link into a file that only its owner can read, and says so.
    fn keep_link(&mut self, results: &ResultsFolder) -> Result<()> {
        let path = results.page_link();
        write_privately(&path, &format!("{}\n", self.link())).code(Exit::Results)?;
        say_error(&format!(
            "page      its link is in {}, which only you can read, unlike this output",
            path.display()
        ));
        self.link_file = Some(path);
        Ok(())
    }

    /// The link, with the token, that leads to what is shown.
    fn link(&self) -> String {
        self.door
            .link()
            .replacen("/?", &format!("{}?", self.first), 1)
    }

    /// Says how to see the page from elsewhere, where that is likely to be wanted.
    fn say_hint(&self) {
        if let Some(hint) = ssh_hint(self.door.port()) {
            say_error(&hint);
        }
    }

    /// Ends it, when browsers have had time to be told of the end of the run.
    pub fn close(self) {
        sleep(LAST_WORDS);
        say_error("the page has ended with the run; `convsweep serve` shows it again");
    }
}

impl Drop for LivePage {
    fn drop(&mut self) {
        if let Some(path) = &self.link_file {
            // A link that leads nowhere does no harm.
            _ = fs::remove_file(path);
        }
    }
}

/// Writes a file that only its owner can read.
fn write_privately(path: &Path, text: &str) -> Result<(), FileError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(FileError::at("create", folder))?;
    }
    // Others might be able to read a file that is there.
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            return Err(FileError::at("remove", path)(error));
        }
        _ => {}
    }
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(FileError::at("create", path))?;
    let written = file.write_all(text.as_bytes());
    written.map_err(FileError::at("write", path))
}

/// Says where the values of jobs come from, by what their experiments' logs have recorded.
fn origins(results: &ResultsFolder, data: Option<PathBuf>) -> Origins {
    let results = results.clone();
    Box::new(move |job| {
        recorded_origins(&results, data.as_deref(), job).map_err(|error| format!("{error:#}"))
    })
}

fn recorded_origins(
    results: &ResultsFolder,
    data: Option<&Path>,
    job: &JobId,
) -> Result<Vec<OriginRow>> {
    panics::test_point("page");
    let context = Context::new(&results.0, data, true)?;
    let database = Database::open(results).code(Exit::Results)?;
    let mut values = Vec::new();
    for value in recorded_values(&context, &database, job)? {
        values.push(OriginRow {
            from: origin_words(&value),
            key: value.path,
            value: value.value,
        });
    }
    Ok(values)
}
