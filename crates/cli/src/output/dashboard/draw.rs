//! The picture: a pure function of the state, what a person has asked to see, and the size of the
//! terminal.

use super::pane::WatchPane;
use super::rows;
use super::state::{WatchedFailure, WatchedJob, WatchedStanding, WatchedState};
use super::text::{bar, cut, label_width, sparkline};
use super::view::WatchView;
use convsweep_spec::words::{counted, duration};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

/// Maximum number of columns of a curve.
const WIDEST_CURVE: usize = 120;
/// Columns of the bar that shows how many jobs are done.
const SHORTEST_BAR: usize = 4;
const LONGEST_BAR: usize = 24;
/// Lines below which the overview has no empty ones.
const ROOM_FOR_GAPS: usize = 9;
/// What keys do, the most important first.
const KEYS: &str = "q quit · tab pane · ↑↓ scroll · / filter · s sort · S reverse · 1 2 3 4 panes";

/// A line of the picture with its style.
type StyledLine = (String, Style);

/// The lines of the state as it is printed once, at most `height` of at most `width` columns.
pub fn once(state: &WatchedState, width: usize, height: usize) -> Vec<String> {
    let view = WatchView::default();
    let mut lines = head(state, width);
    let room = height.saturating_sub(lines.len());
    lines.extend(overview(state, &view, width, room).0);
    lines.truncate(height);
    let texts = lines.into_iter();
    texts.map(|(text, _)| cut(&text, width)).collect()
}

/// Draws the state with the pane that is asked for, and keeps in the view how many rows it has.
/// Without `colours` only bold and reversed text is used.
pub fn draw(
    state: &WatchedState,
    view: &mut WatchView,
    (area, colours): (Rect, bool),
    buffer: &mut Buffer,
) {
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let mut lines = head(state, width);
    lines.push(tabs(state, view));
    // The last line is for keys, the filter, and what is wrong.
    let room = height.saturating_sub(lines.len() + 1);
    let (body, rows, page) = match view.pane {
        WatchPane::Overview => overview(state, view, width, room),
        WatchPane::Jobs => {
            let rows = rows::jobs(state, view);
            list(&rows, view, (width, room), job_lines)
        }
        WatchPane::Leaderboard => {
            let rows = rows::standings(state, view);
            let (mut lines, count, page) =
                list(&rows, view, (width, room.saturating_sub(1)), standing_lines);
            lines.insert(0, leaderboard_head(state));
            (lines, count, page)
        }
        WatchPane::Failures => {
            let rows = rows::failures(state, view);
            list(&rows, view, (width, room), failure_lines)
        }
    };
    (view.rows, view.page) = (rows, page);
    lines.extend(body);
    lines.truncate(height.saturating_sub(1));
    lines.resize(height.saturating_sub(1), (String::new(), Style::new()));
    lines.push(foot(state, view));
    for (y, (text, style)) in lines.iter().take(height).enumerate() {
        let style = match colours {
            true => *style,
            false => Style::new().add_modifier(style.add_modifier),
        };
        let line = cut(text, width);
        buffer.set_stringn(area.x, area.y + y as u16, line, width, style);
    }
}

/// Name, process, and how many jobs are done. The remaining time has its own line where it does
/// not fit beside the counts.
fn head(state: &WatchedState, width: usize) -> Vec<StyledLine> {
    let holder = match &state.program.holder {
        Some(holder) if holder.is_paused => format!("{holder} · paused"),
        Some(holder) => holder.to_string(),
        None => "nothing is running".to_string(),
    };
    let title = format!("convsweep · {} · {holder}", state.name);
    let counts = &state.counts;
    let left = state.seconds_left;
    let left = left.map(|seconds| format!("{} left", duration(seconds)));
    let jobs = counted(counts.jobs as u64, "job");
    let mut text = format!("{} of {jobs}", counts.words());
    let mut last = Vec::new();
    if let Some(left) = left {
        let on_one_line = format!("{text} · {left}");
        if on_one_line.chars().count() + SHORTEST_BAR < width {
            text = on_one_line;
        } else {
            last.push((left, Style::new()));
        }
    }
    let room = width.saturating_sub(text.chars().count() + 1);
    let room = room.clamp(SHORTEST_BAR, LONGEST_BAR);
    let progress = bar(state.ended as f64 / counts.jobs.max(1) as f64, room);
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut lines = vec![(title, bold), (format!("{progress} {text}"), Style::new())];
    lines.extend(last);
    lines
}

/// The headings of the panes, the one that is shown in brackets.
fn tabs(state: &WatchedState, view: &WatchView) -> StyledLine {
    let mut text = String::new();
    for pane in WatchPane::ALL {
        let heading = pane.heading(state);
        text += &match pane == view.pane {
            true => format!("[{heading}]"),
            false => format!(" {heading} "),
        };
    }
    (text, Style::new().fg(Color::Cyan))
}

/// What keys do, or the filter, or what is wrong.
fn foot(state: &WatchedState, view: &WatchView) -> StyledLine {
    let dim = Style::new().add_modifier(Modifier::DIM);
    if view.is_typing {
        return (
            format!("filter: {}▏ enter keeps it, esc drops it", view.filter),
            dim,
        );
    }
    if let Some(problem) = &state.problem {
        return (problem.clone(), Style::new().fg(Color::Red));
    }
    let mut text = String::new();
    if !view.filter.is_empty() {
        text += &format!("/{} · ", view.filter);
    }
    if !view.has_first_order() {
        let order = view.order();
        let reversed = if view.is_reversed() { ", reversed" } else { "" };
        text += &format!("by {order}{reversed} · ");
    }
    if view.rows > view.page {
        let last = (view.offset() + view.page).min(view.rows);
        text += &format!("{}–{last} of {} · ", view.offset() + 1, view.rows);
    }
    (text + KEYS, dim)
}

/// Lines, the number of rows that could be shown, and how many of them fit.
type Drawn = (Vec<StyledLine>, usize, usize);

/// Running jobs, the best configurations and the newest failures. The latter get their lines first,
/// jobs get the rest. Empty lines stand between them where there is room.
fn overview(state: &WatchedState, view: &WatchView, width: usize, height: usize) -> Drawn {
    let few = height.div_ceil(5);
    let gap = match height {
        0..ROOM_FOR_GAPS => None,
        _ => Some((String::new(), Style::new())),
    };
    let standings = rows::standings(state, view);
    let standings = &standings[..standings.len().min(few)];
    let failures = rows::failures(state, view);
    let failures = &failures[..failures.len().min(few)];
    let best = section(&best_title(state), standing_lines(standings, width), &gap);
    let failed = section("failures", failure_lines(failures, width), &gap);
    let rows = rows::jobs(state, view);
    let taken = best.len() + failed.len() + usize::from(gap.is_some());
    let room = height.saturating_sub(taken).max(1);
    let (mut jobs, count, page) = list(&rows, view, (width, room), job_lines);
    if page < count && view.offset_among(count, page) == 0 && page > 1 {
        // The last line counts the others.
        let hidden = count - (page - 1);
        jobs.pop();
        jobs.push((format!("… and {hidden} more"), Style::new()));
    }
    let mut lines = Vec::with_capacity(height);
    if !jobs.is_empty() {
        lines.extend(gap);
    }
    lines.extend(jobs);
    lines.extend(best);
    lines.extend(failed);
    (lines, count, page)
}

/// The rows that fit, from the place where the view is.
fn list<T>(
    rows: &[&T],
    view: &WatchView,
    (width, height): (usize, usize),
    lines: fn(&[&T], usize) -> Vec<StyledLine>,
) -> Drawn {
    let (count, page) = (rows.len(), height.max(1));
    let from = view.offset_among(count, page);
    let shown = &rows[from..count.min(from + page)];
    if shown.is_empty() && !view.filter.is_empty() {
        return (
            vec![("nothing here matches the filter".into(), Style::new())],
            0,
            page,
        );
    }
    (lines(shown, width), count, page)
}

fn section(title: &str, lines: Vec<StyledLine>, gap: &Option<StyledLine>) -> Vec<StyledLine> {
    if lines.is_empty() {
        return lines;
    }
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let mut all = Vec::from_iter(gap.clone());
    all.push((title.to_string(), bold));
    all.extend(lines);
    all
}

fn best_title(state: &WatchedState) -> String {
    let members = state.standings.iter().filter(|row| row.may_be_best).count();
    match state.standings.len() {
        0 | 1 => "best".to_string(),
        all => format!(
            "best, by {} · * may be the best, {members} of {all}",
            state.metric
        ),
    }
}

fn leaderboard_head(state: &WatchedState) -> StyledLine {
    let bold = Style::new().add_modifier(Modifier::BOLD);
    let behind = match state.counts.finished > state.judged {
        true => format!(
            " · of {} of {} finished jobs",
            state.judged, state.counts.finished
        ),
        false => String::new(),
    };
    (format!("{}{behind}", best_title(state)), bold)
}

fn job_lines(jobs: &[&WatchedJob], width: usize) -> Vec<StyledLine> {
    let labels = label_width(jobs.iter().map(|job| &job.name), width);
    let mut lines = Vec::with_capacity(jobs.len());
    for job in jobs {
        let place = match job.device.as_str() {
            "" => &job.standing,
            device => device,
        };
        let progress = bar(f64::from(job.epoch) / f64::from(job.epochs.max(1)), 10);
        let head = format!(
            "{place:9} {progress} {:>4}/{:<4} {:labels$} {:>6} ",
            job.epoch,
            job.epochs,
            cut(&job.name, labels),
            job.newest,
        );
        let room = width.saturating_sub(head.chars().count());
        let tail = match job.detail.as_str() {
            "" => sparkline(&job.curve, room.min(WIDEST_CURVE)),
            detail => cut(detail, room),
        };
        lines.push((head + &tail, standing_style(&job.standing)));
    }
    lines
}

fn standing_style(standing: &str) -> Style {
    let style = Style::new();
    match standing {
        "finished" => style.fg(Color::Green),
        "running" => style,
        "paused" => style.fg(Color::Yellow),
        "waits" | "began" | "cancelled" | "stopped" => style.add_modifier(Modifier::DIM),
        _ => style.fg(Color::Red),
    }
}

fn standing_lines(rows: &[&WatchedStanding], width: usize) -> Vec<StyledLine> {
    let labels = label_width(rows.iter().map(|row| &row.label), width);
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let mark = if row.may_be_best { "*" } else { " " };
        let style = match row.may_be_best {
            true => Style::new().fg(Color::Green),
            false => Style::new(),
        };
        let (runs, jobs) = row.runs;
        let (beats, beaten_by) = row.beats;
        let interval = match row.interval.as_str() {
            "" => String::new(),
            interval => format!("[{interval}]"),
        };
        let text = format!(
            "{mark}{:>3}  {:labels$}  {:>6} {interval:16}  {runs}/{jobs} runs, beats {beats}, \
            beaten by {beaten_by}",
            row.rank,
            cut(&row.label, labels),
            row.mean,
        );
        lines.push((text, style));
    }
    lines
}

fn failure_lines(rows: &[&WatchedFailure], width: usize) -> Vec<StyledLine> {
    let labels = label_width(rows.iter().map(|row| &row.name), width);
    let mut lines = Vec::with_capacity(rows.len());
    for row in rows {
        let mended = if row.is_mended { " (mended)" } else { "" };
        let style = match row.is_mended {
            true => Style::new().add_modifier(Modifier::DIM),
            false => Style::new().fg(Color::Red),
        };
        let label = cut(&row.name, labels);
        let (outcome, detail) = (&row.outcome, &row.detail);
        let text = format!("  {label:labels$}  {outcome}{mended} {detail}");
        lines.push((text.trim_end().to_string(), style));
    }
    lines
}

#[cfg(test)]
#[path = "draw_tests.rs"]
mod tests;
