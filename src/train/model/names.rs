//! What PyTorch calls a network's tensors: torchvision's names, timm's for EfficientNet-Lite0 and ViT, MONAI's for DenseNet.

use burn::module::{ModuleVisitor, Param};
use burn::tensor::Tensor;

/// Fields that are called otherwise than in PyTorch: module, field, name there. Nothing: the field is no part of the name.
const RENAMED: &[(&str, &str, &str)] = &[
    ("BatchNorm", "gamma", "weight"),
    ("BatchNorm", "beta", "bias"),
    ("LayerNorm", "gamma", "weight"),
    ("LayerNorm", "beta", "bias"),
    ("ConvNorm", "conv", "0"),
    ("ConvNorm", "norm", "1"),
    ("DenseNet", "conv0", "features.conv0"),
    ("DenseNet", "norm0", "features.norm0"),
    ("DenseNet", "stages", ""),
    ("DenseNet", "norm5", "features.norm5"),
    ("DenseNet", "out", "class_layers.out"),
    ("MobileNetV2", "classifier", "classifier.1"),
    ("EfficientNetB0", "classifier", "classifier.1"),
    ("ConvNextTiny", "norm", "classifier.0"),
    ("ConvNextTiny", "out", "classifier.2"),
    ("Stem", "conv", "0"),
    ("Stem", "norm", "1"),
    ("Downsample", "norm", "0"),
    ("Downsample", "conv", "1"),
    ("CnBlock", "depthwise", "block.0"),
    ("CnBlock", "norm", "block.2"),
    ("CnBlock", "widen", "block.3"),
    ("CnBlock", "narrow", "block.5"),
];

/// The way to a tensor, as a visitor or mapper of modules follows it.
#[derive(Debug, Default)]
pub(crate) struct TensorPath {
    /// The kind of module and its field (or index, or variant), from the network down.
    steps: Vec<(String, String)>,
}

impl TensorPath {
    pub fn enter(&mut self, name: &str, container: &str) {
        let kind = container.strip_prefix("Struct:").unwrap_or(container);
        self.steps.push((kind.to_owned(), name.to_owned()));
    }

    pub fn exit(&mut self) {
        self.steps.pop();
    }

    fn last(&self) -> (&str, &str) {
        self.steps.last().map_or(("", ""), |(kind, name)| (kind, name))
    }

    /// A batch norm's running statistics go through visitors as if they were parameters.
    pub fn is_running_statistic(&self) -> bool {
        self.last().1.starts_with("running_")
    }

    /// burn keeps `[inputs, outputs]`, PyTorch `[outputs, inputs]`.
    pub fn is_linear_weight(&self) -> bool {
        self.last() == ("Linear", "weight")
    }

    /// PyTorch counts a batch norm's steps behind its running variance.
    pub fn is_last_of_batch_norm(&self) -> bool {
        self.last() == ("BatchNorm", "running_var")
    }

    /// The field that holds the tensor, as it is called here.
    pub fn field(&self) -> &str {
        self.last().1
    }

    /// The variant of `Network` that the tensor is in.
    pub fn network(&self) -> &str {
        self.steps.first().map_or("", |(_, name)| name)
    }

    /// PyTorch's name.
    pub fn torch_name(&self) -> String {
        let mut parts = Vec::with_capacity(self.steps.len());
        // DenseNet counts its blocks and layers from 1.
        let mut dense = None;
        for (kind, name) in &self.steps {
            match (kind.as_str(), name.as_str()) {
                (kind, _) if kind.starts_with("Enum:") => {}
                ("DenseNet", "stages") => dense = Some(0),
                ("Vec", index) if dense == Some(0) => dense = index.parse::<usize>().ok().map(|i| i + 1),
                ("Vec", index) if dense.is_some() => {
                    let layer = index.parse::<usize>().map_or(0, |i| i + 1);
                    parts.push(format!("denselayer{layer}.layers"));
                }
                ("Stage", "layers") => parts.push(format!("features.denseblock{}", dense.unwrap_or(0))),
                ("Stage", "transition") => parts.push(format!("features.transition{}", dense.unwrap_or(0))),
                (kind, name) => {
                    let renamed = RENAMED.iter().find(|(k, field, _)| (*k, *field) == (kind, name));
                    parts.push(renamed.map_or(name, |(_, _, torch)| torch).to_owned());
                }
            }
        }
        parts.join(".")
    }
}

/// A tensor of a network, as PyTorch has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TensorName {
    pub name: String,
    /// In PyTorch's order.
    pub shape: Vec<usize>,
    /// Trained, not a running statistic.
    pub is_parameter: bool,
    pub is_linear_weight: bool,
    pub is_last_of_batch_norm: bool,
}

/// Lists the tensors of a network in PyTorch's order.
#[derive(Default)]
pub(super) struct NameList {
    path: TensorPath,
    pub names: Vec<TensorName>,
}

impl ModuleVisitor for NameList {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let mut shape = param.lazy_shape().to_vec();
        if self.path.is_linear_weight() {
            shape.reverse();
        }
        self.names.push(TensorName {
            name: self.path.torch_name(),
            shape,
            is_parameter: !self.path.is_running_statistic(),
            is_linear_weight: self.path.is_linear_weight(),
            is_last_of_batch_norm: self.path.is_last_of_batch_norm(),
        });
    }
}
