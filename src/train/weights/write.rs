//! A network's weights as a safetensors file that PyTorch takes: `model.load_state_dict(load_file(F))`.

use crate::console::show_path;
use crate::language::Message;
use crate::train::model::TensorPath;
use crate::train::trainer::read_values;
use crate::train::{Evaluator, TrainError};
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Why a file was not written.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub enum WriteError {
    Exists(PathBuf),
    Train(#[from] TrainError),
    Write { reason: Message, path: PathBuf },
}

impl WriteError {
    pub fn message(&self) -> Message {
        match self {
            Self::Exists(path) => msg!("train-file-exists", path = show_path(path)),
            Self::Train(error) => error.message(),
            Self::Write { reason, path } => msg!("train-weights-not-written", reason, path = show_path(path)),
        }
    }
}

/// A tensor of a network as PyTorch has it.
pub(in crate::train) struct NamedTensor {
    pub name: String,
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
    is_last_of_batch_norm: bool,
}

/// The network's tensors by PyTorch's names, in PyTorch's order.
///
/// # Errors
/// The device failed.
pub(in crate::train) fn named_tensors(evaluator: &Evaluator) -> Result<Vec<NamedTensor>, TrainError> {
    let mut collect = Collect { path: TensorPath::default(), tensors: Vec::new(), failed: None };
    evaluator.network().visit(&mut collect);
    collect.failed.map_or(Ok(collect.tensors), Err)
}

/// Writes a file that is there whole or not at all; one that is there is left alone unless `overwrite` says otherwise.
///
/// # Errors
/// There is a file, or the disk refuses.
pub fn write_new(path: &Path, bytes: &[u8], overwrite: bool) -> Result<(), WriteError> {
    if !overwrite && path.symlink_metadata().is_ok() {
        return Err(WriteError::Exists(path.to_owned()));
    }
    let fail = |e: std::io::Error| WriteError::Write { reason: e.to_string().into(), path: path.to_owned() };
    crate::store::atomic::write(path, bytes).map_err(fail)
}

struct Collect {
    path: TensorPath,
    tensors: Vec<NamedTensor>,
    failed: Option<TrainError>,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let mut shape = param.lazy_shape().to_vec();
        let mut values = match read_values(param.val()) {
            Ok(values) => values,
            Err(error) => {
                self.failed.get_or_insert(error);
                return;
            }
        };
        if self.path.is_linear_weight() {
            values = super::transposed(&values, [shape[0], shape[1]]);
            shape.reverse();
        }
        let (name, is_last_of_batch_norm) = (self.path.torch_name(), self.path.is_last_of_batch_norm());
        self.tensors.push(NamedTensor { name, shape, values, is_last_of_batch_norm });
    }
}

/// Writes the network, with `metadata` in the header. An existing file is left alone unless `overwrite` says otherwise; a
/// file is there whole or not at all.
///
/// # Errors
/// There is a file; the disk refuses; the device failed.
pub fn write_safetensors(
    evaluator: &Evaluator,
    metadata: HashMap<String, String>,
    path: &Path,
    overwrite: bool,
) -> Result<(), WriteError> {
    let fail =
        |e: safetensors::SafeTensorError| WriteError::Write { reason: e.to_string().into(), path: path.to_owned() };
    let mut tensors: Vec<(String, Vec<usize>, Vec<u8>, Dtype)> = Vec::new();
    for tensor in named_tensors(evaluator)? {
        let counter = tensor.is_last_of_batch_norm.then(|| tensor.name.replace("running_var", "num_batches_tracked"));
        let bytes = tensor.values.iter().flat_map(|v| v.to_le_bytes()).collect();
        tensors.push((tensor.name, tensor.shape, bytes, Dtype::F32));
        // PyTorch uses it only where a batch norm has no momentum, but asks for it.
        tensors.extend(counter.map(|name| (name, Vec::new(), 0_i64.to_le_bytes().to_vec(), Dtype::I64)));
    }
    let views = tensors.iter().map(|(name, shape, bytes, dtype)| {
        TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.as_str(), view))
    });
    let views = views.collect::<Result<Vec<_>, _>>().map_err(fail)?;
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(fail)?;
    // What was written is what can be read.
    SafeTensors::read_metadata(&bytes).map_err(fail)?;
    write_new(path, &bytes, overwrite)
}
