//! How p-values are written.

/// `p = 0.013`, `p < 0.001`.
pub fn p_value(p: f64) -> String {
    let number = p_number(p);
    match number.starts_with('<') {
        true => format!("p {number}"),
        false => format!("p = {number}"),
    }
}

/// `0.013`, `< 0.001`.
pub fn p_number(p: f64) -> String {
    match p {
        p if p < 0.001 => "< 0.001".into(),
        p if p < 0.1 => format!("{p:.3}"),
        p => format!("{p:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_are_written_with_the_digits_that_matter() {
        let check = |p, expected| assert_eq!(p_value(p), expected);
        check(0.0001, "p < 0.001");
        check(0.0132, "p = 0.013");
        check(0.321, "p = 0.32");
    }
}
