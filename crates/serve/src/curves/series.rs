//! A curve as numbers.

use serde::Serialize;

/// A curve.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Series {
    /// What it belongs to: a configuration's or a job's id.
    pub id: String,
    /// Its name.
    pub label: String,
    /// Numbers on the axis, ascending.
    pub x: Vec<f64>,
    /// Values; `null` in JSON where one is not a finite number.
    pub y: Vec<f64>,
}
