//! The confusion matrix of the chosen configuration, with its most frequent mistakes.

use super::chart::{Chart, ChartData, WIDTH};
use super::class_key::{ClassKey, MAX_KEY};
use crate::draw::color::{GRID, INK, MUTED};
use crate::draw::font;
use crate::draw::gradient::intensity;
use crate::draw::panel::small;
use crate::draw::scene::Scene;
use crate::draw::text::{Anchor, HEADING, SMALL, TEXT, Text, centred};
use crate::ranking::{ConfusionMatrix, FrequentMistake};
use convsweep_spec::words::thousands;

/// Up to this many classes are named next to the matrix; more are numbered.
const MAX_NAMED: usize = 40;
/// Up to this many classes have their shares printed.
const MAX_PRINTED: usize = 12;
/// Mistakes that are listed.
const LISTED: usize = 12;
/// Mistakes that are put in words.
const SPOKEN_MISTAKES: usize = 3;
/// Height of a listed mistake.
const LIST_ROW: f64 = 17.0;
const LIST_WIDTH: f64 = 206.0;
const TOP: f64 = 12.0;
/// Shares below this would be printed as 0.0.
const LEAST_PRINTED: f64 = 0.0005;

pub(super) fn charts(data: &ChartData) -> Vec<Chart> {
    let ranking = data.ranking;
    let (Some(best), Some(matrix)) = (ranking.best(), &data.confusion) else {
        return Vec::new();
    };
    let caption = format!(
        "Share of each true class (row) that was predicted as each class (column), in per cent, \
         on the {} images, over {}. n = {} predictions.",
        matrix.part.name(),
        ranking.unit.count(matrix.runs),
        thousands(matrix.counts.iter().flatten().sum())
    );
    let numbered = if matrix.classes.len() <= MAX_NAMED {
        ""
    } else if matrix.classes.len() <= MAX_KEY {
        " The numbers of the classes are explained below the matrix."
    } else {
        " The numbers of the classes are explained at the end of the page."
    };
    let caption = caption + numbered;
    let title = format!("Which classes does {} confuse?", best.label());
    let chart = Chart::new("confusion", title, caption, scene(matrix));
    vec![chart.saying(figures(matrix))]
}

/// How many images are on the diagonal, and the most frequent mistakes, in words.
fn figures(matrix: &ConfusionMatrix) -> String {
    let images: u64 = matrix.counts.iter().flatten().sum();
    let right: u64 = (0..matrix.classes.len()).map(|i| matrix.counts[i][i]).sum();
    let mut words = format!(
        "{right} of {images} predictions are right, {:.1} %.",
        100.0 * right as f64 / images.max(1) as f64
    );
    for mistake in matrix.mistakes(SPOKEN_MISTAKES) {
        let (label, predicted) = (mistake.label, mistake.predicted);
        words += &format!(
            " {:.1} % of {} are taken for {}.",
            mistake.share * 100.0,
            matrix.classes[label],
            matrix.classes[predicted]
        );
    }
    words
}

/// Draws the matrix, and the most frequent mistakes next to it.
pub fn scene(matrix: &ConfusionMatrix) -> Scene {
    let layout = MatrixLayout::new(&matrix.classes);
    let matrix_height = TOP + layout.side + layout.below + 26.0;
    let list_height = TOP + 24.0 + LIST_ROW * LISTED as f64;
    let top = matrix_height.max(list_height);
    let key = ClassKey::new(&matrix.classes, layout.named);
    let height = top + key.height();
    let mut scene = Scene::new(WIDTH, height, "Confusion matrix");
    for label in 0..matrix.classes.len() {
        for predicted in 0..matrix.classes.len() {
            draw_field(&mut scene, &layout, matrix, (label, predicted));
        }
    }
    let corner = (layout.left, TOP);
    scene.outline(corner, (layout.side, layout.side), MUTED, 0.8);
    draw_class_names(&mut scene, &layout, &matrix.classes);
    draw_axis_names(&mut scene, &layout);
    draw_mistakes(&mut scene, layout.left + layout.side + 22.0, matrix);
    key.draw(&mut scene, top);
    scene
}

/// Where the fields and the names of the classes go.
struct MatrixLayout {
    /// Whether classes are named; else they are numbered.
    named: bool,
    label_width: f64,
    left: f64,
    /// Height and width of a field.
    cell: f64,
    /// Height and width of the matrix.
    side: f64,
    /// Size of the names.
    text_size: f64,
    /// Whether the names below are turned.
    turned: bool,
    /// Height of the names below.
    below: f64,
}

impl MatrixLayout {
    fn new(classes: &[String]) -> MatrixLayout {
        let named = classes.len() <= MAX_NAMED;
        let widest = |size| font::widest(classes.iter().map(String::as_str), size);
        let label_width = if named { widest(TEXT).min(96.0) } else { 26.0 };
        let left = label_width + 34.0;
        let room = WIDTH - LIST_WIDTH - left - 14.0;
        let cell = (room / classes.len() as f64).min(44.0);
        let text_size = TEXT.min(cell * 0.95);
        let turned = named && widest(text_size) + 4.0 > cell;
        MatrixLayout {
            named,
            label_width,
            left,
            cell,
            side: cell * classes.len() as f64,
            text_size,
            turned,
            below: if turned { label_width + 10.0 } else { 18.0 },
        }
    }
}

fn draw_field(
    scene: &mut Scene,
    layout: &MatrixLayout,
    matrix: &ConfusionMatrix,
    (label, predicted): (usize, usize),
) {
    let cell = layout.cell;
    let at = (
        layout.left + cell * predicted as f64,
        TOP + cell * label as f64,
    );
    let share = matrix.share(label, predicted);
    // The square root makes small shares, such as those of mistakes, visible against white.
    let color = intensity(share.sqrt());
    if share > 0.0 {
        scene.rect(at, (cell, cell), color, 1.0);
    }
    if matrix.classes.len() > MAX_PRINTED {
        return;
    }
    scene.outline(at, (cell, cell), GRID, 0.6);
    if share >= LEAST_PRINTED {
        let size = (cell * 0.36).min(TEXT);
        let middle = (at.0 + cell / 2.0, at.1 + cell / 2.0 + centred(size));
        let text = Text::new(middle, per_cent(share), Anchor::Middle);
        scene.text(text.size(size).color(color.text_on()));
    }
}

/// A share in per cent with two digits.
fn per_cent(share: f64) -> String {
    let per_cent = share * 100.0;
    if per_cent >= 9.95 {
        format!("{per_cent:.0}")
    } else {
        format!("{per_cent:.1}")
    }
}

fn draw_class_names(scene: &mut Scene, layout: &MatrixLayout, classes: &[String]) {
    let every = if layout.named {
        1
    } else {
        classes.len().div_ceil(10).next_multiple_of(5)
    };
    let size = if layout.named {
        layout.text_size
    } else {
        SMALL
    };
    // Small names are centred as if they were larger, or they would sit too high.
    let drop = centred(layout.text_size.max(SMALL * 0.9));
    for (i, class) in classes.iter().enumerate().step_by(every) {
        let middle = layout.cell * (i as f64 + 0.5);
        let name = if layout.named {
            font::fit(class, layout.label_width, layout.text_size, false)
        } else {
            i.to_string()
        };
        let at = (layout.left - 6.0, TOP + middle + drop);
        scene.text(Text::new(at, name.clone(), Anchor::End).size(size));
        let (x, bottom) = (layout.left + middle, TOP + layout.side);
        if layout.turned {
            let at = (x + centred(layout.text_size), bottom + 6.0);
            scene.text(Text::new(at, name, Anchor::End).size(size).upright());
        } else {
            let at = (x, bottom + 14.0);
            scene.text(Text::new(at, name, Anchor::Middle).size(size));
        }
    }
}

fn draw_axis_names(scene: &mut Scene, layout: &MatrixLayout) {
    let kind = if layout.named { "" } else { " (number)" };
    let middle = layout.left + layout.side / 2.0;
    let at = (middle, TOP + layout.side + layout.below + 14.0);
    let name = format!("predicted class{kind}");
    scene.text(Text::new(at, name, Anchor::Middle).bold());
    let at = (15.0, TOP + layout.side / 2.0);
    let name = format!("true class{kind}");
    scene.text(Text::new(at, name, Anchor::Middle).bold().upright());
}

fn draw_mistakes(scene: &mut Scene, left: f64, matrix: &ConfusionMatrix) {
    let mistakes = matrix.mistakes(LISTED);
    if mistakes.is_empty() {
        return;
    }
    let top = TOP + HEADING;
    let heading = Text::new((left, top), "Most frequent mistakes", Anchor::Start);
    scene.text(heading.size(HEADING).bold());
    let arrow = font::width(" → ", SMALL, false);
    let room = (WIDTH - left - 52.0 - arrow) / 2.0;
    let name = |class: usize| font::fit(&matrix.classes[class], room, SMALL, false);
    for (i, mistake) in mistakes.iter().enumerate() {
        let FrequentMistake {
            label,
            predicted,
            share,
        } = *mistake;
        let y = top + 20.0 + LIST_ROW * i as f64;
        let number = format!("{:.1} %", share * 100.0);
        scene.text(small((left + 38.0, y), number, Anchor::End));
        let words = format!("{} → {}", name(label), name(predicted));
        let text = Text::new((left + 46.0, y), words, Anchor::Start);
        scene.text(text.size(SMALL).color(INK));
    }
}
