//! Any chain on any small image: no panic, a result that is what it says, of bounded size, and the same again for the
//! same seed, whatever the buffers held before.
//!
//! `TRAINSCOPE_FUZZ_SHOW=1` prints the chain as TOML before it is run.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trainscope_fuzz::chains::Bytes;
use trainscope_fuzz::config::{ParamValue, TransformSpec};
use trainscope_fuzz::data::{Dtype, Image, Layout};
use trainscope_fuzz::transform::{Chain, SampleSeed, Scratch};

/// Larger results are legal, but take too long to fuzz on.
const MOST_VALUES: usize = 1 << 17;
const MAX_SIDE: usize = 16_384;
/// A median over a wider window takes seconds, and would be most of what is fuzzed on.
const MOST_RADIUS: f64 = 10.0;

fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes(data);
    let mut specs = bytes.chain();
    specs.retain(|spec| spec.params.get("radius").is_none_or(|radius| largest(radius) <= MOST_RADIUS));
    let seed = SampleSeed { seed: bytes.seed(), epoch: 1, sample: 3 };
    let image = bytes.image();
    if std::env::var_os("TRAINSCOPE_FUZZ_SHOW").is_some() {
        eprintln!("{} {:?} {:?} {seed:?}", toml_of(&specs), image.shape(), image.dtype);
    }
    let chain = match Chain::build(&specs) {
        Ok(chain) => chain,
        Err(e) => {
            assert!(!e.to_string().is_empty());
            // What is left of it may be sound.
            let sound = specs.into_iter().filter(|spec| Chain::build(std::slice::from_ref(spec)).is_ok());
            match Chain::build(&sound.collect::<Vec<_>>()) {
                Ok(chain) => chain,
                Err(_) => return,
            }
        }
    };
    // Step by step first, as the whole may not be stopped on its way. No name comes twice, so the draws are the same.
    let mut scratch = Scratch::default();
    let mut small = true;
    let mut stepped = image.clone();
    for spec in chain.specs() {
        let Ok(step) = Chain::build(std::slice::from_ref(spec)) else { panic!("{} builds in a chain only", spec.name) };
        if step.run(&mut stepped, &mut scratch, seed, &mut ()).is_err() {
            break;
        }
        check(&stepped);
        small &= stepped.len() <= MOST_VALUES;
        if !small {
            return;
        }
        for step in step.steps() {
            assert!(!step.info().describe(&step.draw(seed, stepped.shape())).is_empty());
        }
    }
    let run = |scratch: &mut Scratch| {
        let mut image = image.clone();
        chain.run(&mut image, scratch, seed, &mut ()).map(|()| image).map_err(|e| e.to_string())
    };
    // Once with used buffers, once with new ones.
    let (first, second) = (run(&mut scratch), run(&mut Scratch::default()));
    match (first, second) {
        (Ok(first), Ok(second)) => {
            check(&first);
            assert_eq!(first.shape(), second.shape());
            assert!(first.data.iter().zip(&second.data).all(same), "not the same twice");
        }
        (Err(first), Err(second)) => {
            assert!(!first.is_empty());
            assert_eq!(first, second);
        }
        (first, second) => panic!("once {:?}, once {:?}", first.map(|i| i.shape()), second.map(|i| i.shape())),
    }
});

fn largest(value: &ParamValue) -> f64 {
    match value {
        ParamValue::Int(value) => *value as f64,
        ParamValue::Float(value) => *value,
        ParamValue::List(values) => values.iter().map(largest).fold(0.0, f64::max),
        _ => 0.0,
    }
}

fn same((a, b): (&f32, &f32)) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

fn check(image: &Image) {
    let [channels, height, width] = image.shape();
    assert_eq!((image.layout, image.dtype), (Layout::ChannelFirst, Dtype::F32));
    assert_eq!(image.data.len(), channels * height * width);
    assert!((1..=64).contains(&channels), "{channels} channels");
    assert!((1..=MAX_SIDE).contains(&height) && (1..=MAX_SIDE).contains(&width), "{height} x {width}");
}

fn toml_of(specs: &[TransformSpec]) -> String {
    let step = |spec: &TransformSpec| {
        let params: String = spec.params.iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
        format!("[[transform]]\nname = \"{}\"\nenabled = {}\n{params}", spec.name, spec.enabled)
    };
    specs.iter().map(step).collect()
}
