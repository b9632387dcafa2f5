//! A network's weights as a safetensors file that PyTorch takes: `model.load_state_dict(load_file(F))`.

use crate::console::show_path;
use crate::train::model::TensorPath;
use crate::train::trainer::read_values;
use crate::train::{Evaluator, TrainError};
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("there is a file already; name another one, or add --overwrite: {}", show_path(.0))]
    Exists(PathBuf),
    #[error(transparent)]
    Train(#[from] TrainError),
    #[error("the weights could not be written: {reason}: {}", show_path(path))]
    Write { reason: String, path: PathBuf },
}

/// Collects the tensors as PyTorch has them.
struct Collect {
    path: TensorPath,
    tensors: Vec<(String, Vec<usize>, Vec<u8>, Dtype)>,
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
        let name = self.path.torch_name();
        let counter = self.path.is_last_of_batch_norm().then(|| name.replace("running_var", "num_batches_tracked"));
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.tensors.push((name, shape, bytes, Dtype::F32));
        // PyTorch uses it only where a batch norm has no momentum, but asks for it.
        self.tensors.extend(counter.map(|name| (name, Vec::new(), 0_i64.to_le_bytes().to_vec(), Dtype::I64)));
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
    if !overwrite && path.symlink_metadata().is_ok() {
        return Err(WriteError::Exists(path.to_owned()));
    }
    let fail = |reason: String| WriteError::Write { reason, path: path.to_owned() };
    let mut collect = Collect { path: TensorPath::default(), tensors: Vec::new(), failed: None };
    evaluator.network().visit(&mut collect);
    if let Some(error) = collect.failed {
        return Err(error.into());
    }
    let views = collect.tensors.iter().map(|(name, shape, bytes, dtype)| {
        TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.as_str(), view))
    });
    let views = views.collect::<Result<Vec<_>, _>>().map_err(|e| fail(e.to_string()))?;
    let bytes = safetensors::serialize(views, Some(metadata)).map_err(|e| fail(e.to_string()))?;
    // What was written is what can be read.
    SafeTensors::read_metadata(&bytes).map_err(|e| fail(e.to_string()))?;
    crate::store::atomic::write(path, &bytes).map_err(|e| fail(e.to_string()))
}
