//! The input of every chart, and the chart itself.

use crate::draw::legend::{self, LegendEntry};
use crate::draw::scene::Scene;
use crate::draw::style::{SeriesStyle, series_styles};
use crate::job_files::JobFiles;
use crate::ranking::{ConfusionMatrix, Ranking};

/// Width of a chart in pixels: 15 cm on paper at 122 pixels a centimetre of the PNG.
pub const WIDTH: f64 = 720.0;

/// A drawn chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// Name of its files, without extension.
    pub name: String,
    /// Heading on the page.
    pub title: String,
    /// What it shows, what the marks mean, over how many runs.
    pub caption: String,
    /// The picture.
    pub scene: Scene,
}

impl Chart {
    /// A chart; the first letter of its title becomes a capital.
    pub fn new(
        name: impl Into<String>,
        title: impl AsRef<str>,
        caption: impl Into<String>,
        scene: Scene,
    ) -> Chart {
        Chart {
            name: name.into(),
            title: capitalised(title.as_ref()),
            caption: caption.into(),
            scene,
        }
    }

    /// The chart with its main numbers as sentences, for readers who do not see it.
    pub fn saying(mut self, figures: impl Into<String>) -> Chart {
        self.scene.figures = figures.into();
        self
    }
}

/// A text with its first letter as a capital.
pub fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// The input of every chart.
#[derive(Clone, Debug, PartialEq)]
pub struct ChartData<'a> {
    /// The configurations, the best first.
    pub ranking: &'a Ranking<'a>,
    /// Files of the jobs.
    pub files: &'a JobFiles,
    /// Confusion matrix of the chosen configuration, if each of its finished runs recorded one.
    pub confusion: Option<ConfusionMatrix>,
    /// How each configuration looks, by rank.
    pub styles: Vec<SeriesStyle>,
}

impl<'a> ChartData<'a> {
    /// Gives every configuration its look, and sums the confusion matrix.
    pub fn new(ranking: &'a Ranking<'a>, files: &'a JobFiles) -> ChartData<'a> {
        ChartData {
            ranking,
            files,
            confusion: ConfusionMatrix::of_best(ranking),
            styles: series_styles(ranking.configurations.len(), ranking.baseline),
        }
    }

    /// Legend of the configurations at `ranks`: those that stand out, then the number of others.
    /// `line` says whether entries show a line next to the point.
    pub fn legend(&self, ranks: &[usize], line: bool) -> Vec<LegendEntry> {
        let series = ranks.iter();
        let series = series.map(|&rank| (self.ranking.name(rank), self.styles[rank]));
        legend::entries(series, line)
    }
}
