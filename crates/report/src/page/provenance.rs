//! Where the results come from: the file, the jobs, the images, the machines and programs.

use crate::draw::numbers::training_time;
use crate::ranking::{RankedConfiguration, RankedRun, Ranking};
use convsweep_spec::device::DeviceFamily;
use convsweep_spec::words::counted;
use maud::{Markup, html};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that is needed to repeat the experiment.
pub fn section(ranking: &Ranking) -> Markup {
    let revision = ranking.revision;
    let classes: Vec<String> = (revision.classes.iter().enumerate())
        .map(|(label, name)| format!("{label} {name}"))
        .collect();
    html! {
        section class="provenance" {
            h2 { "Where this comes from" }
            table class="facts" {
                @for (name, value) in facts(ranking) {
                    tr { th scope="row" { (name) } td { (value) } }
                }
            }
            details { summary { "Jobs" } (jobs(ranking)) }
            details { summary { "Classes" } p { (classes.join(", ")) } }
            details { summary { "The experiment file" } pre { (revision.text) } }
        }
    }
}

fn facts(ranking: &Ranking) -> Vec<(&'static str, String)> {
    let revision = ranking.revision;
    let file = format!("{} (revision {})", revision.file, revision.revision);
    let mut facts = vec![("File", file), ("Jobs", jobs_in_words(ranking))];
    if !revision.overrides.is_empty() {
        facts.push(("Overrides", revision.overrides.join(" ")));
    }
    facts.push(("Images", images(ranking)));
    for (machine, jobs) in machines(ranking) {
        facts.push((
            "Trained with",
            format!("{machine}: {}", counted(jobs, "job")),
        ));
    }
    if let Some(words) = interruptions_on_gpus(ranking) {
        facts.push(("Interruptions", words));
    }
    let program = format!("convsweep {}", env!("CARGO_PKG_VERSION"));
    facts.push(("Rendered by", program));
    facts
}

fn jobs_in_words(ranking: &Ranking) -> String {
    let jobs = ranking.runs().count();
    let finished = ranking.finished_jobs();
    let seconds = ranking.runs().map(|run| run.job.seconds).sum();
    format!(
        "{finished} of {jobs} finished, {} of training in all",
        training_time(seconds)
    )
}

/// Sources and content hashes of the images.
fn images(ranking: &Ranking) -> String {
    let (mut sources, mut hashes) = (BTreeSet::new(), BTreeSet::new());
    for configuration in &ranking.configurations {
        let member = &configuration.row.member;
        sources.insert(member.resolved.data.source.name());
        hashes.insert(member.data_hash.as_str());
    }
    let sources = Vec::from_iter(sources).join(", ");
    let hashes = Vec::from_iter(hashes).join(", ");
    format!("{sources}, content {hashes}")
}

/// Machines and programs with the number of jobs that they trained.
fn machines(ranking: &Ranking) -> BTreeMap<String, u64> {
    let mut machines = BTreeMap::new();
    for job in ranking.runs().map(|run| run.job) {
        if let Some(f) = &job.fingerprint {
            let machine = format!(
                "{} on {} ({}, {}), worker {} {}",
                f.backend, job.device, f.device, f.instructions, f.version, f.revision
            );
            *machines.entry(machine).or_default() += 1;
        }
    }
    machines
}

/// How the results of jobs on GPUs depend on whether they were interrupted, if there are any.
fn interruptions_on_gpus(ranking: &Ranking) -> Option<String> {
    let gpu = DeviceFamily::Cuda.name();
    let mut jobs = 0;
    for run in ranking.runs() {
        jobs += u64::from(run.job.device.starts_with(gpu));
    }
    (jobs > 0).then(|| {
        format!(
            "{} ran on a GPU: a job that was interrupted there and continued equals one that was \
             not within rounding errors, which training may amplify, and not to the bit as on a CPU",
            counted(jobs, "job")
        )
    })
}

/// The configurations with their ids and jobs.
fn jobs(ranking: &Ranking) -> Markup {
    html! {
        div class="wide" tabindex="0" role="group" aria-label="jobs" {
            table {
                thead { tr { th { "configuration" } th { "id" } th { "jobs" } } }
                tbody {
                    @for configuration in &ranking.configurations {
                        tr {
                            td { (configuration.label()) }
                            td { code { (configuration.row.member.configuration) } }
                            td { (jobs_of(configuration)) }
                        }
                    }
                }
            }
        }
    }
}

fn jobs_of(configuration: &RankedConfiguration) -> String {
    let jobs: Vec<String> = configuration.runs.iter().map(job).collect();
    jobs.join(", ")
}

fn job(run: &RankedRun) -> String {
    let row = run.job;
    let fold = row.fold.map_or(String::new(), |f| format!(" fold {f}"));
    let outcome = row.outcome.as_deref().unwrap_or("not finished");
    format!("seed {}{fold}: {} ({outcome})", row.seed, row.job)
}
