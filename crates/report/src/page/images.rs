//! The images: what became of every folder, how many of each class there are, what was not used.

use super::table::{TableRow, wide_table};
use crate::ranking::Ranking;
use convsweep_spec::data::LeftOut;
use convsweep_spec::log::{ClassImages, RecordedSet};
use convsweep_spec::words::{counted, counted_as, listed, thousands};
use maud::{Markup, html};

/// Sets of images that are shown.
const MOST_SETS: usize = 10;
/// Classes whose table is open.
const MOST_OPEN_CLASSES: usize = 20;

/// What was read of the experiment's folders and tables of images; empty for other sets.
pub fn section(ranking: &Ranking) -> Markup {
    let sets = &ranking.revision.images;
    if sets.is_empty() {
        return Markup::default();
    }
    html! {
        section id="image-sets" {
            h2 { "Images" }
            @for set in sets.iter().take(MOST_SETS) {
                @if sets.len() > 1 { h3 { (name(ranking, set)) } }
                (one_set(ranking, set))
            }
            @if sets.len() > MOST_SETS {
                p class="caption" {
                    (counted((sets.len() - MOST_SETS) as u64, "further set")) " or splits: the view "
                    code { "class_images" } " of the database has them all."
                }
            }
        }
    }
}

/// The set, and the configurations that use it so.
fn name(ranking: &Ranking, set: &RecordedSet) -> String {
    let configurations = ranking.configurations.iter();
    let users = configurations.filter(|c| set.configurations.contains(&c.row.member.configuration));
    let labels: Vec<&str> = users.map(|c| c.label()).collect();
    match labels.as_slice() {
        [] => set.path.clone(),
        [one] => format!("{}: {one}", set.path),
        [one, others @ ..] => {
            let others = counted_as(others.len() as u64, "other", "others");
            format!("{}: {one} and {others}", set.path)
        }
    }
}

fn one_set(ranking: &Ranking, set: &RecordedSet) -> Markup {
    html! {
        p { (places(ranking, set)) }
        @if !set.notes.is_empty() {
            ul { @for note in &set.notes { li { (note) } } }
        }
        @if !set.left_out.is_empty() { (left_out(set)) }
        details open[set.classes.len() <= MOST_OPEN_CLASSES] {
            summary { "How many images does each class have? "
                (counted_as(set.classes.len() as u64, "class", "classes")) }
            (classes(set))
            @if set_has_folds(ranking, set) {
                p class="caption" { "Training and validation images of the first fold." }
            }
        }
    }
}

/// "data/photos: train/ for training (640 images), …".
fn places(ranking: &Ranking, set: &RecordedSet) -> String {
    let words: Vec<String> = set.places.iter().map(|place| place.in_words()).collect();
    let path = match ranking.revision.images.len() {
        1 => format!("{}: ", set.path),
        _ => String::new(),
    };
    format!("{path}{}.", listed(&words))
}

/// What was not used, a row for each reason.
fn left_out(set: &RecordedSet) -> Markup {
    let mut cells = Vec::with_capacity(set.left_out.len());
    for entry in &set.left_out {
        let has_more = entry.count > entry.examples.len() as u64;
        let names = entry.examples.join(", ") + if has_more { ", …" } else { "" };
        let number = match entry.folders {
            0 => thousands(entry.count),
            _ => LeftOut::number(std::slice::from_ref(entry)),
        };
        cells.push(vec![entry.reason.clone(), names, number]);
    }
    let rows: Vec<TableRow> = cells.iter().map(|cells| TableRow::plain(cells)).collect();
    html! {
        details open {
            summary { "What was not used, and why? " (LeftOut::number(&set.left_out)) }
            (wide_table(&["reason", "first names", "files"], &rows))
        }
    }
}

/// A row for each class, and one for all of them.
fn classes(set: &RecordedSet) -> Markup {
    let row = |class: &str, [training, validation, test]: [u64; 3]| {
        let numbers = [training, validation, test].map(thousands);
        [vec![class.to_string()], numbers.to_vec()].concat()
    };
    let numbers =
        |class: &ClassImages| [class.training, class.validation, class.test].map(u64::from);
    let mut cells = Vec::with_capacity(set.classes.len() + 1);
    let mut all = [0; 3];
    for class in &set.classes {
        let counts = numbers(class);
        for (sum, count) in all.iter_mut().zip(counts) {
            *sum += count;
        }
        cells.push(row(&class.class, counts));
    }
    cells.push(row("all", all));
    let last = cells.len() - 1;
    let highlighted = |i| (i == last).then_some("best");
    let rows = cells.iter().enumerate();
    let rows = rows.map(|(i, cells)| TableRow::classed(highlighted(i), cells));
    let rows: Vec<TableRow> = rows.collect();
    html! { div class="counts" { (wide_table(&["class", "training", "validation", "test"], &rows)) } }
}

fn set_has_folds(ranking: &Ranking, set: &RecordedSet) -> bool {
    ranking.configurations.iter().any(|configuration| {
        let member = &configuration.row.member;
        let is_of_set = member.data_hash == set.data_hash;
        is_of_set && member.resolved.data.split.folds().is_some()
    })
}
