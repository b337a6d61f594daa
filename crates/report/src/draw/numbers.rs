//! Numbers as people read them.

use convsweep_spec::words::duration;

/// Numbers with as many decimals as they need to differ.
pub fn decimals(values: &[f64]) -> Vec<String> {
    let steps = values.windows(2).map(|w| w[1] - w[0]);
    let step = steps.fold(f64::INFINITY, f64::min);
    let places = if step.is_finite() && step > 0.0 {
        (-(step * 1.001).log10().floor()).clamp(0.0, 8.0) as usize
    } else {
        2
    };
    values.iter().map(|v| with_places(*v, places)).collect()
}

/// A number with a fixed number of decimals and a real minus sign; zero has no sign.
pub fn with_places(value: f64, places: usize) -> String {
    let value = if value == 0.0 { 0.0 } else { value };
    format!("{value:.places$}").replace('-', "−")
}

/// A count with k, M, G: 122570 → `123 k`.
pub fn si(value: f64) -> String {
    let (scaled, unit) = match value.abs() {
        v if v >= 1e9 => (value / 1e9, " G"),
        v if v >= 1e6 => (value / 1e6, " M"),
        v if v >= 1e3 => (value / 1e3, " k"),
        _ => (value, ""),
    };
    format!("{}{unit}", short(scaled))
}

/// Three significant digits without trailing zeros.
pub fn short(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !value.is_finite() {
        return value.to_string();
    }
    let exponent = value.abs().log10().floor() as i32;
    if !(-4..6).contains(&exponent) {
        let text = format!("{value:.2e}").replace(".00e", "e");
        return text.replace('-', "−");
    }
    let text = format!("{:.*}", (2 - exponent).max(0) as usize, value);
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    text.replace('-', "−")
}

/// A training time: `8.3 s`, `4 min 10 s`. Times below ten seconds keep a decimal, so that fast
/// configurations can be compared.
pub fn training_time(seconds: f64) -> String {
    if seconds < 9.5 {
        format!("{seconds:.1} s")
    } else {
        duration(seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_units() {
        let check = |value, expected| assert_eq!(si(value), expected);
        check(122570.0, "123 k");
        check(1_500_000.0, "1.5 M");
        check(12.0, "12");
        check(0.0125, "0.0125");
    }

    #[test]
    fn short_training_times_keep_a_decimal() {
        let check = |seconds, expected| assert_eq!(training_time(seconds), expected);
        check(0.04, "0.0 s");
        check(8.26, "8.3 s");
        check(9.6, "10 s");
        check(250.0, "4 min 10 s");
    }

    #[test]
    fn small_numbers_have_exponents() {
        let check = |value, expected| assert_eq!(short(value), expected);
        check(1e-5, "1e−5");
        check(1e-3, "0.001");
        check(0.0, "0");
    }
}
