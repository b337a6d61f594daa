//! Who beats whom: a field for each pair of configurations.

use super::chart::{Chart, ChartData, WIDTH};
use crate::draw::color::{Color, FAINT, GRID, MUTED, SERIES};
use crate::draw::font;
use crate::draw::panel::small;
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, SMALL, TEXT, Text, centred};
use crate::ranking::{MetricFormat, Ranking};
use convsweep_answers::{ComparedPair, Verdict};
use convsweep_spec::words::counted;

/// Configurations that are shown, the best first.
const MOST: usize = 30;
/// Up to this many configurations have the differences written into the fields.
const MOST_WITH_NUMBERS: usize = 10;
const MAX_LABEL: f64 = 250.0;
const MAX_CELL: f64 = 46.0;
const TOP: f64 = 44.0;
/// Colour of practically equal pairs, the same on a dark page.
const EQUAL: Color = Color(0xc8, 0xcd, 0xd3);

/// The verdicts over the pairs of the best configurations.
#[derive(Clone, Debug, PartialEq)]
pub struct VerdictMatrix {
    /// Names of the configurations, the best first.
    pub labels: Vec<String>,
    /// `fields[row][column]`: what is said of the row's configuration compared with the column's;
    /// `None` on the diagonal and for pairs that were not compared.
    pub fields: Vec<Vec<Option<VerdictField>>>,
    /// Number of configurations that are not shown.
    pub left_out: usize,
    /// The metric.
    metric: MetricFormat,
}

/// One pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VerdictField {
    /// What is said of the first.
    pub verdict: Verdict,
    /// First minus second, in the metric's unit.
    pub difference: f64,
}

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let Some(matrix) = VerdictMatrix::new(data.ranking) else {
        return Vec::new();
    };
    let answers = &data.ranking.answers;
    let equal = match answers.margin {
        Some(margin) => format!(
            " Practically equal (=): the difference is within {}.",
            data.ranking.metric.difference(margin)
        ),
        None => String::new(),
    };
    let more = match matrix.left_out {
        0 => String::new(),
        1 => " 1 further configuration is not shown.".to_string(),
        left_out => format!(" {left_out} further configurations are not shown."),
    };
    let numbers = if matrix.has_numbers() {
        " The numbers are the differences, row minus column."
    } else {
        ""
    };
    let caption = format!(
        "Is the configuration of the row better (+), worse (−), or is that not known yet (?), \
         compared with that of the column? Over {}; all {} together are wrong with a probability \
         of at most 5 % (Holm 1979).{equal}{numbers}{more}",
        data.ranking.runs_in_words(),
        counted(answers.pairs_tested as u64, "comparison"),
    );
    let chart = Chart::new("verdicts", "Who beats whom?", caption, matrix.scene());
    vec![chart.saying(matrix.figures())]
}

impl VerdictMatrix {
    /// The pairs of the best configurations; `None` with fewer than two or without any comparison.
    pub fn new(ranking: &Ranking) -> Option<VerdictMatrix> {
        let count = ranking.ranked.min(MOST);
        let mut fields = vec![vec![None; count]; count];
        for pair in &ranking.answers.pairs {
            let ComparedPair {
                first,
                second,
                result,
                ..
            } = pair;
            if *first < count && *second < count {
                let field = |verdict, difference| VerdictField {
                    verdict,
                    difference,
                };
                fields[*first][*second] = Some(field(result.verdict, result.difference));
                let turned = field(turned(result.verdict), -result.difference);
                fields[*second][*first] = Some(turned);
            }
        }
        let has_fields = fields.iter().flatten().any(Option::is_some);
        has_fields.then(|| VerdictMatrix {
            labels: (0..count).map(|rank| ranking.name(rank)).collect(),
            fields,
            left_out: ranking.ranked - count,
            metric: ranking.metric.clone(),
        })
    }

    fn has_numbers(&self) -> bool {
        self.labels.len() <= MOST_WITH_NUMBERS
    }

    /// How many pairs are decided, and what the best one beats, in words.
    fn figures(&self) -> String {
        let of = |wanted: Verdict| {
            let all = self.fields.iter().flatten().flatten();
            all.filter(|field| field.verdict == wanted).count()
        };
        let beaten: Vec<&str> = (0..self.labels.len())
            .filter(|column| {
                self.fields[0][*column].is_some_and(|field| field.verdict == Verdict::Better)
            })
            .map(|column| self.labels[column].as_str())
            .collect();
        let beaten = match beaten.len() {
            0 => "none".to_string(),
            1..=5 => beaten.join(", "),
            count => format!("{count} others"),
        };
        format!(
            "Of the pairs, {} are decided, {} are practically equal, {} are not known yet. {} is \
             better than {beaten}.",
            of(Verdict::Better),
            of(Verdict::Equal) / 2,
            of(Verdict::Unknown) / 2,
            self.labels[0]
        )
    }

    /// Draws the fields, the names at the left and the ranks above.
    pub fn scene(&self) -> Scene {
        let names: Vec<String> = self.numbered_labels();
        let widest = font::widest(names.iter().map(String::as_str), TEXT).min(MAX_LABEL);
        let left = widest + 24.0;
        let count = self.labels.len();
        let cell = ((WIDTH - left - 16.0) / count as f64).min(MAX_CELL);
        let height = cell.min(30.0);
        let bottom = TOP + height * count as f64;
        let mut scene = Scene::new(
            WIDTH,
            bottom + 12.0,
            "Verdicts over pairs of configurations",
        );
        scene.text(small((left, 14.0), "compared with number", Anchor::Start));
        for (row, name) in names.iter().enumerate() {
            let y = TOP + height * (row as f64 + 0.5);
            let name = font::fit(name, widest, TEXT, false);
            let at = (left - 8.0, y + centred(TEXT));
            scene.text(Text::new(at, name, Anchor::End));
            let x = left + cell * (row as f64 + 0.5);
            let number = Text::new((x, TOP - 8.0), (row + 1).to_string(), Anchor::Middle);
            scene.text(number.size(SMALL).color(MUTED));
            for column in 0..count {
                let at = (left + cell * column as f64, TOP + height * row as f64);
                self.draw_field(&mut scene, (row, column), at, (cell, height));
            }
        }
        scene
    }

    fn numbered_labels(&self) -> Vec<String> {
        let labels = self.labels.iter().enumerate();
        labels
            .map(|(i, label)| format!("{label}   {}", i + 1))
            .collect()
    }

    fn draw_field(
        &self,
        scene: &mut Scene,
        (row, column): (usize, usize),
        at: (f64, f64),
        (width, height): (f64, f64),
    ) {
        let inner = ((at.0 + 0.5, at.1 + 0.5), (width - 1.0, height - 1.0));
        let Some(field) = self.fields[row][column] else {
            if row == column {
                scene.rect(inner.0, inner.1, GRID, 1.0);
            }
            return;
        };
        let (sign, color) = look(field.verdict);
        match color {
            Some(color) => scene.rect(inner.0, inner.1, color, 1.0),
            None => scene.outline(inner.0, inner.1, FAINT, 0.8),
        }
        let ink = color.map_or(MUTED, Color::text_on);
        let middle = at.0 + width / 2.0;
        if !self.has_numbers() {
            let at = (middle, at.1 + height / 2.0 + centred(SMALL));
            scene.text(Text::new(at, sign, Anchor::Middle).size(SMALL).color(ink));
            return;
        }
        let top = (middle, at.1 + height / 2.0 - 1.0);
        scene.text(Text::new(top, sign, Anchor::Middle).size(SMALL).color(ink));
        let number = self.metric.number(field.difference);
        let number = font::fit(&number, width - 3.0, SMALL - 1.0, false);
        let below = (middle, at.1 + height / 2.0 + SMALL);
        let text = Text::new(below, number, Anchor::Middle);
        scene.text(text.size(SMALL - 1.0).color(ink));
    }
}

/// Sign and colour of a verdict; no colour for what is not known.
fn look(verdict: Verdict) -> (&'static str, Option<Color>) {
    match verdict {
        Verdict::Better => ("+", Some(SERIES[0])),
        Verdict::Worse => ("−", Some(SERIES[4])),
        Verdict::Equal => ("=", Some(EQUAL)),
        Verdict::Unknown => ("?", None),
    }
}

fn turned(verdict: Verdict) -> Verdict {
    match verdict {
        Verdict::Better => Verdict::Worse,
        Verdict::Worse => Verdict::Better,
        other => other,
    }
}
