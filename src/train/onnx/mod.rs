//! A network as an ONNX file: operators that every runtime has, weights by PyTorch's names, images of the run's size in any number.

mod graph;
mod networks;
mod proto;

use super::weights::{NamedTensor, WriteError, named_tensors, write_new};
use super::{Choice, Evaluator, Network, TrainError};
use graph::{Graph, Value, Weight};
use networks::GRAPHS;
use proto::{Dimension, Entry, Model, Opset, Side, TensorType, ValueInfo, ValueType};
use std::collections::BTreeMap;
use std::path::Path;

/// Of 2022; the first with layer norms, which every runtime of since then reads.
const OPSET: i64 = 17;
const IR_VERSION: i64 = 8;
/// What comes in, `[N, C, H, W]` behind the preprocessing, and what comes out, `[N, classes]`.
const INPUT: &str = "images";
const OUTPUT: &str = "logits";

/// Writes the network of that name for images `[C, H, W]`, with `metadata` in the file. An existing file is left alone unless
/// `overwrite` says otherwise; a file is there whole or not at all.
///
/// # Errors
/// There is a file; the disk refuses; the device failed; the network is none of `config::NETWORKS`.
pub fn write_onnx(
    evaluator: &Evaluator,
    name: &str,
    input: [usize; 3],
    metadata: &[(&str, String)],
    path: &Path,
    overwrite: bool,
) -> Result<(), WriteError> {
    let model = model_of(evaluator, name, input, metadata)?;
    write_new(path, &prost::Message::encode_to_vec(&model), overwrite)
}

/// An operator of a network, as far as it can be told what it takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Operator {
    /// ONNX's name of it.
    pub kind: String,
    /// Values that flow into it; weights and constants are not among them.
    pub inputs: Vec<String>,
    /// The first weight or constant, by its name.
    pub weight: Option<String>,
    pub output: String,
    /// Of an image's output.
    pub shape: Vec<usize>,
    /// Of an image, as a convolution or a matrix product has them; 0 for all others.
    pub multiply_adds: u64,
}

/// The operators of a network for images `[C, H, W]`, in the order in which they are computed; no weight is looked at.
///
/// # Errors
/// The network has no graph.
pub(super) fn operators(network: &Network, name: &str, input: [usize; 3]) -> Result<Vec<Operator>, TrainError> {
    let row = GRAPHS.iter().find(|(known, _)| *known == name);
    let (_, build) = row.ok_or_else(|| TrainError::Unknown { what: Choice::Network, name: name.to_owned() })?;
    let weights: BTreeMap<String, Weight> = network
        .tensor_names()
        .into_iter()
        .map(|tensor| (tensor.name, Weight { shape: tensor.shape, values: Vec::new() }))
        .collect();
    let mut graph = Graph::new(&weights);
    build(&mut graph, &Value { name: INPUT.to_owned(), shape: input.to_vec() });
    let Graph { nodes, shapes, initializers, .. } = graph;
    let mut known: BTreeMap<String, Vec<usize>> = [(INPUT.to_owned(), input.to_vec())].into();
    let mut operators = Vec::with_capacity(nodes.len());
    for (node, shape) in nodes.into_iter().zip(shapes) {
        let (constants, inputs): (Vec<String>, Vec<String>) =
            node.input.into_iter().partition(|input| initializers.contains_key(input));
        let weight = constants.into_iter().next();
        let elements = shape.iter().product::<usize>() as u64;
        let of_weight = |from: usize| {
            let shape = weight.as_ref().and_then(|name| weights.get(name)).map(|weight| &weight.shape);
            shape.and_then(|shape| shape.get(from..)).map(|sides| sides.iter().product::<usize>() as u64)
        };
        let inner = match node.op_type.as_str() {
            "Conv" | "Gemm" => of_weight(1),
            "MatMul" => of_weight(1).or_else(|| known.get(inputs.first()?)?.last().map(|side| *side as u64)),
            _ => None,
        };
        let output = node.output.into_iter().next().unwrap_or_default();
        known.insert(output.clone(), shape.clone());
        let multiply_adds = elements * inner.unwrap_or(0);
        operators.push(Operator { kind: node.op_type, inputs, weight, output, shape, multiply_adds });
    }
    Ok(operators)
}

fn model_of(
    evaluator: &Evaluator,
    name: &str,
    input: [usize; 3],
    metadata: &[(&str, String)],
) -> Result<Model, TrainError> {
    let row = GRAPHS.iter().find(|(known, _)| *known == name);
    let (_, build) = row.ok_or_else(|| TrainError::Unknown { what: Choice::Network, name: name.to_owned() })?;
    let tensors = named_tensors(evaluator)?;
    let weights: BTreeMap<String, Weight> =
        tensors.into_iter().map(|NamedTensor { name, shape, values, .. }| (name, Weight { shape, values })).collect();
    let mut graph = Graph::new(&weights);
    let logits = build(&mut graph, &Value { name: INPUT.to_owned(), shape: input.to_vec() });
    if let Some(unmatched) = graph.unmatched() {
        return Err(TrainError::Device(msg!("train-onnx-no-graph", name, unmatched)));
    }
    let Graph { mut nodes, initializers, .. } = graph;
    nodes.iter_mut().flat_map(|node| &mut node.output).filter(|out| **out == logits.name).for_each(|out| {
        OUTPUT.clone_into(out);
    });
    let entry = |(key, value): &(&str, String)| Entry { key: (*key).to_owned(), value: value.clone() };
    Ok(Model {
        ir_version: IR_VERSION,
        producer_name: "trainscope".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        graph: Some(proto::Graph {
            node: nodes,
            name: name.to_owned(),
            initializer: initializers.into_values().collect(),
            input: vec![value_info(INPUT, &input)],
            output: vec![value_info(OUTPUT, &logits.shape)],
        }),
        opset_import: vec![Opset { domain: String::new(), version: OPSET }],
        metadata_props: metadata.iter().map(entry).collect(),
    })
}

fn value_info(name: &str, shape: &[usize]) -> ValueInfo {
    let side = |side: &usize| Dimension { side: Some(Side::Value(*side as i64)) };
    let batch = Dimension { side: Some(Side::Name("N".to_owned())) };
    let shape = proto::Shape { dim: std::iter::once(batch).chain(shape.iter().map(side)).collect() };
    let tensor = Some(TensorType { element: proto::FLOAT, shape: Some(shape) });
    ValueInfo { name: name.to_owned(), kind: Some(ValueType { tensor }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{ModelConfig, NETWORKS, OptimizerConfig};
    use crate::train::{LossSpec, OpenDevice, Trainer, TrainerSpec};
    use std::collections::BTreeSet;

    fn evaluator(name: &str) -> Evaluator {
        let (model, optimizer) = (ModelConfig::named(name), OptimizerConfig::default());
        let spec = TrainerSpec { model, optimizer, loss: LossSpec::default(), in_channels: 3, classes: 5, seed: 1 };
        Trainer::new(spec, OpenDevice::open("cpu").unwrap()).unwrap().evaluator().unwrap()
    }

    /// That onnxruntime computes the same is `tests/roundtrip.py`'s to hold.
    #[test]
    fn every_network_s_graph_has_all_of_its_weights_and_each_value_before_it_is_used() {
        assert_eq!(GRAPHS.len(), NETWORKS.len());
        for info in NETWORKS {
            let name = info.item.name;
            let side = info.smallest_side + 7;
            let metadata = [("labels", "[\"a\"]".to_owned())];
            let model = model_of(&evaluator(name), name, [3, side, side + 9], &metadata).unwrap();
            let bytes = prost::Message::encode_to_vec(&model);
            assert_eq!(<Model as prost::Message>::decode(bytes.as_slice()).unwrap(), model, "{name}");
            let graph = model.graph.unwrap();
            let mut known: BTreeSet<String> = graph.initializer.iter().map(|tensor| tensor.name.clone()).collect();
            for tensor in &graph.initializer {
                let count: i64 = tensor.dims.iter().product();
                let size = if tensor.data_type == proto::INT64 { 8 } else { 4 };
                assert_eq!(tensor.raw_data.len() as i64, count * size, "{name}: {}", tensor.name);
            }
            known.insert(INPUT.to_owned());
            for node in &graph.node {
                assert!(node.input.iter().all(|input| known.contains(input)), "{name}: {node:?}");
                assert!(node.output.iter().all(|output| known.insert(output.clone())), "{name}: {node:?}");
            }
            assert!(known.contains(OUTPUT), "{name}");
            assert_eq!(graph.output, [value_info(OUTPUT, &[5])], "{name}");
        }
        let error = model_of(&evaluator("small_cnn"), "no_such", [3, 32, 32], &[]).unwrap_err().to_string();
        assert_eq!(error, "no network is called `no_such`");
        // The weights of another network are told, not written.
        let error = model_of(&evaluator("small_cnn"), "resnet18", [3, 32, 32], &[]).unwrap_err().to_string();
        assert!(error.contains("no graph for ONNX: it has no weight conv1.weight"), "{error}");
    }
}
