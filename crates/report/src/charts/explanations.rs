//! Which pixels decide predictions: of a sample of images, and of the surest mistakes.

use super::chart::{Chart, ChartData, WIDTH};
use super::explained_images::{color_bar, overlaid};
use super::image_tile::{COLUMN_WIDTH, COLUMNS, ImageTile, WORDS};
use crate::draw::numbers::with_places;
use crate::draw::panel::small;
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, HEADING, Text};
use crate::job_files::{Explanations, MeanMap};
use convsweep_answers::Credibility;
use convsweep_spec::event::Part;
use convsweep_spec::words::counted;

/// Height of a block's heading.
const HEAD: f64 = 30.0;
const LEFT: f64 = 12.0;
/// Height of the colour bar with its words.
const BAR: f64 = 38.0;
/// Images in a row, each with its map beside it.
const IN_A_ROW: usize = COLUMNS / 2;

/// A block of images with their maps.
type Block<'a> = (String, Vec<(ImageTile, &'a MeanMap)>);

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    chart(data).into_iter().collect()
}

fn chart(data: &ChartData) -> Option<Chart> {
    let (best, run) = (data.ranking.best()?, data.ranking.shown_run()?);
    let explanations = data.files.explanations.as_ref()?;
    let part = data.files.predictions_of(run)?.part;
    let blocks = blocks(data, explanations, part);
    let title = format!("Which pixels decide what {} predicts?", best.label());
    let caption = caption(explanations, run.job.seed);
    let chart = Chart::new("explanations", title, caption, scene(&blocks));
    Some(chart.saying(figures(explanations)))
}

fn blocks<'a>(data: &ChartData, explanations: &'a Explanations, part: Part) -> Vec<Block<'a>> {
    let asked = &explanations.asked;
    let images = asked
        .images
        .iter()
        .map(|kept| ImageTile::new(kept, part, data));
    let mut sample: Vec<_> = images.zip(&explanations.maps).collect();
    let mistakes = sample.split_off(asked.sampled);
    let name = part.name();
    let mut blocks = vec![
        (format!("A sample of the {name} images"), sample),
        ("Most confident mistakes".to_string(), mistakes),
    ];
    blocks.retain(|(_, pairs)| !pairs.is_empty());
    blocks
}

/// What the marks mean, over which networks, and whether they can be believed.
fn caption(explanations: &Explanations, seed: u64) -> String {
    let of_networks = match explanations.networks {
        1 => format!("the network of seed {seed}"),
        n => {
            let agreement = explanations.agreement();
            let agreement = agreement.map_or(String::new(), |mean| {
                format!(
                    "; \"agree\" is the mean correlation of two of their maps, {} on average",
                    with_places(mean, 2)
                )
            });
            format!("the mean of {n} networks, each scaled to its highest value{agreement}")
        }
    };
    format!(
        "Right of each image: what speaks for the class below it, by Grad-CAM of the last layer \
         with planes (Selvaraju et al. 2017), {of_networks}. {}",
        credibility(explanations, seed)
    )
}

fn credibility(explanations: &Explanations, seed: u64) -> String {
    let (judged, better, effect) = explanations.judged();
    if judged == 0 {
        return "Whether the marks matter was not looked at, since that would take the network too \
                long; `convsweep explain` looks."
            .into();
    }
    let images = counted(judged, "image");
    let counts = format!(
        "Taking away or putting in first what the network of seed {seed} marks (Petsiuk et al. \
         2018) changes its prediction more than the same shape elsewhere for {better} of {images}"
    );
    match Credibility::of(better, judged, effect) {
        Credibility::Credible => format!("{counts}: the marks matter."),
        Credibility::Slight => format!(
            "{counts}, but hardly, by {effect:.2} of the probability on average: they are not what \
             decides."
        ),
        Credibility::TooFew => format!("{counts}, which are too few to say more."),
        Credibility::NotCredible => {
            format!("{counts}, which chance does as well: do not believe these marks.")
        }
    }
}

fn figures(explanations: &Explanations) -> String {
    let (judged, better, _) = explanations.judged();
    let images = counted(explanations.maps.len() as u64, "image");
    format!("{images} with maps; {better} of {judged} judged ones mark what matters.")
}

fn scene(blocks: &[Block]) -> Scene {
    let heights = blocks.iter().map(|(_, pairs)| block_height(pairs));
    let height = heights.sum::<f64>() + BAR + 8.0;
    let mut scene = Scene::new(WIDTH, height, "Images, and which of their pixels decide");
    let mut top = 4.0;
    for (heading, pairs) in blocks {
        let text = Text::new((LEFT, top + 18.0), heading, Anchor::Start);
        scene.text(text.size(HEADING).bold());
        let height = tallest(pairs);
        for (i, (tile, map)) in pairs.iter().enumerate() {
            let x = LEFT + 2.0 * COLUMN_WIDTH * (i % IN_A_ROW) as f64;
            let y = top + HEAD + (height + WORDS) * (i / IN_A_ROW) as f64;
            tile.draw(&mut scene, (x, y), height);
            let at = (x + COLUMN_WIDTH - 3.0, y);
            draw_map(&mut scene, (tile, map), at, height);
        }
        top += block_height(pairs);
    }
    color_bar(&mut scene, (LEFT, top + 4.0));
    scene
}

/// The map over its image, with what is to be said of it below.
fn draw_map(scene: &mut Scene, (tile, map): (&ImageTile, &MeanMap), at: (f64, f64), height: f64) {
    let drawn = overlaid(&tile.image, &map.values);
    scene.pixels(at, tile.image_size(height), drawn);
    let is_empty = map.values.iter().all(|value| *value == 0.0);
    let worth = match (is_empty, map.judgement) {
        (true, _) => Some("marks nothing"),
        (false, Some((true, _))) => Some("matters"),
        (false, Some((false, _))) => Some("as elsewhere"),
        (false, None) => None,
    };
    let agreement = map
        .agreement
        .map(|mean| format!("agree {}", with_places(mean, 2)));
    let mut y = at.1 + height + 13.0;
    for line in worth.map(str::to_string).into_iter().chain(agreement) {
        scene.text(small((at.0, y), line, Anchor::Start));
        y += 12.0;
    }
}

fn tallest(pairs: &[(ImageTile, &MeanMap)]) -> f64 {
    let heights = pairs
        .iter()
        .map(|(tile, _)| ImageTile::tallest(std::slice::from_ref(tile)));
    heights.fold(0.0, f64::max)
}

fn block_height(pairs: &[(ImageTile, &MeanMap)]) -> f64 {
    let rows = pairs.len().div_ceil(IN_A_ROW) as f64;
    HEAD + rows * (tallest(pairs) + WORDS) + 6.0
}
