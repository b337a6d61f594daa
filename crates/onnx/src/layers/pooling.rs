//! Pooling.

use super::{LayerWriter, pads, plane, wide};
use crate::graph::{Value, int, ints};
use crate::proto::AttributeProto;
use convsweep_spec::layer_names::part;
use convsweep_spec::model::{Pool, PoolKind};
use convsweep_spec::shape::{Shape, adaptive_window, padding_pixels};

impl LayerWriter<'_> {
    /// A pooling.
    pub(super) fn pool(&mut self, pool: &Pool, name: &str, input: Value, output: Shape) -> Value {
        let x = input.name.as_str();
        let name = match pool.kind {
            PoolKind::Max => self
                .graph
                .node("MaxPool", name, &[x], windows(pool, input.shape)),
            PoolKind::Average => {
                let mut attributes = windows(pool, input.shape);
                attributes.push(int("count_include_pad", 0));
                self.graph.node("AveragePool", name, &[x], attributes)
            }
            PoolKind::GlobalAverage => self.global("GlobalAveragePool", name, x),
            PoolKind::GlobalMax => self.global("GlobalMaxPool", name, x),
            PoolKind::AdaptiveAverage | PoolKind::AdaptiveMax => self.adaptive(pool, name, &input),
        };
        Value {
            name,
            shape: output,
        }
    }

    fn global(&mut self, operator: &str, name: &str, x: &str) -> String {
        let pooled = self
            .graph
            .node(operator, &part(name, "plane"), &[x], vec![]);
        self.graph
            .node("Flatten", name, &[&pooled], vec![int("axis", 1)])
    }

    /// An adaptive pooling: a usual one where all windows are equally large and do not overlap.
    fn adaptive(&mut self, pool: &Pool, name: &str, input: &Value) -> String {
        let size = plane(input.shape);
        let is_even = (0..2).all(|d| size[d].is_multiple_of(pool.size[d].max(1)));
        let is_max = pool.kind == PoolKind::AdaptiveMax;
        if is_even {
            let window = wide([0, 1].map(|d| size[d] / pool.size[d].max(1)));
            let attributes = vec![ints("kernel_shape", &window), ints("strides", &window)];
            let operator = if is_max { "MaxPool" } else { "AveragePool" };
            return self.graph.node(operator, name, &[&input.name], attributes);
        }
        match is_max {
            true => self.adaptive_max(pool.size, name, input),
            false => self.adaptive_average(pool.size, name, input),
        }
    }

    /// Two matrix products, with a row or column of weights for each window.
    fn adaptive_average(&mut self, count: [u32; 2], name: &str, input: &Value) -> String {
        let [height, width] = plane(input.shape);
        let rows = shares(count[0], height);
        let columns = transposed(&shares(count[1], width), count[1], width);
        let graph = &mut self.graph;
        let rows = graph.floats(&part(name, "rows"), &[count[0], height], &rows);
        let columns = graph.floats(&part(name, "columns"), &[width, count[1]], &columns);
        let product = part(name, "means");
        let means = graph.node("MatMul", &product, &[&rows, &input.name], vec![]);
        graph.node("MatMul", name, &[&means, &columns], vec![])
    }

    /// The maxima of slices, first along the height, then along the width.
    fn adaptive_max(&mut self, count: [u32; 2], name: &str, input: &Value) -> String {
        let size = plane(input.shape);
        let graph = &mut self.graph;
        let mut value = input.name.clone();
        for d in [0, 1] {
            let axis = d as i64 + 2;
            let mut maxima = Vec::with_capacity(count[d] as usize);
            for i in 0..count[d] {
                let [from, to] = adaptive_window(i, count[d], size[d]).map(i64::from);
                let from = graph.integers(&part(name, "from"), &[from]);
                let to = graph.integers(&part(name, "to"), &[to]);
                let axes = graph.integers(&part(name, "axis"), &[axis]);
                let inputs = [value.as_str(), &from, &to, &axes];
                let slice = graph.node("Slice", &part(name, "window"), &inputs, vec![]);
                let along = vec![ints("axes", &[axis]), int("keepdims", 1)];
                let maximum = part(name, "maximum");
                maxima.push(graph.node("ReduceMax", &maximum, &[&slice], along));
            }
            let maxima: Vec<&str> = maxima.iter().map(String::as_str).collect();
            value = graph.node("Concat", name, &maxima, vec![int("axis", axis)]);
        }
        value
    }
}

fn windows(pool: &Pool, input: Shape) -> Vec<AttributeProto> {
    let (window, stride) = (pool.size, pool.stride);
    let padding = padding_pixels(pool.padding, plane(input), window, stride, [1, 1]);
    vec![
        ints("kernel_shape", &wide(window)),
        ints("strides", &wide(stride)),
        ints("pads", &pads(padding)),
    ]
}

/// `[count, size]`: the share of each pixel in the mean of each window.
fn shares(count: u32, size: u32) -> Vec<f32> {
    let mut shares = vec![0.0; (count * size) as usize];
    for i in 0..count {
        let [from, to] = adaptive_window(i, count, size);
        for pixel in from..to {
            shares[(i * size + pixel) as usize] = 1.0 / (to - from) as f32;
        }
    }
    shares
}

fn transposed(matrix: &[f32], rows: u32, columns: u32) -> Vec<f32> {
    let value = |i: u32| matrix[((i % rows) * columns + i / rows) as usize];
    (0..rows * columns).map(value).collect()
}
