//! The order in which classes are numbered.

/// Sorts class names: by number if all are whole numbers, by their bytes otherwise.
pub(super) fn class_order(names: &mut [String]) {
    names.sort_unstable();
    let numbers: Option<Vec<i64>> = names.iter().map(|name| name.parse().ok()).collect();
    if numbers.is_some() {
        // Stable: names of the same number, such as 1 and 01, keep their order.
        names.sort_by_key(|name| name.parse::<i64>().unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_sorted_as_numbers_and_names_as_names() {
        let check = |names: &[&str], expected: &[&str]| {
            let mut names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
            class_order(&mut names);
            assert_eq!(names, expected);
        };
        check(&["10", "9", "-1", "1", "01"], &["-1", "01", "1", "9", "10"]);
        check(&["10", "9", "x"], &["10", "9", "x"]);
        check(&["b", "B", "a"], &["B", "a", "b"]);
    }
}
