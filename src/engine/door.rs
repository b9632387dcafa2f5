//! Clients that come later: a run that trains on without the one that began it can be watched and steered again.
//!
//! The door is a port on this machine's loopback; whoever comes must say what stands in `run.door`, which only this user may
//! read. Nothing is reachable from elsewhere: another machine comes through ssh (`trainscope attach --ssh`).

use super::mailbox::CommandReader;
use super::outbox::Outbox;
use crate::protocol::{Event, PROTOCOL_VERSION, read_frame, write_frame};
use crate::store::DoorKey;
use std::io::{BufReader, ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Who comes has so long to say the word.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many at a time may have it still to say, as each takes a thread; more are sent away.
const MOST_UNNAMED: usize = 16;
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
            // Each of whom the word is awaited has a share of it.
            let unnamed = Arc::new(());
            for stream in listener.incoming() {
                if closed.load(Ordering::Relaxed) {
                    return;
                }
                let Ok(stream) = stream else {
                    // Most often no file may be opened any more; asked again at once, that would take a core from the training.
                    std::thread::sleep(LISTEN_AGAIN);
                    continue;
                };
                if Arc::strong_count(&unnamed) <= MOST_UNNAMED {
                    let (outbox, commands, word) = (outbox.clone(), commands.clone(), word.clone());
                    let share = Arc::clone(&unnamed);
                    let greet = move || {
                        let knows_word = says(&stream, &word, PATIENCE).unwrap_or(false);
                        drop(share);
                        if knows_word && outbox.watchers() < MOST_CLIENTS {
                            let _ = serve(&stream, &outbox, &commands);
                        }
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

/// Whether who came says the word in that time, in however many pieces. It is judged as a whole: who is sent away at the first wrong
/// letter could find it out letter by letter.
fn says(mut stream: &TcpStream, word: &str, patience: Duration) -> std::io::Result<bool> {
    let (until, mut said, mut heard) = (Instant::now() + patience, vec![0; word.len()], 0);
    while heard < said.len() {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut said[heard..]) {
            Ok(0) => return Ok(false),
            Ok(count) => heard += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(said == word.as_bytes())
}

/// Serves one who came, until they go or the run has ended.
fn serve(stream: &TcpStream, outbox: &Outbox, commands: &CommandReader) -> std::io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::super::clock::RunClock;
    use super::super::mailbox::Mailbox;
    use super::*;

    fn come(key: &DoorKey) -> TcpStream {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, key.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    fn is_greeted(mut stream: TcpStream, word: &str) -> bool {
        // Who was sent away may not even be heard any more.
        let _ = stream.write_all(word.as_bytes());
        matches!(read_frame(&mut stream), Ok(Event::Hello { .. }))
    }

    #[test]
    fn who_says_nothing_takes_a_place_and_there_are_only_so_many() {
        let folder = tempfile::tempdir().unwrap();
        let mailbox = Mailbox::without_client(RunClock::played());
        let _door = Door::open(folder.path(), mailbox.outbox(), mailbox.command_reader()).unwrap();
        let key = DoorKey::read(folder.path()).unwrap();
        let mut silent: Vec<TcpStream> = (0..MOST_UNNAMED).map(|_| come(&key)).collect();
        assert!(!is_greeted(come(&key), &key.word), "there is no place for one more");
        // One of them says the word, and leaves its place to another.
        assert!(is_greeted(silent.pop().unwrap(), &key.word));
        assert!(is_greeted(come(&key), &key.word));
    }

    #[test]
    fn the_word_is_heard_in_pieces_and_within_its_time() {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let said = |pieces: &[&str], patience: Duration| {
            let mut who = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            pieces.iter().for_each(|piece| who.write_all(piece.as_bytes()).unwrap());
            let (stream, _) = listener.accept().unwrap();
            says(&stream, "open sesame", patience).unwrap_or(false)
        };
        let long = Duration::from_secs(60);
        assert!(said(&["open", " ", "sesame"], long));
        assert!(!said(&["open the door"], long));
        assert!(!said(&["open"], Duration::from_millis(1)) && !said(&["open sesame"], Duration::ZERO));
    }
}
