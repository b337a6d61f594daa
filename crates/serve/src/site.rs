//! What is served: the pages of a results folder, and the curves on them.

use crate::curves::PageCurves;
use crate::feed::{Feed, FeedError};
use crate::pages::{
    OriginRow, PageContent, experiment_curves, experiment_page, job_curves, job_page, overview_page,
};
use crate::view::View;
use convsweep_progress::RunningProgram;
use convsweep_spec::id::JobId;
use convsweep_spec::layout::ResultsFolder;
use std::sync::{Arc, Once};

/// Says where the values of a job come from, or why that is not known.
pub type Origins = Box<dyn Fn(&JobId) -> Result<Vec<OriginRow>, String> + Send + Sync>;

/// What is served.
pub struct Site {
    pub(crate) results: ResultsFolder,
    names: Vec<String>,
    feed: Arc<Feed>,
    origins: Origins,
    watching: Once,
}

/// A page that there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageAddress {
    /// All experiments.
    Overview,
    /// An experiment, by its name.
    Experiment(String),
    /// A job, by its id or the beginning of it.
    Job(String),
}

impl Site {
    /// The experiments of a results folder called `names`, or all if none is.
    pub fn new(results: &ResultsFolder, names: Vec<String>, origins: Origins) -> Site {
        Site {
            results: results.clone(),
            names,
            feed: Arc::new(Feed::new(results)),
            origins,
            watching: Once::new(),
        }
    }

    /// Begins to look for changes, if that has not begun yet.
    pub(crate) fn watch(&self) {
        self.watching.call_once(|| {
            tokio::spawn(Arc::clone(&self.feed).watch());
        });
    }

    /// What is known of the results folder.
    pub(crate) fn feed(&self) -> &Arc<Feed> {
        &self.feed
    }

    /// The page at a place.
    ///
    /// # Errors
    /// If there is nothing there, or the database cannot be read.
    pub fn page(&self, place: &PageAddress, view: &View) -> Result<PageContent, FeedError> {
        match place {
            PageAddress::Overview => self.feed.with(|database, _| {
                overview_page(database, &RunningProgram::of(&self.results), &self.names)
            }),
            PageAddress::Experiment(name) => experiment_page(&self.feed, &self.results, name, view),
            PageAddress::Job(id) => job_page(&self.feed, &self.results, id, view, &self.origins),
        }
    }

    /// Whether it is no fault that there is nothing at a place: nothing has been run yet, or the run
    /// that shows itself has not begun.
    pub(crate) fn is_to_come(&self, place: &PageAddress, error: &FeedError) -> bool {
        match (place, error) {
            (_, FeedError::Nothing { .. }) => true,
            (PageAddress::Experiment(name), FeedError::NoExperiment) => self.names.contains(name),
            _ => false,
        }
    }

    /// The curves at a place; `None` where there are none.
    ///
    /// # Errors
    /// As [`Site::page`].
    pub fn curves(
        &self,
        place: &PageAddress,
        view: &View,
    ) -> Result<Option<PageCurves>, FeedError> {
        match place {
            PageAddress::Overview => Ok(None),
            PageAddress::Experiment(name) => experiment_curves(&self.feed, name, view).map(Some),
            PageAddress::Job(id) => job_curves(&self.feed, id, view).map(Some),
        }
    }
}
