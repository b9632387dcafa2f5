//! A file of weights, opened: what is in it by name; values are read when they are asked for.
//!
//! A pickle is read for its tensors by a reader that knows a handful of opcodes and runs nothing.

use crate::console::{one_line, show_path};
use crate::data::io_reason;
use crate::language::{Arg, Message};
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

/// Why a file's weights were not taken.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.message())]
pub struct WeightsError {
    pub reason: Message,
    pub path: PathBuf,
}

impl WeightsError {
    pub fn message(&self) -> Message {
        msg!("train-weights-not-taken", reason = &self.reason, path = show_path(&self.path))
    }
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
        let fail = |reason: Message| WeightsError { reason, path: path.to_owned() };
        let mut file = std::fs::File::open(path).map_err(|e| fail(io_reason(&e)))?;
        let length = file.metadata().map_err(|e| fail(io_reason(&e)))?;
        if length.is_dir() {
            return Err(fail(msg!("train-weights-folder")));
        }
        // A device may have no end.
        if !length.is_file() {
            return Err(fail(msg!("train-weights-no-file")));
        }
        if length.len() > MAX_BYTES {
            let (size, most) = (Arg::bytes(length.len()), Arg::bytes(MAX_BYTES));
            return Err(fail(msg!("train-weights-too-large", size, most)));
        }
        let mut start = [0; 9];
        let is_safetensors = file.read_exact(&mut start).is_ok() && start[8] == b'{' && !start.starts_with(b"PK");
        drop(file);
        if is_safetensors { Self::open_safetensors(path, &fail) } else { Self::open_pytorch(path, &fail) }
    }

    fn open_safetensors(path: &Path, fail: &dyn Fn(Message) -> WeightsError) -> Result<Self, WeightsError> {
        let bytes = std::fs::read(path).map_err(|e| fail(io_reason(&e)))?;
        let (header, metadata) = SafeTensors::read_metadata(&bytes)
            .map_err(|e| fail(msg!("train-weights-header", error = one_line(&e.to_string()))))?;
        let begin = header + 8;
        let tensors = metadata.tensors().into_iter().map(|(name, info)| {
            let place = begin + info.data_offsets.0..begin + info.data_offsets.1;
            (name, StoredTensor { shape: info.shape.clone(), values: Values::SafeTensors(info.dtype, place) })
        });
        let tensors = tensors.collect();
        Ok(Self { path: path.to_owned(), tensors, bytes })
    }

    fn open_pytorch(path: &Path, fail: &dyn Fn(Message) -> WeightsError) -> Result<Self, WeightsError> {
        let reader = PytorchReader::new(path)
            .map_err(|e| fail(msg!("train-weights-format", error = one_line(&e.to_string()))))?;
        let tensors = reader.into_tensors().into_iter().map(|(name, tensor)| {
            (name, StoredTensor { shape: tensor.shape().to_vec(), values: Values::PyTorch(tensor) })
        });
        Ok(Self { path: path.to_owned(), tensors: tensors.collect(), bytes: Vec::new() })
    }

    pub fn fail(&self, reason: Message) -> WeightsError {
        WeightsError { reason, path: self.path.clone() }
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
        let tensor = self.get(name).ok_or_else(|| self.fail(msg!("train-weights-tensor-missing", name)))?;
        let (stored, bytes) = match &tensor.values {
            Values::PyTorch(stored) => {
                let kind = match stored.dtype() {
                    DType::F16 => Ok(Stored::F16),
                    DType::BF16 => Ok(Stored::BF16),
                    DType::F32 => Ok(Stored::F32),
                    DType::F64 => Ok(Stored::F64),
                    other => Err(format!("{other:?}")),
                };
                (kind, Cow::Owned(stored.read().map_err(|e| self.fail(one_line(&e.to_string()).into()))?))
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
        let stored = stored.map_err(|kind| self.fail(msg!("train-weights-tensor-type", name, kind)))?;
        let values = stored.to_floats(&bytes);
        if tensor.shape.iter().product::<usize>() != values.len() {
            let shape = format!("{:?}", tensor.shape);
            return Err(self.fail(msg!("train-weights-tensor-size", name, values = values.len(), shape)));
        }
        if values.iter().any(|v| !v.is_finite()) {
            return Err(self.fail(msg!("train-weights-tensor-not-numbers", name)));
        }
        Ok(values)
    }
}
