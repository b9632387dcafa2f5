//! What can be chosen by name: networks, optimisers, schedules of the learning rate. Plain data; `train` builds what a
//! row names, by a table of its own, and a test there holds that it builds every row.

use super::param::{Item, Owner, ParamDefault, ParamInfo, ParamKind, param};
use crate::language::documented;
use std::borrow::Cow;

/// A network.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetworkInfo {
    pub item: Item,
    /// The smallest side of an image that it can reduce, in pixels.
    pub smallest_side: usize,
    /// The side that photographs are brought to for it, in pixels.
    pub photo_side: usize,
}

/// Every network, in the order of forms and docs.
pub const NETWORKS: &[NetworkInfo] = &[
    NetworkInfo {
        item: Item::new("densenet121", "DenseNet121", "MONAI's DenseNet121: deep, slow on a CPU"),
        smallest_side: 32,
        photo_side: 224,
    },
    NetworkInfo {
        item: Item::new("densenet169", "DenseNet169", "MONAI's DenseNet169: deeper still"),
        smallest_side: 32,
        photo_side: 224,
    },
    NetworkInfo {
        item: Item::new("resnet18", "ResNet18", "torchvision's ResNet of 18 layers: a good first choice"),
        smallest_side: 32,
        photo_side: 224,
    },
    NetworkInfo {
        item: Item::new("resnet34", "ResNet34", "torchvision's ResNet of 34 layers"),
        smallest_side: 32,
        photo_side: 224,
    },
    NetworkInfo {
        item: Item::new("resnet50", "ResNet50", "torchvision's ResNet of 50 layers, with bottlenecks"),
        smallest_side: 32,
        photo_side: 224,
    },
    NetworkInfo {
        item: Item::new("mobilenet_v2", "MobileNetV2", "torchvision's MobileNetV2: small, made for telephones"),
        smallest_side: 32,
        photo_side: 224,
    },
    NetworkInfo {
        item: Item::new(
            "efficientnet_b0",
            "EfficientNet-B0",
            "torchvision's EfficientNet-B0: few multiplications, many layers",
        ),
        smallest_side: 32,
        photo_side: 224,
    },
    NetworkInfo {
        item: Item::new(
            "efficientnet_lite0",
            "EfficientNet-Lite0",
            "timm's tf_efficientnet_lite0: without squeeze and excitation, without dropout",
        ),
        smallest_side: 32,
        photo_side: 224,
    },
    NetworkInfo {
        item: Item::new("convnext_tiny", "ConvNeXt-Tiny", "torchvision's ConvNeXt-Tiny: slow on a CPU"),
        smallest_side: 32,
        photo_side: 224,
    },
    NetworkInfo {
        item: Item::new(
            "vit_tiny_patch16",
            "ViT-Tiny/16",
            "timm's vit_tiny_patch16_224: a transformer; best from trained weights",
        ),
        smallest_side: 16,
        photo_side: 224,
    },
    NetworkInfo {
        item: Item::new("small_cnn", "Small CNN", "four convolutions, for a first look: minutes an epoch on a CPU")
            .with(&[param(
                "width",
                ParamKind::Int { min: 1, max: 256 },
                ParamDefault::Int(8),
                "features",
                "Features behind the first convolution; each of the next three has twice as many.",
            )
            .titled("Width")
            .fixed()
            .advanced()]),
        smallest_side: 16,
        photo_side: 128,
    },
];

/// The networks, as `model.name` takes them.
pub(super) const NETWORK_ITEMS: &[Item] = &{
    let mut items = [NETWORKS[0].item; NETWORKS.len()];
    let mut i = 0;
    while i < items.len() {
        items[i] = NETWORKS[i].item;
        i += 1;
    }
    items
};

/// A key of an optimiser or a schedule: fixed while a run is active, seldom changed, and no more work for a step.
const fn detail(
    name: &'static str,
    title: &'static str,
    kind: ParamKind,
    default: f64,
    doc: &'static str,
) -> ParamInfo {
    param(name, kind, ParamDefault::Float(default), "", doc).titled(title).fixed().advanced().same_work()
}

const BETA: ParamKind = ParamKind::Float { min: 0.0, max: 0.999_999 };

const SHARE: ParamKind = ParamKind::Float { min: 0.0, max: 1.0 };
const BETA_1: ParamInfo =
    detail("beta_1", "Beta 1", BETA, 0.9, "Share of its past that the mean of gradients keeps in a step.");
const BETA_2: ParamInfo =
    detail("beta_2", "Beta 2", BETA, 0.999, "Share of its past that the mean of squared gradients keeps in a step.");
const EPS: ParamInfo =
    detail("eps", "Epsilon", ParamKind::Float { min: 1e-30, max: 1.0 }, 1e-8, "Added to the root that is divided by.");

/// Weight decay that is added to the gradients, as PyTorch has it for all but AdamW.
const L2: ParamInfo = detail(
    "weight_decay",
    "Weight decay",
    SHARE,
    0.0,
    "Times the weights, added to their gradients (L2 regularisation).",
);

/// Weight decay beside the gradients.
const fn decoupled(default: f64) -> ParamInfo {
    let doc = "Times the learning rate, the share of themselves that weights lose in a step.";
    detail("weight_decay", "Weight decay", ParamKind::Float { min: 0.0, max: 100.0 }, default, doc)
}

/// Every optimiser, in the order of forms and docs. The learning rate is a key of its own, as all have one.
pub const OPTIMIZERS: &[Item] = &[
    Item::new("adam", "Adam", "Adam as in PyTorch").with(&[BETA_1, BETA_2, EPS, L2]),
    Item::new("adamw", "AdamW", "Adam with decoupled weight decay, as in PyTorch").with(&[
        BETA_1,
        BETA_2,
        EPS,
        decoupled(0.01),
    ]),
    Item::new("sgd", "SGD", "gradient descent with momentum, as in PyTorch; wants a larger learning rate than Adam")
        .with(&[
            detail(
                "momentum",
                "Momentum",
                BETA,
                0.9,
                "Share of the last step that is added to the next one; 0 is none.",
            ),
            param("nesterov", ParamKind::Bool, ParamDefault::Bool(false), "", "Looks ahead by one step of momentum.")
                .titled("Nesterov")
                .fixed()
                .advanced(),
            L2,
        ]),
    Item::new("rmsprop", "RMSprop", "RMSprop as in PyTorch").with(&[
        detail("alpha", "Alpha", BETA, 0.99, "Share of its past that the mean of squared gradients keeps in a step."),
        detail("momentum", "Momentum", BETA, 0.0, "Share of the last step that is added to the next one; 0 is none."),
        EPS,
        L2,
    ]),
    Item::new(
        "lion",
        "Lion",
        "steps of one size, by the sign of the momentum (Chen et al. 2023); wants a tenth of Adam's rate",
    )
    .with(&[
        BETA_1,
        detail("beta_2", "Beta 2", BETA, 0.99, "Share of its past that the momentum keeps in a step."),
        decoupled(0.0),
    ]),
];

const GAMMA: ParamKind = ParamKind::Float { min: 0.0, max: 1.0 };

/// A whole number of a schedule.
const fn count(
    name: &'static str,
    title: &'static str,
    min: i64,
    default: i64,
    unit: &'static str,
    doc: &'static str,
) -> ParamInfo {
    let kind = ParamKind::Int { min, max: 1_000_000_000 };
    param(name, kind, ParamDefault::Int(default), unit, doc).titled(title).fixed().same_work()
}

/// Every schedule, in the order of forms and docs.
pub const SCHEDULES: &[Item] = &[
    Item::new("constant", "Constant", "the learning rate stays as it is set"),
    Item::new("step", "Step", "falls by a factor after every so many epochs, as PyTorch's StepLR").with(&[
        count("every_epochs", "Every", 1, 2, "epochs", "Epochs from one fall to the next."),
        detail("gamma", "Factor", GAMMA, 0.1, "Share of the rate that is left after a fall."),
    ]),
    Item::new(
        "cosine",
        "Cosine",
        "falls from the rate that is set along half a cosine, from the first step to the last",
    )
    .with(&[detail(
        "end_frac",
        "End",
        ParamKind::Float { min: 0.0, max: 1.0 },
        0.0,
        "Share of the learning rate that the last step has.",
    )]),
    Item::new("exponential", "Exponential", "falls with every step, by the same factor in every epoch").with(&[detail(
        "gamma",
        "Factor",
        GAMMA,
        0.9,
        "Share of the rate that is left after an epoch.",
    )]),
    Item::new(
        "one_cycle",
        "One cycle",
        "rises to the rate that is set and falls far below where it began, as PyTorch's OneCycleLR; momentum stays",
    )
    .with(&[
        detail("rise_frac", "Rising", SHARE, 0.3, "Share of the steps in which the rate rises."),
        detail(
            "div_factor",
            "Begins at",
            ParamKind::Float { min: 1.0, max: 1e9 },
            25.0,
            "The rate that is set, divided by this, is the first one.",
        ),
        detail(
            "final_div_factor",
            "Ends at",
            ParamKind::Float { min: 1.0, max: 1e9 },
            1e4,
            "The first rate, divided by this, is the last one.",
        ),
    ]),
    Item::new(
        "plateau",
        "Reduce on plateau",
        "falls when the validation loss (without a validation part, the epoch's) has stopped falling, as PyTorch's ReduceLROnPlateau",
    )
    .with(&[
        detail("factor", "Factor", GAMMA, 0.1, "Share of the rate that is left after a fall."),
        count("patience", "Patience", 0, 2, "validations", "Validations in a row that may be no better before it falls."),
        detail("threshold", "Threshold", SHARE, 1e-4, "Share by which a loss must be below the best to be better."),
        count("cooldown", "Cool-down", 0, 0, "validations", "Validations after a fall that are not counted."),
        detail("end_frac", "Not below", SHARE, 0.0, "Share of the learning rate that it does not fall below."),
    ]),
    Item::new(
        "range_test",
        "Range test",
        "rises by the same factor with every step, from far below the rate that is set to it: which rates a network can be trained with",
    )
    .with(&[
        detail("start_frac", "Begins at", ParamKind::Float { min: 1e-12, max: 1.0 }, 1e-7, "Share of the learning rate that the first step has."),
        count("rise_steps", "Rises in", 2, 100, "steps", "Steps in which it rises to the rate that is set."),
    ]),
];

/// The network of that name.
pub fn network(name: &str) -> Option<&'static NetworkInfo> {
    NETWORKS.iter().find(|network| network.item.name == name)
}

/// What forms call the network of that name; a name that none has is its own.
pub fn network_title(name: &str) -> Cow<'_, str> {
    match network(name) {
        Some(NetworkInfo { item, .. }) => {
            documented(&format!("{}.title", Owner::Item { section: "model", item: item.name }.key()), item.title)
        }
        None => name.into(),
    }
}
