//! Weights that others trained, taken into a network by PyTorch's names; and a network's weights written so that PyTorch
//! takes them.

mod file;
mod names;
mod write;

pub use file::WeightsError;
pub(in crate::train) use write::{NamedTensor, named_tensors};
pub use write::{WriteError, write_new, write_safetensors};

use super::model::{TensorName, TensorPath};
use super::{Network, Trainer};
use crate::language::{Arg, Message};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Tensor, TensorData};
use file::WeightsFile;
use names::{Scheme, schemes};
use std::collections::HashMap;
use std::path::Path;

/// A file of fewer of the network's parameters is another network's.
const LEAST_SHARE: f64 = 0.5;

/// What was taken of a file of weights, by PyTorch's names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WeightsReport {
    /// Tensors that are now the file's.
    pub taken: Vec<String>,
    /// Of these, the first convolution, where it is for another number of channels: channels of the file and of the network.
    pub adapted: Option<(usize, usize)>,
    /// The last layer's, where the file has another number of classes: it keeps its drawn weights. Classes of the file and
    /// of the network.
    pub replaced: Option<(usize, usize)>,
    /// The network's, of which the file has none.
    pub not_found: Vec<String>,
    /// The file's, of which the network has none.
    pub left: Vec<String>,
}

impl WeightsReport {
    /// In one sentence for each thing that a person has to know.
    pub fn sentences(&self) -> Vec<Message> {
        let mut sentences = vec![msg!("train-weights-taken", tensors = self.taken.len())];
        if let Some((there, here)) = self.adapted {
            sentences.push(msg!("train-weights-first-convolution", there, here));
        }
        if let Some((there, here)) = self.replaced {
            sentences.push(msg!("train-weights-last-layer", there, here));
        }
        if !self.not_found.is_empty() {
            sentences.push(msg!("train-weights-not-found", names = listed(&self.not_found)));
        }
        if !self.left.is_empty() {
            sentences.push(msg!("train-weights-left", names = listed(&self.left)));
        }
        sentences
    }
}

/// The first few, and how many more.
fn listed(names: &[String]) -> Arg {
    const SHOWN: usize = 8;
    let more = names.len().saturating_sub(SHOWN);
    let more = (more > 0).then(|| msg!("train-weights-more", more));
    Arg::List(names.iter().take(SHOWN).map(Message::verbatim).chain(more).collect())
}

impl Trainer {
    /// Takes the weights of a `.pt`, `.pth` or `.safetensors` file, as torchvision, timm or MONAI name them, into the network.
    ///
    /// # Errors
    /// The file cannot be read or lies about itself, or holds another network's weights. The network is then as it was.
    pub fn take_weights(&mut self, path: &Path) -> Result<WeightsReport, WeightsError> {
        let file = WeightsFile::open(path)?;
        let Some(network) = &self.network else { return Err(file.fail(msg!("train-step-unfinished"))) };
        let (values, report) = match_up(&self.spec.model.name, network, &file)?;
        self.network =
            self.network.take().map(|network| network.map(&mut Assign { path: TensorPath::default(), values }));
        Ok(report)
    }
}

/// Finds a value for each of the network's tensors, as the network keeps it.
fn match_up(
    model: &str,
    network: &Network,
    file: &WeightsFile,
) -> Result<(HashMap<String, Vec<f32>>, WeightsReport), WeightsError> {
    let tensors = network.tensor_names();
    let (scheme, prefix) = naming(model, &tensors, file);
    let first_convolution = tensors.iter().find(|t| t.shape.len() == 4).map(|t| t.name.clone());
    let [head, head_bias] = network.head().unwrap_or_default();
    let mut report = WeightsReport::default();
    let mut values = HashMap::new();
    let mut used = Vec::new();
    for tensor in &tensors {
        let TensorName { name, shape, .. } = tensor;
        let there = scheme(name).map(|name| format!("{prefix}{name}"));
        let Some((there, stored)) = there.and_then(|there| file.get(&there).map(|stored| (there, stored))) else {
            report.not_found.push(name.clone());
            continue;
        };
        let (of_head, of_first) = (head == *name, first_convolution.as_ref() == Some(name));
        let found = if without_ones(&stored.shape) == without_ones(shape) {
            file.values(&there)?
        } else if of_first && stored.shape.len() == 4 && same_but(1, &stored.shape, shape) {
            report.adapted = Some((stored.shape[1], shape[1]));
            with_channels(&file.values(&there)?, [stored.shape[0], stored.shape[1], shape[1]])
        } else if of_head && stored.shape.len() == 2 && same_but(0, &stored.shape, shape) {
            report.replaced = Some((stored.shape[0], shape[0]));
            used.push(there);
            continue;
        } else if head_bias == *name && stored.shape.len() == 1 {
            used.push(there);
            continue;
        } else {
            let (stored, shape) = (format!("{:?}", stored.shape), format!("{shape:?}"));
            return Err(file.fail(msg!("train-weights-other-shape", there, stored, name, shape, model)));
        };
        let found = if tensor.is_linear_weight { transposed(&found, [shape[0], shape[1]]) } else { found };
        values.insert(name.clone(), found);
        report.taken.push(name.clone());
        used.push(there);
    }
    let parameters = tensors.iter().filter(|t| t.is_parameter).count();
    let taken = tensors.iter().filter(|t| t.is_parameter && values.contains_key(&t.name)).count();
    if (taken as f64) < LEAST_SHARE * parameters as f64 {
        let reason = match file.names().next() {
            None => msg!("train-weights-empty"),
            Some(_) => {
                let first = Arg::names(file.names().take(3));
                msg!("train-weights-too-few", taken, parameters, model, first)
            }
        };
        return Err(file.fail(reason));
    }
    used.sort_unstable();
    let counts_steps = |name: &str| name.ends_with("num_batches_tracked");
    let left =
        file.names().filter(|name| !counts_steps(name) && used.binary_search_by(|u| u.as_str().cmp(name)).is_err());
    report.left = left.map(str::to_owned).collect();
    Ok((values, report))
}

/// The scheme and the prefix (`module.`, `state_dict.`, ...) under which the file has most of the network's tensors; of equals
/// the first scheme, and the shortest prefix.
fn naming(model: &str, tensors: &[TensorName], file: &WeightsFile) -> (Scheme, String) {
    let mut best = (0, None);
    for scheme in schemes(model) {
        let names: HashMap<String, ()> = tensors.iter().filter_map(|t| Some((scheme(&t.name)?, ()))).collect();
        let mut hits: HashMap<&str, usize> = HashMap::new();
        for stored in file.names() {
            let starts = std::iter::once(0).chain(stored.match_indices('.').map(|(at, _)| at + 1));
            for start in starts.filter(|start| names.contains_key(&stored[*start..])) {
                *hits.entry(&stored[..start]).or_default() += 1;
            }
        }
        let most = hits
            .into_iter()
            .max_by(|(a, hits_a), (b, hits_b)| hits_a.cmp(hits_b).then(b.len().cmp(&a.len())).then(b.cmp(a)));
        if let Some((prefix, hits)) = most
            && hits > best.0
        {
            best = (hits, Some((*scheme, prefix.to_owned())));
        }
    }
    best.1.unwrap_or((schemes(model)[0], String::new()))
}

/// ConvNeXt's layer scale is `[C, 1, 1]` in torchvision and `[C]` in timm.
fn without_ones(shape: &[usize]) -> Vec<usize> {
    shape.iter().copied().filter(|n| *n != 1).collect()
}

fn same_but(axis: usize, a: &[usize], b: &[usize]) -> bool {
    a.len() == b.len() && a.iter().zip(b).enumerate().all(|(i, (a, b))| i == axis || a == b)
}

/// A convolution `[outputs, there, ...]` for another number of channels, as timm does it: one channel gets the sum; more get
/// the old ones in turn, scaled so that equal channels give what they gave.
fn with_channels(values: &[f32], [outputs, there, here]: [usize; 3]) -> Vec<f32> {
    let kernel = values.len() / (outputs * there).max(1);
    let mut adapted = Vec::with_capacity(outputs * here * kernel);
    for output in values.chunks_exact((there * kernel).max(1)) {
        let at = |channel: usize, i: usize| output[channel * kernel + i];
        if here == 1 {
            adapted.extend((0..kernel).map(|i| (0..there).map(|channel| at(channel, i)).sum::<f32>()));
        } else {
            let scale = there as f32 / here as f32;
            adapted.extend(
                (0..here).flat_map(|c| (0..kernel).map(move |i| (c, i))).map(|(c, i)| at(c % there, i) * scale),
            );
        }
    }
    adapted
}

/// `[rows, columns]` to `[columns, rows]`.
fn transposed(values: &[f32], [rows, columns]: [usize; 2]) -> Vec<f32> {
    (0..rows * columns).map(|i| values[(i % rows) * columns + i / rows]).collect()
}

struct Assign {
    path: TensorPath,
    values: HashMap<String, Vec<f32>>,
}

impl ModuleMapper for Assign {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(values) = self.values.remove(&self.path.torch_name()) else { return param };
        let shape = param.lazy_shape().to_vec();
        param.map(|old| {
            let value = Tensor::<D>::from_data(TensorData::new(values, shape), &old.device());
            value.set_require_grad(old.is_require_grad())
        })
    }
}

#[cfg(test)]
mod tests;
