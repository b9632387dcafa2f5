//! A file of weights, opened: what is in it by name; values are read when they are asked for.
//!
//! A pickle is read for its tensors by a reader that knows a handful of opcodes and runs nothing.

use crate::console::{one_line, show_path};
use burn::tensor::{bf16, f16};
use pytorch_reader::{DType, PytorchReader};
use safetensors::{Dtype, SafeTensors};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Larger files are refused: the largest network here has 112 MB.
const MAX_BYTES: u64 = 8 << 30;

#[derive(Debug, thiserror::Error)]
#[error("the weights could not be taken: {reason}: {}", show_path(path))]
pub struct WeightsError {
    pub reason: String,
    pub path: PathBuf,
}

/// A file of weights.
pub(super) struct WeightsFile {
    path: PathBuf,
    tensors: BTreeMap<String, StoredTensor>,
    /// The whole file, where it is one of safetensors.
    bytes: Vec<u8>,
}

/// A tensor of it.
pub(super) struct StoredTensor {
    pub shape: Vec<usize>,
    values: Values,
}

enum Values {
    PyTorch(pytorch_reader::Tensor),
    SafeTensors(Dtype, Range<usize>),
}

/// Numbers of N bytes each.
fn numbers<const N: usize>(bytes: &[u8], to_f32: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|bytes| to_f32(*bytes)).collect()
}

/// How values are stored, of the ways that weights are.
#[derive(Clone, Copy)]
enum Stored {
    F16,
    BF16,
    F32,
    F64,
}

impl Stored {
    fn to_floats(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F16 => numbers(bytes, |bytes| f16::from_le_bytes(bytes).to_f32()),
            Self::BF16 => numbers(bytes, |bytes| bf16::from_le_bytes(bytes).to_f32()),
            Self::F32 => numbers(bytes, f32::from_le_bytes),
            Self::F64 => numbers(bytes, |bytes| f64::from_le_bytes(bytes) as f32),
        }
    }
}

impl WeightsFile {
    /// Opens a `.safetensors` file, or one that `torch.save` wrote (zip or legacy); what it is, its first bytes tell.
    ///
    /// # Errors
    /// It cannot be read or is neither; what it says of itself is not so.
    pub fn open(path: &Path) -> Result<Self, WeightsError> {
        let fail = |reason: String| WeightsError { reason, path: path.to_owned() };
        let mut file = std::fs::File::open(path).map_err(|e| fail(e.to_string()))?;
        let length = file.metadata().map_err(|e| fail(e.to_string()))?;
        if length.is_dir() {
            return Err(fail("this is a folder; name a .pt, .pth or .safetensors file".to_owned()));
        }
        // A device may have no end.
        if !length.is_file() {
            return Err(fail("it is no file; name a .pt, .pth or .safetensors file".to_owned()));
        }
        if length.len() > MAX_BYTES {
            return Err(fail(format!("it has {} GiB, and files of up to 8 are read", length.len() >> 30)));
        }
        let mut start = [0; 9];
        let is_safetensors = file.read_exact(&mut start).is_ok() && start[8] == b'{' && !start.starts_with(b"PK");
        drop(file);
        if is_safetensors { Self::open_safetensors(path, &fail) } else { Self::open_pytorch(path, &fail) }
    }

    fn open_safetensors(path: &Path, fail: &dyn Fn(String) -> WeightsError) -> Result<Self, WeightsError> {
        let bytes = std::fs::read(path).map_err(|e| fail(e.to_string()))?;
        let (header, metadata) = SafeTensors::read_metadata(&bytes).map_err(|e| {
            fail(format!(
                "its safetensors header is not what the file holds ({}); fetch it again",
                one_line(&e.to_string())
            ))
        })?;
        let begin = header + 8;
        let tensors = metadata.tensors().into_iter().map(|(name, info)| {
            let place = begin + info.data_offsets.0..begin + info.data_offsets.1;
            (name, StoredTensor { shape: info.shape.clone(), values: Values::SafeTensors(info.dtype, place) })
        });
        let tensors = tensors.collect();
        Ok(Self { path: path.to_owned(), tensors, bytes })
    }

    fn open_pytorch(path: &Path, fail: &dyn Fn(String) -> WeightsError) -> Result<Self, WeightsError> {
        let reader = PytorchReader::new(path).map_err(|e| {
            fail(format!("it is neither of safetensors nor one that torch.save wrote ({})", one_line(&e.to_string())))
        })?;
        let tensors = reader.into_tensors().into_iter().map(|(name, tensor)| {
            (name, StoredTensor { shape: tensor.shape().to_vec(), values: Values::PyTorch(tensor) })
        });
        Ok(Self { path: path.to_owned(), tensors: tensors.collect(), bytes: Vec::new() })
    }

    pub fn fail(&self, reason: impl Into<String>) -> WeightsError {
        WeightsError { reason: reason.into(), path: self.path.clone() }
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.tensors.keys().map(String::as_str)
    }

    pub fn get(&self, name: &str) -> Option<&StoredTensor> {
        self.tensors.get(name)
    }

    /// The values of a tensor, in C order.
    ///
    /// # Errors
    /// They cannot be read, are of a type that no network here has, or are no numbers.
    pub fn values(&self, name: &str) -> Result<Vec<f32>, WeightsError> {
        let tensor = self.get(name).ok_or_else(|| self.fail(format!("{name} is not there")))?;
        let (stored, bytes) = match &tensor.values {
            Values::PyTorch(stored) => {
                let kind = match stored.dtype() {
                    DType::F16 => Ok(Stored::F16),
                    DType::BF16 => Ok(Stored::BF16),
                    DType::F32 => Ok(Stored::F32),
                    DType::F64 => Ok(Stored::F64),
                    other => Err(format!("{other:?}")),
                };
                (kind, Cow::Owned(stored.read().map_err(|e| self.fail(one_line(&e.to_string())))?))
            }
            Values::SafeTensors(dtype, place) => {
                let kind = match dtype {
                    Dtype::F16 => Ok(Stored::F16),
                    Dtype::BF16 => Ok(Stored::BF16),
                    Dtype::F32 => Ok(Stored::F32),
                    Dtype::F64 => Ok(Stored::F64),
                    other => Err(format!("{other:?}")),
                };
                (kind, Cow::Borrowed(self.bytes.get(place.clone()).unwrap_or_default()))
            }
        };
        let stored =
            stored.map_err(|kind| self.fail(format!("{name} is of type {kind}; save it as float32 and take that")))?;
        let values = stored.to_floats(&bytes);
        if tensor.shape.iter().product::<usize>() != values.len() {
            return Err(self.fail(format!("{name} has {} values for shape {:?}", values.len(), tensor.shape)));
        }
        if values.iter().any(|v| !v.is_finite()) {
            return Err(self.fail(format!("{name} holds values that are no numbers (NaN or infinity)")));
        }
        Ok(values)
    }
}
