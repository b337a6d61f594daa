//! Reads the vectors, and compares numbers with them.

use serde_json::Value;

/// What the script `tests/vectors/<script>.py` wrote.
pub fn read(script: &str) -> Value {
    // Looked up at run time, since two checkouts may share one target folder.
    let root = std::env::var("CARGO_MANIFEST_DIR").expect("run by cargo");
    let path = format!("{root}/../../tests/vectors/{script}.json");
    let text = std::fs::read_to_string(path).expect("the vectors are kept");
    serde_json::from_str(&text).expect("JSON")
}

/// What a script wrote for `method`.
pub fn vectors_of(script: &str, method: &str) -> Value {
    read(script)[method].take()
}

/// What `tests/vectors/statistics.py` wrote for `method`.
pub fn vectors(method: &str) -> Value {
    vectors_of("statistics", method)
}

/// The cases of `method` in `statistics.json`.
pub fn cases(method: &str) -> Vec<Value> {
    list(&vectors(method))
}

/// The members of an array, of which there is at least one.
pub fn list(value: &Value) -> Vec<Value> {
    let members = value.as_array().expect("an array").clone();
    assert!(!members.is_empty(), "no cases");
    members
}

/// A number; `"inf"` is infinity.
pub fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("inf") => f64::INFINITY,
        _ => value.as_f64().expect("a number"),
    }
}

/// The numbers of an array.
pub fn numbers(value: &Value) -> Vec<f64> {
    value
        .as_array()
        .expect("an array")
        .iter()
        .map(number)
        .collect()
}

/// Fails unless `found` is `expected` to 1e-9 of its size (of 1e-3 for smaller numbers, so that
/// small tails are exact to 1e-12).
#[track_caller]
pub fn near(found: f64, expected: f64, what: &dyn std::fmt::Debug) {
    let is_near = found == expected || (found - expected).abs() <= 1e-9 * expected.abs().max(1e-3);
    assert!(is_near, "{found:e} is not {expected:e}: {what:?}");
}
