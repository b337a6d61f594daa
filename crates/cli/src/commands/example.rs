//! `example`: the experiments inside the program.

use crate::context::Context;
use crate::exit::{Exit, failure};
use crate::output::json::say_json;
use crate::output::stdout::say;
use crate::output::table::plain;
use crate::streams::say_error;
use anyhow::Result;
use clap::Args;
use convsweep_plan::{Example, examples, nearest};
use serde_json::{Value, json};

const COLUMNS: [&str; 3] = ["example", "needs", "question"];
const NOTE: &str = "\nconvsweep example NAME > NAME.toml writes one, and convsweep run NAME.toml trains it. \
    CIFAR-10 (170 MB) is downloaded then.";

/// Arguments of `example`.
#[derive(Debug, Args)]
pub struct ExampleArgs {
    /// Its name.
    pub name: Option<String>,
    /// Print the list as JSON.
    #[arg(long, conflicts_with = "name")]
    pub json: bool,
}

/// Lists the experiments, or prints the file of one.
///
/// # Errors
/// If there is no such experiment.
pub fn example(context: &Context, args: &ExampleArgs) -> Result<Exit> {
    if let Some(name) = &args.name {
        let example = find_example(name)?;
        say(example.text.trim_end())?;
        if let Some(note) = note_of(example).filter(|_| !context.quiet) {
            say_error(&note);
        }
    } else if args.json {
        let objects: Vec<Value> = examples().iter().map(object).collect();
        say_json(&json!({ "examples": objects }))?;
    } else {
        let rows: Vec<Vec<String>> = examples().iter().map(row).collect();
        say(&plain(&COLUMNS, &rows))?;
        say(NOTE)?;
    }
    Ok(Exit::Complete)
}

fn object(example: &Example) -> Value {
    json!({
        "name": example.name,
        "question": example.question(),
        "source": example.source(),
        "starts_from": example.starts_from(),
    })
}

fn row(example: &Example) -> Vec<String> {
    let question = example.question().unwrap_or_else(|| {
        let served = examples().iter().filter(|other| {
            let others = other.starts_from();
            others.iter().any(|name| name == example.name)
        });
        let served: Vec<&str> = served.map(|example| example.name).collect();
        format!("(trains the weights for {})", served.join(" and "))
    });
    vec![example.name.to_string(), needs(example), question]
}

/// What must be there before it can be run.
fn needs(example: &Example) -> String {
    let images = match example.source().as_deref() {
        Some("folder") => "your images",
        Some("cifar10") => "CIFAR-10",
        _ => "nothing",
    };
    let mut parts = vec![images.to_string()];
    parts.extend(example.starts_from());
    parts.join(", ")
}

/// What to do before it can be run, if anything.
fn note_of(example: &Example) -> Option<String> {
    let mut notes = Vec::new();
    for name in example.starts_from() {
        notes.push(format!(
            "it starts from the weights of {name}: `convsweep example {name} > {name}.toml && \
             convsweep run {name}.toml` trains them"
        ));
    }
    if example.source().as_deref() == Some("folder") {
        notes.push(
            "its images are yours, in a folder with a folder for each class: \
             `--set data.path=FOLDER` names it"
                .to_string(),
        );
    }
    (!notes.is_empty()).then(|| format!("note: {}", notes.join("; ")))
}

/// The example of that name; its file's name is taken for it, too.
fn find_example(name: &str) -> Result<&'static Example> {
    let wanted = name.strip_suffix(".toml").unwrap_or(name);
    let found = examples().iter().find(|example| example.name == wanted);
    found.ok_or_else(|| {
        let names: Vec<&str> = examples().iter().map(|example| example.name).collect();
        let meant = match nearest(wanted, &names) {
            Some(meant) => format!("did you mean \"{meant}\"? "),
            None => String::new(),
        };
        let known = names.join(", ");
        let message = format!("there is no example \"{name}\"; {meant}known: {known}");
        failure(Exit::Wrong, message)
    })
}
