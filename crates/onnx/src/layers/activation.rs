//! Activations.

use super::{LayerWriter, per_channel};
use crate::error::OnnxError;
use crate::graph::{Value, float};
use convsweep_spec::layer_names::{part, role};
use convsweep_spec::model::Activation;

/// Scale and α of SELU (Klambauer et al. 2017).
const SELU: (f64, f64) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_2);

impl LayerWriter<'_> {
    /// An activation called `name`; learned slopes belong to `layer`.
    pub(super) fn activation(
        &mut self,
        activation: Activation,
        name: &str,
        layer: &str,
        input: Value,
    ) -> Result<Value, OnnxError> {
        let x = input.name.as_str();
        let graph = &mut self.graph;
        let output = match activation {
            Activation::Relu => graph.node("Relu", name, &[x], vec![]),
            Activation::Sigmoid => graph.node("Sigmoid", name, &[x], vec![]),
            Activation::Tanh => graph.node("Tanh", name, &[x], vec![]),
            Activation::Softplus => graph.node("Softplus", name, &[x], vec![]),
            Activation::LeakyRelu => {
                graph.node("LeakyRelu", name, &[x], vec![float("alpha", 0.01)])
            }
            Activation::Elu => graph.node("Elu", name, &[x], vec![float("alpha", 1.0)]),
            Activation::HardSigmoid => graph.node("HardSigmoid", name, &[x], hard_sigmoid()),
            Activation::HardSwish => {
                let gate = part(name, "gate");
                let gate = graph.node("HardSigmoid", &gate, &[x], hard_sigmoid());
                graph.node("Mul", name, &[x, &gate], vec![])
            }
            Activation::Silu => {
                let gate = graph.node("Sigmoid", &part(name, "gate"), &[x], vec![]);
                graph.node("Mul", name, &[x, &gate], vec![])
            }
            Activation::Mish => {
                let soft = graph.node("Softplus", &part(name, "softplus"), &[x], vec![]);
                let gate = graph.node("Tanh", &part(name, "gate"), &[&soft], vec![]);
                graph.node("Mul", name, &[x, &gate], vec![])
            }
            Activation::Selu => {
                let elu = vec![float("alpha", SELU.1)];
                let elu = graph.node("Elu", &part(name, "elu"), &[x], elu);
                let scale = graph.floats(&part(name, "scale"), &[], &[SELU.0 as f32]);
                graph.node("Mul", name, &[&elu, &scale], vec![])
            }
            Activation::Relu6 => {
                let low = graph.floats(&part(name, "min"), &[], &[0.0]);
                let high = graph.floats(&part(name, "max"), &[], &[6.0]);
                graph.node("Clip", name, &[x, &low, &high], vec![])
            }
            Activation::Gelu => self.gelu(name, x),
            Activation::Prelu => {
                let slope = part(layer, role::SLOPE);
                let slope = self.tensor(&slope, &per_channel(input.shape))?;
                self.graph.node("PRelu", name, &[x, &slope], vec![])
            }
        };
        Ok(Value {
            name: output,
            shape: input.shape,
        })
    }

    /// x · (1 + erf(x / √2)) / 2.
    fn gelu(&mut self, name: &str, x: &str) -> String {
        let graph = &mut self.graph;
        let factor = std::f32::consts::FRAC_1_SQRT_2;
        let factor = graph.floats(&part(name, "factor"), &[], &[factor]);
        let scaled = graph.node("Mul", &part(name, "scaled"), &[x, &factor], vec![]);
        let erf = graph.node("Erf", &part(name, "erf"), &[&scaled], vec![]);
        let one = graph.floats(&part(name, "one"), &[], &[1.0]);
        let sum = graph.node("Add", &part(name, "sum"), &[&erf, &one], vec![]);
        let product = graph.node("Mul", &part(name, "product"), &[x, &sum], vec![]);
        let half = graph.floats(&part(name, "half"), &[], &[0.5]);
        graph.node("Mul", name, &[&product, &half], vec![])
    }
}

/// max(0, min(1, x / 6 + 1/2)).
fn hard_sigmoid() -> Vec<crate::proto::AttributeProto> {
    vec![float("alpha", 1.0 / 6.0), float("beta", 0.5)]
}
