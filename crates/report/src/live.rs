//! What the results so far say, while a sweep runs: the same words, rows and charts as in the
//! report.

use crate::charts::{self, ChartData};
use crate::draw::numbers::training_time;
use crate::draw::render::{svg, themed};
use crate::job_files::{JobFiles, RangeTests, read_range_tests};
use crate::output::ReportError;
use crate::page;
use crate::ranking::{MetricFormat, RankedConfiguration, Ranking};
use crate::tables::{self, TextTable};
use crate::{answer, printable};
use convsweep_answers::Answers;
use convsweep_spec::id::{ConfigurationId, JobId};
use convsweep_spec::layout::ResultsFolder;
use convsweep_spec::log::Axis;
use convsweep_store::ExperimentRows;
use maud::Markup;

/// What the results so far say.
#[derive(Clone, Debug)]
pub struct LiveReport {
    /// The question, if the file asks one.
    pub question: Option<String>,
    /// The metric that configurations are compared by.
    pub metric: MetricFormat,
    /// The axes of the file.
    pub axes: Vec<Axis>,
    /// What the results say.
    pub answers: Answers,
    /// The answer and the warnings, as the report has them.
    pub answer: Markup,
    /// What is worth knowing beyond the answer.
    pub details: Markup,
    /// What the stages of the file chose.
    pub stages: Markup,
    /// Who beats whom.
    pub comparisons: Markup,
    /// The leaderboard, a row for each of `configurations`.
    pub leaderboard: TextTable,
    /// The configurations, the best first; those without a result last.
    pub configurations: Vec<LiveConfiguration>,
    /// Charts of the results; not those of epochs, images and single networks.
    pub charts: Vec<LiveChart>,
}

/// A configuration in a [`LiveReport`].
#[derive(Clone, Debug, PartialEq)]
pub struct LiveConfiguration {
    /// Its id.
    pub id: ConfigurationId,
    /// Its short name.
    pub label: String,
    /// Path and label of its value on each axis.
    pub values: Vec<(String, String)>,
    /// Its jobs with seed and fold.
    pub jobs: Vec<(JobId, u64, Option<u32>)>,
    /// Runs that have finished.
    pub finished: usize,
    /// Mean training time of a run in seconds; `None` if none has finished.
    pub seconds: Option<f64>,
    /// Trainable parameters.
    pub parameters: u64,
    /// Multiply-accumulate operations for one image.
    pub macs: u64,
    /// Whether it may be the best.
    pub may_be_best: bool,
}

/// A chart in a [`LiveReport`].
#[derive(Clone, Debug, PartialEq)]
pub struct LiveChart {
    /// Its name.
    pub name: String,
    /// Its heading.
    pub title: String,
    /// What it shows.
    pub caption: String,
    /// The picture, for use inside a page: its neutral colours are custom properties.
    pub svg: String,
}

impl LiveReport {
    /// What these rows say. The epochs whose weights are kept are enough. Unless everything has
    /// ended (`is_final`), figures of the test images stay sealed, since another configuration may
    /// still be chosen.
    ///
    /// # Errors
    /// If a chart cannot be drawn.
    pub fn of(
        mut rows: ExperimentRows,
        results: &ResultsFolder,
        is_final: bool,
    ) -> Result<LiveReport, ReportError> {
        if !is_final {
            let configurations = rows.configurations.iter_mut();
            configurations
                .flat_map(|row| &mut row.jobs)
                .for_each(|job| job.test = None);
        }
        let rows = printable::with_printable_names(rows);
        let ranking = Ranking::new(&rows);
        let (range_tests, mut problems) = range_tests(&ranking, results);
        let answer = match range_tests.is_empty() {
            true => answer::answer(&ranking),
            false => answer::range_test_answer(&range_tests),
        };
        let mut warnings = match is_final {
            true => answer::warnings(&ranking),
            false => answer::warnings_so_far(&ranking),
        };
        warnings.append(&mut problems);
        warnings.extend(answer::log_warning(&rows));
        let files = JobFiles {
            range_tests,
            ..JobFiles::default()
        };
        let mut configurations = Vec::with_capacity(ranking.configurations.len());
        for (rank, configuration) in ranking.configurations.iter().enumerate() {
            configurations.push(live_configuration(&ranking, rank, configuration));
        }
        Ok(LiveReport {
            question: rows.revision.question.clone(),
            metric: ranking.metric.clone(),
            axes: rows.revision.axes.clone(),
            answer: page::answer::section(&answer, &warnings),
            details: page::answer::details("In more detail", &ranking.answers.details()),
            stages: page::stages::section(&ranking),
            comparisons: page::comparisons::section(&ranking),
            leaderboard: tables::leaderboard(&ranking),
            configurations,
            charts: draw(&ChartData::new(&ranking, &files))?,
            answers: ranking.answers,
        })
    }
}

fn range_tests(ranking: &Ranking, results: &ResultsFolder) -> (Vec<RangeTests>, Vec<String>) {
    match ranking.answers.are_range_tests {
        true => read_range_tests(ranking, results),
        false => (vec![], vec![]),
    }
}

fn live_configuration(
    ranking: &Ranking,
    rank: usize,
    configuration: &RankedConfiguration,
) -> LiveConfiguration {
    let member = &configuration.row.member;
    let standing = ranking.answers.standings.get(rank);
    let mut values = Vec::with_capacity(member.values.len());
    for value in &member.values {
        values.push((value.path.clone(), value.label.clone()));
    }
    let mut jobs = Vec::with_capacity(member.jobs.len());
    for job in &member.jobs {
        jobs.push((job.job.clone(), job.seed, job.fold));
    }
    LiveConfiguration {
        id: member.configuration.clone(),
        label: member.label.clone(),
        values,
        jobs,
        finished: configuration.finished().count(),
        seconds: configuration.seconds().map(|seconds| seconds.mean),
        parameters: member.parameters,
        macs: member.macs,
        may_be_best: standing.is_some_and(|standing| standing.may_be_best),
    }
}

fn draw(data: &ChartData) -> Result<Vec<LiveChart>, ReportError> {
    let mut drawn = Vec::new();
    for chart in charts::of_results(data) {
        match svg(&chart.scene) {
            Ok(svg) => drawn.push(LiveChart {
                svg: themed(&svg),
                name: chart.name,
                title: chart.title,
                caption: chart.caption,
            }),
            Err(source) => {
                return Err(ReportError::Chart {
                    name: chart.name,
                    source,
                });
            }
        }
    }
    Ok(drawn)
}

/// Seconds in words, as the leaderboard has them.
pub fn time_words(seconds: f64) -> String {
    training_time(seconds)
}
