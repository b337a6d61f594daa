//! The chart of `just bench train`'s rows: `speed ROWS.jsonl CHART.svg`.
//!
//! A bar for each network: how many times the speed of the fastest peer ours has, by the medians of
//! the rounds; whiskers from the least to the greatest ratio of one round.

use convsweep_report::draw::axis::{Panel, labelled, ticks};
use convsweep_report::draw::color::{FAINT, INK, MUTED, SERIES, SOLID};
use convsweep_report::draw::render;
use convsweep_report::draw::scene::{Anchor, SMALL, Scene, TEXT, Text};
use convsweep_report::draw::text;
use serde_json::Value;
use std::error::Error;

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 26.0;
const OURS: &str = "ours";

/// A network's images per second: by variant, in the order of the rounds.
struct Network {
    name: String,
    variants: Vec<(String, Vec<f64>)>,
}

impl Network {
    fn speeds(&self, variant: &str) -> &[f64] {
        self.variants
            .iter()
            .find(|(name, _)| name == variant)
            .map_or(&[], |(_, speeds)| speeds)
    }

    fn fastest_peer(&self) -> Option<&str> {
        let peers = self.variants.iter().filter(|(name, _)| name != OURS);
        peers
            .max_by(|a, b| median(&a.1).total_cmp(&median(&b.1)))
            .map(|(name, _)| name.as_str())
    }
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

fn networks(rows: &str) -> Result<Vec<Network>, Box<dyn Error>> {
    let mut found: Vec<Network> = vec![];
    for line in rows.lines().filter(|line| line.starts_with('{')) {
        let row: Value = serde_json::from_str(line)?;
        let text = |key: &str| row[key].as_str().map(str::to_string);
        let (Some(name), Some(variant), Some(speed)) = (
            text("network"),
            text("variant"),
            row["images_per_s"].as_f64(),
        ) else {
            continue;
        };
        let i = found
            .iter()
            .position(|n| n.name == name)
            .unwrap_or(found.len());
        if i == found.len() {
            found.push(Network {
                name,
                variants: vec![],
            });
        }
        let variants = &mut found[i].variants;
        match variants.iter_mut().find(|(name, _)| *name == variant) {
            Some((_, speeds)) => speeds.push(speed),
            None => variants.push((variant, vec![speed])),
        }
    }
    Ok(found)
}

fn peer_name(variant: &str) -> &str {
    match variant {
        "cl" => "PyTorch",
        "malloc" => "PyTorch, tuned malloc",
        "compile" => "PyTorch, compiled",
        "keras" => "Keras",
        other => other,
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let [rows, chart] = std::env::args()
        .skip(1)
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "speed ROWS CHART")?;
    let networks = networks(&std::fs::read_to_string(&rows)?)?;
    let mut bars = vec![];
    for network in &networks {
        let Some(peer) = network.fastest_peer() else {
            continue;
        };
        let (ours, theirs) = (network.speeds(OURS), network.speeds(peer));
        let ratios = ours.iter().zip(theirs).map(|(a, b)| a / b);
        let range = ratios.clone().fold((f64::MAX, 0.0f64), |(least, most), r| {
            (least.min(r), most.max(r))
        });
        let (ours, theirs) = (median(ours), median(theirs));
        let figures = format!(
            "{:.1} ×   {ours:.0} and {theirs:.0} images/s ({})",
            ours / theirs,
            peer_name(peer)
        );
        bars.push((network.name.clone(), ours / theirs, range, figures));
    }
    let most = bars
        .iter()
        .map(|bar| bar.2.1.max(bar.1))
        .fold(1.0, f64::max)
        * 1.05;
    let width = |texts: &mut dyn Iterator<Item = &String>, size| {
        texts
            .map(|t| text::width(t, size, false))
            .fold(0.0, f64::max)
    };
    let names = width(&mut bars.iter().map(|b| &b.0), TEXT);
    let right = width(&mut bars.iter().map(|b| &b.3), SMALL);
    let bounds = (
        names + 22.0,
        14.0,
        WIDTH - right - 24.0,
        20.0 + HEIGHT * bars.len() as f64,
    );
    let mut scene = Scene::new(
        WIDTH,
        bounds.3 + 42.0,
        "Training speed beside the fastest peer",
    );
    let frame = Panel::new(bounds, (0.0, most), (0.0, 1.0));
    frame.bottom_axis(&mut scene, &labelled(ticks((0.0, most), 6)), true);
    frame.x_name(
        &mut scene,
        "times the images per second of the fastest peer",
    );
    for (i, (name, ratio, (least, greatest), figures)) in bars.into_iter().enumerate() {
        let y = bounds.1 + HEIGHT * (i as f64 + 0.5) + 3.0;
        scene.text(Text::new(
            (bounds.0 - 10.0, y + TEXT * 0.36),
            name,
            Anchor::End,
        ));
        scene.text(
            Text::new((bounds.2 + 14.0, y + SMALL * 0.36), figures, Anchor::Start)
                .size(SMALL)
                .color(MUTED),
        );
        let corner = (bounds.0, y - HEIGHT * 0.28);
        scene.rect(
            corner,
            (frame.x.at(ratio) - bounds.0, HEIGHT * 0.56),
            SERIES[0],
            1.0,
        );
        scene.line(
            vec![(frame.x.at(least), y), (frame.x.at(greatest), y)],
            INK,
            1.2,
            SOLID,
        );
    }
    let one = frame.x.at(1.0);
    scene.line(vec![(one, bounds.1), (one, bounds.3)], FAINT, 1.2, SOLID);
    std::fs::write(&chart, render::svg(&scene)?)?;
    std::fs::write(chart.replace(".svg", ".png"), render::png(&scene)?)?;
    Ok(())
}
