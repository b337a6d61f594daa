//! The charts, each in a section of its own.

use crate::charts::Chart;
use crate::draw::render::themed;
use maud::{Markup, PreEscaped, html};

/// A section for each chart with its SVG document.
pub fn sections(charts: &[(Chart, String)]) -> Markup {
    html! {
        @for (chart, svg) in charts {
            (section(chart, svg))
        }
    }
}

fn section(chart: &Chart, svg: &str) -> Markup {
    let name = &chart.name;
    html! {
        section id=(name) {
            h2 { (chart.title) }
            figure {
                // On a narrow screen the picture scrolls within its box, also by the keyboard.
                div class="picture" tabindex="0" role="group" aria-label=(chart.title) {
                    (PreEscaped(themed(svg)))
                }
                figcaption {
                    (chart.caption) " "
                    span class="files" {
                        a href={ "charts/" (name) ".svg" } { "SVG" }
                        " "
                        a href={ "charts/" (name) ".png" } { "PNG" }
                    }
                }
            }
        }
    }
}
