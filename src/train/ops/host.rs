//! Tensors of burn's CPU backend as channels-last slices, and derivatives of one's own in burn's graph.

use burn::backend::autodiff::Autodiff;
use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::NoCheckpointing;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::NodeGuard;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::{FlexTensor, Layout};
use burn::backend::{DispatchDevice, Flex};
use burn::tensor::{DType, Tensor, TensorData};
use std::sync::Arc;

/// Whether the slices of this module can be had of it.
pub fn is_on_host<const D: usize>(x: &Tensor<D>) -> bool {
    let device = x.device().without_autodiff();
    matches!(device.as_dispatch(), DispatchDevice::Flex(_)) && x.dtype() == DType::F32
}

/// Values `[N, H, W, C]` of an image tensor, shared or copied.
#[derive(Debug, Clone)]
pub struct Images {
    /// Of shape `[N, H, W, C]`, without gaps.
    tensor: FlexTensor,
}

impl Images {
    pub fn new(tensor: FlexTensor) -> Self {
        let last = tensor.permute(&[0, 2, 3, 1]);
        // A side of one has a stride that says nothing.
        let sides = last.layout().shape().to_vec();
        let mut expected = 1;
        let dense = sides.iter().zip(last.layout().strides()).rev().all(|(side, stride)| {
            let fits = *side == 1 || *stride == expected;
            expected *= *side as isize;
            fits
        });
        if dense {
            let plain = Layout::contiguous(last.layout().shape().clone());
            let start = last.layout().start_offset();
            let layout = Layout::new(plain.shape().clone(), plain.strides().to_vec(), start);
            return Self { tensor: last.with_layout(layout) };
        }
        Self { tensor: last.to_contiguous() }
    }

    pub fn from_values(values: Vec<f32>, [images, channels, height, width]: [usize; 4]) -> Self {
        Self { tensor: FlexTensor::from_data(TensorData::new(values, [images, height, width, channels])) }
    }

    /// As a tensor `[N, C, H, W]`, of the same memory.
    pub fn into_tensor(self) -> FlexTensor {
        self.tensor.permute(&[0, 3, 1, 2])
    }

    pub fn values(&self) -> &[f32] {
        self.tensor.as_slice().unwrap_or(&[])
    }

    /// The values, of which a copy is made where someone else has them too.
    pub fn values_mut(&mut self) -> &mut [f32] {
        if self.tensor.storage::<f32>().len() != self.tensor.layout().num_elements() {
            self.tensor = FlexTensor::from_data(self.tensor.clone().into_data());
        }
        self.tensor.storage_mut()
    }

    /// `[N, C, H, W]`.
    pub fn shape(&self) -> [usize; 4] {
        match self.tensor.layout().shape().as_slice() {
            &[images, height, width, channels] => [images, channels, height, width],
            _ => [0; 4],
        }
    }
}

/// What burn's CPU backend has for a tensor.
pub type HostTensor = FlexTensor;

pub fn tensor(values: Vec<f32>, shape: Vec<usize>) -> HostTensor {
    FlexTensor::from_data(TensorData::new(values, shape))
}

/// A value a channel.
pub fn vector(values: Vec<f32>) -> HostTensor {
    let count = values.len();
    tensor(values, vec![count])
}

/// The values of a tensor in its own order.
pub fn values(tensor: &FlexTensor) -> Vec<f32> {
    tensor.to_contiguous().as_slice().map(<[f32]>::to_vec).unwrap_or_default()
}

type Derivative<const N: usize> = dyn Fn(FlexTensor, [bool; N]) -> [Option<FlexTensor>; N] + Send + Sync;

/// The gradients of a function's inputs, those that are asked for, from its output's.
#[derive(Clone)]
struct Recorded<const N: usize>(Arc<Derivative<N>>);

impl<const N: usize> std::fmt::Debug for Recorded<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "derivative with respect to {N} tensors")
    }
}

#[derive(Debug)]
struct Function;

impl<const N: usize> Backward<Flex, N> for Function {
    type State = Recorded<N>;

    fn backward(self, ops: Ops<Recorded<N>, N>, grads: &mut Gradients, _checkpointer: &mut Checkpointer) {
        let grad = grads.consume::<Flex>(&ops.node);
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let found = (ops.state.0)(grad, wanted);
        for (parent, grad) in ops.parents.into_iter().zip(found) {
            if let (Some(parent), Some(grad)) = (parent, grad) {
                grads.register::<Flex>(parent.id, grad);
            }
        }
    }
}

/// A tensor whose rank does not matter here.
pub enum Input {
    Vector(Tensor<1>),
    Images(Tensor<4>),
}

/// Its primitive and whether it is in a graph.
type Parts = (FlexTensor, Option<NodeGuard>);

fn parts<const D: usize>(tensor: Tensor<D>) -> Option<Parts> {
    if tensor.device().is_autodiff() {
        let (primitive, node) = tensor.try_into_primitive::<Autodiff<Flex>>().ok()?.into_parts();
        return Some((primitive, Some(node)));
    }
    Some((tensor.try_into_primitive::<Flex>().ok()?, None))
}

/// Computes a function of tensors on the host, and notes its derivative where they are in a graph.
///
/// `compute` gives the output and the derivative: from the output's gradient and which inputs' are wanted, theirs.
pub fn function<const N: usize, const D: usize, G>(
    inputs: [Input; N],
    compute: impl FnOnce([FlexTensor; N]) -> (FlexTensor, G),
) -> Option<Tensor<D>>
where
    G: Fn(FlexTensor, [bool; N]) -> [Option<FlexTensor>; N] + Send + Sync + 'static,
{
    let mut primitives = Vec::with_capacity(N);
    let mut nodes = Vec::with_capacity(N);
    for input in inputs {
        let (primitive, node) = match input {
            Input::Vector(tensor) => parts(tensor)?,
            Input::Images(tensor) => parts(tensor)?,
        };
        primitives.push(primitive);
        nodes.extend(node);
    }
    let (output, derivative) = compute(primitives.try_into().ok()?);
    let Ok(nodes) = <[_; N]>::try_from(nodes) else { return Some(Tensor::from_primitive::<Flex>(output)) };
    let output = match Function.prepare::<NoCheckpointing>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(operation) => operation.finish(Recorded(Arc::new(derivative)), output),
        OpsKind::UnTracked(operation) => operation.finish(output),
    };
    Some(Tensor::from_primitive::<Autodiff<Flex>>(output))
}
