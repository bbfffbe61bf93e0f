//! Where requests end, read as strictly as RFC 9112 allows.
//!
//! hyper forgives bare line feeds, repeated lengths and a length beside `Transfer-Encoding`. Whoever stands before us
//! may read such a request differently, and that difference is how requests are smuggled (RFC 9112 §11.2).

use std::io::BufRead as _;
use std::mem;

/// What the next byte of a connection belongs to.
#[derive(Debug, Default)]
enum Part {
    #[default]
    Head,
    /// A body with so many bytes to come.
    Body(u64),
    /// A chunked body: only hyper knows where it ends.
    Chunks,
}

/// Follows the requests of one connection.
#[derive(Debug, Default)]
pub(super) struct Framing {
    part: Part,
    /// A line of which the end has not arrived yet.
    line: Vec<u8>,
    begun: bool,
    length: Option<u64>,
    chunked: bool,
}

impl Framing {
    /// Whether the next byte belongs to a head.
    pub(super) fn in_head(&self) -> bool {
        matches!(self.part, Part::Head)
    }

    /// The last request was answered: what comes next is a head.
    pub(super) fn resume(&mut self) {
        if matches!(self.part, Part::Chunks) {
            *self = Self::default();
        }
    }

    /// Reads what has arrived; fails with the place of the byte that made the request ambiguous.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), usize> {
        let mut at = 0;
        while at < bytes.len() {
            match self.part {
                Part::Head => {
                    let mut rest = &bytes[at..];
                    // The library's search is several times as fast as a loop over bytes.
                    let read = rest.skip_until(b'\n').unwrap_or(rest.len());
                    let piece = &bytes[at..at + read];
                    at += read;
                    if !self.piece(piece) {
                        return Err(at - 1);
                    }
                }
                Part::Body(left) => {
                    let here = bytes.len() - at;
                    let taken = usize::try_from(left).map_or(here, |left| left.min(here));
                    at += taken;
                    self.part = match left - taken as u64 {
                        0 => Part::Head,
                        left => Part::Body(left),
                    };
                }
                Part::Chunks => break,
            }
        }
        Ok(())
    }

    /// A line, or as much of it as has arrived.
    fn piece(&mut self, piece: &[u8]) -> bool {
        if !piece.ends_with(b"\n") {
            self.line.extend_from_slice(piece);
            return true;
        }
        if self.line.is_empty() {
            return self.end_line(piece);
        }
        let mut line = mem::take(&mut self.line);
        line.extend_from_slice(piece);
        self.end_line(&line)
    }

    fn end_line(&mut self, line: &[u8]) -> bool {
        let Some(line) = line.strip_suffix(b"\r\n") else {
            return false;
        };
        if line.is_empty() {
            // Empty lines before a request are none of it (§2.2).
            if self.begun {
                self.end_head();
            }
            return true;
        }
        self.begun = true;
        if let Some(value) = value_of(b"content-length:", line) {
            let unique = self.length.is_none() && !self.chunked;
            self.length = length(value);
            return unique && self.length.is_some();
        }
        if let Some(value) = value_of(b"transfer-encoding:", line) {
            let unique = self.length.is_none() && !self.chunked;
            self.chunked = value.eq_ignore_ascii_case(b"chunked");
            return unique && self.chunked;
        }
        true
    }

    fn end_head(&mut self) {
        let part = match self.length {
            _ if self.chunked => Part::Chunks,
            None | Some(0) => Part::Head,
            Some(length) => Part::Body(length),
        };
        *self = Self {
            part,
            ..Self::default()
        };
    }
}

fn value_of<'line>(name: &[u8], line: &'line [u8]) -> Option<&'line [u8]> {
    let (start, value) = line.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

fn length(value: &[u8]) -> Option<u64> {
    let digits = value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| digits)?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However the bytes are cut into packets, the verdict is the same.
    fn verdict(bytes: &str) -> Result<(), usize> {
        let whole = Framing::default().read(bytes.as_bytes());
        let mut framing = Framing::default();
        let dripped = bytes
            .bytes()
            .enumerate()
            .find_map(|(at, byte)| framing.read(&[byte]).err().map(|_| at));
        assert_eq!(whole.err(), dripped, "{bytes}");
        whole
    }

    #[test]
    fn one_length_or_chunks_are_clear() {
        for clear in [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na\nb",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\na\nbPOST / HTTP/1.1\r\ncontent-length:1\r\n\r\n\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n1\n",
        ] {
            assert_eq!(verdict(clear), Ok(()), "{clear}");
        }
    }

    #[test]
    fn w34_what_can_be_read_in_two_ways_is_not() {
        for unclear in [
            "GET / HTTP/1.1\nHost: x\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\n\r\n",
            "GET / HTTP/1.1\r\nHost: x\r\n\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nTRANSFER-ENCODING: chunked\r\nContent-Length: 3\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\nxGET / HTTP/1.1\n\r\n",
        ] {
            assert!(verdict(unclear).is_err(), "{unclear}");
        }
    }
}
