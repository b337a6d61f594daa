//! Pictures of states in terminals of several sizes.

use super::*;
use convsweep_progress::Counts;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

fn state(slots: usize) -> WatchedState {
    let running = |i: usize| WatchedJob {
        name: format!("lr=0.00{i} and a long name that goes on, seed 1"),
        standing: "running".into(),
        device: "cpu".into(),
        epoch: 3,
        epochs: 12,
        curve: vec![0.1, 0.4, 0.3],
        newest: "30.00".into(),
        detail: String::new(),
    };
    let resting = |name: &str, standing: &str, epoch: u32, detail: &str| WatchedJob {
        name: name.into(),
        standing: standing.into(),
        epoch,
        epochs: 12,
        detail: detail.into(),
        ..WatchedJob::default()
    };
    let mut jobs: Vec<WatchedJob> = (0..slots).map(running).collect();
    jobs.push(resting("lr=0.5, seed 0", "paused", 6, ""));
    jobs.push(resting("lr=0.5, seed 1", "waits", 0, ""));
    jobs.push(resting("lr=10, seed 0", "crashed", 1, "signal 9"));
    WatchedState {
        name: "small".into(),
        counts: Counts {
            jobs: 40,
            finished: 10,
            failed: 2,
            pruned: 8,
            running: slots,
            waiting: 20 - slots.min(20),
            ..Counts::default()
        },
        ended: 20,
        seconds_left: Some(585.0),
        jobs,
        standings: vec![standing(1, "lr=0.01", true), standing(2, "lr=0.1", false)],
        judged: 10,
        metric: "validation accuracy (%)".into(),
        failures: vec![WatchedFailure {
            name: "lr=10, seed 0".into(),
            outcome: "crashed".into(),
            detail: "signal 9".into(),
            is_mended: false,
        }],
        ..WatchedState::default()
    }
}

fn standing(rank: usize, label: &str, may_be_best: bool) -> WatchedStanding {
    WatchedStanding {
        rank,
        label: label.into(),
        may_be_best,
        mean: "90.00".into(),
        interval: "89.00 to 91.00".into(),
        runs: (3, 3),
        beats: (2 - rank, rank - 1),
    }
}

/// The terminal after the state was drawn in it.
fn drawn(state: &WatchedState, view: &mut WatchView, (width, height): (u16, u16)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a terminal");
    let frame = terminal.draw(|frame| {
        let area = frame.area();
        draw(state, view, (area, false), frame.buffer_mut());
    });
    frame.expect("drawn").buffer.clone()
}

fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width);
    let cells: Vec<&str> = buffer.content.iter().map(|cell| cell.symbol()).collect();
    let lines: Vec<String> = cells.chunks(width).map(|line| line.concat()).collect();
    lines.join("\n")
}

#[test]
fn it_fits_into_small_and_large_terminals() {
    for size in [(80, 24), (200, 50), (40, 10), (1, 1), (7, 3)] {
        for slots in [0, 1, 2, 64] {
            for pane in WatchPane::ALL {
                let mut view = WatchView::of(pane);
                let buffer = drawn(&state(slots), &mut view, size);
                let shown = text(&buffer);
                assert!(shown.starts_with("co") || size.0 == 1, "{shown}");
                let keys = shown.lines().last().unwrap_or_default();
                assert!(size.1 < 10 || keys.contains("q quit"), "{pane:?}\n{shown}");
            }
            let (width, height) = (usize::from(size.0), usize::from(size.1));
            let lines = once(&state(slots), width, height);
            let columns = lines.iter().map(|line| line.chars().count()).max();
            assert!(lines.len() <= height && columns.unwrap_or(0) <= width);
        }
    }
}

#[test]
fn the_overview_shows_counts_time_curves_marks_and_failures() {
    let view = &mut WatchView::default();
    let shown = text(&drawn(&state(2), view, (80, 24)));
    for words in [
        "10 finished, 2 failed, 8 pruned, 2 running, 18 waiting of 40 jobs",
        "9 min 45 s left",
        "▁█▆",
        "paused",
        "*  1  lr=0.01",
        "   2  lr=0.1 ",
        "* may be the best, 1 of 2",
        "lr=10, seed 0",
    ] {
        assert!(shown.contains(words), "{words} is not in\n{shown}");
    }
    assert!(
        !shown.contains("lr=0.5, seed 1"),
        "waiting jobs are among the jobs"
    );
    let many = once(&state(64), 80, 24).join("\n");
    assert!(many.contains("… and ") && many.contains("more"), "{many}");
    let small = text(&drawn(&state(2), view, (40, 10)));
    for words in ["[1 overview]", "cpu  ", "*  1  ", "failures"] {
        assert!(small.contains(words), "{words} is not in\n{small}");
    }
}

#[test]
fn the_jobs_are_sorted_filtered_and_scrolled() {
    let mut view = WatchView::of(WatchPane::Jobs);
    let all = text(&drawn(&state(2), &mut view, (100, 24)));
    assert!(all.contains("waits") && all.contains("crashed"), "{all}");
    assert!(all.contains("signal 9"), "{all}");
    assert_eq!((view.rows, view.page), (5, 20));
    view.filter = "WAITS 0.5".into();
    let few = text(&drawn(&state(2), &mut view, (100, 24)));
    assert!(
        few.contains("lr=0.5, seed 1") && !few.contains("crashed "),
        "{few}"
    );
    view.filter = "cpu".into();
    drawn(&state(2), &mut view, (100, 24));
    assert_eq!(view.rows, 2, "by device");
    view.filter.clear();
    view.next_order();
    let names = |state: &WatchedState, view: &WatchView| {
        let jobs = rows::jobs(state, view).into_iter();
        jobs.map(|job| job.standing.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        names(&state(1), &view),
        ["crashed", "paused", "running", "waits"]
    );
    view.reverse();
    assert_eq!(names(&state(1), &view)[0], "waits");
    let shown = text(&drawn(&state(30), &mut view, (100, 10)));
    assert!(
        shown.contains("by standing, reversed · 1–6 of 33"),
        "{shown}"
    );
    view.scroll_by(4);
    let shown = text(&drawn(&state(30), &mut view, (100, 10)));
    assert!(shown.contains("5–10 of 33"), "{shown}");
}

#[test]
fn a_wide_terminal_cuts_no_label() {
    let shows_label = |width| {
        let text = once(&state(2), width, 24).join("\n");
        text.contains("a long name that goes on, seed 1 ")
    };
    assert!(!shows_label(80));
    assert!(shows_label(200));
}

#[test]
fn colours_are_left_out_where_they_are_not_wanted() {
    let colours = |wanted: bool| {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 80, 24));
        let area = buffer.area;
        draw(
            &state(2),
            &mut WatchView::default(),
            (area, wanted),
            &mut buffer,
        );
        let cells = buffer.content.iter();
        cells.filter(|cell| cell.fg != Color::Reset).count()
    };
    assert_eq!(colours(false), 0);
    assert!(colours(true) > 0);
}

#[test]
fn what_could_not_be_read_is_said() {
    let problem = "the database is gone";
    let state = WatchedState {
        problem: Some(problem.into()),
        ..state(1)
    };
    let shown = text(&drawn(&state, &mut WatchView::default(), (80, 24)));
    assert!(shown.contains(problem), "{shown}");
}
