//! The curves with what can be chosen about them, and the filters of the page. It is one form, whose
//! fields are the page's address.

use crate::feed::Sweep;
use crate::view::{CurveAxis, View};
use convsweep_report::LiveReport;
use convsweep_spec::log::Axis;
use maud::{Markup, html};

/// The panel of an experiment. `metrics` are those that can be chosen.
pub fn curve_panel(sweep: &Sweep, metrics: &[String], view: &View) -> Markup {
    let report = &sweep.report;
    let own = &report.metric.name;
    let metric = view.metric.as_ref().unwrap_or(own);
    html! {
        section {
            h2 { "Curves" }
            form id="view" method="get" data-metric=(own) {
                (choices(metrics, metric, view))
                (filters(report, view))
                input type="hidden" name="sort" value=(view.sort.name());
                @if view.is_reversed { input type="hidden" name="order" value="reversed"; }
                noscript { button { "Show" } }
            }
            (plot())
            p class="caption" {
                "The ticked configurations, or else the best six of those that the filters leave. A \
                 curve is the mean over the runs that have finished, or over those that train as far \
                 as all have come. Drag to zoom, double-click to see all again; with the keyboard, \
                 the arrow keys read values, + and − zoom."
            }
            noscript { p { "Curves need JavaScript; everything else does not." } }
        }
    }
}

/// The panel of a job.
pub fn job_panel(metrics: &[String], own: &str, view: &View) -> Markup {
    let metric = view.metric.as_deref().unwrap_or(own);
    html! {
        section {
            h2 { "Curve" }
            form id="view" method="get" data-metric=(own) {
                div class="fields" {
                    (metric_field(metrics, metric)) (axis_field(view)) (drawing_fields(view))
                }
                noscript { button { "Show" } }
            }
            (plot())
        }
    }
}

fn plot() -> Markup {
    html! {
        div id="plot" tabindex="0" role="group" aria-label="Curves; the arrow keys read values" {}
        p id="values" class="muted" aria-live="polite" {}
    }
}

fn choices(metrics: &[String], metric: &str, view: &View) -> Markup {
    html! {
        div class="fields" {
            (metric_field(metrics, metric))
            (axis_field(view))
            label { "Seeds "
                select name="seeds" {
                    option value="" { "mean" }
                    option value="each" selected[view.each_seed] { "each" }
                }
            }
            (drawing_fields(view))
        }
    }
}

fn metric_field(metrics: &[String], metric: &str) -> Markup {
    html! {
        label { "Metric "
            select name="metric" {
                @for name in metrics {
                    option value=(name) selected[name == metric] { (name.replace('_', " ")) }
                }
            }
        }
    }
}

fn axis_field(view: &View) -> Markup {
    html! {
        label { "Over "
            select name="x" {
                @for (axis, name) in CurveAxis::ALL {
                    option value=(name) selected[axis == view.x] { (name) }
                }
            }
        }
    }
}

fn drawing_fields(view: &View) -> Markup {
    let drawing = |name: &str| view.drawing.get(name).map_or("", String::as_str);
    let smooth = match drawing("smooth") {
        "" => "0",
        smooth => smooth,
    };
    html! {
        label { "Smoothing "
            input type="range" name="smooth" min="0" max="95" step="5" value=(smooth);
        }
        label { "Log scale "
            select name="log" {
                @for (value, words) in [("", "none"), ("y", "values"), ("x", "axis"), ("xy", "both")] {
                    option value=(value) selected[value == drawing("log")] { (words) }
                }
            }
        }
    }
}

fn filters(report: &LiveReport, view: &View) -> Markup {
    html! {
        div class="fields" {
            label { "Show "
                input id="filter" type="search" name="text" value=(view.text) placeholder="name contains";
            }
            @for axis in &report.axes { (filter(axis, view)) }
        }
    }
}

fn filter(axis: &Axis, view: &View) -> Markup {
    let chosen = view.filters.get(&axis.path);
    html! {
        label { (axis.name) " "
            select name=(View::filter_field(&axis.path)) {
                option value="" { "all" }
                @for label in &axis.labels {
                    option value=(label) selected[chosen == Some(label)] { (label) }
                }
            }
        }
    }
}
