//! What a network takes before it is trained: parameters, multiply-adds, the memory of a step. Worked out of its graph of
//! operators; nothing is computed, no weight is drawn, no device is asked.

use super::TrainError;
use super::model::Network;
use super::onnx::{Operator, operators};
use crate::config::{Freeze, ModelConfig, OptimizerConfig};
use std::collections::{BTreeMap, BTreeSet};

/// Bytes of a number.
const F32: u64 = 4;

/// What is to be trained, and with what.
#[derive(Debug, Clone, Copy)]
pub struct StepSize<'a> {
    pub model: &'a ModelConfig,
    pub optimizer: &'a OptimizerConfig,
    /// `[C, H, W]` of an image.
    pub sample: [usize; 3],
    pub classes: usize,
    /// Images in a batch.
    pub batch: usize,
    /// On the CPU, where some operations are done in one and keep less.
    pub on_cpu: bool,
}

/// What it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepCost {
    /// Of the network, trained or frozen; running statistics do not count.
    pub parameters: u64,
    /// Of one image on its way forward; a step computes about three times as many.
    pub multiply_adds: u64,
    /// Weights and running statistics.
    pub weights_bytes: u64,
    pub gradients_bytes: u64,
    /// The optimiser's own and the moving average of the weights.
    pub optimizer_bytes: u64,
    /// The most that lies between layers at once, on the way forward or back.
    pub activations_bytes: u64,
}

impl StepCost {
    /// All of it, without what the program takes by itself.
    pub fn bytes(&self) -> u64 {
        let Self { weights_bytes, gradients_bytes, optimizer_bytes, activations_bytes, .. } = *self;
        [weights_bytes, gradients_bytes, optimizer_bytes, activations_bytes].into_iter().fold(0, u64::saturating_add)
    }
}

/// Works out what a step takes.
///
/// # Errors
/// The network is none of the catalogue's.
pub fn step_cost(of: &StepSize<'_>) -> Result<StepCost, TrainError> {
    let [channels, ..] = of.sample;
    let network = Network::unweighted(of.model, channels, of.classes)?;
    let operators = operators(&network, &of.model.name, of.sample)?;
    let (mut parameters, mut kept, mut of_head) = (0, 0, 0);
    let head = network.head().unwrap_or_default();
    for tensor in network.tensor_names() {
        let elements = tensor.shape.iter().product::<usize>() as u64;
        kept += elements;
        if tensor.is_parameter {
            parameters += elements;
        }
        if head.contains(&tensor.name) {
            of_head += elements;
        }
    }
    let trained = if of.model.freeze == Freeze::Body { of_head } else { parameters };
    let average = if of.optimizer.ema_decay > 0.0 { kept } else { 0 };
    let memory = Flow::new(&operators, of).most_elements();
    Ok(StepCost {
        parameters,
        multiply_adds: operators.iter().map(|operator| operator.multiply_adds).sum(),
        weights_bytes: kept * F32,
        gradients_bytes: trained * F32,
        optimizer_bytes: (trained * moments(of.optimizer) + average) * F32,
        activations_bytes: memory.saturating_mul(of.batch as u64).saturating_mul(F32),
    })
}

/// Numbers that an optimiser keeps for each that it trains.
fn moments(optimizer: &OptimizerConfig) -> u64 {
    let momentum = || u64::from(optimizer.values().float("momentum") > 0.0);
    match optimizer.name.as_str() {
        "sgd" => momentum(),
        "lion" => 1,
        "rmsprop" => 1 + momentum(),
        // Adam and AdamW.
        _ => 2,
    }
}

/// A place in memory, by number.
type Place = usize;

/// An operator as it is done, which may be several of ONNX's.
struct Stop<'a> {
    kind: &'a str,
    inputs: &'a [String],
    weight: Option<&'a str>,
    output: &'a Operator,
    /// The one behind it.
    next: Option<&'a Operator>,
}

impl<'a> Stop<'a> {
    /// Those of a graph, in order.
    fn all(operators: &'a [Operator]) -> Vec<Self> {
        let mut stops = Vec::with_capacity(operators.len());
        let mut i = 0;
        while let Some(operator) = operators.get(i) {
            // GELU is five of ONNX's operators and one of burn's.
            let gelu = operators.get(i + 1).is_some_and(|next| next.kind == "Erf");
            let (kind, last) = if gelu { ("Gelu", i + 4) } else { (operator.kind.as_str(), i) };
            let weight = operator.weight.as_deref().filter(|_| !gelu);
            let output = operators.get(last).unwrap_or(operator);
            stops.push(Self { kind, inputs: &operator.inputs, weight, output, next: operators.get(last + 1) });
            i = last + 1;
        }
        stops
    }

    /// Elements of its output.
    fn elements(&self) -> u64 {
        self.output.shape.iter().product::<usize>() as u64
    }

    /// On the CPU an activation is done by the norm or the sum before it, and a sum by its norm.
    fn is_joined_with_next(&self) -> bool {
        let next = self.next.filter(|next| next.inputs.contains(&self.output.output));
        let activation = |next: &Operator| matches!(next.kind.as_str(), "Relu" | "Clip");
        match self.kind {
            "BatchNormalization" => next.is_some_and(|next| activation(next) || next.kind == "Add"),
            "Add" => next.is_some_and(activation),
            _ => false,
        }
    }
}

/// What an operator keeps, and what it needs.
struct Passage<'a> {
    inputs: &'a [String],
    output: &'a str,
    /// Where its output lies; several places where it is other values side by side.
    places: Vec<Place>,
    /// The gradients that it gives back, by input in elements of an image; none where nothing is trained before it.
    gradients: Vec<(&'a str, u64)>,
    /// The first of them lies where its output's does.
    in_place: bool,
    /// What it keeps for the way back.
    kept: Vec<Place>,
    /// What it makes again on the way back, in elements of an image.
    made_again: u64,
}

/// The way of an image through a network and back.
struct Flow<'a> {
    /// Elements of each place.
    sizes: Vec<u64>,
    passages: Vec<Passage<'a>>,
}

/// Where the images lie.
const INPUT: Place = 0;

impl<'a> Flow<'a> {
    fn new(operators: &'a [Operator], of: &StepSize<'_>) -> Self {
        let images = of.sample.iter().product::<usize>() as u64;
        let mut flow = Self { sizes: vec![images], passages: Vec::with_capacity(operators.len()) };
        let mut at: BTreeMap<&str, (Vec<Place>, u64)> = BTreeMap::new();
        let stops = Stop::all(operators);
        if let Some(first) = stops.first().and_then(|stop| stop.inputs.first()) {
            at.insert(first, (vec![INPUT], images));
        }
        let body = if of.model.freeze == Freeze::Body { stops.len().saturating_sub(1) } else { 0 };
        for (i, stop) in stops.iter().enumerate() {
            let mut passage = flow.passage(stop, of.on_cpu, &at);
            if i < body {
                passage.kept.clear();
                passage.gradients.clear();
            }
            at.insert(&stop.output.output, (passage.places.clone(), stop.elements()));
            flow.passages.push(passage);
        }
        flow
    }

    fn place(&mut self, elements: u64) -> Place {
        self.sizes.push(elements);
        self.sizes.len() - 1
    }

    /// What `train::ops` does on the CPU, and burn's modules do elsewhere.
    fn passage(&mut self, stop: &Stop<'a>, on_cpu: bool, at: &BTreeMap<&str, (Vec<Place>, u64)>) -> Passage<'a> {
        let elements = stop.elements();
        let known = |name: &str| at.get(name).cloned().unwrap_or_default();
        let of_inputs: Vec<Place> = stop.inputs.iter().flat_map(|name| known(name).0).collect();
        let first_input = stop.inputs.first().map_or(0, |name| known(name).1);
        let is_image = stop.output.shape.len() == 3;
        let of_dense_layer = on_cpu && stop.weight.is_some_and(|name| name.contains(".denselayer"));
        let joined = on_cpu && stop.is_joined_with_next();
        let places = match stop.kind {
            // Views, and the features of a dense block.
            "Transpose" | "Gather" => of_inputs.clone(),
            "Concat" if on_cpu && is_image => of_inputs.clone(),
            _ if joined => vec![self.place(0)],
            _ => vec![self.place(elements)],
        };
        let kept = match (stop.kind, stop.weight) {
            // What lies between a norm and a convolution is worked out again.
            ("Conv", _) if of_dense_layer => Vec::new(),
            ("Conv" | "Gemm" | "MatMul" | "BatchNormalization" | "Gelu" | "Sigmoid", _) => of_inputs,
            // The input less its mean, and that over its deviation.
            ("LayerNormalization", _) => vec![self.place(elements), self.place(elements)],
            // What powers are taken of, and these.
            ("Softmax", _) => vec![self.place(elements), self.place(elements)],
            // The gradient of each is made with the other; a constant has none.
            ("Mul", None) => of_inputs,
            ("Mul", Some(weight)) if weight.ends_with("layer_scale") => of_inputs,
            // On the CPU whoever takes its output keeps that.
            ("Relu" | "Clip", _) if !on_cpu => of_inputs,
            ("MaxPool", _) if on_cpu => of_inputs.into_iter().chain(places.iter().copied()).collect(),
            // And where each of its values was.
            ("MaxPool", _) => of_inputs.into_iter().chain([self.place(elements)]).collect(),
            _ => Vec::new(),
        };
        let in_place = match stop.kind {
            "Transpose" | "Gather" | "Reshape" | "Add" => true,
            "Concat" => on_cpu && is_image,
            "Relu" | "Clip" => on_cpu,
            _ => false,
        };
        Passage {
            inputs: stop.inputs,
            output: &stop.output.output,
            gradients: stop.inputs.iter().map(|name| (name.as_str(), known(name).1)).collect(),
            places,
            in_place,
            kept,
            made_again: if of_dense_layer && stop.kind == "Conv" { first_input } else { 0 },
        }
    }

    /// The most elements of an image that lie between layers at once.
    fn most_elements(&self) -> u64 {
        let mut kept_from: BTreeMap<Place, usize> = BTreeMap::new();
        for (i, passage) in self.passages.iter().enumerate() {
            for place in &passage.kept {
                kept_from.entry(*place).or_insert(i);
            }
        }
        self.most_forward(&kept_from).max(self.most_back(&kept_from))
    }

    /// On the way forward: what is kept for the way back, and what is still to be used.
    fn most_forward(&self, kept_from: &BTreeMap<Place, usize>) -> u64 {
        let mut at: BTreeMap<&str, &[Place]> = BTreeMap::new();
        let mut last_use: BTreeMap<Place, usize> = BTreeMap::new();
        for (i, passage) in self.passages.iter().enumerate() {
            for name in passage.inputs {
                let places = at.get(name.as_str()).copied().unwrap_or(&[INPUT]);
                last_use.extend(places.iter().map(|place| (*place, i)));
            }
            at.insert(passage.output, &passage.places);
        }
        let mut live: BTreeSet<Place> = [INPUT].into();
        let mut most: u64 = 0;
        for (i, passage) in self.passages.iter().enumerate() {
            live.extend(passage.places.iter().chain(&passage.kept));
            most = most.max(live.iter().map(|place| self.sizes[*place]).sum());
            live.retain(|place| kept_from.contains_key(place) || last_use.get(place).is_some_and(|last| *last > i));
        }
        most
    }

    /// On the way back: what earlier operators keep, and the gradients that wait for them.
    fn most_back(&self, kept_from: &BTreeMap<Place, usize>) -> u64 {
        let mut waiting: BTreeMap<&str, u64> = BTreeMap::new();
        let mut most: u64 = 0;
        for (i, passage) in self.passages.iter().enumerate().rev().filter(|(_, passage)| !passage.gradients.is_empty())
        {
            let of_output = waiting.remove(passage.output).unwrap_or(0);
            for (n, (name, size)) in passage.gradients.iter().enumerate() {
                let size = match (passage.in_place, n) {
                    (false, _) => *size,
                    (true, 0) => of_output,
                    (true, _) => 0,
                };
                let known = waiting.entry(name).or_insert(0);
                *known = (*known).max(size);
            }
            let held: u64 = kept_from.iter().filter(|(_, from)| **from <= i).map(|(place, _)| self.sizes[*place]).sum();
            let own = if passage.in_place { 0 } else { of_output };
            most = most.max(held + waiting.values().sum::<u64>() + own + passage.made_again);
        }
        most
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::NETWORKS;

    fn cost(name: &str, side: usize, batch: usize, on_cpu: bool) -> StepCost {
        let (model, optimizer) = (ModelConfig::named(name), OptimizerConfig::default());
        let sample = [3, side, side];
        step_cost(&StepSize { model: &model, optimizer: &optimizer, sample, classes: 1000, batch, on_cpu }).unwrap()
    }

    /// What torchvision's documentation says of its weights at 224 pixels (millions, thousands of millions), and fvcore of timm's.
    #[test]
    fn parameters_and_multiply_adds_are_those_of_the_networks_own_libraries() {
        for (name, millions, billions) in [
            ("resnet18", 11.69, 1.81),
            ("resnet34", 21.80, 3.66),
            ("resnet50", 25.56, 4.09),
            ("densenet121", 7.98, 2.83),
            ("densenet169", 14.15, 3.36),
            ("mobilenet_v2", 3.50, 0.30),
            ("efficientnet_b0", 5.29, 0.39),
            ("convnext_tiny", 28.59, 4.46),
        ] {
            let cost = cost(name, 224, 1, true);
            let (parameters, adds) = (cost.parameters as f64 / 1e6, cost.multiply_adds as f64 / 1e9);
            assert!((parameters - millions).abs() < 0.0051, "{name}: {parameters}");
            assert!((adds - billions).abs() < 0.0081, "{name}: {adds}");
        }
    }

    #[test]
    fn every_network_costs_more_with_more_images_and_with_larger_ones_and_no_less_on_a_gpu() {
        for info in NETWORKS {
            let name = info.item.name;
            let of = |side, batch, on_cpu| cost(name, side, batch, on_cpu);
            let small = of(64, 4, true);
            assert_eq!(of(64, 8, true).activations_bytes, 2 * small.activations_bytes, "{name}");
            assert!(of(128, 4, true).activations_bytes > 3 * small.activations_bytes, "{name}");
            assert!(of(64, 4, false).activations_bytes >= small.activations_bytes, "{name}");
            assert_eq!(
                small.weights_bytes / 4,
                Network::unweighted(&ModelConfig::named(name), 3, 1000)
                    .unwrap()
                    .tensor_names()
                    .iter()
                    .map(|t| t.shape.iter().product::<usize>() as u64)
                    .sum::<u64>()
            );
            assert_eq!((small.gradients_bytes, small.optimizer_bytes), (small.parameters * 4, small.parameters * 8));
        }
    }

    #[test]
    fn what_is_not_trained_and_not_kept_costs_nothing() {
        let of = |freeze, optimizer: &str, ema_decay| {
            let model = ModelConfig { freeze, ..ModelConfig::named("resnet18") };
            let optimizer = OptimizerConfig { ema_decay, ..OptimizerConfig::named(optimizer) };
            let size = StepSize {
                model: &model,
                optimizer: &optimizer,
                sample: [3, 64, 64],
                classes: 10,
                batch: 8,
                on_cpu: true,
            };
            step_cost(&size).unwrap()
        };
        let (whole, frozen) = (of(Freeze::None, "adam", 0.0), of(Freeze::Body, "adam", 0.0));
        assert_eq!(frozen.gradients_bytes, 4 * (512 * 10 + 10));
        assert!(frozen.activations_bytes < whole.activations_bytes / 4);
        assert_eq!(of(Freeze::None, "lion", 0.0).optimizer_bytes, whole.parameters * 4);
        assert_eq!(of(Freeze::None, "sgd", 0.9).optimizer_bytes, whole.parameters * 4 + whole.weights_bytes);
    }
}
