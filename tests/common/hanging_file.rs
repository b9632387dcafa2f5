//! A file whose reads never return, as on a network mount that is dead: a file system of one file (FUSE), served by the test
//! and mounted over an image after the scan. Needs Linux, `/dev/fuse` and the right to mount; elsewhere there is none.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

#[path = "missing.rs"]
mod missing;

use missing::missing;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const GETATTR: u32 = 3;
const OPEN: u32 = 14;
const READ: u32 = 15;
const RELEASE: u32 = 18;
const FLUSH: u32 = 25;
const INIT: u32 = 26;
const FORGETS: [u32; 3] = [2, 36, 42];
const ENOSYS: i32 = 38;
/// Every read comes here: none is answered from the system's cache.
const DIRECT_IO: u32 = 1;
const IN_HEADER: usize = 40;

#[derive(Default)]
struct State {
    hangs: bool,
    reads: usize,
    /// Reads without an answer: their number, offset and size.
    pending: Vec<(u64, usize, usize)>,
}

struct Served {
    device: File,
    bytes: Vec<u8>,
    state: Mutex<State>,
}

/// The file lives until this is dropped; what hangs in it then comes back with an error.
pub struct HangingFile {
    served: Arc<Served>,
    path: PathBuf,
}

impl HangingFile {
    /// Takes the place of a file with the same content, and hangs; `None`, with a word, where that cannot be had.
    pub fn over(path: &Path) -> Option<Self> {
        let bytes = std::fs::read(path).unwrap();
        let skipped = |why: &str| missing(format_args!("no file system of the test's own can be mounted here: {why}"));
        let device = match OpenOptions::new().read(true).write(true).open("/dev/fuse") {
            Ok(device) => device,
            Err(error) => {
                skipped(&error.to_string());
                return None;
            }
        };
        // The mount takes the device from the command's standard input.
        let mount = Command::new("mount")
            .args(["-i", "-t", "fuse", "-o", "fd=0,rootmode=100000,user_id=0,group_id=0,allow_other", "hanging"])
            .arg(path)
            .stdin(Stdio::from(device.try_clone().unwrap()))
            .output();
        match mount {
            Ok(output) if output.status.success() => {}
            Ok(output) => {
                skipped(String::from_utf8_lossy(&output.stderr).trim());
                return None;
            }
            Err(error) => {
                skipped(&error.to_string());
                return None;
            }
        }
        let state = Mutex::new(State { hangs: true, ..State::default() });
        let served = Arc::new(Served { device, bytes, state });
        let server = Arc::clone(&served);
        let named = std::thread::Builder::new().name("hanging file".to_owned());
        drop(named.spawn(move || server.serve()).unwrap());
        Some(Self { served, path: path.to_owned() })
    }

    /// From now on reads are answered, or not.
    pub fn hang(&self, hangs: bool) {
        self.served.state.lock().unwrap().hangs = hangs;
    }

    /// Answers the reads that hang.
    pub fn let_go(&self) {
        let pending = std::mem::take(&mut self.served.state.lock().unwrap().pending);
        for (unique, offset, size) in pending {
            self.served.answer_read(unique, offset, size);
        }
    }

    /// Reads that were asked for so far.
    pub fn reads(&self) -> usize {
        self.served.state.lock().unwrap().reads
    }

    /// Waits until a read hangs.
    pub fn wait_until_it_hangs(&self) {
        let begun = Instant::now();
        while self.served.state.lock().unwrap().pending.is_empty() {
            assert!(begun.elapsed() < Duration::from_secs(60), "nobody reads the file");
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for HangingFile {
    fn drop(&mut self) {
        self.hang(false);
        self.let_go();
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

impl Served {
    fn serve(&self) {
        let mut request = vec![0; 1 << 20];
        // An error is the mount's end.
        while let Ok(len) = (&self.device).read(&mut request) {
            let field = |at: usize| u32::from_ne_bytes(request[at..at + 4].try_into().unwrap());
            let long = |at: usize| u64::from_ne_bytes(request[at..at + 8].try_into().unwrap());
            assert!(len >= IN_HEADER);
            let (opcode, unique) = (field(4), long(8));
            match opcode {
                INIT => {
                    let mut out = vec![0; 64];
                    let mut put = |at: usize, value: u32| out[at..at + 4].copy_from_slice(&value.to_ne_bytes());
                    put(0, 7);
                    put(4, 31);
                    // Background requests, 16 and 12 of them; bytes of a write; nanoseconds of a time stamp.
                    put(16, u32::from_ne_bytes([16, 0, 12, 0]));
                    put(20, 4096);
                    put(24, 1);
                    self.reply(unique, 0, &out);
                }
                GETATTR => self.reply(unique, 0, &self.attributes()),
                OPEN => {
                    let mut out = [0; 16];
                    out[8..12].copy_from_slice(&DIRECT_IO.to_ne_bytes());
                    self.reply(unique, 0, &out);
                }
                READ => {
                    let (offset, size) = (long(IN_HEADER + 8) as usize, field(IN_HEADER + 16) as usize);
                    let mut state = self.state.lock().unwrap();
                    state.reads += 1;
                    if state.hangs {
                        state.pending.push((unique, offset, size));
                    } else {
                        drop(state);
                        self.answer_read(unique, offset, size);
                    }
                }
                RELEASE | FLUSH => self.reply(unique, 0, &[]),
                forget if FORGETS.contains(&forget) => {}
                _ => self.reply(unique, -ENOSYS, &[]),
            }
        }
    }

    fn attributes(&self) -> Vec<u8> {
        let size = self.bytes.len() as u64;
        let mut out = vec![0; 16];
        for value in [1, size, size.div_ceil(512), 0, 0, 0] {
            out.extend_from_slice(&u64::to_ne_bytes(value));
        }
        // Nanoseconds of three times; a plain file that all may read, of one link; owner, group, device, block, flags.
        for value in [0, 0, 0, 0o100_444, 1, 0, 0, 0, 4096, 0] {
            out.extend_from_slice(&u32::to_ne_bytes(value));
        }
        out
    }

    fn answer_read(&self, unique: u64, offset: usize, size: usize) {
        let rest = self.bytes.get(offset..).unwrap_or_default();
        self.reply(unique, 0, &rest[..rest.len().min(size)]);
    }

    fn reply(&self, unique: u64, error: i32, body: &[u8]) {
        let mut out = Vec::with_capacity(16 + body.len());
        out.extend_from_slice(&(16 + body.len() as u32).to_ne_bytes());
        out.extend_from_slice(&error.to_ne_bytes());
        out.extend_from_slice(&unique.to_ne_bytes());
        out.extend_from_slice(body);
        // Whoever asked may have been killed meanwhile.
        let _ = (&self.device).write(&out);
    }
}
