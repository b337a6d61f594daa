//! Numbers of images of each class; of many classes, those of the smallest and the largest ones.

use super::table::plain;
use convsweep_spec::words::{shortened, thousands};

/// Classes that are shown, if there are more: those with the fewest training images, and those with
/// the most.
const SMALLEST: usize = 20;
const LARGEST: usize = 10;
/// Characters of a class name that are shown.
const LONGEST_CLASS: usize = 60;

/// A row of the table.
pub struct ClassRow {
    /// Name of the class.
    pub class: String,
    /// Number of its training images, by which classes are ordered if not all are shown.
    pub training: u64,
    /// The numbers that are shown.
    pub numbers: Vec<String>,
}

/// The table with these columns after that of the names, in the order of the classes. `total` is its
/// last row, if it has one. `rest` says what shows all classes; `None` if this table is to.
pub fn class_table(
    columns: &[&str],
    mut classes: Vec<ClassRow>,
    total: Option<Vec<String>>,
    rest: Option<&str>,
) -> String {
    let count = classes.len();
    let summary = match rest {
        Some(rest) if count > SMALLEST + LARGEST => {
            classes.sort_by_key(|row| row.training);
            let hidden: Vec<ClassRow> = classes.drain(SMALLEST..count - LARGEST).collect();
            summary(count, &hidden, rest)
        }
        Some(_) | None => String::new(),
    };
    let mut rows = Vec::with_capacity(classes.len() + 1);
    for row in classes {
        let name = shortened(&row.class, LONGEST_CLASS).into_owned();
        rows.push([vec![name], row.numbers].concat());
    }
    rows.extend(total.map(|numbers| [vec!["all".to_string()], numbers].concat()));
    plain(&[&["class"], columns].concat(), &rows) + &summary
}

/// What is not shown.
fn summary(count: usize, hidden: &[ClassRow], rest: &str) -> String {
    let of = |row: Option<&ClassRow>| thousands(row.map_or(0, |row| row.training));
    let (least, most) = (of(hidden.first()), of(hidden.last()));
    let range = match least == most {
        true => least,
        false => format!("{least} to {most}"),
    };
    format!(
        "\nof {} classes, the {SMALLEST} with the fewest and the {LARGEST} with the most training \
         images; the others have {range} ({rest})",
        thousands(count as u64)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(count: u64) -> Vec<ClassRow> {
        let row = |i: u64| ClassRow {
            class: format!("c{i}"),
            training: count - i,
            numbers: vec![thousands(count - i)],
        };
        (0..count).map(row).collect()
    }

    #[test]
    fn many_classes_are_summed_up() {
        let table = |count, rest| class_table(&["training"], rows(count), None, rest);
        let rest = Some("--all shows them");
        assert_eq!(table(30, rest).lines().count(), 31);
        assert_eq!(table(3000, None).lines().count(), 3001);
        let text = table(3000, rest);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 32, "{text}");
        assert_eq!(
            lines[1].split_whitespace().collect::<Vec<_>>(),
            ["c2999", "1"]
        );
        assert_eq!(
            lines[30].split_whitespace().collect::<Vec<_>>(),
            ["c0", "3,000"]
        );
        assert_eq!(
            lines[31],
            "of 3,000 classes, the 20 with the fewest and the 10 with the most training images; \
             the others have 21 to 2,990 (--all shows them)"
        );
    }
}
