//! `sample` in a `[[sweep]]` block: points drawn instead of all combinations, each a pure function
//! of the seed.

use crate::language::check::{Sink, table};
use crate::language::reader::Reader;
use crate::language::tables;
use crate::source::tree::{Node, Origin, Value};
use convsweep_spec::canonical::digest;
use convsweep_spec::random::uniform_from_key;

/// How the points of a block are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    method: Method,
    pub count: u32,
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Method {
    /// Each coordinate by itself: a further axis or point changes no other draw.
    Random,
    /// Owen-scrambled Sobol points (Burley 2020); the first n are well spread for every n.
    Sobol,
    /// Every axis cut into `count` strips of equal probability, one point in each (McKay et al.
    /// 1979).
    LatinHypercube,
}

/// A range without steps.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interval {
    pub from: f64,
    pub to: f64,
    pub log: bool,
    /// Both ends are integers, and so are all values.
    pub whole: bool,
    pub at: Origin,
}

impl Sample {
    /// Reads `sample`, a table of the block; what is wrong with it is told, and then one point is
    /// drawn.
    pub(crate) fn read(node: &Node, has_axes: bool, sink: &mut Sink) -> Sample {
        let help = "sample = { method = \"sobol\", count = 40 }";
        if !node.is_table() {
            sink.at(
                node,
                format!("`sample` is {}", node.type_name()),
                "",
                help.into(),
            );
        } else if !has_axes {
            sink.at(
                node,
                "there is nothing to sample".into(),
                "the block has no axes",
                "[sweep.grid]".into(),
            );
        } else if table(node, tables::SAMPLE, &[], "sample", sink) {
            let reader = Reader::new(node, tables::SAMPLE);
            let method = match reader.text("method").as_deref() {
                Some("sobol") => Method::Sobol,
                Some("latin-hypercube") => Method::LatinHypercube,
                _ => Method::Random,
            };
            let (count, seed) = (
                reader.u32("count").unwrap_or(1),
                reader.u64("seed").unwrap_or(0),
            );
            return Sample {
                method,
                count,
                seed,
            };
        }
        Sample {
            method: Method::Random,
            count: 1,
            seed: 0,
        }
    }

    /// The same, of one point only.
    pub(crate) fn of_one(self) -> Sample {
        Sample { count: 1, ..self }
    }

    /// The step of each point along a dimension of so many steps.
    pub(crate) fn steps(&self, number: u32, name: &str, steps: usize) -> Vec<u32> {
        let step = |u: f64| {
            ((u * steps as f64) as u32)
                .min(u32::try_from(steps).unwrap_or(u32::MAX).saturating_sub(1))
        };
        self.coordinates(number, name)
            .into_iter()
            .map(step)
            .collect()
    }

    /// Coordinates in [0, 1) of all points along the dimension of this number and name.
    pub(crate) fn coordinates(&self, number: u32, name: &str) -> Vec<f64> {
        let uniform = |i: u32| uniform_from_key(&(self.seed, name, i));
        match self.method {
            Method::Random => (0..self.count).map(uniform).collect(),
            Method::Sobol => {
                let seed = (uniform_from_key(&self.seed) * f64::from(u32::MAX)) as u32;
                // Dimensions beyond the tables begin again under another seed.
                let place =
                    |i| sobol_burley::sample(i, number % 256, seed.wrapping_add(number / 256));
                (0..self.count).map(|i| f64::from(place(i))).collect()
            }
            Method::LatinHypercube => {
                let mut strips: Vec<u32> = (0..self.count).collect();
                strips.sort_by_cached_key(|i| digest(&(self.seed, name, "strip", i)).to_hex());
                let within = |(i, strip): (u32, &u32)| {
                    (f64::from(*strip) + uniform(i)) / f64::from(self.count)
                };
                (0..self.count).zip(&strips).map(within).collect()
            }
        }
    }
}

impl Interval {
    /// The value at a coordinate in [0, 1), with five significant digits.
    pub(crate) fn value(&self, coordinate: f64) -> Node {
        let (low, high) = (self.from.min(self.to), self.from.max(self.to));
        // Integers are equally probable, or as the logarithm has it: each owns the stretch up to
        // the next.
        let top = if self.whole { high + 1.0 } else { high };
        let x = match self.log {
            true => (low.ln() + (top.ln() - low.ln()) * coordinate).exp(),
            false => low + (top - low) * coordinate,
        };
        let value = match self.whole {
            true => Value::Int(x.floor().clamp(low, high) as i64),
            false => Value::Float(format!("{x:.4e}").parse().unwrap_or(x).clamp(low, high)),
        };
        Node::new(value, self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHODS: [Method; 3] = [Method::Random, Method::Sobol, Method::LatinHypercube];

    fn coordinates(method: Method, count: u32, seed: u64, name: &str) -> Vec<f64> {
        Sample {
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
        for method in [Method::Random, Method::Sobol] {
            let few = coordinates(method, 40, 3, "lr");
            assert_eq!(few, coordinates(method, 80, 3, "lr")[..40], "{method:?}");
        }
    }

    #[test]
    fn stratified_methods_hit_every_strip() {
        for method in [Method::Sobol, Method::LatinHypercube] {
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
        let check = |from, to, log, whole, coordinate, expect: f64| {
            let interval = Interval {
                from,
                to,
                log,
                whole,
                at: Origin::DEFAULT,
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
