//! Prints the figures, and says which limits are exceeded.

use crate::limits;
use crate::measure::{Sized, Tally};
use crate::statistics::Spread;
use crate::workspace::{CrateFigures, FILE_CIRCLE, Figures, ROOM_CIRCLE, ROOM_ORDER, Violation};
use std::collections::BTreeMap;

/// Prints a table by crate, the violations by crate, and the limits; returns whether all are kept.
pub fn print(figures: &Figures) -> bool {
    print_table(figures);
    println!("\nRooms, each after those that it uses");
    for crate_figures in &figures.crates {
        println!("| `{}` | {} |", crate_figures.name, crate_figures.rooms);
    }
    for crate_figures in &figures.crates {
        print_crate(crate_figures);
    }
    print_type_names(figures);
    print_limits(figures)
}

/// Prints what goes against the order of the rooms; returns whether nothing does.
pub fn print_room_order(figures: &Figures) -> bool {
    let mut is_kept = true;
    for violation in figures.crates.iter().flat_map(|c| &c.violations) {
        if violation.rule == ROOM_ORDER {
            println!("{}: {}", violation.place, violation.text);
            is_kept = false;
        }
    }
    is_kept
}

const COLUMNS: &str = "crate        lines  chars  long%  clos  >3  files med/95/max  \
    functions med/95/max  circles  rooms  other";

fn print_table(figures: &Figures) {
    println!("Code (tests apart)\n{COLUMNS}");
    for crate_figures in &figures.crates {
        let files = Spread::of(crate_figures.files.iter().map(|file| file.size));
        let circles = (crate_figures.file_circles, crate_figures.room_circles);
        let other = other_violations(crate_figures);
        print_row(
            &crate_figures.name,
            &crate_figures.code,
            files,
            circles,
            other,
        );
    }
    let files = Spread::of(figures.files().map(|file| file.size));
    let circles = (
        figures.sum(|c| c.file_circles),
        figures.sum(|c| c.room_circles),
    );
    print_row(
        "all",
        &figures.code(),
        files,
        circles,
        figures.sum(other_violations),
    );
    let tests = figures.tests();
    println!("\nTests\n{COLUMNS}");
    print_row("all", &tests, Spread::default(), (0, 0), 0);
}

fn print_row(name: &str, tally: &Tally, files: Spread, circles: (usize, usize), other: usize) {
    println!(
        "{name:<10} {:>7} {:>6.1} {:>6.2} {:>5.1} {:>4}  {:>16}  {:>20}  {:>7}  {:>5}  {:>5}",
        tally.lines,
        tally.characters_a_line(),
        tally.long_percent(),
        tally.closures_per_thousand(),
        tally.long_closures,
        files.to_string(),
        Spread::of(tally.functions.iter().map(|function| function.size)).to_string(),
        circles.0,
        circles.1,
        other,
    );
}

/// Violations other than circles, which have columns of their own.
fn other_violations(crate_figures: &CrateFigures) -> usize {
    let violations = crate_figures.violations.iter();
    violations.filter(|violation| !is_circle(violation)).count()
}

fn is_circle(violation: &Violation) -> bool {
    [FILE_CIRCLE, ROOM_CIRCLE].contains(&violation.rule)
}

fn print_crate(crate_figures: &CrateFigures) {
    let mut lines = BTreeMap::<&str, Vec<String>>::new();
    for Violation { rule, place, text } in &crate_figures.violations {
        lines
            .entry(rule)
            .or_default()
            .push(format!("{place}: {text}"));
    }
    for Sized { path, size, .. } in over(&crate_figures.files, limits::FILE_LINES) {
        let text = format!("{}:1: {size} lines", path.display());
        lines.entry("file over 500 lines").or_default().push(text);
    }
    for Sized {
        path,
        line,
        name,
        size,
    } in over(&crate_figures.code.functions, limits::FUNCTION_LINES)
    {
        let text = format!("{}:{line}: `{name}` has {size} lines", path.display());
        lines
            .entry("function over 100 lines")
            .or_default()
            .push(text);
    }
    for Sized {
        path, line, size, ..
    } in &crate_figures.code.long_lines
    {
        let text = format!("{}:{line}: {size} columns", path.display());
        lines.entry("line over 100 columns").or_default().push(text);
    }
    if lines.is_empty() {
        return;
    }
    println!("\n== {} ==", crate_figures.name);
    for (rule, places) in lines {
        println!("{rule}: {}", places.len());
        for place in places {
            println!("  {}", place.trim_end_matches([':', ' ']));
        }
    }
}

fn over(sizes: &[Sized], limit: usize) -> impl Iterator<Item = &Sized> {
    sizes.iter().filter(move |sized| sized.size > limit)
}

fn print_type_names(figures: &Figures) {
    let repeated: Vec<_> = figures.type_names.repeated().collect();
    println!(
        "\n== type names of more than one type: {} ==",
        repeated.len()
    );
    for (name, places) in repeated {
        let places: Vec<String> = places
            .iter()
            .map(|(path, line)| format!("{}:{line}", path.display()))
            .collect();
        println!("  {name}: {}", places.join(" "));
    }
}

/// A limit, what was found, and whether it is kept.
struct Limit {
    name: &'static str,
    found: String,
    allowed: String,
    is_kept: bool,
}

impl Limit {
    fn at_most(name: &'static str, found: usize, allowed: usize) -> Limit {
        let is_kept = found <= allowed;
        Limit {
            name,
            found: found.to_string(),
            allowed: format!("at most {allowed}"),
            is_kept,
        }
    }

    fn below(name: &'static str, found: f64, allowed: f64) -> Limit {
        let is_kept = found < allowed;
        Limit {
            name,
            found: format!("{found:.2}"),
            allowed: format!("below {allowed}"),
            is_kept,
        }
    }
}

fn print_limits(figures: &Figures) -> bool {
    let limits = all_limits(figures);
    println!("\n== limits ==");
    for Limit {
        name,
        found,
        allowed,
        is_kept,
    } in &limits
    {
        let verdict = if *is_kept { "kept    " } else { "EXCEEDED" };
        println!("  {verdict}  {name}: {found} ({allowed})");
    }
    limits.iter().all(|limit| limit.is_kept)
}

fn all_limits(figures: &Figures) -> Vec<Limit> {
    let code = figures.code();
    let files = Spread::of(figures.files().map(|file| file.size));
    let functions = Spread::of(code.functions.iter().map(|function| function.size));
    let repeated = figures.type_names.repeated().count();
    let mut found = vec![
        Limit::below(
            "percentage of lines over 100 columns",
            code.long_percent(),
            limits::LONG_LINES_PERCENT,
        ),
        Limit::below(
            "closures per 1,000 lines of code",
            code.closures_per_thousand(),
            limits::CLOSURES_PER_THOUSAND,
        ),
        Limit::at_most("repeated type names", repeated, limits::REPEATED_TYPE_NAMES),
        Limit::at_most(
            "lines of a file, median",
            files.median,
            limits::FILES.median,
        ),
        Limit::at_most(
            "lines of a file, 95th percentile",
            files.percentile_95,
            limits::FILES.percentile_95,
        ),
        Limit::at_most(
            "lines of a file, longest",
            files.maximum,
            limits::FILES.maximum,
        ),
        Limit::at_most(
            "lines of a function, median",
            functions.median,
            limits::FUNCTIONS.median,
        ),
        Limit::at_most(
            "lines of a function, 95th percentile",
            functions.percentile_95,
            limits::FUNCTIONS.percentile_95,
        ),
        Limit::at_most(
            "lines of a function, longest",
            functions.maximum,
            limits::FUNCTIONS.maximum,
        ),
    ];
    found.push(Limit::at_most(
        "circles of files",
        figures.sum(|c| c.file_circles),
        0,
    ));
    found.push(Limit::at_most(
        "circles of rooms",
        figures.sum(|c| c.room_circles),
        0,
    ));
    found.extend(limits_of_rules(figures));
    found
}

/// One limit for each rule that is broken; circles are counted as such.
fn limits_of_rules(figures: &Figures) -> Vec<Limit> {
    let mut by_rule = BTreeMap::<&'static str, usize>::new();
    for violation in figures.crates.iter().flat_map(|c| &c.violations) {
        if !is_circle(violation) {
            *by_rule.entry(violation.rule).or_default() += 1;
        }
    }
    let limit = |(rule, count)| Limit::at_most(rule, count, 0);
    by_rule.into_iter().map(limit).collect()
}
