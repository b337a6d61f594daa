//! The confusion matrix of the chosen configuration.

use super::{Chart, WIDTH, runs};
use crate::draw::color::{GRID, INK, MUTED, intensity};
use crate::draw::scene::{Anchor, HEADING, SMALL, Scene, TEXT, Text};
use crate::draw::text;
use crate::standing::Standing;
use convsweep_spec::event::Part;

/// Counts over all runs of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Confusion {
    /// Which images.
    pub part: Part,
    /// Class names, by label.
    pub classes: Vec<String>,
    /// `counts[true][predicted]`, summed over the runs.
    pub counts: Vec<Vec<u64>>,
    /// How many runs.
    pub runs: usize,
}

/// Up to this many classes are named at the matrix.
const NAMED: usize = 40;
/// Up to this many classes have their shares printed.
const PRINTED: usize = 12;

/// The chart; `None` where the chosen configuration has no evaluation.
pub fn chart(standing: &Standing) -> Option<Chart> {
    let confusion = Confusion::of_best(standing)?;
    let best = standing.best()?;
    Some(Chart {
        name: "confusion".into(),
        title: format!("Confusion matrix of {}", best.label()),
        caption: format!(
            "Share of each true class (row) that was predicted as each class (column), in per cent, on the {} images, over {}.",
            confusion.part.name(),
            runs(standing, confusion.runs)
        ),
        scene: confusion.scene(),
    })
}

impl Confusion {
    /// Of the chosen configuration: on the test images if all its runs were evaluated there, else
    /// on the validation images.
    pub fn of_best(standing: &Standing) -> Option<Confusion> {
        let best = standing.best()?;
        let part = |part: Part| {
            let all: Option<Vec<_>> = best
                .finished()
                .map(|r| {
                    if part == Part::Test {
                        r.job.test.as_ref()
                    } else {
                        r.job.validation.as_ref()
                    }
                })
                .collect();
            all.filter(|all| !all.is_empty() && all.iter().all(|e| !e.confusion.is_empty()))
                .map(|all| (part, all))
        };
        let (part, evaluations) = part(Part::Test).or_else(|| part(Part::Validation))?;
        let n = evaluations[0].confusion.len();
        let mut counts = vec![vec![0u64; n]; n];
        for evaluation in &evaluations {
            for (row, sums) in evaluation.confusion.iter().zip(&mut counts) {
                for (count, sum) in row.iter().zip(sums) {
                    *sum += u64::from(*count);
                }
            }
        }
        let name = |i: usize| {
            standing
                .revision
                .classes
                .get(i)
                .cloned()
                .unwrap_or_else(|| i.to_string())
        };
        Some(Confusion {
            part,
            classes: (0..n).map(name).collect(),
            counts,
            runs: evaluations.len(),
        })
    }

    /// Share of true class `row` that was predicted as `column`, 0 to 1.
    pub fn share(&self, row: usize, column: usize) -> f64 {
        let all: u64 = self.counts[row].iter().sum();
        if all == 0 {
            0.0
        } else {
            self.counts[row][column] as f64 / all as f64
        }
    }

    /// The most frequent mistakes as (true, predicted, share of the true class), the worst first.
    pub fn mistakes(&self, most: usize) -> Vec<(usize, usize, f64)> {
        let n = self.classes.len();
        let mut all: Vec<_> = (0..n)
            .flat_map(|r| (0..n).map(move |c| (r, c)))
            .filter(|(r, c)| r != c && self.counts[*r][*c] > 0)
            .map(|(r, c)| (r, c, self.share(r, c)))
            .collect();
        all.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
        all.truncate(most);
        all
    }

    /// Draws the matrix, and the most frequent mistakes beside it.
    pub fn scene(&self) -> Scene {
        let n = self.classes.len();
        let named = n <= NAMED;
        let listed = 206.0;
        let labels = if named {
            self.classes
                .iter()
                .map(|c| text::width(c, TEXT, false))
                .fold(0.0f64, f64::max)
                .min(96.0)
        } else {
            26.0
        };
        let left = labels + 34.0;
        let cell = ((WIDTH - listed - left - 14.0) / n as f64).min(44.0);
        let side = cell * n as f64;
        let size = TEXT.min(cell * 0.95);
        let turned = named
            && self
                .classes
                .iter()
                .any(|c| text::width(c, size, false) + 4.0 > cell);
        let top = 12.0;
        let below = if turned { labels + 10.0 } else { 18.0 };
        let height = (top + side + below + 26.0).max(top + 24.0 + 17.0 * LISTED as f64);
        let mut scene = Scene::new(WIDTH, height, "Confusion matrix");
        for r in 0..n {
            for c in 0..n {
                self.field(
                    &mut scene,
                    (left + cell * c as f64, top + cell * r as f64),
                    cell,
                    (r, c),
                );
            }
        }
        scene.outline((left, top), (side, side), MUTED, 0.8);
        let every = if named {
            1
        } else {
            n.div_ceil(10).next_multiple_of(5)
        };
        for i in (0..n).step_by(every) {
            let middle = cell * (i as f64 + 0.5);
            let name = if named {
                text::fit(&self.classes[i], labels, size, false)
            } else {
                i.to_string()
            };
            scene.text(
                Text::new(
                    (left - 6.0, top + middle + size.max(SMALL * 0.9) * 0.36),
                    name.clone(),
                    Anchor::End,
                )
                .size(if named { size } else { SMALL }),
            );
            let at = (left + middle, top + side);
            scene.text(if turned {
                Text::new((at.0 + size * 0.36, at.1 + 6.0), name, Anchor::End)
                    .size(size)
                    .upright()
            } else {
                Text::new((at.0, at.1 + 14.0), name, Anchor::Middle).size(if named {
                    size
                } else {
                    SMALL
                })
            });
        }
        let kind = if named { "" } else { " (number)" };
        scene.text(
            Text::new(
                (left + side / 2.0, top + side + below + 14.0),
                format!("predicted class{kind}"),
                Anchor::Middle,
            )
            .bold(),
        );
        scene.text(
            Text::new(
                (15.0, top + side / 2.0),
                format!("true class{kind}"),
                Anchor::Middle,
            )
            .bold()
            .upright(),
        );
        self.list(&mut scene, left + side + 22.0, top);
        scene
    }

    fn field(&self, scene: &mut Scene, at: (f64, f64), cell: f64, (r, c): (usize, usize)) {
        let n = self.classes.len();
        let share = self.share(r, c);
        if share > 0.0 {
            // The root lifts small shares, where the mistakes are, off the white.
            scene.rect(at, (cell, cell), intensity(share.sqrt()), 1.0);
        }
        if n <= PRINTED {
            scene.outline(at, (cell, cell), GRID, 0.6);
            if share >= 0.0005 {
                let per_cent = share * 100.0;
                let number = if per_cent >= 9.95 {
                    format!("{per_cent:.0}")
                } else {
                    format!("{per_cent:.1}")
                };
                let size = (cell * 0.36).min(TEXT);
                let place = (at.0 + cell / 2.0, at.1 + cell / 2.0 + size * 0.36);
                scene.text(
                    Text::new(place, number, Anchor::Middle)
                        .size(size)
                        .color(intensity(share.sqrt()).text_on()),
                );
            }
        }
    }

    fn list(&self, scene: &mut Scene, x: f64, top: f64) {
        let mistakes = self.mistakes(LISTED);
        if mistakes.is_empty() {
            return;
        }
        scene.text(
            Text::new((x, top + HEADING), "Most frequent mistakes", Anchor::Start)
                .size(HEADING)
                .bold(),
        );
        for (i, (truth, predicted, share)) in mistakes.iter().enumerate() {
            let y = top + HEADING + 20.0 + 17.0 * i as f64;
            let number = format!("{:.1} %", share * 100.0);
            scene.text(
                Text::new((x + 38.0, y), number, Anchor::End)
                    .size(SMALL)
                    .color(MUTED),
            );
            let room = (WIDTH - x - 52.0 - text::width(" → ", SMALL, false)) / 2.0;
            let [truth, predicted] =
                [truth, predicted].map(|c| text::fit(&self.classes[*c], room, SMALL, false));
            let words = format!("{truth} → {predicted}");
            scene.text(
                Text::new((x + 46.0, y), words, Anchor::Start)
                    .size(SMALL)
                    .color(INK),
            );
        }
    }
}

const LISTED: usize = 12;
