//! A job: how it stands and why, its curve, figures, images, log, and where its values come from.

use super::curve_panel::job_panel;
use super::failures::end_of;
use super::layout::{PageContent, PageSection};
use crate::address::{experiment_path, job_path};
use crate::curves::{PageCurves, job_lines};
use crate::feed::{Feed, FeedError};
use crate::view::View;
use convsweep_files::read_regular;
use convsweep_progress::{JobReasons, RunningProgram, attempt_words, state_words};
use convsweep_report::charts::{ImageTile, predicted_images};
use convsweep_report::draw::render::svg;
use convsweep_report::job_files::{Predictions, predictions};
use convsweep_report::ranking::class_name;
use convsweep_spec::event::Part;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::{PREDICTIONS, ResultsFolder, STDERR};
use convsweep_spec::metric;
use convsweep_spec::words::{bytes, short};
use convsweep_store::{Database, EpochRow, JobPlace, KeptFile, kept_row};
use maud::{Markup, html};
use std::path::Path;

/// Largest log whose end is shown, in bytes.
const LARGEST_LOG: u64 = 16 << 20;

/// A value of a job's resolved file, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginRow {
    /// Its dotted key.
    pub key: String,
    /// The value.
    pub value: String,
    /// A line of a file, an axis, an override or a default.
    pub from: String,
}

/// The page of a job. `origins` says where its values come from, or why that is not known.
///
/// # Errors
/// If there is no such job, or the database cannot be read.
pub fn job_page(
    feed: &Feed,
    results: &ResultsFolder,
    id: &str,
    view: &View,
    origins: &dyn Fn(&JobId) -> Result<Vec<OriginRow>, String>,
) -> Result<PageContent, FeedError> {
    let job = feed.job(id)?;
    let sections = feed.with(|database, _| {
        let reasons = JobReasons::read(results, database, &job)?;
        let Some(reasons) = reasons else {
            return Err(FeedError::NoJob(format!(
                "Nothing is recorded about job {job}."
            )));
        };
        let places = database.places(&job)?;
        let epochs = database.epochs(&job)?;
        let metrics = match epochs.last() {
            Some(last) => last.values.keys().cloned().collect(),
            None => metric::ALL.map(String::from).to_vec(),
        };
        let own = own_metric(database, &places)?;
        let run = run_words(database, &job)?;
        let files = database.kept_files(std::slice::from_ref(&job))?;
        let pictures = kept_pictures(results, database, &job, &places)?;
        Ok(vec![
            PageSection::live("status", status(&reasons, &places, &run)),
            PageSection::fixed("curves", job_panel(&metrics, &own, view)),
            PageSection::live("figures", figures(&epochs)),
            PageSection::live("images", images(&pictures)),
            PageSection::live("log", log(results, &job)),
            PageSection::live("files", file_table(&files)),
        ])
    })?;
    let mut sections = sections;
    sections.push(PageSection::fixed("origins", values(origins(&job))));
    let places = feed.with(|database, _| Ok(database.places(&job)?))?;
    let mut path = Vec::new();
    if let Some(place) = places.first() {
        path.push((experiment_path(&place.experiment), place.experiment.clone()));
    }
    path.push((job_path(&job), format!("job {job}")));
    Ok(PageContent {
        title: format!("job {job}"),
        path,
        sections,
    })
}

/// The curve of a job.
///
/// # Errors
/// As [`job_page`].
pub fn job_curves(feed: &Feed, id: &str, view: &View) -> Result<PageCurves, FeedError> {
    let job = feed.job(id)?;
    feed.with(|database, cache| {
        let mut states = database.job_states(std::slice::from_ref(&job))?;
        let Some(state) = states.remove(&job) else {
            return Err(FeedError::NoJob(format!(
                "Nothing is recorded about job {job}."
            )));
        };
        let own = own_metric(database, &database.places(&job)?)?;
        let metric = view.metric.as_ref().unwrap_or(&own);
        PageCurves::read((database, cache), &job_lines(&job, &state), metric, view)
    })
}

/// The pictures that a job has kept, with what it predicted, as SVG; `None` if there are none, or
/// they are sealed.
///
/// # Errors
/// As [`job_page`].
pub fn images_svg(
    feed: &Feed,
    results: &ResultsFolder,
    id: &str,
) -> Result<Option<String>, FeedError> {
    let job = feed.job(id)?;
    feed.with(|database, _| {
        let places = database.places(&job)?;
        let Pictures::Kept(kept) = kept_pictures(results, database, &job, &places)? else {
            return Ok(None);
        };
        let classes = match places.first() {
            Some(place) => database
                .revision(&place.experiment)?
                .map(|revision| revision.classes),
            None => None,
        };
        let scene = predicted_images(&tiles(&kept, &classes.unwrap_or_default()));
        let drawn = svg(&scene).map_err(|error| FeedError::Report(error.to_string()))?;
        Ok(Some(drawn))
    })
}

fn own_metric(database: &Database, places: &[JobPlace]) -> Result<String, FeedError> {
    let metric = match places.first() {
        Some(place) => database.metric(&place.experiment)?,
        None => None,
    };
    Ok(metric.map_or(metric::VAL_ACCURACY.to_string(), |metric| metric.name))
}

/// What there is to see of a job's images.
enum Pictures {
    /// None were kept.
    None,
    /// They are test images, and the job's configuration has not been chosen.
    Sealed,
    /// These.
    Kept(Box<Predictions>),
}

/// The pictures that a job has kept. Those of the test images are shown for the chosen configuration
/// only, and when nothing is running, since another one may still be chosen.
fn kept_pictures(
    results: &ResultsFolder,
    database: &Database,
    job: &JobId,
    places: &[JobPlace],
) -> Result<Pictures, FeedError> {
    let files = database.kept_files(std::slice::from_ref(job))?;
    let Some(recorded) = files
        .iter()
        .find(|file| file.path == Path::new(PREDICTIONS))
    else {
        return Ok(Pictures::None);
    };
    let path = results.job(job).join(PREDICTIONS);
    // What cannot be read is named by the report and by `convsweep check`.
    let Ok(Some(kept)) = predictions::read(&path, recorded.blake3.as_deref()) else {
        return Ok(Pictures::None);
    };
    if kept.part == Part::Validation || is_chosen(results, database, places)? {
        return Ok(Pictures::Kept(Box::new(kept)));
    }
    Ok(Pictures::Sealed)
}

/// Whether a configuration in these places is the chosen one of an experiment, and nothing is
/// running.
fn is_chosen(
    results: &ResultsFolder,
    database: &Database,
    places: &[JobPlace],
) -> Result<bool, FeedError> {
    if RunningProgram::of(results).holder.is_some() {
        return Ok(false);
    }
    for place in places {
        let best = database.leaderboard(&place.experiment, 1)?;
        if best.first().is_some_and(|best| best.label == place.label) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn tiles(kept: &Predictions, classes: &[String]) -> Vec<ImageTile> {
    let mut tiles = Vec::with_capacity(kept.images.len());
    for image in &kept.images {
        tiles.push(ImageTile {
            image: image.image.clone(),
            predicted: class_name(classes, image.predicted.into()),
            probability: image.probability,
            truth: class_name(classes, image.label.into()),
            is_right: Some(image.is_correct()),
            name: format!("no. {}", image.index),
        });
    }
    tiles
}

/// The job's seed, and its fold if it has one.
fn run_words(database: &Database, job: &JobId) -> Result<String, FeedError> {
    let Some(question) = database.question(job)? else {
        return Ok(String::new());
    };
    let fold = question
        .fold
        .map_or(String::new(), |fold| format!(", fold {fold}"));
    Ok(format!(", seed {}{fold}", question.seed))
}

fn status(reasons: &JobReasons, places: &[JobPlace], run: &str) -> Markup {
    let state = &reasons.state;
    html! {
        header {
            p class="kind" { "Job " (reasons.job) }
            h1 {
                @match places.first() { Some(place) => { (place.label) }, None => { "job " (reasons.job) } }
                (run)
            }
            p class="status" {
                progress value=(state.epoch) max=(state.epochs.max(1)) aria-label="completed epochs" {}
                " " (state_words(state, &reasons.standing))
            }
            @if let Some(advice) = reasons.advice { p class="muted" { (advice) } }
        }
        section {
            h2 { "How it went" }
            ul {
                @for attempt in &reasons.attempts {
                    li {
                        (attempt_words(attempt))
                        @for warning in &attempt.warnings { br; "warning: " (warning) }
                    }
                }
                @for decision in &reasons.decisions {
                    li {
                        (decision.rule) ", after epoch " (decision.epoch) ": " (decision.verdict)
                        ", because " (decision.reason)
                    }
                }
                @for note in &reasons.notes { li { (note) } }
            }
            table class="facts" {
                @for place in places {
                    tr {
                        th scope="row" { "experiment" }
                        td { a href=(experiment_path(&place.experiment)) { (place.experiment) } }
                    }
                    @for (name, value) in &place.axes { tr { th scope="row" { (name) } td { (value) } } }
                }
            }
        }
    }
}

fn figures(epochs: &[EpochRow]) -> Markup {
    let Some(kept) = kept_row(epochs) else {
        return Markup::default();
    };
    html! {
        section {
            h2 { "Figures of epoch " (kept.epoch) ", whose weights are kept" }
            table class="facts" {
                @for (name, value) in kept.values.iter() {
                    tr {
                        th scope="row" { (name.replace('_', " ")) }
                        td { @if value.is_nan() { "–" } @else { (short(*value)) } }
                    }
                }
            }
        }
    }
}

fn images(pictures: &Pictures) -> Markup {
    let kept = match pictures {
        Pictures::None => return Markup::default(),
        Pictures::Sealed => {
            return html! {
                section {
                    h2 { "Predictions" }
                    p class="caption" {
                        "The pictures that this job has kept are of test images. They are shown for \
                         the chosen configuration only, so that nobody chooses by them."
                    }
                }
            };
        }
        Pictures::Kept(kept) => kept,
    };
    let right = kept
        .images
        .iter()
        .filter(|image| image.is_correct())
        .count();
    let words = format!(
        "{right} of {} {} images of which a picture is kept are classified correctly.",
        kept.images.len(),
        kept.part.name()
    );
    html! {
        section {
            h2 { "Predictions" }
            p class="caption" { (words) }
            img class="wide-image" src="images.svg" alt=(words);
            p class="caption" {
                "Which pixels decide: in the report, for the chosen configuration, and by "
                code { "convsweep explain JOB IMAGES" } "."
            }
        }
    }
}

fn log(results: &ResultsFolder, job: &JobId) -> Markup {
    let log = read_regular(&results.job(job).join(STDERR), LARGEST_LOG).unwrap_or_default();
    let log = String::from_utf8_lossy(&log);
    if log.trim().is_empty() {
        return Markup::default();
    }
    html! {
        section { details { summary { "End of the worker's log" } pre { (end_of(&log)) } } }
    }
}

fn file_table(files: &[KeptFile]) -> Markup {
    if files.is_empty() {
        return Markup::default();
    }
    html! {
        section {
            details {
                summary { "Files" }
                table class="facts" {
                    @for file in files {
                        tr {
                            th scope="row" { (file.path.display()) }
                            td { (bytes(file.bytes as f64)) }
                        }
                    }
                }
            }
        }
    }
}

fn values(origins: Result<Vec<OriginRow>, String>) -> Markup {
    html! {
        section {
            details {
                summary { "The resolved file, and where each value comes from" }
                @match origins {
                    Ok(values) => {
                        div class="wide" tabindex="0" role="group" aria-label="values" {
                            table class="origins" {
                                thead { tr { th scope="col" { "key" } th scope="col" { "value" } th scope="col" { "from" } } }
                                tbody {
                                    @for value in &values {
                                        tr { td { code { (value.key) } } td { (value.value) } td { (value.from) } }
                                    }
                                }
                            }
                        }
                    },
                    Err(problem) => { p { (problem) } },
                }
            }
        }
    }
}
