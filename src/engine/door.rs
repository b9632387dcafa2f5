//! Clients that come later: a run that trains on without the one that began it can be watched and steered again.
//!
//! The door is a port on this machine's loopback; whoever comes must say what stands in `run.door`, which only this user may
//! read. Nothing is reachable from elsewhere: another machine comes through ssh (`trainscope attach --ssh`).

use super::mailbox::CommandReader;
use super::outbox::Outbox;
use crate::protocol::{Event, PROTOCOL_VERSION, read_frame, write_frame};
use crate::store::DoorKey;
use std::io::{BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// Who comes has so long to say the word.
const PATIENCE: Duration = Duration::from_secs(5);
/// Where the system lets nobody in for the moment.
const LISTEN_AGAIN: Duration = Duration::from_millis(100);
/// Watchers at a time; more are sent away.
const MOST_CLIENTS: usize = 8;

/// The open door; dropped, it is closed, and those who came through hear the run's last words first.
pub(super) struct Door {
    run_dir: PathBuf,
    key: DoorKey,
    closing: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    /// Opens it, and writes down how it is found.
    ///
    /// # Errors
    /// No port is to be had, or the folder cannot be written.
    pub fn open(run_dir: &Path, outbox: Outbox, commands: CommandReader) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let key = DoorKey::new(listener.local_addr()?.port());
        key.write(run_dir)?;
        let word = key.word.clone();
        let closing = Arc::new(AtomicBool::new(false));
        let closed = Arc::clone(&closing);
        let work = move || {
            for stream in listener.incoming() {
                if closed.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else {
                    // Most often no file may be opened any more; asked again at once, that would take a core from the training.
                    std::thread::sleep(LISTEN_AGAIN);
                    continue;
                };
                if outbox.watchers() < MOST_CLIENTS {
                    let (outbox, commands, word) = (outbox.clone(), commands.clone(), word.clone());
                    let greet = move || {
                        let _ = serve(&stream, &word, &outbox, &commands);
                        let _ = stream.shutdown(Shutdown::Both);
                    };
                    // Without a thread nobody is let in; the training is not concerned.
                    let _ = std::thread::Builder::new().name("engine-attached".to_owned()).spawn(greet);
                }
            }
        };
        let thread = std::thread::Builder::new().name("engine-door".to_owned()).spawn(work)?;
        Ok(Self { run_dir: run_dir.to_owned(), key, closing, thread: Some(thread) })
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::Relaxed);
        self.key.remove(&self.run_dir);
        // Wakes the thread, which waits for somebody to come.
        let woken = TcpStream::connect((Ipv4Addr::LOCALHOST, self.key.port));
        if let (Ok(_), Some(thread)) = (woken, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

/// Serves one who came, until they go or the run has ended.
fn serve(stream: &TcpStream, word: &str, outbox: &Outbox, commands: &CommandReader) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut said = vec![0; word.len()];
    (&*stream).read_exact(&mut said)?;
    if said != word.as_bytes() {
        return Ok(());
    }
    stream.set_read_timeout(None)?;
    stream.set_nodelay(true)?;
    let hello = Event::Hello {
        protocol: PROTOCOL_VERSION,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        pid: std::process::id(),
    };
    let events = outbox.admit_reader(hello);
    let mut output = stream.try_clone()?;
    let queue = Arc::clone(&events);
    let writing = std::thread::Builder::new().name("engine-attached".to_owned()).spawn(move || {
        while let Some(event) = queue.pop() {
            if write_frame(&mut output, &event).is_err() {
                queue.abandon();
                break;
            }
        }
        let _ = output.flush();
        // The run is over, or they are gone: nothing more is read of them either.
        let _ = output.shutdown(Shutdown::Both);
    })?;
    let mut input = BufReader::new(stream);
    while let Ok(command) = read_frame(&mut input) {
        if !commands.take(command) {
            break;
        }
    }
    // What waits for them yet is sent at the run's end; else they are gone.
    events.close();
    let _ = writing.join();
    Ok(())
}
