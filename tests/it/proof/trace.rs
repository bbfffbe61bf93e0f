//! What strace saw, in the order in which it happened.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

/// A system call: when it began and when it ended, as places in the trace.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) begin: usize,
    pub(super) end: usize,
    pub(super) name: String,
    /// What strace says of its arguments and its result.
    pub(super) text: String,
}

impl Call {
    /// Whether it is about a file or a socket of which this is part of the name.
    pub(super) fn is_on(&self, name: &str) -> bool {
        let (_, rest) = self.text.split_once('<').unwrap_or_default();
        // A socket's name has an arrow in it.
        let end = rest.find(">,").or(rest.find(">)")).unwrap_or(rest.len());
        rest[..end].contains(name)
    }

    /// The file or the socket, by number and name.
    pub(super) fn place(&self) -> &str {
        let end = self.text.find(">,").unwrap_or(self.text.len());
        &self.text[..end]
    }

    pub(super) fn writes(&self) -> bool {
        ["write", "writev", "sendto", "sendmsg"].contains(&self.name.as_str())
    }

    pub(super) fn reads(&self) -> bool {
        ["read", "readv", "recvfrom", "recvmsg"].contains(&self.name.as_str())
    }

    /// Whether it is to put a file onto the disk.
    pub(super) fn is_sync(&self) -> bool {
        ["fsync", "fdatasync"].contains(&self.name.as_str())
    }

    /// The first string among its arguments, as bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let (_, text) = self.text.split_once(", \"").unwrap_or_default();
        let mut letters = text.bytes().peekable();
        let mut bytes = Vec::new();
        while let Some(letter) = letters.next() {
            match letter {
                b'"' => break,
                b'\\' => bytes.push(match letters.next().unwrap_or_default() {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'v' => 0x0b,
                    b'f' => 0x0c,
                    digit @ b'0'..=b'7' => {
                        let mut value = u32::from(digit - b'0');
                        for _ in 0..2 {
                            let Some(digit @ b'0'..=b'7') = letters.peek() else {
                                break;
                            };
                            value = value * 8 + u32::from(digit - b'0');
                            letters.next();
                        }
                        u8::try_from(value).unwrap()
                    }
                    other => other,
                }),
                plain => bytes.push(plain),
            }
        }
        bytes
    }
}

/// Reads what `strace -f -o` wrote. A call during which another thread was seen stands there in two pieces.
pub(super) fn read(path: &Path) -> Vec<Call> {
    let text = fs::read(path).unwrap();
    let text = String::from_utf8_lossy(&text);
    let mut begun: HashMap<&str, Call> = HashMap::new();
    let mut calls = Vec::new();
    for (place, line) in text.lines().enumerate() {
        let Some((thread, line)) = line.split_once(' ') else {
            continue;
        };
        let line = line.trim_start();
        if let Some(rest) = line.strip_prefix("<... ") {
            let Some((_, rest)) = rest.split_once(" resumed>") else {
                continue;
            };
            if let Some(mut call) = begun.remove(thread) {
                call.end = place;
                call.text.push_str(rest);
                calls.push(call);
            }
        } else if let Some((name, arguments)) = line.split_once('(') {
            let unfinished = arguments.strip_suffix(" <unfinished ...>");
            let call = Call {
                begin: place,
                end: place,
                name: name.to_owned(),
                text: unfinished.unwrap_or(arguments).to_owned(),
            };
            if unfinished.is_some() {
                begun.insert(thread, call);
            } else {
                calls.push(call);
            }
        }
    }
    calls.sort_by_key(|call| call.begin);
    calls
}
