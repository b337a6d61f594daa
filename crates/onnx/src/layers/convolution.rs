//! Convolutions.

use super::{LayerWriter, pads, plane, wide};
use crate::error::OnnxError;
use crate::graph::{Value, int, ints};
use convsweep_spec::layer_names::{part, role};
use convsweep_spec::model::{Conv, LocallyConnected, Separable, Transposed};
use convsweep_spec::shape::{Shape, padding_pixels, transposed_cut};

impl LayerWriter<'_> {
    /// A convolution with its norm and activation.
    pub(super) fn conv(
        &mut self,
        conv: &Conv,
        name: &str,
        input: Value,
        output: Shape,
    ) -> Result<Value, OnnxError> {
        let channels = input.shape.channels() / conv.groups;
        let [rows, columns] = conv.kernel;
        let (size, kernel, stride) = (plane(input.shape), conv.kernel, conv.stride);
        let padding = padding_pixels(conv.padding, size, kernel, stride, conv.dilation);
        let weight = part(name, role::WEIGHT);
        let weight = self.tensor(&weight, &[conv.filters, channels, rows, columns])?;
        let mut inputs = vec![input.name, weight];
        if conv.bias {
            inputs.push(self.tensor(&part(name, role::BIAS), &[conv.filters])?);
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let attributes = vec![
            ints("kernel_shape", &wide(kernel)),
            ints("strides", &wide(stride)),
            ints("pads", &pads(padding)),
            ints("dilations", &wide(conv.dilation)),
            int("group", conv.groups.into()),
        ];
        let value = Value {
            name: self.graph.node("Conv", name, &inputs, attributes),
            shape: output,
        };
        self.norm_and_activation(conv.norm, conv.activation, name, value)
    }

    /// A depthwise and a 1×1 convolution, then norm and activation.
    pub(super) fn separable(
        &mut self,
        separable: &Separable,
        name: &str,
        input: Value,
        output: Shape,
    ) -> Result<Value, OnnxError> {
        let [depthwise, pointwise] = separable.convs(input.shape.channels());
        let [height, width] = plane(output);
        let middle = Shape::Image {
            channels: depthwise.filters,
            height,
            width,
        };
        let first = part(name, role::DEPTHWISE);
        let value = self.conv(&depthwise, &first, input, middle)?;
        let second = part(name, role::POINTWISE);
        let value = self.conv(&pointwise, &second, value, output)?;
        self.norm_and_activation(separable.norm, separable.activation, name, value)
    }

    /// A transposed convolution. What ours cuts off at the end below zero is ONNX's output padding.
    pub(super) fn transposed(
        &mut self,
        layer: &Transposed,
        name: &str,
        input: Value,
        output: Shape,
    ) -> Result<Value, OnnxError> {
        let [rows, columns] = layer.kernel;
        let shape = [
            input.shape.channels(),
            layer.filters / layer.groups,
            rows,
            columns,
        ];
        let weight = self.tensor(&part(name, role::WEIGHT), &shape)?;
        let (kernel, stride, dilation) = (layer.kernel, layer.stride, layer.dilation);
        let more = layer.output_padding;
        let cut = transposed_cut(layer.padding, kernel, stride, dilation, more);
        let [[top, bottom], [left, right]] = cut;
        let more = [(-bottom).max(0), (-right).max(0)];
        // Programs refuse as much output padding as the stride or more: zeros, which is what it is
        // before the bias, are then added by an operator of their own.
        let is_usual = (0..2).all(|d| more[d] < i64::from(stride[d]));
        let mut inputs = vec![input.name, weight];
        if layer.bias && is_usual {
            inputs.push(self.tensor(&part(name, role::BIAS), &[layer.filters])?);
        }
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        let attributes = vec![
            ints("kernel_shape", &wide(kernel)),
            ints("strides", &wide(stride)),
            ints("pads", &[top, left, bottom.max(0), right.max(0)]),
            ints("output_padding", &if is_usual { more } else { [0, 0] }),
            ints("dilations", &wide(dilation)),
            int("group", layer.groups.into()),
        ];
        let mut result = self.graph.node("ConvTranspose", name, &inputs, attributes);
        if !is_usual {
            result = self.padded_output(layer, name, result, more)?;
        }
        let value = Value {
            name: result,
            shape: output,
        };
        self.norm_and_activation(layer.norm, layer.activation, name, value)
    }

    /// Rows and columns of zeros at the bottom and right, then the bias.
    fn padded_output(
        &mut self,
        layer: &Transposed,
        name: &str,
        value: String,
        [rows, columns]: [i64; 2],
    ) -> Result<String, OnnxError> {
        let pads = [0, 0, 0, 0, 0, 0, rows, columns];
        let pads = self.graph.integers(&part(name, "pads"), &pads);
        let padded = part(name, "padded");
        let padded = self.graph.node("Pad", &padded, &[&value, &pads], vec![]);
        if !layer.bias {
            return Ok(padded);
        }
        let bias = self.tensor(&part(name, role::BIAS), &[layer.filters, 1, 1])?;
        let sum = part(name, "sum");
        Ok(self.graph.node("Add", &sum, &[&padded, &bias], vec![]))
    }

    /// A convolution with other weights at each position: one convolution collects the pixels of
    /// each window, of which a matrix product takes the sums.
    pub(super) fn locally_connected(
        &mut self,
        layer: &LocallyConnected,
        name: &str,
        input: Value,
        output: Shape,
    ) -> Result<Value, OnnxError> {
        let channels = input.shape.channels();
        let [height, width] = plane(output);
        let positions = height * width;
        let taps = layer.kernel[0] * layer.kernel[1];
        let windows = self.windows(layer, name, &input);
        let graph = &mut self.graph;
        let (columns, count) = (i64::from(channels * taps), i64::from(positions));
        let flat = graph.integers(&part(name, "flat"), &[0, columns, count]);
        let windows = graph.node(
            "Reshape",
            &part(name, "columns"),
            &[&windows, &flat],
            vec![],
        );
        let order = vec![ints("perm", &[2, 0, 1])];
        let windows = graph.node("Transpose", &part(name, "positions"), &[&windows], order);
        let weight = self.transposed_weights(layer, name, [positions, channels * taps])?;
        let graph = &mut self.graph;
        let product = part(name, "product");
        let sums = graph.node("MatMul", &product, &[&windows, &weight], vec![]);
        let order = vec![ints("perm", &[1, 2, 0])];
        let sums = graph.node("Transpose", &part(name, "filters"), &[&sums], order);
        let shape = [0, i64::from(layer.filters), height.into(), width.into()];
        let shape = graph.integers(&part(name, "shape"), &shape);
        let mut result = graph.node("Reshape", name, &[&sums, &shape], vec![]);
        if layer.bias {
            let bias = part(name, role::BIAS);
            let bias = self.tensor(&bias, &[layer.filters, height, width])?;
            let sum = part(name, "sum");
            result = self.graph.node("Add", &sum, &[&result, &bias], vec![]);
        }
        let value = Value {
            name: result,
            shape: output,
        };
        self.norm_and_activation(layer.norm, layer.activation, name, value)
    }

    /// `[batch, channels · taps, height, width]`: the pixels of each window.
    fn windows(&mut self, layer: &LocallyConnected, name: &str, input: &Value) -> String {
        let channels = input.shape.channels();
        let [rows, columns] = layer.kernel;
        let taps = rows * columns;
        let mut one_hot = vec![0.0; (channels * taps * taps) as usize];
        for output in 0..channels * taps {
            one_hot[(output * taps + output % taps) as usize] = 1.0;
        }
        let shape = [channels * taps, 1, rows, columns];
        let kernel = self.graph.floats(&part(name, "taps"), &shape, &one_hot);
        let (size, stride) = (plane(input.shape), layer.stride);
        let padding = padding_pixels(layer.padding, size, layer.kernel, stride, [1, 1]);
        let attributes = vec![
            ints("kernel_shape", &wide(layer.kernel)),
            ints("strides", &wide(stride)),
            ints("pads", &pads(padding)),
            int("group", channels.into()),
        ];
        let name = part(name, "windows");
        self.graph
            .node("Conv", &name, &[&input.name, &kernel], attributes)
    }

    /// The weights `[positions, filters, features]` as `[positions, features, filters]`.
    fn transposed_weights(
        &mut self,
        layer: &LocallyConnected,
        name: &str,
        [positions, features]: [u32; 2],
    ) -> Result<String, OnnxError> {
        let name = part(name, role::WEIGHT);
        let values = self.values(&name)?;
        let [filters, columns] = [layer.filters, features].map(|n| n as usize);
        let mut transposed = Vec::with_capacity(values.len());
        for position in values.chunks(filters * columns) {
            for feature in 0..columns {
                transposed.extend((0..filters).map(|filter| position[filter * columns + feature]));
            }
        }
        let shape = [positions, features, layer.filters];
        Ok(self.graph.floats(&name, &shape, &transposed))
    }
}
