//! The critical-difference diagram: mean ranks over several experiments on one axis, and bars that
//! join what cannot be told apart (Demšar 2006, "Statistical Comparisons of Classifiers over
//! Multiple Data Sets", Journal of Machine Learning Research 7).

use super::chart::{Chart, WIDTH};
use super::rows::MAX_ROWS;
use crate::draw::color::{INK, MUTED, SERIES};
use crate::draw::font;
use crate::draw::panel::{Area, Panel, small};
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, TEXT, Text, centred};
use crate::draw::ticks::whole_labelled;
use convsweep_answers::AcrossExperiments;
use convsweep_spec::words::counted;

/// Name of its files.
pub(super) const NAME: &str = "critical-difference";
/// Choices that are put in words, besides the last.
const SPOKEN: usize = 5;
/// Room above the axis: the critical difference and the labels of the axis.
const AXIS: f64 = 66.0;
const MAX_LABEL: f64 = 200.0;
/// Distance between bars, and between labels.
const BAR_STEP: f64 = 8.0;
const ROW: f64 = 18.0;
/// Least distance between two bars beside each other.
const BAR_GAP: f64 = 8.0;
/// How far bars reach beyond the choices that they join.
const BAR_END: f64 = 4.0;

/// Mean ranks with what joins them.
#[derive(Clone, Debug, PartialEq)]
pub struct CriticalDifference {
    /// Names and mean ranks, the best first.
    pub choices: Vec<(String, f64)>,
    /// Number of ranked choices that are not shown.
    pub left_out: usize,
    /// Mean ranks that differ by at least this much differ at 5 % over all pairs.
    pub critical: f64,
    /// Groups that cannot be told apart, as places of the first and the last one.
    pub groups: Vec<(usize, usize)>,
    /// Number of experiments.
    pub experiments: usize,
    /// Whether Friedman's test finds any difference.
    pub differ: bool,
}

pub(super) fn charts(across: &AcrossExperiments) -> Vec<Chart> {
    let Some(diagram) = CriticalDifference::new(across) else {
        return Vec::new();
    };
    let title = "Which choices rank alike over the experiments?";
    let chart = Chart::new(NAME, title, diagram.caption(), diagram.scene());
    vec![chart.saying(diagram.figures())]
}

impl CriticalDifference {
    /// The diagram; `None` if there are no ranks or no critical difference.
    pub fn new(across: &AcrossExperiments) -> Option<CriticalDifference> {
        let ranks = across.ranks.as_ref()?;
        let critical = ranks.critical_difference?;
        let common = across.common_choices();
        let shown = &common[..common.len().min(MAX_ROWS)];
        let ranked = shown.iter().map(|c| Some((c.label.clone(), c.mean_rank?)));
        let mut groups = Vec::new();
        for group in &ranks.groups {
            if let (Some(first), Some(last)) = (group.first(), group.last())
                && first + 1 < shown.len()
            {
                groups.push((*first, (*last).min(shown.len() - 1)));
            }
        }
        Some(CriticalDifference {
            choices: ranked.collect::<Option<_>>()?,
            left_out: common.len() - shown.len(),
            critical,
            groups,
            experiments: across.experiments.len(),
            differ: ranks.differ(),
        })
    }

    fn caption(&self) -> String {
        let test = match self.differ {
            true => "",
            false => " Friedman's test shows no difference, so that no distance here counts.",
        };
        let length = match self.critical > self.longest() {
            true => " It is longer than the axis: so few experiments cannot tell any two apart.",
            false => "",
        };
        let more = match self.left_out {
            0 => String::new(),
            n => format!(" {n} more are in the table."),
        };
        format!(
            "Mean rank of each choice over n = {} (1: the best in each). A bar joins choices whose \
             mean ranks differ by less than the critical difference, {:.2} (Nemenyi's test, 5 % \
             over all pairs; Demšar 2006): they are not told apart.{length}{test}{more}",
            counted(self.experiments as u64, "experiment"),
            self.critical
        )
    }

    /// The largest difference that mean ranks can have.
    fn longest(&self) -> f64 {
        (self.choices.len() + self.left_out - 1) as f64
    }

    /// The first few ranks and the last one in words.
    fn figures(&self) -> String {
        let mut parts = Vec::new();
        for (i, (label, rank)) in self.choices.iter().enumerate() {
            if i < SPOKEN || i + 1 == self.choices.len() {
                parts.push(format!("{label} {rank:.2}"));
            } else if i == SPOKEN {
                parts.push(format!("{} more", self.choices.len() - SPOKEN - 1));
            }
        }
        let joined = match self.groups.first() {
            Some((0, last)) => {
                let others = counted(*last as u64, "other");
                format!("The best is not told apart from {others}.")
            }
            _ => "The best is told apart from each other one.".into(),
        };
        format!(
            "Mean ranks over {}, the best first: {}. The critical difference is {:.2}. {joined}",
            counted(self.experiments as u64, "experiment"),
            parts.join("; "),
            self.critical
        )
    }

    /// Draws the axis, the bars, and the names: the better half at the left.
    pub fn scene(&self) -> Scene {
        let names: Vec<String> = self.choices.iter().map(name).collect();
        let room = font::widest(names.iter().map(String::as_str), TEXT).min(MAX_LABEL);
        let area = Area {
            left: room + 40.0,
            top: AXIS,
            right: WIDTH - room - 40.0,
            bottom: AXIS,
        };
        let range = (1.0, self.longest() + 1.0);
        let panel = Panel::rows(area, range);
        let bars = self.bars(&panel);
        let levels = levels(&bars);
        let deepest = levels.iter().max().map_or(0, |level| level + 1);
        let top = AXIS + 12.0 + BAR_STEP * deepest as f64 + ROW / 2.0;
        let at_left = self.choices.len().div_ceil(2);
        let height = top + ROW * at_left as f64;
        let mut scene = Scene::new(WIDTH, height, "Critical-difference diagram of mean ranks");
        self.draw_axis(&mut scene, &panel, range);
        for (i, name) in names.iter().enumerate() {
            let row = i.min(self.choices.len() - 1 - i);
            let y = top + ROW * row as f64;
            self.draw_choice(&mut scene, &panel, (i, i < at_left), (name, room), y);
        }
        for ((left, right), level) in bars.into_iter().zip(levels) {
            let y = AXIS + 12.0 + BAR_STEP * level as f64;
            scene.rule((left, y), (right, y), SERIES[0], 4.0);
        }
        scene
    }

    /// Both ends of each bar.
    fn bars(&self, panel: &Panel) -> Vec<(f64, f64)> {
        let groups = self.groups.iter();
        groups
            .map(|(first, last)| {
                (
                    self.x(panel, *first) - BAR_END,
                    self.x(panel, *last) + BAR_END,
                )
            })
            .collect()
    }

    fn x(&self, panel: &Panel, choice: usize) -> f64 {
        panel.x.at(self.choices[choice].1)
    }

    fn draw_axis(&self, scene: &mut Scene, panel: &Panel, range: (f64, f64)) {
        let Area { left, right, .. } = panel.area();
        scene.rule((left, AXIS), (right, AXIS), INK, 1.2);
        let mut free_from = f64::NEG_INFINITY;
        for (value, label) in whole_labelled(range, 12) {
            let x = panel.x.at(value);
            scene.rule((x, AXIS - 5.0), (x, AXIS), INK, 1.0);
            if x > free_from {
                scene.text(small((x, AXIS - 9.0), label, Anchor::Middle));
                free_from = x + 18.0;
            }
        }
        let name = small((right, 14.0), "mean rank (1: best)", Anchor::End);
        scene.text(name);
        let name = format!("critical difference {:.2}", self.critical);
        scene.text(small((left, 14.0), name, Anchor::Start));
        if self.critical <= self.longest() {
            let end = panel.x.at(1.0 + self.critical);
            scene.rule((left, 24.0), (end, 24.0), INK, 1.2);
            for x in [left, end] {
                scene.rule((x, 20.0), (x, 28.0), INK, 1.2);
            }
        }
    }

    /// A line from the axis down and out to the name.
    fn draw_choice(
        &self,
        scene: &mut Scene,
        panel: &Panel,
        (choice, is_left): (usize, bool),
        (name, room): (&str, f64),
        y: f64,
    ) {
        let Area { left, right, .. } = panel.area();
        let x = self.x(panel, choice);
        let (end, anchor, gap) = match is_left {
            true => (left - 14.0, Anchor::End, -5.0),
            false => (right + 14.0, Anchor::Start, 5.0),
        };
        let points = vec![(x, AXIS), (x, y), (end, y)];
        scene.faint_line(points, MUTED, 0.9);
        scene.disc((x, AXIS), 2.6, INK, 1.0);
        let text = font::fit(name, room, TEXT, false);
        scene.text(Text::new((end + gap, y + centred(TEXT)), text, anchor));
    }
}

fn name((label, rank): &(String, f64)) -> String {
    format!("{label}  {rank:.2}")
}

/// For each bar, from left to right, the level below the axis, so that no two touch.
fn levels(bars: &[(f64, f64)]) -> Vec<usize> {
    let mut ends: Vec<f64> = Vec::new();
    let mut levels = Vec::with_capacity(bars.len());
    for (left, right) in bars {
        let level = ends.iter().position(|end| end + BAR_GAP < *left);
        let level = level.unwrap_or(ends.len());
        match ends.get_mut(level) {
            Some(end) => *end = *right,
            None => ends.push(*right),
        }
        levels.push(level);
    }
    levels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_that_touch_are_on_different_levels() {
        let bars = [(0.0, 50.0), (20.0, 80.0), (55.0, 90.0), (95.0, 99.0)];
        assert_eq!(levels(&bars), [0, 1, 2, 0]);
        assert_eq!(levels(&[]), Vec::<usize>::new());
    }
}
