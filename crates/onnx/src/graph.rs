//! A graph under construction.

use crate::proto::{AttributeProto, NodeProto, TensorProto, data_type};
use convsweep_spec::shape::Shape;
use std::collections::HashSet;

/// What flows from one operator to the next: its name, and its shape without the batch.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Value {
    pub(crate) name: String,
    pub(crate) shape: Shape,
}

/// Nodes and constants, in the order in which they are computed.
#[derive(Default)]
pub(crate) struct Graph {
    pub(crate) nodes: Vec<NodeProto>,
    pub(crate) constants: Vec<TensorProto>,
    /// Names that are taken.
    names: HashSet<String>,
}

/// Kinds of attributes, by ONNX's numbers.
mod kind {
    pub(super) const FLOAT: i32 = 1;
    pub(super) const INT: i32 = 2;
    pub(super) const STRING: i32 = 3;
    pub(super) const INTS: i32 = 7;
}

impl Graph {
    /// Adds an operator with one output, which is called `name`; the name of the output.
    pub(crate) fn node(
        &mut self,
        operator: &str,
        name: &str,
        inputs: &[&str],
        attributes: Vec<AttributeProto>,
    ) -> String {
        let output = self.free_name(name);
        self.nodes.push(NodeProto {
            input: inputs.iter().map(|input| input.to_string()).collect(),
            output: vec![output.clone()],
            name: Some(output.clone()),
            op_type: Some(operator.to_string()),
            attribute: attributes,
        });
        output
    }

    /// Adds a constant of 32-bit floats; its name.
    pub(crate) fn floats(&mut self, name: &str, shape: &[u32], values: &[f32]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        self.constant(name, shape, data_type::FLOAT, bytes.collect())
    }

    /// Adds a constant list of 64-bit integers; its name.
    pub(crate) fn integers(&mut self, name: &str, values: &[i64]) -> String {
        let bytes = values.iter().flat_map(|value| value.to_le_bytes());
        let shape = [values.len() as u32];
        self.constant(name, &shape, data_type::INT64, bytes.collect())
    }

    fn constant(&mut self, name: &str, shape: &[u32], kind: i32, bytes: Vec<u8>) -> String {
        let name = self.free_name(name);
        self.constants.push(TensorProto {
            dims: shape.iter().map(|n| i64::from(*n)).collect(),
            data_type: Some(kind),
            name: Some(name.clone()),
            raw_data: Some(bytes),
        });
        name
    }

    /// The name, or the name with a number if it is taken.
    fn free_name(&mut self, name: &str) -> String {
        let mut free = name.to_string();
        let mut number = 2;
        while !self.names.insert(free.clone()) {
            free = format!("{name}.{number}");
            number += 1;
        }
        free
    }
}

/// An integer attribute.
pub(crate) fn int(name: &str, value: i64) -> AttributeProto {
    AttributeProto {
        i: Some(value),
        ..attribute(name, kind::INT)
    }
}

/// A list of integers.
pub(crate) fn ints(name: &str, values: &[i64]) -> AttributeProto {
    AttributeProto {
        ints: values.to_vec(),
        ..attribute(name, kind::INTS)
    }
}

/// A floating-point attribute.
pub(crate) fn float(name: &str, value: f64) -> AttributeProto {
    AttributeProto {
        f: Some(value as f32),
        ..attribute(name, kind::FLOAT)
    }
}

/// A text.
pub(crate) fn text(name: &str, value: &str) -> AttributeProto {
    AttributeProto {
        s: Some(value.as_bytes().to_vec()),
        ..attribute(name, kind::STRING)
    }
}

fn attribute(name: &str, kind: i32) -> AttributeProto {
    AttributeProto {
        name: Some(name.to_string()),
        r#type: Some(kind),
        ..AttributeProto::default()
    }
}
