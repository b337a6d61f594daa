//! The chart of `just bench train`'s rows: `speed ROWS.jsonl CHART.svg`.
//!
//! A bar for each network shows how many times as fast as the fastest peer it trains here, by the
//! medians of the rounds; whiskers span the ratios of single rounds.

use convsweep_report::draw::color::{FAINT, INK, SERIES};
use convsweep_report::draw::font;
use convsweep_report::draw::panel::{Area, Panel, small};
use convsweep_report::draw::render;
use convsweep_report::draw::scene::Scene;
use convsweep_report::draw::text::{Anchor, SMALL, TEXT, Text, centred};
use convsweep_report::draw::ticks::{labelled, ticks};
use serde_json::Value;
use std::error::Error;

const WIDTH: f64 = 760.0;
const ROW: f64 = 26.0;
const TOP: f64 = 14.0;
/// The variant that this project is in the rows.
const OURS: &str = "ours";

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rows, chart] = arguments.as_slice() else {
        return Err("speed ROWS CHART".into());
    };
    let networks = networks(&std::fs::read_to_string(rows)?)?;
    let bars: Vec<Bar> = networks.iter().filter_map(bar).collect();
    let scene = scene(&bars);
    std::fs::write(chart, render::svg(&scene)?)?;
    std::fs::write(chart.replace(".svg", ".png"), render::png(&scene)?)?;
    Ok(())
}

/// A network's training speeds.
struct Network {
    name: String,
    /// Images per second by variant, in the order of the rounds.
    variants: Vec<(String, Vec<f64>)>,
}

impl Network {
    fn speeds(&self, variant: &str) -> &[f64] {
        let mut variants = self.variants.iter();
        match variants.find(|(name, _)| name == variant) {
            Some((_, speeds)) => speeds,
            None => &[],
        }
    }

    fn add(&mut self, variant: &str, speed: f64) {
        let mut variants = self.variants.iter_mut();
        match variants.find(|(name, _)| name == variant) {
            Some((_, speeds)) => speeds.push(speed),
            None => self.variants.push((variant.to_string(), vec![speed])),
        }
    }

    fn fastest_peer(&self) -> Option<&str> {
        let peers = self.variants.iter().filter(|(name, _)| name != OURS);
        let fastest = peers.max_by(|a, b| median(&a.1).total_cmp(&median(&b.1)));
        fastest.map(|(name, _)| name.as_str())
    }
}

fn networks(rows: &str) -> Result<Vec<Network>, Box<dyn Error>> {
    let mut networks: Vec<Network> = vec![];
    for line in rows.lines().filter(|line| line.starts_with('{')) {
        let row: Value = serde_json::from_str(line)?;
        let (Some(name), Some(variant), Some(speed)) = (
            row["network"].as_str(),
            row["variant"].as_str(),
            row["images_per_s"].as_f64(),
        ) else {
            continue;
        };
        match networks.iter_mut().find(|network| network.name == name) {
            Some(network) => network.add(variant, speed),
            None => networks.push(Network {
                name: name.to_string(),
                variants: vec![(variant.to_string(), vec![speed])],
            }),
        }
    }
    Ok(networks)
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A network beside its fastest peer.
struct Bar {
    name: String,
    /// Ratio of the medians.
    ratio: f64,
    /// Smallest and largest ratio of one round.
    range: (f64, f64),
    figures: String,
}

fn bar(network: &Network) -> Option<Bar> {
    let peer = network.fastest_peer()?;
    let (ours, theirs) = (network.speeds(OURS), network.speeds(peer));
    let mut range = (f64::MAX, 0.0f64);
    for (a, b) in ours.iter().zip(theirs) {
        range = (range.0.min(a / b), range.1.max(a / b));
    }
    let (ours, theirs) = (median(ours), median(theirs));
    let ratio = ours / theirs;
    let peer = peer_name(peer);
    Some(Bar {
        name: network.name.clone(),
        ratio,
        range,
        figures: format!("{ratio:.1} ×   {ours:.0} and {theirs:.0} images/s ({peer})"),
    })
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

fn scene(bars: &[Bar]) -> Scene {
    let names = font::widest(bars.iter().map(|bar| bar.name.as_str()), TEXT);
    let figures = font::widest(bars.iter().map(|bar| bar.figures.as_str()), SMALL);
    let area = Area {
        left: names + 22.0,
        top: TOP,
        right: WIDTH - figures - 24.0,
        bottom: TOP + 6.0 + ROW * bars.len() as f64,
    };
    let title = "Training speed beside the fastest peer";
    let mut scene = Scene::new(WIDTH, area.bottom + 42.0, title);
    let longest = bars.iter().map(|bar| bar.range.1.max(bar.ratio));
    let range = (0.0, longest.fold(1.0, f64::max) * 1.05);
    let panel = Panel::rows(area, range);
    panel.bottom_axis(&mut scene, &labelled(ticks(range, 6)), true);
    panel.x_name(
        &mut scene,
        "times the images per second of the fastest peer",
    );
    for (i, bar) in bars.iter().enumerate() {
        draw(&mut scene, &panel, bar, TOP + ROW * (i as f64 + 0.5) + 3.0);
    }
    let equal = panel.x.at(1.0);
    scene.rule((equal, area.top), (equal, area.bottom), FAINT, 1.2);
    scene
}

fn draw(scene: &mut Scene, panel: &Panel, bar: &Bar, y: f64) {
    let area = panel.area();
    let at = (area.left - 10.0, y + centred(TEXT));
    scene.text(Text::new(at, &bar.name, Anchor::End));
    let at = (area.right + 14.0, y + centred(SMALL));
    scene.text(small(at, &bar.figures, Anchor::Start));
    let size = (panel.x.at(bar.ratio) - area.left, ROW * 0.56);
    scene.rect((area.left, y - ROW * 0.28), size, SERIES[0], 1.0);
    let (least, most) = bar.range;
    scene.rule((panel.x.at(least), y), (panel.x.at(most), y), INK, 1.2);
}
