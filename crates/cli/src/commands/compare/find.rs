//! What the user names: an experiment, a configuration or a job.

use crate::exit::{Code, Exit, failure};
use crate::planning::lookup::{find_failure, is_experiment, unknown_experiment};
use anyhow::Result;
use convsweep_plan::nearest;
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_store::{Database, FindJobError, MemberPlace};

/// Labels listed in the message about an unknown one.
const MOST_LISTED: usize = 12;
/// A shorter number after an experiment's name is a rank, never the beginning of an id.
const SHORTEST_NUMERIC_ID: usize = 6;

/// What is compared, in the newest revision of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundChoice {
    /// As the user wrote it.
    pub named: String,
    /// The experiment.
    pub experiment: String,
    /// What of it.
    pub part: ChoicePart,
}

/// A part of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub enum ChoicePart {
    /// The configuration with the best result.
    Best,
    /// A configuration.
    Configuration(ConfigurationId),
    /// One run.
    Job(JobId),
}

/// What `named` stands for.
///
/// # Errors
/// If there is nothing of this name, or several things.
pub fn find_choice(database: &Database, named: &str) -> Result<FoundChoice> {
    let found = |experiment: &str, part| FoundChoice {
        named: named.to_string(),
        experiment: experiment.to_string(),
        part,
    };
    if is_experiment(database, named) {
        return Ok(found(named, ChoicePart::Best));
    }
    if let Some((experiment, label)) = split(database, named) {
        if !is_experiment(database, experiment) {
            return Err(unknown_experiment(database, experiment));
        }
        let configuration = find_in(database, experiment, label)?;
        return Ok(found(experiment, ChoicePart::Configuration(configuration)));
    }
    let members = distinct(database.members_with_id(named).code(Exit::Results)?);
    match (database.find_job(named), members.as_slice()) {
        (Ok(job), []) => {
            let experiment = place(database, &job)?;
            Ok(found(&experiment, ChoicePart::Job(job)))
        }
        (Err(FindJobError::Unknown(_)), [one]) => {
            let configuration = ChoicePart::Configuration(one.configuration.clone());
            Ok(found(&one.experiment, configuration))
        }
        (Err(FindJobError::NotAnId(_)), _) => Err(unknown_name(database, named)),
        (Err(FindJobError::Unknown(_)), []) => Err(unknown_id(named)),
        (Err(error), []) => Err(find_failure(error)),
        (jobs, _) => Err(ambiguous(named, jobs.is_ok(), &members)),
    }
}

/// Experiment and label; an experiment's name may hold a colon itself.
fn split<'a>(database: &Database, named: &'a str) -> Option<(&'a str, &'a str)> {
    let colons = named.match_indices(':').map(|(at, _)| at);
    let mut parts = colons.map(|at| (&named[..at], &named[at + 1..]));
    let known = parts
        .clone()
        .find(|(experiment, _)| is_experiment(database, experiment));
    known.or_else(|| parts.next())
}

/// The configuration of an experiment by its label, its rank from 1, or the beginning of its id.
fn find_in(database: &Database, experiment: &str, text: &str) -> Result<ConfigurationId> {
    let sweep = database.sweep_results(experiment).code(Exit::Results)?;
    let sweep = sweep.ok_or_else(|| unknown_experiment(database, experiment))?;
    let configurations = &sweep.configurations;
    if let Some(found) = configurations.iter().find(|c| c.label == text) {
        return Ok(found.configuration.clone());
    }
    if let Ok(rank) = text.parse::<usize>()
        && let Some(answers) = database.answers(experiment).code(Exit::Results)?
        && let Some(standing) = rank
            .checked_sub(1)
            .and_then(|rank| answers.standings.get(rank))
    {
        return Ok(standing.configuration.clone());
    }
    let prefix = text.to_ascii_lowercase();
    let is_rank = text.len() < SHORTEST_NUMERIC_ID && text.parse::<usize>().is_ok();
    let begins = |id: &ConfigurationId| !prefix.is_empty() && id.0.starts_with(&prefix);
    let with_id = configurations.iter();
    let with_id = with_id.filter(|c| !is_rank && begins(&c.configuration));
    let with_id: Vec<_> = with_id.collect();
    if let [one] = with_id.as_slice() {
        return Ok(one.configuration.clone());
    }
    let labels: Vec<&str> = configurations.iter().map(|c| c.label.as_str()).collect();
    Err(failure(
        Exit::Wrong,
        unknown_label(experiment, text, &labels),
    ))
}

fn unknown_label(experiment: &str, text: &str, labels: &[&str]) -> String {
    let meant = match nearest(text, labels) {
        Some(meant) => format!("did you mean \"{experiment}:{meant}\"? "),
        None => String::new(),
    };
    let shown = labels[..labels.len().min(MOST_LISTED)].join("; ");
    let more = match labels.len() > MOST_LISTED {
        true => "; …",
        false => "",
    };
    format!(
        "no configuration \"{text}\" in {experiment}: {meant}give its label, its rank in \
         `convsweep verdict {experiment}` from 1, or the beginning of its id; the labels are \
         {shown}{more}"
    )
}

/// The experiment whose newest revision asks for a job.
fn place(database: &Database, job: &JobId) -> Result<String> {
    let places = database.places(job).code(Exit::Results)?;
    if let Some(place) = places.into_iter().next() {
        return Ok(place.experiment);
    }
    let message = match database.experiments_with(job).code(Exit::Results)?.first() {
        Some(experiment) => format!(
            "job {job} belongs to an earlier revision of {experiment}, whose file was changed \
            since: \
             `convsweep show {job}` shows it; run a file that asks for it to compare it"
        ),
        None => format!(
            "no experiment's log names job {job}, so that its configuration is not known: \
             `convsweep check` says what is missing"
        ),
    };
    Err(failure(Exit::Wrong, message))
}

/// One place for each configuration: that of the experiment that was revised last.
fn distinct(members: Vec<MemberPlace>) -> Vec<MemberPlace> {
    let mut distinct: Vec<MemberPlace> = Vec::new();
    for member in members {
        let is_known = |known: &MemberPlace| known.configuration == member.configuration;
        if !distinct.iter().any(is_known) {
            distinct.push(member);
        }
    }
    distinct
}

fn ambiguous(named: &str, is_job: bool, members: &[MemberPlace]) -> anyhow::Error {
    let mut things = Vec::new();
    if is_job {
        things.push("a job".to_string());
    }
    for member in members.iter().take(MOST_LISTED) {
        things.push(format!("{}:{}", member.experiment, member.label));
    }
    let message = format!(
        "several ids begin with {named} ({}): give more of the id, or EXPERIMENT:LABEL",
        things.join(", ")
    );
    failure(Exit::Wrong, message)
}

fn unknown_id(named: &str) -> anyhow::Error {
    let message = format!(
        "no experiment is called \"{named}\", and no configuration's or job's id begins so: \
         `convsweep status` lists the experiments, `convsweep status NAME` the jobs of one"
    );
    failure(Exit::Wrong, message)
}

/// A text that is no id: it may be a mistyped experiment.
fn unknown_name(database: &Database, named: &str) -> anyhow::Error {
    let error = unknown_experiment(database, named);
    let message = format!("{error}; configurations are named EXPERIMENT:LABEL or EXPERIMENT:RANK");
    failure(Exit::Wrong, message)
}
