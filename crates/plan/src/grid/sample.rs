//! `sample` of a block: points drawn instead of all combinations, each a pure function of the seed.

use crate::language::check::Checker;
use crate::language::reader::{TableReader, choice};
use crate::language::tables;
use crate::source::problem::{Problem, ProblemCode, ProblemSink};
use crate::source::span::Span;
use crate::source::tree::{Node, NodeValue};
use convsweep_spec::canonical::digest;
use convsweep_spec::random::uniform_from_key;
use serde::Deserialize;

/// Dimensions for which Sobol points are tabulated.
const SOBOL_DIMENSIONS: u32 = 256;

/// How the points of a block are drawn.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sampling {
    method: SamplingMethod,
    pub count: u32,
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SamplingMethod {
    /// Each coordinate independently, so that a further axis or point changes no other draw.
    Random,
    /// Owen-scrambled Sobol points (Burley 2020); the first n are well spread for every n.
    Sobol,
    /// Every axis is cut into `count` strips of equal probability, each with one point (McKay et
    /// al. 1979).
    LatinHypercube,
}

/// All numbers between two ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub from: f64,
    pub to: f64,
    /// Whether logarithms are spread evenly instead of numbers.
    pub log: bool,
    /// Whether both ends are written as integers, so that draws are integers too.
    pub integers: bool,
    pub span: Span,
}

impl Sampling {
    /// Reads `sample` of a block. If something is wrong with it, that is reported and one point is
    /// drawn.
    pub(super) fn read(node: &Node, has_axes: bool, sink: &mut ProblemSink) -> Sampling {
        match Sampling::try_read(node, has_axes, sink) {
            Some(sampling) => sampling,
            None => Sampling {
                method: SamplingMethod::Random,
                count: 1,
                seed: 0,
            },
        }
    }

    fn try_read(node: &Node, has_axes: bool, sink: &mut ProblemSink) -> Option<Sampling> {
        if !node.is_table() {
            let title = format!("`sample` must be a table, not {}", node.type_name());
            let problem = Problem::of(ProblemCode::WrongType, node, title);
            sink.report(problem.help("sample = { method = \"sobol\", count = 40 }"));
            return None;
        }
        if !has_axes {
            let problem = Problem::of(ProblemCode::Missing, node, "there is nothing to sample");
            let help = "write the axes in [sweep.grid]";
            sink.report(problem.label("the block has no axes").help(help));
            return None;
        }
        if !Checker::whole(sink).section(node, tables::SAMPLE, "sample") {
            return None;
        }
        let reader = TableReader::new(node, tables::SAMPLE);
        Some(Sampling {
            method: choice(&reader.node("method")?)?,
            count: reader.u32("count")?,
            seed: reader.u64("seed")?,
        })
    }

    pub(super) fn with_count(self, count: u32) -> Sampling {
        Sampling { count, ..self }
    }

    /// The step of each point along a dimension with this many steps.
    pub(super) fn steps(&self, number: u32, name: &str, steps: usize) -> Vec<u32> {
        let last = u32::try_from(steps).unwrap_or(u32::MAX).saturating_sub(1);
        let coordinates = self.coordinates(number, name).into_iter();
        let step = |u: f64| ((u * steps as f64) as u32).min(last);
        coordinates.map(step).collect()
    }

    /// Coordinates in [0, 1) of all points along the dimension with this number and name.
    pub(super) fn coordinates(&self, number: u32, name: &str) -> Vec<f64> {
        match self.method {
            SamplingMethod::Random => (0..self.count).map(|i| self.uniform(name, i)).collect(),
            SamplingMethod::Sobol => self.sobol(number),
            SamplingMethod::LatinHypercube => self.latin_hypercube(name),
        }
    }

    fn uniform(&self, name: &str, i: u32) -> f64 {
        uniform_from_key(&(self.seed, name, i))
    }

    fn sobol(&self, number: u32) -> Vec<f64> {
        let seed = (uniform_from_key(&self.seed) * f64::from(u32::MAX)) as u32;
        // Dimensions beyond the tables begin again with another seed.
        let seed = seed.wrapping_add(number / SOBOL_DIMENSIONS);
        let dimension = number % SOBOL_DIMENSIONS;
        let coordinate = |i| f64::from(sobol_burley::sample(i, dimension, seed));
        (0..self.count).map(coordinate).collect()
    }

    fn latin_hypercube(&self, name: &str) -> Vec<f64> {
        let mut strips: Vec<u32> = (0..self.count).collect();
        strips.sort_by_cached_key(|i| digest(&(self.seed, name, "strip", i)).to_hex());
        let mut coordinates = Vec::with_capacity(strips.len());
        for (i, strip) in (0..self.count).zip(strips) {
            let within = self.uniform(name, i);
            coordinates.push((f64::from(strip) + within) / f64::from(self.count));
        }
        coordinates
    }
}

impl Interval {
    /// The value at a coordinate in [0, 1), to five significant digits.
    pub(super) fn value(&self, coordinate: f64) -> Node {
        let (low, high) = (self.from.min(self.to), self.from.max(self.to));
        // Each integer owns the stretch up to the next one.
        let top = if self.integers { high + 1.0 } else { high };
        let x = if self.log {
            (low.ln() + (top.ln() - low.ln()) * coordinate).exp()
        } else {
            low + (top - low) * coordinate
        };
        let value = if self.integers {
            NodeValue::Int(x.floor().clamp(low, high) as i64)
        } else {
            let rounded: f64 = format!("{x:.4e}").parse().unwrap_or(x);
            NodeValue::Float(rounded.clamp(low, high))
        };
        Node::new(value, self.span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: [SamplingMethod; 3] = [
        SamplingMethod::Random,
        SamplingMethod::Sobol,
        SamplingMethod::LatinHypercube,
    ];

    fn coordinates(method: SamplingMethod, count: u32, seed: u64, name: &str) -> Vec<f64> {
        Sampling {
            method,
            count,
            seed,
        }
        .coordinates(1, name)
    }

    #[test]
    fn coordinates_are_uniform_and_follow_the_seed() {
        for method in METHODS {
            let drawn = coordinates(method, 1024, 7, "lr");
            assert!(drawn.iter().all(|u| (0.0..1.0).contains(u)), "{method:?}");
            let mean = drawn.iter().sum::<f64>() / 1024.0;
            let variance = drawn.iter().map(|u| (u - mean).powi(2)).sum::<f64>() / 1024.0;
            assert!(
                (mean - 0.5).abs() < 0.03 && (variance - 1.0 / 12.0).abs() < 0.01,
                "{method:?} {mean} {variance}"
            );
            assert_eq!(drawn, coordinates(method, 1024, 7, "lr"));
            assert_ne!(drawn, coordinates(method, 1024, 8, "lr"));
        }
    }

    #[test]
    fn more_points_keep_the_first_ones() {
        for method in [SamplingMethod::Random, SamplingMethod::Sobol] {
            let few = coordinates(method, 40, 3, "lr");
            assert_eq!(few, coordinates(method, 80, 3, "lr")[..40], "{method:?}");
        }
    }

    #[test]
    fn stratified_methods_hit_every_strip() {
        for method in [SamplingMethod::Sobol, SamplingMethod::LatinHypercube] {
            let mut strips: Vec<u32> = coordinates(method, 64, 5, "x")
                .iter()
                .map(|u| (u * 64.0) as u32)
                .collect();
            strips.sort_unstable();
            assert_eq!(strips, (0..64).collect::<Vec<_>>(), "{method:?}");
        }
    }

    #[test]
    fn values_stay_in_their_interval() {
        let check = |from, to, log, integers, coordinate, expect: f64| {
            let interval = Interval {
                from,
                to,
                log,
                integers,
                span: Span::BUILT_IN,
            };
            assert_eq!(interval.value(coordinate).float(), Some(expect));
        };
        check(1e-4, 1e-1, true, false, 0.0, 1e-4);
        check(1e-4, 1e-1, true, false, 0.5, 3.1623e-3);
        check(1.0, 0.0, false, false, 0.25, 0.25);
        check(1.0, 4.0, false, true, 0.999_999, 4.0);
        check(1.0, 4.0, false, true, 0.3, 2.0);
        check(8.0, 64.0, true, true, 0.5, 22.0);
    }
}
