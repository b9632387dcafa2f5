//! Any bytes as a checkpoint's state and list of checksums, divided at the first zero; where nothing comes behind it the list is
//! right. It is a checkpoint whose numbers come back to the bit, or is passed over with a reason.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trainscope_fuzz::store::Checkpoints;

thread_local! {
    static FOLDER: tempfile::TempDir =
        tempfile::tempdir().unwrap_or_else(|error| panic!("no folder to work in: {error}"));
}

fuzz_target!(|data: &[u8]| {
    let (state, sums) = match data.iter().position(|byte| *byte == 0) {
        Some(at) => (&data[..at], &data[at + 1..]),
        None => (data, &[][..]),
    };
    FOLDER.with(|folder| {
        let dir = folder.path().join("checkpoints/step-0000000001");
        let right = format!("{}  state.json\n", blake3::hash(state).to_hex());
        let sums = if sums.is_empty() { right.as_bytes() } else { sums };
        let written = std::fs::create_dir_all(&dir)
            .and_then(|()| std::fs::write(dir.join("state.json"), state))
            .and_then(|()| std::fs::write(dir.join("checksums.txt"), sums));
        if written.is_err() {
            return;
        }
        let checkpoints = Checkpoints::of(folder.path());
        let newest = checkpoints.newest();
        match newest.checkpoint {
            Some(found) => assert!(found.state.step == 1 && found.state.is_whole),
            None => assert!(newest.passed_over.iter().all(|why| !why.is_empty())),
        }
        let _ = checkpoints.best(1);
    });
});
