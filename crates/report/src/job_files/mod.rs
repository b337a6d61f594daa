//! Files that workers leave in a job's folder and that the database does not hold.

mod explanations;
mod first_filters;
pub mod predictions;
mod range_tests;
mod reliability;
mod whole_file;

pub use explanations::{Explanations, ImagesToExplain, MeanMap, NetworkMaps};
pub use first_filters::FirstFilters;
pub use predictions::{KeptImage, PredictedImage, Predictions, PredictionsError};
pub use range_tests::{RangeTests, read_range_tests};
pub use reliability::{BINS, ConfidenceBin, Reliability};

use crate::printable::without_controls;
use crate::ranking::{RankedRun, Ranking};
use convsweep_spec::data::{DataSpec, ImageNames};
use convsweep_spec::event::Part;
use convsweep_spec::layout::{MODEL, PREDICTIONS, ResultsFolder};

/// Runs of the chosen configuration whose pictures are kept in memory; of the others, only how sure
/// they were is.
const MAX_RUNS_WITH_PICTURES: usize = 8;

/// What the charts show of the jobs' files.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobFiles {
    /// Range tests by configuration; empty for any other kind of experiment.
    pub range_tests: Vec<RangeTests>,
    /// Predictions of the chosen configuration's finished runs, in their order, as far as they can
    /// be read.
    pub predictions: Vec<RunPredictions>,
    /// First filters of the chosen configuration's first finished run.
    pub filters: Option<FirstFilters>,
    /// Names of the images of the chosen configuration; empty if they are not known.
    pub names: ImageNames,
    /// Which pixels decide what the chosen configuration's networks predict, if they were asked.
    pub explanations: Option<Explanations>,
}

type NamesLookup = fn(&DataSpec, &str) -> Option<ImageNames>;
type MapsLookup = fn(&ImagesToExplain) -> Result<Vec<NetworkMaps>, String>;

/// What the report cannot read itself.
pub struct Lookups<N, E> {
    /// The names of the images of a set with this content hash, if they are known.
    pub names: N,
    /// The maps of these images by each network; none where these cannot be asked, and why if that
    /// is to be said.
    pub maps: E,
}

/// The predictions of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPredictions {
    /// Its seed.
    pub seed: u64,
    /// Its fold.
    pub fold: Option<u32>,
    /// The predictions.
    pub predictions: Predictions,
}

impl JobFiles {
    /// Reads what the charts show, and what is to be said of files that are missing or damaged.
    pub fn read(
        ranking: &Ranking,
        results: &ResultsFolder,
        lookups: Lookups<
            impl FnOnce(&DataSpec, &str) -> Option<ImageNames>,
            impl FnOnce(&ImagesToExplain) -> Result<Vec<NetworkMaps>, String>,
        >,
    ) -> (JobFiles, Vec<String>) {
        let (range_tests, mut problems) = read_range_tests(ranking, results);
        let predictions = read_predictions(ranking, results, &mut problems);
        let filters = read_filters(ranking, results, &mut problems);
        let best = ranking.best().map(|best| &best.row.member);
        let names =
            best.and_then(|member| (lookups.names)(&member.resolved.data, &member.data_hash));
        let mut files = JobFiles {
            range_tests,
            predictions,
            filters,
            names: names.unwrap_or_default(),
            explanations: None,
        };
        if let Some(asked) = files.images_to_explain(ranking) {
            match (lookups.maps)(&asked) {
                Ok(maps) => files.explanations = Explanations::new(asked, &maps),
                Err(problem) => {
                    problems.push(format!("Which pixels decide is not shown: {problem}."))
                }
            }
        }
        (files, problems)
    }

    /// The images that the report shows and that networks can explain.
    fn images_to_explain(&self, ranking: &Ranking) -> Option<ImagesToExplain> {
        let shown = self.predictions_of(ranking.shown_run()?)?;
        ImagesToExplain::of(ranking, shown)
    }

    /// Name of an image of this part: that of its file, or else its number in the set.
    pub fn image_name(&self, part: Part, index: u32) -> String {
        match self.names.name(part == Part::Test, index) {
            Some(name) => without_controls(name.to_string()),
            None => format!("no. {index}"),
        }
    }

    /// The number of images from which the training and validation images of the best configuration
    /// were taken, if their names were found.
    pub fn divided_images(&self) -> Option<u64> {
        let images = self.names.training.len() as u64;
        (images > 0).then_some(images)
    }

    /// The predictions of this run.
    pub fn predictions_of(&self, run: &RankedRun) -> Option<&Predictions> {
        let mut all = self.predictions.iter();
        let found = all.find(|one| (one.seed, one.fold) == run.pair_key())?;
        Some(&found.predictions)
    }
}

impl Lookups<NamesLookup, MapsLookup> {
    /// Neither names nor maps.
    pub const NONE: Lookups<NamesLookup, MapsLookup> = Lookups {
        names: |_, _| None,
        maps: |_| Ok(Vec::new()),
    };
}

impl<N> Lookups<N, MapsLookup> {
    /// Names, but no maps.
    pub fn of_names(names: N) -> Self {
        Lookups {
            names,
            maps: Lookups::NONE.maps,
        }
    }
}

/// Predictions of all finished runs of the chosen configuration.
fn read_predictions(
    ranking: &Ranking,
    results: &ResultsFolder,
    problems: &mut Vec<String>,
) -> Vec<RunPredictions> {
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    let runs = ranking.best().into_iter().flat_map(|best| best.finished());
    for (i, run) in runs.enumerate() {
        let job = &run.job.job;
        let path = results.job(job).join(PREDICTIONS);
        match predictions::read(&path, hash_of(run, PREDICTIONS)) {
            Ok(Some(mut predictions)) => {
                if found.len() >= MAX_RUNS_WITH_PICTURES {
                    predictions.images.clear();
                }
                let (seed, fold) = run.pair_key();
                found.push(RunPredictions {
                    seed,
                    fold,
                    predictions,
                });
            }
            Ok(None) => {}
            Err(error) if i == 0 => problems.push(format!(
                "No images are shown: the predictions of job {job} cannot be read ({error})."
            )),
            Err(error) => unread.push(format!("{job} ({error})")),
        }
    }
    if let Some(first) = unread.first() {
        let count = unread.len();
        problems.push(format!(
            "The predictions of {count} further runs of the chosen configuration are left out: \
             they cannot be read, such as those of job {first}."
        ));
    }
    found
}

/// First filters of the run whose images are shown.
fn read_filters(
    ranking: &Ranking,
    results: &ResultsFolder,
    problems: &mut Vec<String>,
) -> Option<FirstFilters> {
    let (best, run) = (ranking.best()?, ranking.shown_run()?);
    if best.is_range_test() {
        return None;
    }
    let (folder, model) = (results.job(&run.job.job), &best.row.member.resolved.model);
    match FirstFilters::read(&folder, hash_of(run, MODEL), model, run.job.seed) {
        Ok(filters) => filters,
        Err(problem) => {
            let job = &run.job.job;
            problems.push(format!(
                "No filters are shown: the weights of job {job} cannot be read ({problem})."
            ));
            None
        }
    }
}

/// Hash of a file by the job's log.
fn hash_of<'a>(run: &RankedRun<'a>, file: &str) -> Option<&'a str> {
    run.job.hashes.get(file).map(String::as_str)
}
