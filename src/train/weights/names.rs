//! What other libraries, and other versions, call the tensors that a network has.

/// A way to call tensors: the name used here to the name there. `None`: it has none.
pub(super) type Scheme = fn(&str) -> Option<String>;

/// The schemes that weights of a network come in, the one used here first.
pub(super) fn schemes(network: &str) -> &'static [Scheme] {
    match network {
        "densenet121" | "densenet169" => &[own, densenet_torchvision, densenet_old_torchvision],
        "mobilenet_v2" => &[own, mobilenet_timm],
        "efficientnet_b0" => &[own, efficientnet_timm],
        "efficientnet_lite0" => &[own, efficientnet_lite_pytorch],
        "convnext_tiny" => &[own, convnext_timm],
        _ => &[own],
    }
}

fn own(name: &str) -> Option<String> {
    Some(name.to_owned())
}

fn densenet_torchvision(name: &str) -> Option<String> {
    Some(name.replace(".layers.", ".").replace("class_layers.out", "classifier"))
}

/// Of torchvision before 0.3, whose files are still about.
fn densenet_old_torchvision(name: &str) -> Option<String> {
    let mut name = densenet_torchvision(name)?;
    if name.contains("denselayer") {
        for part in ["norm1", "conv1", "norm2", "conv2"] {
            let (kind, number) = part.split_at(4);
            name = name.replace(part, &format!("{kind}.{number}"));
        }
    }
    Some(name)
}

/// Blocks of each stage of MobileNetV2 and of EfficientNet, which timm counts by stage.
const MOBILENET_STAGES: [usize; 7] = [1, 2, 3, 4, 3, 3, 1];
const EFFICIENTNET_STAGES: [usize; 7] = [1, 2, 2, 3, 3, 4, 1];

/// Stage and place in it of the block with that number.
fn staged(block: usize, stages: &[usize]) -> Option<(usize, usize)> {
    let mut first = 0;
    for (stage, count) in stages.iter().enumerate() {
        if block < first + count {
            return Some((stage, block - first));
        }
        first += count;
    }
    None
}

/// The name's beginning is another there.
fn moved(name: &str, from: &str, to: &str) -> Option<String> {
    name.strip_prefix(from).map(|rest| format!("{to}{rest}"))
}

fn first_moved(name: &str, table: &[(&str, &str)]) -> Option<String> {
    table.iter().find_map(|(from, to)| moved(name, from, to))
}

const TIMM_ENDS: [(&str, &str); 3] =
    [("features.0.0.", "conv_stem."), ("features.0.1.", "bn1."), ("classifier.1.", "classifier.")];

fn mobilenet_timm(name: &str) -> Option<String> {
    let head = [("features.18.0.", "conv_head."), ("features.18.1.", "bn2.")];
    if let Some(there) = first_moved(name, &TIMM_ENDS).or_else(|| first_moved(name, &head)) {
        return Some(there);
    }
    let (block, part) = name.strip_prefix("features.")?.split_once(".conv.")?;
    let (stage, place) = staged(block.parse::<usize>().ok()?.checked_sub(1)?, &MOBILENET_STAGES)?;
    let parts: &[(&str, &str)] = if stage == 0 {
        &[("0.0.", "conv_dw."), ("0.1.", "bn1."), ("1.", "conv_pw."), ("2.", "bn2.")]
    } else {
        &[
            ("0.0.", "conv_pw."),
            ("0.1.", "bn1."),
            ("1.0.", "conv_dw."),
            ("1.1.", "bn2."),
            ("2.", "conv_pwl."),
            ("3.", "bn3."),
        ]
    };
    Some(format!("blocks.{stage}.{place}.{}", first_moved(part, parts)?))
}

fn efficientnet_timm(name: &str) -> Option<String> {
    let head = [("features.8.0.", "conv_head."), ("features.8.1.", "bn2.")];
    if let Some(there) = first_moved(name, &TIMM_ENDS).or_else(|| first_moved(name, &head)) {
        return Some(there);
    }
    let (block, part) = name.strip_prefix("features.")?.split_once(".block.")?;
    let (stage, place) = block.split_once('.')?;
    let stage = stage.parse::<usize>().ok()?.checked_sub(1)?;
    let parts: &[(&str, &str)] = if stage == 0 {
        &[
            ("0.0.", "conv_dw."),
            ("0.1.", "bn1."),
            ("1.fc1.", "se.conv_reduce."),
            ("1.fc2.", "se.conv_expand."),
            ("2.0.", "conv_pw."),
            ("2.1.", "bn2."),
        ]
    } else {
        &[
            ("0.0.", "conv_pw."),
            ("0.1.", "bn1."),
            ("1.0.", "conv_dw."),
            ("1.1.", "bn2."),
            ("2.fc1.", "se.conv_reduce."),
            ("2.fc2.", "se.conv_expand."),
            ("3.0.", "conv_pwl."),
            ("3.1.", "bn3."),
        ]
    };
    Some(format!("blocks.{stage}.{place}.{}", first_moved(part, parts)?))
}

/// The Python package `efficientnet-lite-pytorch`, whose weights are to be had from the package index.
fn efficientnet_lite_pytorch(name: &str) -> Option<String> {
    let ends = [
        ("conv_stem.", "_conv_stem."),
        ("bn1.", "_bn0."),
        ("conv_head.", "_conv_head."),
        ("bn2.", "_bn1."),
        ("classifier.", "_fc."),
    ];
    if let Some(there) = first_moved(name, &ends) {
        return Some(there);
    }
    let mut parts = name.strip_prefix("blocks.")?.splitn(3, '.');
    let (stage, place, part) =
        (parts.next()?.parse::<usize>().ok()?, parts.next()?.parse::<usize>().ok()?, parts.next()?);
    let block = EFFICIENTNET_STAGES.get(..stage)?.iter().sum::<usize>() + place;
    let parts: &[(&str, &str)] = if stage == 0 {
        &[("conv_dw.", "_depthwise_conv."), ("bn1.", "_bn1."), ("conv_pw.", "_project_conv."), ("bn2.", "_bn2.")]
    } else {
        &[
            ("conv_pw.", "_expand_conv."),
            ("bn1.", "_bn0."),
            ("conv_dw.", "_depthwise_conv."),
            ("bn2.", "_bn1."),
            ("conv_pwl.", "_project_conv."),
            ("bn3.", "_bn2."),
        ]
    };
    Some(format!("_blocks.{block}.{}", first_moved(part, parts)?))
}

fn convnext_timm(name: &str) -> Option<String> {
    let ends = [
        ("features.0.0.", "stem.0."),
        ("features.0.1.", "stem.1."),
        ("classifier.0.", "head.norm."),
        ("classifier.2.", "head.fc."),
    ];
    if let Some(there) = first_moved(name, &ends) {
        return Some(there);
    }
    let (feature, rest) = name.strip_prefix("features.")?.split_once('.')?;
    let feature = feature.parse::<usize>().ok()?;
    let stage = feature / 2;
    if feature.is_multiple_of(2) {
        return Some(format!("stages.{stage}.downsample.{rest}"));
    }
    let (block, part) = rest.split_once('.')?;
    let parts = [
        ("layer_scale", "gamma"),
        ("block.0.", "conv_dw."),
        ("block.2.", "norm."),
        ("block.3.", "mlp.fc1."),
        ("block.5.", "mlp.fc2."),
    ];
    Some(format!("stages.{stage}.blocks.{block}.{}", first_moved(part, &parts)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(scheme: Scheme, pairs: &[(&str, &str)]) {
        for (here, there) in pairs {
            assert_eq!(scheme(here).as_deref(), Some(*there));
        }
    }

    /// Names as torchvision 0.29, timm 1.0 and efficientnet-lite-pytorch 0.1 have them.
    #[test]
    fn other_libraries_names() {
        check(
            densenet_old_torchvision,
            &[
                (
                    "features.denseblock1.denselayer2.layers.norm1.weight",
                    "features.denseblock1.denselayer2.norm.1.weight",
                ),
                ("features.norm0.weight", "features.norm0.weight"),
                ("class_layers.out.bias", "classifier.bias"),
            ],
        );
        check(
            mobilenet_timm,
            &[
                ("features.0.0.weight", "conv_stem.weight"),
                ("features.1.conv.1.weight", "blocks.0.0.conv_pw.weight"),
                ("features.3.conv.1.1.running_mean", "blocks.1.1.bn2.running_mean"),
                ("features.17.conv.3.bias", "blocks.6.0.bn3.bias"),
                ("classifier.1.weight", "classifier.weight"),
            ],
        );
        check(
            efficientnet_timm,
            &[
                ("features.1.0.block.2.1.bias", "blocks.0.0.bn2.bias"),
                ("features.7.0.block.2.fc1.bias", "blocks.6.0.se.conv_reduce.bias"),
                ("features.8.1.weight", "bn2.weight"),
            ],
        );
        check(
            efficientnet_lite_pytorch,
            &[
                ("blocks.0.0.bn1.weight", "_blocks.0._bn1.weight"),
                ("blocks.6.0.bn3.bias", "_blocks.15._bn2.bias"),
                ("classifier.weight", "_fc.weight"),
            ],
        );
        check(
            convnext_timm,
            &[
                ("features.2.0.weight", "stages.1.downsample.0.weight"),
                ("features.7.2.layer_scale", "stages.3.blocks.2.gamma"),
                ("features.1.0.block.3.bias", "stages.0.blocks.0.mlp.fc1.bias"),
                ("classifier.2.weight", "head.fc.weight"),
            ],
        );
    }
}
