//! From an architecture and its weights to a file.

use crate::error::{LARGEST, OnnxError};
use crate::graph::{Graph, Value, int, ints};
use crate::layers::{LayerWriter, Tensors};
use crate::proto::*;
use convsweep_spec::augment::MeanStd;
use convsweep_spec::layer_names::LayerNames;
use convsweep_spec::model::ModelSpec;
use convsweep_spec::shape::{Shape, summarize};
use prost::Message;
use std::collections::BTreeMap;

/// Version of the operators.
const OPSET: i64 = 17;
/// Version of the file format that came with them.
const IR_VERSION: i64 = 8;

/// What is written besides the network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OnnxOptions {
    /// The preparation of images within the graph; without it, the input is what the network reads.
    pub preprocessing: Option<Preprocessing>,
    /// Whether the output is class probabilities instead of logits.
    pub probabilities: bool,
    /// Metadata, by key.
    pub metadata: BTreeMap<String, String>,
    /// Name and version of the program.
    pub producer: (String, String),
}

/// The preparation of images within the graph: the input is `[batch, height, width, channels]`,
/// bytes from 0 to 255.
#[derive(Clone, Debug, PartialEq)]
pub struct Preprocessing {
    /// Mean and standard deviation of each channel by which values / 255 are standardised.
    pub normalization: MeanStd,
}

/// A network as the content of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct OnnxFile {
    /// The content.
    pub bytes: Vec<u8>,
    /// Name of the input.
    pub input: String,
    /// Name of the output.
    pub output: String,
    /// Version of the operators.
    pub opset: i64,
    /// Operators, and how often each is used.
    pub operators: BTreeMap<String, u32>,
}

/// Writes the trained network of an architecture for images of this shape; `tensors` gives the
/// values of its weights and running statistics by name.
///
/// # Errors
/// If a tensor is missing, the layers do not fit, or the file would be too large.
pub fn write_onnx(
    model: &ModelSpec,
    (input, classes): (Shape, u32),
    tensors: &Tensors,
    options: &OnnxOptions,
) -> Result<OnnxFile, OnnxError> {
    let summary = summarize(model, input, classes);
    let summary = summary.map_err(|error| OnnxError::Shape(error.to_string()))?;
    let mut writer = LayerWriter::new(&summary, tensors);
    let (input_info, first) = begin(&mut writer.graph, input, options);
    let logits = writer.list(&model.layers, LayerNames::of_model(), first)?;
    let mut graph = writer.graph;
    let output = end(&mut graph, &logits, options);
    let bytes: usize = graph.constants.iter().map(Message::encoded_len).sum();
    if bytes > LARGEST {
        return Err(OnnxError::TooLarge(bytes));
    }
    let mut operators = BTreeMap::new();
    for node in &graph.nodes {
        *operators.entry(node.op_type().to_string()).or_default() += 1;
    }
    let input_name = input_info.name().to_string();
    let output_info = value_info(&output, data_type::FLOAT, &[classes]);
    let model = ModelProto {
        ir_version: Some(IR_VERSION),
        producer_name: Some(options.producer.0.clone()),
        producer_version: Some(options.producer.1.clone()),
        doc_string: None,
        graph: Some(GraphProto {
            node: graph.nodes,
            name: Some("network".to_string()),
            initializer: graph.constants,
            input: vec![input_info],
            output: vec![output_info],
        }),
        opset_import: vec![OperatorSetProto {
            domain: Some(String::new()),
            version: Some(OPSET),
        }],
        metadata_props: entries(&options.metadata),
    };
    Ok(OnnxFile {
        bytes: model.encode_to_vec(),
        input: input_name,
        output,
        opset: OPSET,
        operators,
    })
}

/// The input of the graph, and what the first layer reads.
fn begin(graph: &mut Graph, shape: Shape, options: &OnnxOptions) -> (ValueInfoProto, Value) {
    let sides = match shape {
        Shape::Image {
            channels,
            height,
            width,
        } => vec![channels, height, width],
        Shape::Flat(features) => vec![features],
    };
    let (Some(preprocessing), &[channels, height, width]) =
        (&options.preprocessing, sides.as_slice())
    else {
        let name = "input".to_string();
        let info = value_info(&name, data_type::FLOAT, &sides);
        return (info, Value { name, shape });
    };
    let info = value_info("image", data_type::UINT8, &[height, width, channels]);
    let cast = vec![int("to", data_type::FLOAT.into())];
    let floats = graph.node("Cast", "image.float", &["image"], cast);
    let order = vec![ints("perm", &[0, 3, 1, 2])];
    let planes = graph.node("Transpose", "image.planes", &[&floats], order);
    let (scale, shift) = preprocessing.normalization.scale_and_shift();
    let per_channel = [channels, 1, 1];
    let scale = graph.floats("image.scale", &per_channel, &scale);
    let shift = graph.floats("image.shift", &per_channel, &shift);
    let scaled = graph.node("Mul", "image.scaled", &[&planes, &scale], vec![]);
    let name = graph.node("Add", "image.normalized", &[&scaled, &shift], vec![]);
    (info, Value { name, shape })
}

/// The output of the graph.
fn end(graph: &mut Graph, logits: &Value, options: &OnnxOptions) -> String {
    match options.probabilities {
        true => {
            let axis = vec![int("axis", 1)];
            graph.node("Softmax", "probabilities", &[&logits.name], axis)
        }
        false => graph.node("Identity", "logits", &[&logits.name], vec![]),
    }
}

/// A value whose first dimension is the batch.
fn value_info(name: &str, element: i32, sides: &[u32]) -> ValueInfoProto {
    let mut dim = vec![DimensionProto {
        dim_value: None,
        dim_param: Some("batch".to_string()),
    }];
    dim.extend(sides.iter().map(|side| DimensionProto {
        dim_value: Some(i64::from(*side)),
        dim_param: None,
    }));
    ValueInfoProto {
        name: Some(name.to_string()),
        r#type: Some(TypeProto {
            tensor_type: Some(TensorTypeProto {
                elem_type: Some(element),
                shape: Some(TensorShapeProto { dim }),
            }),
        }),
    }
}

fn entries(metadata: &BTreeMap<String, String>) -> Vec<EntryProto> {
    let entry = |(key, value): (&String, &String)| EntryProto {
        key: Some(key.clone()),
        value: Some(value.clone()),
    };
    metadata.iter().map(entry).collect()
}
