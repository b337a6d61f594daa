//! How many images of each class a folder or table has for training, validation and testing.

use crate::output::class_table::{ClassRow, class_table};
use convsweep_plan::Planned;
use convsweep_spec::data::SetReading;
use convsweep_spec::split::ClassCounts;
use convsweep_spec::words::thousands;

/// A row for each class; of folds, the smallest and the largest numbers. Of many classes, the
/// smallest and the largest ones, unless all are to be shown.
pub fn table_of_classes(planned: &Planned, reading: &SetReading, shows_all: bool) -> String {
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
    let mut rows = Vec::with_capacity(planned.facts.classes.len());
    for (class, name) in planned.facts.classes.iter().enumerate() {
        let range = |part: fn(&ClassCounts) -> &[u32]| {
            let numbers = counts.iter().map(|counts| part(counts)[class]);
            let (least, most) = numbers.fold((u32::MAX, 0), |(a, b), n| (a.min(n), b.max(n)));
            match least == most {
                true => thousands(least.into()),
                false => format!("{} to {}", thousands(least.into()), thousands(most.into())),
            }
        };
        rows.push(ClassRow {
            class: name.clone(),
            training: first.training[class].into(),
            numbers: vec![
                range(|counts| &counts.training),
                range(|counts| &counts.validation),
                range(|counts| &counts.test),
            ],
        });
    }
    let rest = (!shows_all).then_some("--all shows them");
    let columns = ["training", "validation", "test"];
    class_table(&columns, rows, None, rest) + "\n"
}
