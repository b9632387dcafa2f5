//! Writes the batches of a run's first epoch, for `tutorial.py` to train PyTorch on: `batches RUN OUT [test]`.
//!
//! OUT gets each batch's images as little-endian `f32` (`[N, C, H, W]`), one behind another, and OUT.json
//! `{"shape": [C, H, W], "labels": [[..], ..]}`, a list a batch. By `test` as a third argument: the images of the test, once.

use std::io::Write;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use trainscope::data::{scan_as, split};
use trainscope::loader::{EpochOrder, Loader, LoaderJob};
use trainscope::store::read_config;
use trainscope::transform::Chain;

fn main() -> anyhow::Result<()> {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [run, out, rest @ ..] = args.as_slice() else { anyhow::bail!("a run folder and a file are missing") };
    let testing = rest.first().is_some_and(|part| part.as_os_str() == "test");
    let config = read_config(run)?;
    let dir = config.data.dir.clone().ok_or_else(|| anyhow::anyhow!("the run names no dataset"))?;
    let dataset = Arc::new(scan_as(&dir, &config.data, &mut |_| ControlFlow::Continue(()))?);
    let split = split(&dataset, &config.data)?;
    let chain = Chain::build(&config.transforms)?;
    let mut loader = Loader::start(LoaderJob {
        channels: dataset.channels(config.data.channels),
        indices: if testing { split.test } else { split.train }.into(),
        chain: Arc::new(if testing { chain.deterministic() } else { chain }),
        config: config.loader,
        max_pixels: config.data.max_pixels,
        seed: config.train.seed,
        order: if testing { EpochOrder::Listed } else { EpochOrder::Shuffled },
        first_epoch: 1,
        first_batch: 0,
        epochs: 1,
        dataset,
    })?;
    let mut file = std::io::BufWriter::new(std::fs::File::create(out)?);
    let (mut shape, mut labels) = (Vec::new(), Vec::new());
    while let Some(batch) = loader.next()? {
        anyhow::ensure!(batch.failures.is_empty(), "an image was left out: {:?}", batch.failures);
        anyhow::ensure!(!batch.data.is_empty(), "loader.bytes_to_device leaves the last steps to the device");
        for value in &batch.data {
            file.write_all(&value.to_le_bytes())?;
        }
        shape = batch.shape[1..].to_vec();
        labels.push(batch.labels.clone());
        loader.recycle(batch);
    }
    file.flush()?;
    let described = serde_json::json!({"shape": shape, "labels": labels});
    Ok(std::fs::write(out.with_extension("json"), described.to_string())?)
}
