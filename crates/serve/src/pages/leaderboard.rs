//! The leaderboard: the report's rows, with what can be done with them.

use crate::address::job_path;
use crate::feed::Sweep;
use crate::view::{ROWS, Sort, View};
use convsweep_report::LiveConfiguration;
use convsweep_spec::words::thousands;
use maud::{Markup, html};
use std::cmp::Ordering;

/// Jobs of a configuration that are linked.
const MOST_JOBS: usize = 8;

/// The rows that the view shows.
pub fn leaderboard(sweep: &Sweep, view: &View) -> Markup {
    let report = &sweep.report;
    let mut ranks: Vec<usize> = (0..report.configurations.len()).collect();
    ranks.retain(|rank| {
        let configuration = &report.configurations[*rank];
        view.shows(&configuration.label, &configuration.values)
    });
    ranks.sort_by(|a, b| {
        order(
            view.sort,
            (*a, &report.configurations[*a]),
            (*b, &report.configurations[*b]),
        )
    });
    if view.is_reversed {
        ranks.reverse();
    }
    let pages = ranks.len().div_ceil(ROWS).max(1);
    let page = view.page.min(pages - 1);
    let shown = &ranks[page * ROWS..ranks.len().min((page + 1) * ROWS)];
    html! {
        section {
            h2 { "Leaderboard" }
            p class="caption" {
                @if view.is_filtered() {
                    (thousands(ranks.len() as u64)) " of "
                    (thousands(report.configurations.len() as u64)) " configurations. "
                }
                "Mean ± standard deviation over runs; n: finished of planned runs. * may be the \
                 best: with a probability of at least 95 % the truly best one is among these. Tick \
                 configurations to see their curves and to compare them."
            }
            div class="wide" tabindex="0" role="group" aria-label="leaderboard" {
                table class="leaderboard" {
                    thead { (head(&report.leaderboard.columns, view)) }
                    tbody {
                        @for rank in shown {
                            (row(&report.configurations[*rank], &report.leaderboard.rows[*rank], view))
                        }
                    }
                }
            }
            @if pages > 1 { (page_links(page, pages, view)) }
        }
    }
}

fn order(sort: Sort, a: (usize, &LiveConfiguration), b: (usize, &LiveConfiguration)) -> Ordering {
    let by_rank = a.0.cmp(&b.0);
    let (a, b) = (a.1, b.1);
    let order = match sort {
        Sort::Rank => Ordering::Equal,
        Sort::Label => a.label.cmp(&b.label),
        Sort::Runs => b.finished.cmp(&a.finished),
        Sort::Parameters => a.parameters.cmp(&b.parameters),
        Sort::Macs => a.macs.cmp(&b.macs),
        Sort::Time => {
            let seconds = |c: &LiveConfiguration| c.seconds.unwrap_or(f64::INFINITY);
            seconds(a).total_cmp(&seconds(b))
        }
    };
    order.then(by_rank)
}

fn head(columns: &[String], view: &View) -> Markup {
    html! {
        tr {
            th scope="col" { span class="hidden" { "tick" } }
            @for (i, column) in columns.iter().enumerate() {
                @let sort = sort_of(i, column);
                th scope="col" aria-sort=[sort.and_then(|sort| direction(sort, view))] {
                    @match sort {
                        Some(sort) => {
                            a id={ "sort-" (sort.name()) } href={ "?" (view.sorted_by(sort).query()) } {
                                @if i == 0 { "place" } @else { (column) }
                                @if view.sort == sort && i != 2 {
                                    @if view.is_reversed { " ▲" } @else { " ▼" }
                                }
                            }
                        },
                        None => { (column) },
                    }
                }
            }
            th scope="col" { "jobs" }
        }
    }
}

/// What a column can be sorted by.
fn sort_of(i: usize, column: &str) -> Option<Sort> {
    match (i, column) {
        (0, _) => Some(Sort::Rank),
        (1, _) => Some(Sort::Label),
        (_, "n") => Some(Sort::Runs),
        (_, "parameters") => Some(Sort::Parameters),
        (_, "MACs") => Some(Sort::Macs),
        (_, "time") => Some(Sort::Time),
        _ => None,
    }
}

fn direction(sort: Sort, view: &View) -> Option<&'static str> {
    match (view.sort == sort, view.is_reversed) {
        (false, _) => None,
        (true, false) => Some("ascending"),
        (true, true) => Some("descending"),
    }
}

fn row(configuration: &LiveConfiguration, cells: &[String], view: &View) -> Markup {
    let id = &configuration.id.0;
    let is_ticked = view.ticked.contains(id);
    html! {
        tr class=[(cells[0] == "1" || cells[0] == "1*").then_some("best")] {
            td {
                input id={ "tick-" (id) } type="checkbox" form="view" name="tick" value=(id)
                    checked[is_ticked] aria-label={ "compare " (configuration.label) };
                i class="key" data-series=(id) {}
            }
            @for cell in cells { td { (cell) } }
            td { (jobs(configuration)) }
        }
    }
}

fn jobs(configuration: &LiveConfiguration) -> Markup {
    let jobs = &configuration.jobs;
    html! {
        @for (job, seed, fold) in jobs.iter().take(MOST_JOBS) {
            a href=(job_path(job)) {
                (seed) @if let Some(fold) = fold { "." (fold) }
            }
            " "
        }
        @if jobs.len() > MOST_JOBS { "… " (jobs.len()) }
    }
}

fn page_links(page: usize, pages: usize, view: &View) -> Markup {
    html! {
        nav aria-label="Pages of the leaderboard" {
            @if page > 0 {
                a id="page-before" rel="prev" href={ "?" (view.on_page(page - 1).query()) } { "‹ before" }
            }
            span { "page " (page + 1) " of " (pages) }
            @if page + 1 < pages {
                a id="page-after" rel="next" href={ "?" (view.on_page(page + 1).query()) } { "after ›" }
            }
        }
    }
}
