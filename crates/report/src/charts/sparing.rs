//! What stopping rules spared: the epochs that each configuration trained, of those that were asked
//! for.

use super::leaderboard::MOST;
use super::{Chart, WIDTH, named, note};
use crate::draw::axis::{Panel, labelled, whole_ticks};
use crate::draw::color::{Color, FAINT, MUTED};
use crate::draw::scene::{Anchor, SMALL, Scene, TEXT, Text};
use crate::draw::text;
use crate::standing::{Entry, Standing};

/// Bars of epochs by configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Sparing {
    /// Configurations: those with a result, best first, then the others by what they trained.
    pub rows: Vec<Row>,
    /// Configurations that found no room.
    pub left_out: usize,
}

/// One configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name.
    pub label: String,
    /// Colour of its bar; none where no job of it finished.
    pub color: Option<Color>,
    /// Epochs that its jobs trained.
    pub trained: usize,
    /// Epochs that were asked for.
    pub asked: usize,
    /// Jobs that a rule spared, and jobs in all.
    pub spared: (usize, usize),
}

/// The chart; `None` where no job was spared.
pub fn chart(standing: &Standing) -> Option<Chart> {
    let mut rows: Vec<Row> = standing
        .entries
        .iter()
        .map(|entry| row(standing, entry))
        .collect();
    if rows.iter().all(|row| row.spared.0 == 0) {
        return None;
    }
    let sum = |count: fn(&Row) -> usize| rows.iter().map(count).sum::<usize>();
    let (trained, asked, spared, jobs) = (
        sum(|r| r.trained),
        sum(|r| r.asked),
        sum(|r| r.spared.0),
        sum(|r| r.spared.1),
    );
    rows[standing.ranked..].sort_by_key(|row| std::cmp::Reverse(row.trained));
    let left_out = rows.len().saturating_sub(MOST);
    rows.truncate(MOST);
    let more = if left_out > 0 {
        format!(" {left_out} more configurations are not shown.")
    } else {
        String::new()
    };
    Some(Chart {
        name: "sparing".into(),
        title: "What was spared".into(),
        caption: format!(
            "Epochs that the jobs of each configuration trained, of those that were asked for (outline): {trained} of {asked} in all, {:.0} % were spared; {spared} of {jobs} jobs were spared in part or whole. Coloured: configurations with a finished job, best first; grey: those without.{more}",
            100.0 * (1.0 - trained as f64 / asked.max(1) as f64)
        ),
        scene: Sparing { rows, left_out }.scene(),
    })
}

fn row(standing: &Standing, entry: &Entry) -> Row {
    let spared = entry
        .runs
        .iter()
        .filter(|run| run.job.outcome.as_deref() == Some("stopped"))
        .count();
    Row {
        label: named(standing, entry.label()),
        color: entry.finished().next().map(|_| entry.style.color),
        trained: entry.runs.iter().map(|run| run.job.epochs.len()).sum(),
        asked: entry.row.member.resolved.train.epochs() as usize * entry.runs.len(),
        spared: (spared, entry.runs.len()),
    }
}

impl Sparing {
    /// Draws the rows.
    pub fn scene(&self) -> Scene {
        let height = if self.rows.len() > 12 { 17.0 } else { 23.0 };
        let figures: Vec<String> = self
            .rows
            .iter()
            .map(|r| format!("{} of {}", r.trained, r.asked))
            .collect();
        let width = |text: &str, size: f64| text::width(text, size, false);
        let names = self
            .rows
            .iter()
            .map(|r| width(&r.label, TEXT))
            .fold(0.0, f64::max)
            .min(290.0);
        let right = figures.iter().map(|f| width(f, SMALL)).fold(60.0, f64::max);
        let bounds = (
            names + 22.0,
            26.0,
            WIDTH - right - 24.0,
            26.0 + height * self.rows.len() as f64 + 6.0,
        );
        let most = self
            .rows
            .iter()
            .map(|r| r.asked.max(r.trained))
            .max()
            .unwrap_or(0)
            .max(1) as f64;
        let mut scene = Scene::new(WIDTH, bounds.3 + 42.0, "Epochs trained by configuration");
        let frame = Panel::new(bounds, (0.0, most), (0.0, 1.0));
        frame.bottom_axis(&mut scene, &labelled(whole_ticks((0.0, most), 7)), true);
        frame.x_name(&mut scene, "epochs over all jobs of the configuration");
        note(&mut scene, (bounds.2 + 14.0, 16.0), "epochs");
        for (i, (row, figure)) in self.rows.iter().zip(figures).enumerate() {
            let y = bounds.1 + height * (i as f64 + 0.5) + 3.0;
            let label = text::fit(&row.label, names, TEXT, false);
            scene.text(Text::new(
                (bounds.0 - 10.0, y + TEXT * 0.36),
                label,
                Anchor::End,
            ));
            scene.text(
                Text::new((bounds.2 + 14.0, y + SMALL * 0.36), figure, Anchor::Start)
                    .size(SMALL)
                    .color(MUTED),
            );
            let bar = |epochs: usize| (frame.x.at(epochs as f64) - bounds.0, height * 0.56);
            let corner = (bounds.0, y - height * 0.28);
            scene.rect(
                corner,
                bar(row.trained),
                row.color.unwrap_or(MUTED),
                if row.color.is_some() { 1.0 } else { 0.55 },
            );
            scene.outline(corner, bar(row.asked), FAINT, 1.0);
        }
        scene
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_what_was_trained() {
        let row = |label: &str, color, trained, spared| Row {
            label: label.into(),
            color,
            trained,
            asked: 36,
            spared: (spared, 4),
        };
        let rows = vec![
            row("winner", Some(MUTED), 36, 0),
            row("spared after an epoch", None, 4, 4),
        ];
        let scene = Sparing { rows, left_out: 0 }.scene();
        assert_eq!(scene.collisions(), Vec::<String>::new());
        let texts: Vec<&str> = scene.texts().map(|t| t.text.as_str()).collect();
        for words in ["winner", "spared after an epoch", "36 of 36", "4 of 36"] {
            assert!(texts.contains(&words), "{words} is not in {texts:?}");
        }
    }
}
