//! How many images of each class a folder or table has for training, validation and testing.

use crate::output::table::plain;
use convsweep_plan::Planned;
use convsweep_spec::data::SetReading;
use convsweep_spec::split::ClassCounts;
use convsweep_spec::words::{shortened, thousands};

/// Classes that are shown.
const MAX_CLASSES: usize = 30;
/// Characters of a class name that are shown.
const LONGEST_CLASS: usize = 40;

/// A row for each class; of folds, the smallest and the largest numbers. Of many classes, those
/// with the fewest training images.
pub fn class_table(planned: &Planned, reading: &SetReading) -> String {
    let data = &planned.member.resolved.data;
    let folds: Vec<Option<u32>> = match data.split.folds() {
        Some(folds) => (0..folds).map(Some).collect(),
        None => vec![None],
    };
    let mut counts = Vec::with_capacity(folds.len());
    for fold in folds {
        // What cannot be divided has been refused before.
        counts.extend(ClassCounts::of(&planned.facts, reading, data, fold));
    }
    let Some(first) = counts.first() else {
        return String::new();
    };
    let mut order: Vec<usize> = (0..planned.facts.classes.len()).collect();
    let has_more = order.len() > MAX_CLASSES;
    if has_more {
        order.sort_by_key(|class| first.training[*class]);
        order.truncate(MAX_CLASSES);
    }
    let mut rows = Vec::with_capacity(order.len());
    for class in order {
        let range = |part: fn(&ClassCounts) -> &[u32]| {
            let numbers = counts.iter().map(|counts| part(counts)[class]);
            let (least, most) = numbers.fold((u32::MAX, 0), |(a, b), n| (a.min(n), b.max(n)));
            match least == most {
                true => thousands(least.into()),
                false => format!("{} to {}", thousands(least.into()), thousands(most.into())),
            }
        };
        rows.push(vec![
            shortened(&planned.facts.classes[class], LONGEST_CLASS).into_owned(),
            range(|counts| &counts.training),
            range(|counts| &counts.validation),
            range(|counts| &counts.test),
        ]);
    }
    let table = plain(&["class", "training", "validation", "test"], &rows);
    match planned.facts.classes.len() - rows.len() {
        0 => format!("{table}\n"),
        more => format!("{table}\nand {more} classes with more training images\n"),
    }
}
