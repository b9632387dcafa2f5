//! What can be chosen by name: networks, optimisers, schedules of the learning rate. Plain data; `train` builds what a
//! row names, by a table of its own, and a test there holds that it builds every row.

use super::param::{Item, ParamDefault, ParamInfo, ParamKind, param};

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

/// A key of the chosen item: fixed while a run is active, and seldom changed.
const fn detail(
    name: &'static str,
    title: &'static str,
    kind: ParamKind,
    default: f64,
    doc: &'static str,
) -> ParamInfo {
    param(name, kind, ParamDefault::Float(default), "", doc).titled(title).fixed().advanced()
}

const BETA: ParamKind = ParamKind::Float { min: 0.0, max: 0.999_999 };

/// Every optimiser, in the order of forms and docs. The learning rate is a key of its own, as all have one.
pub const OPTIMIZERS: &[Item] = &[Item::new("adam", "Adam", "Adam as in PyTorch").with(&[
    detail("beta_1", "Beta 1", BETA, 0.9, "Share of its past that the mean of gradients keeps in a step."),
    detail("beta_2", "Beta 2", BETA, 0.999, "Share of its past that the mean of squared gradients keeps in a step."),
    detail("eps", "Epsilon", ParamKind::Float { min: 1e-30, max: 1.0 }, 1e-8, "Added to the root that is divided by."),
])];

/// Every schedule, in the order of forms and docs.
pub const SCHEDULES: &[Item] = &[
    Item::new("constant", "Constant", "the learning rate stays as it is set"),
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
];

/// The network of that name.
pub fn network(name: &str) -> Option<&'static NetworkInfo> {
    NETWORKS.iter().find(|network| network.item.name == name)
}

/// What forms call the network of that name; a name that none has is its own.
pub fn network_title(name: &str) -> &str {
    network(name).map_or(name, |network| network.item.title)
}
