//! What `watch` shows: read from the database, drawn as lines of text. The drawing is a pure
//! function.

use crate::exit::{Code, Exit};
use crate::planning::find::progress;
use anyhow::Result;
use convsweep_spec::words::duration;

use convsweep_store::{Reader, Value, literal};

/// How an experiment stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// Its name.
    pub name: String,
    /// Who runs in the folder.
    pub holder: Option<String>,
    /// Jobs.
    pub jobs: usize,
    /// Jobs that finished.
    pub finished: usize,
    /// Jobs that ended otherwise.
    pub bad: usize,
    /// Jobs spared by a rule.
    pub spared: usize,
    /// Seconds that finished jobs took, on average.
    pub seconds_a_job: Option<f64>,
    /// The best configurations: label, what stands behind it.
    pub best: Vec<(String, String)>,
    /// Jobs that train.
    pub running: Vec<Running>,
    /// The newest failures: label and what happened.
    pub failures: Vec<(String, String)>,
}

/// A job that trains.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Running {
    /// Its device.
    pub device: String,
    /// Its configuration and seed.
    pub label: String,
    /// Completed epochs.
    pub epoch: u32,
    /// Epochs asked for.
    pub epochs: u32,
    /// The metric by epoch.
    pub curve: Vec<f64>,
}

impl Picture {
    /// Reads it.
    pub fn read(reader: &Reader, name: &str, holder: Option<String>) -> Result<Picture> {
        let jobs = progress(reader, name)?;
        let is = |outcome: &str| {
            jobs.iter()
                .filter(|j| j.state.outcome.as_deref() == Some(outcome))
                .count()
        };
        let (finished, spared) = (is("finished"), is("stopped"));
        let ended = jobs.iter().filter(|j| j.state.outcome.is_some()).count();
        let experiment = literal(name);
        let ask = |sql: String| {
            reader
                .query(&sql)
                .code(Exit::Results)
                .map(|table| table.rows)
        };
        let number = |value: &Value| value.to_string().parse::<f64>().ok();
        let metric = ask(format!(
            "select metric from experiments where experiment = {experiment}"
        ))?;
        let metric = metric
            .first()
            .map(|row| row[0].to_string())
            .unwrap_or_default();
        let mut running = Vec::new();
        for job in jobs
            .iter()
            .filter(|j| j.state.outcome.is_none() && j.state.attempts > 0 && holder.is_some())
        {
            let id = &job.job;
            let device = ask(format!(
                "select device from attempts where job = '{id}' order by attempt desc limit 1"
            ))?;
            let curve = ask(format!(
                "select value from metrics where job = '{id}' and name = '{metric}' order by epoch"
            ))?;
            running.push(Running {
                device: device
                    .first()
                    .map(|row| row[0].to_string())
                    .unwrap_or_default(),
                label: format!("{}, seed {}", job.label, job.seed),
                epoch: job.state.epoch,
                epochs: job.state.epochs,
                curve: curve.iter().filter_map(|row| number(&row[0])).collect(),
            });
        }
        let best = ask(format!(
            "select label, mean, sd, n, jobs from leaderboard where experiment = {experiment} and mean is not null order by rank limit 20"
        ))?;
        let figure = |row: &Vec<Value>| {
            let spread = number(&row[2]).map_or(String::new(), |sd| format!(" ± {sd:.4}"));
            let mean = number(&row[1]).unwrap_or(f64::NAN);
            (
                row[0].to_string(),
                format!(
                    "{metric} {mean:.4}{spread} ({} of {} seeds)",
                    row[3], row[4]
                ),
            )
        };
        let failures = ask(format!(
            "select label, seed, outcome, coalesce(detail, '') from failures where experiment = {experiment} limit 10"
        ))?;
        let failure = |row: &Vec<Value>| {
            let detail = row[3].to_string();
            let detail = detail.lines().next().unwrap_or_default();
            (
                format!("{}, seed {}", row[0], row[1]),
                format!("{} {detail}", row[2]),
            )
        };
        let seconds = ask(format!(
            "select avg(j.seconds) from jobs j join member_jobs m using (job) join experiments e using (experiment, revision)
             where experiment = {experiment} and outcome = 'finished'"
        ))?;
        Ok(Picture {
            name: name.to_string(),
            holder,
            jobs: jobs.len(),
            finished,
            bad: ended - finished - spared,
            spared,
            seconds_a_job: seconds.first().and_then(|row| number(&row[0])),
            best: best.iter().map(figure).collect(),
            running,
            failures: failures.iter().map(failure).collect(),
        })
    }

    fn left(&self) -> Option<f64> {
        let open = self.jobs - self.finished - self.spared - self.bad;
        let done: f64 = self
            .running
            .iter()
            .map(|r| f64::from(r.epoch) / f64::from(r.epochs.max(1)))
            .sum();
        let slots = self.running.len().max(1) as f64;
        (!self.running.is_empty())
            .then(|| Some(self.seconds_a_job? * (open as f64 - done).max(0.0) / slots))?
    }
}

/// At most `height` lines of at most `width` columns.
pub fn draw(picture: &Picture, width: usize, height: usize) -> Vec<String> {
    let p = picture;
    let mut lines = vec![format!(
        "convsweep · {} · {}",
        p.name,
        p.holder.as_deref().unwrap_or("nothing runs")
    )];
    let share = (p.finished + p.spared + p.bad) as f64 / p.jobs.max(1) as f64;
    let words = [
        (p.finished, "finished"),
        (p.spared, "spared"),
        (p.bad, "failed"),
        (p.running.len(), "running"),
    ];
    let words: Vec<String> = words
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    let left = p
        .left()
        .map_or(String::new(), |s| format!(" · {} left", duration(s)));
    let told = format!("{} of {} jobs{left}", words.join(", "), p.jobs);
    let room = width.saturating_sub(told.chars().count() + 1).clamp(4, 24);
    lines.push(format!("{} {told}", bar(share, room)));
    // Failures and the best have their lines first; slots take what is left.
    let most = p.best.len().min(height.div_ceil(5));
    let told = p.failures.len().min(height.div_ceil(5));
    let (best, failures) = (
        section("best", &p.best[..most], width),
        section("failures", &p.failures[..told], width),
    );
    let room = height
        .saturating_sub(lines.len() + best.len() + failures.len() + 2)
        .max(1);
    if !p.running.is_empty() {
        lines.push(String::new());
        let shown = p.running.len().min(room);
        let labels = label_width(
            p.running[..shown].iter().map(|running| &running.label),
            width,
        );
        lines.extend(
            p.running[..shown]
                .iter()
                .map(|running| slot(running, labels, width)),
        );
        if shown < p.running.len() {
            lines.push(format!("… and {} more", p.running.len() - shown));
        }
    }
    lines.extend(best);
    lines.extend(failures);
    lines.truncate(height);
    lines.iter().map(|line| cut(line, width)).collect()
}

/// Columns for labels of which the longest ones may be cut: two fifths of the terminal's.
fn label_width<'a>(labels: impl Iterator<Item = &'a String>, width: usize) -> usize {
    labels
        .map(|label| label.chars().count())
        .max()
        .unwrap_or(0)
        .min(width * 2 / 5)
}

fn section(title: &str, rows: &[(String, String)], width: usize) -> Vec<String> {
    if rows.is_empty() {
        return vec![];
    }
    let wide = label_width(rows.iter().map(|(label, _)| label), width);
    let row = |(label, text): &(String, String)| format!("  {:wide$}  {text}", cut(label, wide));
    [String::new(), title.to_string()]
        .into_iter()
        .chain(rows.iter().map(row))
        .collect()
}

fn slot(running: &Running, labels: usize, width: usize) -> String {
    let share = f64::from(running.epoch) / f64::from(running.epochs.max(1));
    let last = running
        .curve
        .last()
        .map_or(String::new(), |v| format!("{v:.4}"));
    let head = format!(
        "{:8} {} {:>4}/{:<4} {:labels$} {last:>6} ",
        running.device,
        bar(share, 10),
        running.epoch,
        running.epochs,
        cut(&running.label, labels)
    );
    let room = width.saturating_sub(head.chars().count()).min(120);
    head + &sparkline(&running.curve, room)
}

fn bar(share: f64, width: usize) -> String {
    let full = (share.clamp(0.0, 1.0) * width as f64).round() as usize;
    "█".repeat(full) + &"░".repeat(width - full)
}

/// Values as eighths of a line's height; means of neighbours where they do not all fit.
fn sparkline(values: &[f64], width: usize) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let columns = values.len().min(width);
    let column = |i: usize| {
        let part = &values[i * values.len() / columns..(i + 1) * values.len() / columns];
        part.iter().sum::<f64>() / part.len() as f64
    };
    let shown: Vec<f64> = (0..columns).map(column).collect();
    let (low, high) = shown
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| {
            (l.min(*v), h.max(*v))
        });
    let step = |v: &f64| {
        STEPS[(((v - low) / (high - low).max(1e-12)) * 7.0)
            .round()
            .clamp(0.0, 7.0) as usize]
    };
    shown.iter().map(step).collect()
}

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_string();
    }
    text.chars()
        .take(width.saturating_sub(1))
        .chain(['…'])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(slots: usize) -> Picture {
        let running = |i: usize| Running {
            device: "cpu".into(),
            label: format!("lr 0.00{i} and a long name that goes on, seed 1"),
            epoch: 3,
            epochs: 12,
            curve: vec![0.1, 0.4, 0.3],
        };
        Picture {
            name: "small".into(),
            holder: Some("process 7 on here, for 8 s".into()),
            jobs: 40,
            finished: 10,
            bad: 2,
            spared: 8,
            seconds_a_job: Some(60.0),
            best: vec![(
                "lr 0.01".into(),
                "val_accuracy 0.9000 ± 0.0100 (3 of 3 seeds)".into(),
            )],
            running: (0..slots).map(running).collect(),
            failures: vec![("lr 10, seed 0".into(), "crashed signal 9".into())],
        }
    }

    #[test]
    fn a_long_curve_is_shown_whole() {
        let rising: Vec<f64> = (0..1000).map(f64::from).collect();
        assert_eq!(sparkline(&rising, 8), "▁▂▃▄▅▆▇█");
        assert_eq!(sparkline(&rising[..3], 8), "▁▅█");
        assert_eq!(
            (sparkline(&rising, 0), sparkline(&[], 8)),
            (String::new(), String::new())
        );
    }

    #[test]
    fn it_fits_into_small_and_large_terminals() {
        for (width, height) in [(80, 24), (200, 50), (40, 10), (1, 1)] {
            for slots in [0, 1, 2, 64] {
                let lines = draw(&picture(slots), width, height);
                assert!(
                    lines.len() <= height,
                    "{slots} slots on {width}×{height}: {lines:#?}"
                );
                assert!(
                    lines.iter().all(|line| line.chars().count() <= width),
                    "{lines:#?}"
                );
            }
        }
        let text = draw(&picture(2), 80, 24).join("\n");
        for words in [
            "10 finished, 8 spared, 2 failed, 2 running of 40 jobs",
            "9 min 45 s left",
            "▁█▆",
            "lr 10, seed 0",
        ] {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
        assert!(draw(&picture(64), 80, 24).join("\n").contains("more"));
        let whole = |width| {
            draw(&picture(2), width, 24)
                .join("\n")
                .contains("a long name that goes on, seed 1 ")
        };
        assert_eq!(
            (whole(80), whole(200)),
            (false, true),
            "a wide terminal cuts nothing"
        );
    }
}
