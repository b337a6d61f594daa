//! Calibration of the chosen configuration: how often its networks are right, by how sure they are.

use super::chart::{Chart, ChartData, WIDTH};
use super::rows::mean_and_sd;
use crate::draw::color::{GRID, INK, MUTED, SERIES};
use crate::draw::panel::{Area, Panel, small};
use crate::draw::scene::Scene;
use crate::draw::style::{DOTTED, Marker, SOLID};
use crate::draw::text::Anchor;
use crate::draw::ticks::{labelled, ticks};
use crate::job_files::{BINS, Reliability};
use convsweep_spec::event::Part;
use convsweep_spec::words::thousands;
use convsweep_statistics::sample::Sample;

/// The reliability diagram.
const CURVE: Area = Area {
    left: 62.0,
    top: 34.0,
    right: 412.0,
    bottom: 314.0,
};
/// The distribution of the probabilities.
const SHARES: Area = Area {
    left: 474.0,
    right: WIDTH - 16.0,
    ..CURVE
};
const PER_CENT: (f64, f64) = (0.0, 100.0);
/// Bins with a smaller share of the images have a small mark.
const FEW: f64 = 0.01;

/// How often networks are right, by how sure they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Calibration {
    /// Which images were classified.
    pub part: Part,
    /// The networks, one for each run.
    pub runs: Vec<Reliability>,
    /// Their counts together.
    pub all: Reliability,
    /// Expected calibration error over the networks, in percentage points.
    pub error: Sample,
}

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let (Some(best), Some(calibration)) = (data.ranking.best(), Calibration::new(data)) else {
        return Vec::new();
    };
    let ranking = data.ranking;
    let missing = best.finished().count() - calibration.runs.len();
    let left_out = match missing {
        0 => String::new(),
        _ => format!(
            " {} without kept predictions are left out.",
            ranking.unit.count(missing)
        ),
    };
    let caption = format!(
        "Left: the share of right predictions among the {} images whose predicted class has about \
         the same probability, in {BINS} bins of equal width; blue: {} together, pale: each alone, \
         small marks: less than 1 % of the images. On the dotted line, a network is right as often \
         as it says. Right: the share of the images in each bin. Expected calibration error (Guo \
         et al. 2017): {} percentage points, mean over {}{}. n = {} predictions.{left_out}",
        calibration.part.name(),
        ranking.unit.count(calibration.runs.len()),
        mean_and_sd(calibration.error.mean, calibration.error.sd, 2),
        ranking.unit.count(calibration.runs.len()),
        if calibration.error.sd.is_some() {
            " ± one standard deviation"
        } else {
            ""
        },
        thousands(calibration.all.images()),
    );
    let title = format!(
        "Is {} right as often as its probabilities say?",
        best.label()
    );
    let chart = Chart::new("calibration", title, caption, calibration.scene());
    vec![chart.saying(calibration.figures())]
}

impl Calibration {
    /// Of the chosen configuration; `None` if no predictions were kept.
    pub fn new(data: &ChartData) -> Option<Calibration> {
        let first = data.files.predictions.first()?;
        let part = first.predictions.part;
        let mut runs = Vec::new();
        for run in &data.files.predictions {
            let reliability = &run.predictions.reliability;
            if run.predictions.part == part && reliability.images() > 0 {
                runs.push(reliability.clone());
            }
        }
        let errors = runs.iter().map(|run| run.calibration_error() * 100.0);
        let error = Sample::of(&errors.collect::<Vec<f64>>())?;
        Some(Calibration {
            part,
            all: Reliability::sum(&runs),
            runs,
            error,
        })
    }

    fn figures(&self) -> String {
        let said = self.all.bins.iter().map(|bin| bin.confidence).sum::<f64>();
        let right: u64 = self.all.bins.iter().map(|bin| bin.right).sum();
        let images = self.all.images().max(1) as f64;
        let (said, right) = (100.0 * said / images, 100.0 * right as f64 / images);
        let word = if said > right {
            "too sure"
        } else {
            "not sure enough"
        };
        format!(
            "Calibration error {:.2} percentage points over {} networks. The mean probability of \
             the predicted class is {said:.1} %, {right:.1} % of the predictions are right: on \
             average {word}.",
            self.error.mean,
            self.runs.len()
        )
    }

    /// Draws the diagram and the distribution beside it.
    pub fn scene(&self) -> Scene {
        let mut scene = Scene::new(WIDTH, CURVE.bottom + 44.0, "Reliability diagram");
        self.draw_curve(&mut scene);
        self.draw_shares(&mut scene);
        scene
    }

    fn draw_curve(&self, scene: &mut Scene) {
        let panel = Panel::new(CURVE, PER_CENT, PER_CENT);
        let ticks = labelled(ticks(PER_CENT, 5));
        panel.left_axis(scene, &ticks);
        panel.bottom_axis(scene, &ticks, true);
        panel.x_name(scene, "probability of the predicted class (%)");
        panel.heading(scene, "right predictions (%)");
        scene.line(
            vec![panel.at(0.0, 0.0), panel.at(100.0, 100.0)],
            INK,
            1.0,
            DOTTED,
        );
        let at = panel.at(4.0, 93.0);
        scene.text(small(at, "above the line: not sure enough", Anchor::Start));
        let at = panel.at(97.0, 4.0);
        scene.text(small(at, "below the line: too sure", Anchor::End));
        if self.runs.len() > 1 {
            let alpha = (2.0 / self.runs.len() as f64).clamp(0.15, 0.45);
            for run in &self.runs {
                scene.faint_line(points(&panel, run), SERIES[0], alpha);
            }
        }
        let together = points(&panel, &self.all);
        let filled = self.all.bins.iter().filter(|bin| bin.images > 0);
        for (at, bin) in together.iter().zip(filled) {
            let share = bin.images as f64 / self.all.images() as f64;
            let radius = if share < FEW { 2.0 } else { 4.0 };
            scene.marker(*at, radius, Marker::Circle, SERIES[0]);
        }
        scene.line(together, SERIES[0], 1.8, SOLID);
    }

    fn draw_shares(&self, scene: &mut Scene) {
        let images = self.all.images() as f64;
        let share = |bin: usize| 100.0 * self.all.bins[bin].images as f64 / images;
        let most = (0..BINS).map(share).fold(0.0, f64::max);
        let range = (0.0, most * 1.06);
        let panel = Panel::new(SHARES, PER_CENT, range);
        panel.left_axis(scene, &labelled(ticks(range, 5)));
        let width = 100.0 / BINS as f64;
        for bin in 0..BINS {
            let (left, top) = panel.at(width * bin as f64, share(bin));
            let (right, bottom) = panel.at(width * (bin + 1) as f64, 0.0);
            let size = (right - left - 1.0, bottom - top);
            scene.rect((left + 0.5, top), size, SERIES[0], 0.75);
        }
        scene.rule(panel.at(0.0, 0.0), panel.at(0.0, most), GRID, 0.8);
        panel.bottom_axis(scene, &labelled(ticks(PER_CENT, 5)), false);
        panel.x_name(scene, "probability of the predicted class (%)");
        panel.heading(scene, "share of the images (%)");
        let right: u64 = self.all.bins.iter().map(|bin| bin.right).sum();
        self.draw_mean(scene, &panel, right as f64 / images, "right");
    }

    /// Marks the share of right predictions of all images.
    fn draw_mean(&self, scene: &mut Scene, panel: &Panel, share: f64, name: &str) {
        let (x, bottom) = panel.at(share * 100.0, 0.0);
        let top = panel.area().top;
        scene.line(vec![(x, top), (x, bottom)], MUTED, 1.0, DOTTED);
        let words = format!("{:.1} % {name}", share * 100.0);
        let (anchor, x) = if share > 0.5 {
            (Anchor::End, x - 5.0)
        } else {
            (Anchor::Start, x + 5.0)
        };
        scene.text(small((x, top + 10.0), words, anchor));
    }
}

/// The bins that have images: their mean probability and their share of right predictions.
fn points(panel: &Panel, reliability: &Reliability) -> Vec<(f64, f64)> {
    let mut points = Vec::new();
    for bin in &reliability.bins {
        if let (Some(confidence), Some(accuracy)) = (bin.mean_confidence(), bin.accuracy()) {
            points.push(panel.at(confidence * 100.0, accuracy * 100.0));
        }
    }
    points
}
