use std::collections::HashMap;
use std::io::Cursor;

use bytes::Bytes;
use csv::{Position, Reader, ReaderBuilder, StringRecord};
use problem::FieldError;

use super::column::Header;
use super::{Refusal, Row};
use crate::domain::Luid;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const DELIMITERS: [u8; 3] = [b',', b';', b'\t'];
/// More lines than this belong into several files.
const LINES: usize = 200_000;
/// So many rows are done at once, if they do not say too much.
const GROUP_ROWS: usize = 200;
const GROUP_CELLS: usize = 2000;

/// A file of rows, read group by group.
pub(crate) struct Table {
    reader: Reader<Cursor<Bytes>>,
    lines: Lines,
    header: Header,
    /// Who was named already, and on which line.
    seen: HashMap<Luid, u64>,
}

/// A row of a file, or why it is none.
pub(crate) struct Entry {
    /// The line on which it begins, the header being the first.
    pub(crate) line: u64,
    pub(crate) row: Result<Row, Refusal>,
}

impl Table {
    /// Reads the header. Nothing is wrong with the file as a whole then.
    pub(crate) fn open(mut file: Bytes) -> Result<Self, Vec<FieldError>> {
        let whole = |detail: &str| {
            vec![FieldError {
                pointer: String::new(),
                detail: detail.to_owned(),
            }]
        };
        let text = std::str::from_utf8(&file).map_err(|_| whole("must be UTF-8"))?;
        if text.lines().count() > LINES {
            return Err(whole("must be 200000 lines or fewer"));
        }
        if file.starts_with(BYTE_ORDER_MARK) {
            file = file.slice(BYTE_ORDER_MARK.len()..);
        }
        let mut reader = ReaderBuilder::new()
            .delimiter(delimiter(&file))
            .flexible(true)
            .from_reader(Cursor::new(file.clone()));
        let names = reader
            .headers()
            .map_err(|_| whole("must begin with a header"))?;
        let header = Header::parse(names.iter())?;
        Ok(Self {
            reader,
            lines: Lines::new(file),
            header,
            seen: HashMap::new(),
        })
    }

    /// The next rows; none when all were read.
    pub(crate) fn next_group(&mut self) -> Vec<Entry> {
        let (mut group, mut cells) = (Vec::new(), 0);
        let mut record = StringRecord::new();
        while group.len() < GROUP_ROWS
            && cells < GROUP_CELLS
            && self.reader.read_record(&mut record).is_ok_and(|more| more)
        {
            let filled = record.iter().filter(|cell| !cell.is_empty()).count();
            if filled > 0 {
                cells += filled;
                group.push(self.entry(&record));
            }
        }
        group
    }

    fn entry(&mut self, record: &StringRecord) -> Entry {
        let line = self.lines.at(record.position());
        let luid = record.get(self.header.luid);
        let luid = luid.and_then(|luid| Luid::parse(super::cell::unguard(luid)).ok());
        let first = luid.map_or(line, |luid| *self.seen.entry(luid).or_insert(line));
        let row = if first == line {
            Row::parse(&self.header, record)
        } else {
            Err(Refusal::Duplicate(first))
        };
        Entry { line, row }
    }
}

/// Counts lines as an editor does.
struct Lines {
    file: Bytes,
    offset: usize,
    line: u64,
}

impl Lines {
    fn new(file: Bytes) -> Self {
        Self {
            file,
            offset: 0,
            line: 1,
        }
    }

    /// The line of a record that begins here, or after the ends of lines that are here.
    fn at(&mut self, begin: Option<&Position>) -> u64 {
        let begin = begin.map_or(0, Position::byte);
        let begin = usize::try_from(begin).unwrap_or(usize::MAX);
        while let Some(byte) = self.file.get(self.offset) {
            let next = self.file.get(self.offset + 1);
            match byte {
                b'\n' => self.line += 1,
                b'\r' if next != Some(&b'\n') => self.line += 1,
                b'\r' => {}
                _ if self.offset >= begin => break,
                _ => {}
            }
            self.offset += 1;
        }
        self.line
    }
}

/// What stands between the columns' names most often; it is never part of one.
fn delimiter(file: &[u8]) -> u8 {
    let mut lines = file.split(|byte| matches!(byte, b'\n' | b'\r'));
    let header = lines.next().unwrap_or_default();
    let count = |delimiter: &u8| header.split(|byte| byte == delimiter).count();
    // Of equals the last is taken, which is the comma.
    let delimiters = DELIMITERS.into_iter().rev();
    delimiters.max_by_key(count).unwrap_or(b',')
}
