//! The dashboard as lines of text: a pure function of the picture and the size of the terminal.

use super::picture::Picture;
use super::text::{bar, cut, label_width, sparkline};
use convsweep_progress::JobInTraining;
use convsweep_spec::words::{counted, duration};

/// Maximum number of columns of a curve.
const WIDEST_CURVE: usize = 120;
/// Columns of the bar that shows how many jobs are done.
const SHORTEST_BAR: usize = 4;
const LONGEST_BAR: usize = 24;

/// At most `height` lines of at most `width` columns.
pub fn draw(picture: &Picture, width: usize, height: usize) -> Vec<String> {
    let mut lines = head(picture, width);
    // The best configurations and the failures get their lines first, running jobs get the rest.
    let best = &picture.best[..picture.best.len().min(height.div_ceil(5))];
    let failures = &picture.failures[..picture.failures.len().min(height.div_ceil(5))];
    let best = section("best", best, width);
    let failures = section("failures", failures, width);
    let taken = lines.len() + best.len() + failures.len() + 2;
    let room = height.saturating_sub(taken).max(1);
    lines.extend(running(picture.running(), width, room));
    lines.extend(best);
    lines.extend(failures);
    lines.truncate(height);
    lines.iter().map(|line| cut(line, width)).collect()
}

/// Name, process, and how many jobs are done. The remaining time has its own line where it does
/// not fit beside the counts.
fn head(picture: &Picture, width: usize) -> Vec<String> {
    let holder = picture.holder.as_deref().unwrap_or("nothing is running");
    let title = format!("convsweep · {} · {holder}", picture.state.name);
    let counts = &picture.state.counts;
    let left = picture.state.seconds_left();
    let left = left.map(|seconds| format!("{} left", duration(seconds)));
    let jobs = counted(counts.jobs as u64, "job");
    let mut text = format!("{} of {jobs}", counts.words());
    let mut last = Vec::new();
    if let Some(left) = left {
        let on_one_line = format!("{text} · {left}");
        if on_one_line.chars().count() + SHORTEST_BAR < width {
            text = on_one_line;
        } else {
            last.push(left);
        }
    }
    let done = picture.state.ended() as f64;
    let room = width.saturating_sub(text.chars().count() + 1);
    let room = room.clamp(SHORTEST_BAR, LONGEST_BAR);
    let progress = bar(done / counts.jobs.max(1) as f64, room);
    let mut lines = vec![title, format!("{progress} {text}")];
    lines.extend(last);
    lines
}

/// A line for each running job, at most `most` of them.
fn running(rows: &[JobInTraining], width: usize, most: usize) -> Vec<String> {
    if rows.is_empty() {
        return vec![];
    }
    let shown = &rows[..rows.len().min(most)];
    let names: Vec<String> = shown.iter().map(JobInTraining::name).collect();
    let labels = label_width(names.iter(), width);
    let mut lines = vec![String::new()];
    for row in shown {
        lines.push(running_line(row, labels, width));
    }
    if shown.len() < rows.len() {
        lines.push(format!("… and {} more", rows.len() - shown.len()));
    }
    lines
}

fn running_line(row: &JobInTraining, labels: usize, width: usize) -> String {
    let progress = bar(f64::from(row.epoch) / f64::from(row.epochs.max(1)), 10);
    let last = match row.curve.last() {
        Some(value) => format!("{value:.4}"),
        None => String::new(),
    };
    let head = format!(
        "{:8} {progress} {:>4}/{:<4} {:labels$} {last:>6} ",
        row.device,
        row.epoch,
        row.epochs,
        cut(&row.name(), labels)
    );
    let room = width.saturating_sub(head.chars().count());
    head + &sparkline(&row.curve, room.min(WIDEST_CURVE))
}

/// A title and a line for each row; nothing without rows.
fn section(title: &str, rows: &[(String, String)], width: usize) -> Vec<String> {
    if rows.is_empty() {
        return vec![];
    }
    let labels = label_width(rows.iter().map(|(label, _)| label), width);
    let mut lines = vec![String::new(), title.to_string()];
    for (label, text) in rows {
        lines.push(format!("  {:labels$}  {text}", cut(label, labels)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use convsweep_progress::{Counts, SweepState};

    fn picture(slots: usize) -> Picture {
        let running = |i: usize| JobInTraining {
            device: "cpu".into(),
            job: format!("a{i}"),
            label: format!("lr 0.00{i} and a long name that goes on"),
            run: (1, None),
            epoch: 3,
            epochs: 12,
            curve: vec![0.1, 0.4, 0.3],
        };
        let figures = "val_accuracy 0.9000 ± 0.0100 (3 of 3 seeds)";
        let mut state = SweepState::default();
        state.name = "small".into();
        state.counts = Counts {
            jobs: 40,
            finished: 10,
            failed: 2,
            pruned: 8,
            running: slots,
            waiting: 20 - slots.min(20),
            ..Counts::default()
        };
        state.seconds_a_job = Some(60.0);
        state.running = (0..slots).map(running).collect();
        Picture {
            state,
            holder: Some("process 7 on here, for 8 s".into()),
            best: vec![("lr 0.01".into(), figures.into())],
            failures: vec![("lr 10, seed 0".into(), "crashed signal 9".into())],
        }
    }

    #[test]
    fn it_fits_into_small_and_large_terminals() {
        for (width, height) in [(80, 24), (200, 50), (40, 10), (1, 1)] {
            for slots in [0, 1, 2, 64] {
                let lines = draw(&picture(slots), width, height);
                let columns = lines.iter().map(|line| line.chars().count()).max();
                assert!(
                    lines.len() <= height && columns.unwrap_or(0) <= width,
                    "{slots} slots on {width}×{height}: {lines:#?}"
                );
            }
        }
    }

    #[test]
    fn it_shows_counts_time_curves_and_failures() {
        let text = draw(&picture(2), 80, 24).join("\n");
        for words in [
            "10 finished, 2 failed, 8 pruned, 2 running, 18 waiting of 40 jobs",
            "9 min 45 s left",
            "▁█▆",
            "lr 10, seed 0",
        ] {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
        let many = draw(&picture(64), 80, 24).join("\n");
        assert!(many.contains("more"), "{many}");
    }

    #[test]
    fn a_wide_terminal_cuts_no_label() {
        let shows_label = |width| {
            let text = draw(&picture(2), width, 24).join("\n");
            text.contains("a long name that goes on, seed 1 ")
        };
        assert!(!shows_label(80));
        assert!(shows_label(200));
    }
}
