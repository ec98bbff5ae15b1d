//! A log file: lines that are chained by hashes, and beside it a head that says how far they go.
//!
//! What a line is stands in `line`, what a head is in `head`. The order of one append is: the whole line in one write;
//! the log to the disk, if asked for; the head. So a record that was acknowledged is in the log whatever ends the
//! process, and a log may be ahead of its head, but not behind.

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::num::NonZeroU32;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustix::fs::OFlags;

use super::head::{self, LENGTH, Mark, SLOT};
use super::line::{self, Head, MAX_LINE_BYTES};
use super::record::{AuditEvent, AuditRecord};
use super::sink::{AuditError, AuditSink, FileFault};
use super::tail::{self, Tail};

/// How much of a line's buffer is kept for the next line: most lines have half a kilobyte.
const KEPT_BUFFER: usize = 64 << 10;

/// When records are on the disk. A record survives the death of the process in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sync {
    /// Before it counts as taken.
    #[default]
    EveryRecord,
    /// At the latest with the record so many after it. A power failure loses up to so many, which then looks like a
    /// truncation, and is one.
    Every(NonZeroU32),
    /// When the system likes.
    Never,
}

/// Appends records to a file, of which it is the only writer.
#[derive(Debug)]
pub struct FileAudit {
    path: PathBuf,
    head_path: PathBuf,
    sync: Sync,
    writer: Mutex<Writer>,
}

#[derive(Debug)]
struct Writer {
    log: File,
    head: File,
    /// The last record.
    mark: Mark,
    last_time_ms: u64,
    /// The slot of the head that is written next.
    slot: usize,
    /// How many records are not known to be on the disk.
    unsynced: u32,
    /// Whether something may stand behind the last record.
    residue: bool,
    line: Vec<u8>,
}

/// Which file something is, whatever its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FileIdentity {
    /// The device.
    pub device: u64,
    /// The number of the file on it.
    pub inode: u64,
}

impl FileAudit {
    /// Opens a log to append to it, or makes one that its owner alone can read. The head lies beside it, under its name
    /// with `.head` added. A line that was never acknowledged, because the process died while it was written, is removed.
    ///
    /// # Errors
    /// The files cannot be used, have another writer, or are not what was written last.
    pub fn open(path: impl Into<PathBuf>, sync: Sync) -> Result<Self, AuditError> {
        let path = path.into();
        let head_path = head_path(&path);
        let log = open(&path, true).map_err(at(&path))?;
        match log.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(at(&path)(FileFault::Locked)),
            Err(TryLockError::Error(source)) => return Err(at(&path)(FileFault::Io { doing: "lock it", source })),
        }
        let length = log.metadata().map_err(doing("ask for its length")).map_err(at(&path))?.len();
        let head = match open(&head_path, length == 0) {
            Err(FileFault::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                return Err(at(&head_path)(FileFault::Damaged { offset: length, what: "the head is missing" }));
            }
            other => other.map_err(at(&head_path))?,
        };
        let (slot, marked, damaged) = read_head(&head, length).map_err(at(&head_path))?;
        let found = tail::find(&log, marked).map_err(doing("read its end")).map_err(at(&path))?;
        let Tail { mark, time_ms } = found.map_err(|(offset, what)| at(&path)(FileFault::Damaged { offset, what }))?;
        // A slot is torn while it is written, and that is when the log holds the record already.
        if damaged && mark == marked {
            return Err(at(&head_path)(FileFault::Damaged { offset: mark.end, what: "a slot of the head is damaged" }));
        }
        let mut writer = Writer {
            log,
            head,
            mark,
            last_time_ms: time_ms,
            slot,
            unsynced: 0,
            residue: mark.end < length,
            line: vec![],
        };
        writer.clean().map_err(at(&path))?;
        if mark != marked {
            writer.write_head(mark).map_err(at(&head_path))?;
        }
        writer.log.sync_all().map_err(doing("write it to the disk")).map_err(at(&path))?;
        writer.head.sync_all().map_err(doing("write it to the disk")).map_err(at(&head_path))?;
        sync_directory(&path).map_err(doing("write its directory to the disk")).map_err(at(&path))?;
        Ok(Self { path, head_path, sync, writer: Mutex::new(writer) })
    }

    /// The last record, for those who keep it elsewhere: `verify` can be told to expect it.
    pub fn head(&self) -> Head {
        self.writer().mark.head
    }

    /// The log and its head, which guests must not reach under any name.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn identities(&self) -> Result<[FileIdentity; 2], AuditError> {
        let writer = self.writer();
        let identity = |file: &File, path: &Path| {
            let metadata = file.metadata().map_err(doing("ask which file it is")).map_err(at(path))?;
            Ok::<_, AuditError>(FileIdentity { device: metadata.dev(), inode: metadata.ino() })
        };
        Ok([identity(&writer.log, &self.path)?, identity(&writer.head, &self.head_path)?])
    }

    /// Brings all records to the disk.
    ///
    /// # Errors
    /// The disk refused.
    pub fn sync(&self) -> Result<(), AuditError> {
        let mut writer = self.writer();
        writer.log.sync_data().map_err(doing("write it to the disk")).map_err(at(&self.path))?;
        writer.head.sync_data().map_err(doing("write it to the disk")).map_err(at(&self.head_path))?;
        writer.unsynced = 0;
        Ok(())
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AuditSink for FileAudit {
    fn append(&self, record: &Arc<AuditRecord>) -> Result<(), AuditError> {
        let mut writer = self.writer();
        let first = match record.event {
            AuditEvent::Lost { first } => first,
            _ => record.sequence,
        };
        let held = writer.mark.head.sequence;
        if first == 0 || first > record.sequence || held > 0 && held.checked_add(1) != Some(first) {
            return Err(AuditError::OutOfOrder { held, given: first });
        }
        let written = writer.append(record, self.sync);
        writer.line.shrink_to(KEPT_BUFFER);
        match written {
            Ok(()) => Ok(()),
            Err(Refused::TooLong(length)) => Err(AuditError::TooLong(length)),
            Err(Refused::Log(fault)) => Err(at(&self.path)(fault)),
            Err(Refused::Head(fault)) => Err(at(&self.head_path)(fault)),
        }
    }

    fn files(&self) -> Vec<(u64, u64)> {
        self.identities().map_or_else(|_| Vec::new(), |files| files.map(|file| (file.device, file.inode)).to_vec())
    }

    fn next_sequence(&self) -> u64 {
        self.head().sequence.saturating_add(1)
    }

    fn last_time_ms(&self) -> u64 {
        self.writer().last_time_ms
    }

    fn may_block(&self) -> bool {
        self.sync != Sync::Never
    }
}

/// Where an append failed.
enum Refused {
    TooLong(usize),
    Log(FileFault),
    Head(FileFault),
}

impl Writer {
    /// Writes a record, or leaves the log as it was.
    fn append(&mut self, record: &AuditRecord, sync: Sync) -> Result<(), Refused> {
        self.clean().map_err(Refused::Log)?;
        self.line.clear();
        let hash = line::write(record, &self.mark.head.hash, &mut self.line)
            .map_err(|why| Refused::Log(FileFault::Io { doing: "write a record as text", source: why.into() }))?;
        if self.line.len() > MAX_LINE_BYTES {
            return Err(Refused::TooLong(self.line.len()));
        }
        let head = Head { sequence: record.sequence, hash };
        let mark = Mark { head, end: self.mark.end + self.line.len() as u64 };
        self.residue = true;
        if let Err(refused) = self.commit(mark, sync) {
            // If this fails as well, the next append tries again before it writes.
            let _ = self.clean();
            return Err(refused);
        }
        self.residue = false;
        self.mark = mark;
        self.last_time_ms = record.time_ms;
        Ok(())
    }

    fn commit(&mut self, mark: Mark, sync: Sync) -> Result<(), Refused> {
        let io = |what, source| Refused::Log(FileFault::Io { doing: what, source });
        self.log.write_all_at(&self.line, self.mark.end).map_err(|why| io("append a record", why))?;
        let unsynced = self.unsynced.saturating_add(1);
        let due = match sync {
            Sync::EveryRecord => true,
            Sync::Every(records) => unsynced >= records.get(),
            Sync::Never => false,
        };
        if due {
            self.log.sync_data().map_err(|why| io("write it to the disk", why))?;
        }
        self.write_head(mark).map_err(Refused::Head)?;
        self.unsynced = if due { 0 } else { unsynced };
        Ok(())
    }

    fn write_head(&mut self, mark: Mark) -> Result<(), FileFault> {
        self.head.write_all_at(&mark.slot(), (self.slot * SLOT) as u64).map_err(doing("write how far the log goes"))?;
        self.slot = 1 - self.slot;
        Ok(())
    }

    /// Removes what stands behind the last record.
    fn clean(&mut self) -> Result<(), FileFault> {
        if self.residue {
            self.log.set_len(self.mark.end).map_err(doing("remove an unfinished record"))?;
            self.residue = false;
        }
        Ok(())
    }
}

/// A child process that is being started may still hold the file; the lock ends here all the same.
impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.log.unlock();
    }
}

/// The path of a log's head.
pub(super) fn head_path(log: &Path) -> PathBuf {
    let mut path = OsString::from(log);
    path.push(".head");
    PathBuf::from(path)
}

/// The slot to write next, the later mark, and whether the other slot is damaged. The head of an empty log may be new.
fn read_head(head: &File, log_length: u64) -> Result<(usize, Mark, bool), FileFault> {
    let mut bytes = vec![0; LENGTH + 1];
    let read = read_up_to(head, &mut bytes).map_err(doing("read it"))?;
    bytes.truncate(read);
    if log_length == 0 && bytes.iter().all(|byte| *byte == 0) {
        let mark = Mark::none();
        head.set_len(0).map_err(doing("empty it"))?;
        head.write_all_at(&[mark.slot(), mark.slot()].concat(), 0).map_err(doing("write how far the log goes"))?;
        return Ok((0, mark, false));
    }
    let slots = head::read(&bytes);
    let (index, mark) =
        head::latest(&slots).ok_or(FileFault::Damaged { offset: log_length, what: "the head is damaged" })?;
    Ok((1 - index, mark, slots.contains(&None)))
}

/// Reads from the start until the buffer is full or the file ends.
pub(super) fn read_up_to(file: &File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Opens a regular file itself, never what a link points to, and never waits for a pipe.
fn open(path: &Path, create: bool) -> Result<File, FileFault> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut options = OpenOptions::new();
    let file = options.read(true).write(true).create(create).truncate(false).mode(0o600).custom_flags(flags).open(path);
    let file = file.map_err(|source| {
        let other = [rustix::io::Errno::LOOP, rustix::io::Errno::ISDIR].map(|errno| Some(errno.raw_os_error()));
        if other.contains(&source.raw_os_error()) {
            return FileFault::NotAFile;
        }
        FileFault::Io { doing: "open it", source }
    })?;
    let regular = file.metadata().map_err(doing("ask what it is"))?.is_file();
    if regular { Ok(file) } else { Err(FileFault::NotAFile) }
}

/// Makes the names of new files survive a power failure.
fn sync_directory(log: &Path) -> io::Result<()> {
    let parent = log.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(parent)?.sync_all()
}

fn doing(doing: &'static str) -> impl Fn(io::Error) -> FileFault {
    move |source| FileFault::Io { doing, source }
}

fn at(path: &Path) -> impl Fn(FileFault) -> AuditError {
    move |fault| AuditError::File { path: path.to_owned(), fault }
}
