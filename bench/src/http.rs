//! As much of HTTP/1.1 as both ends of a loopback need: messages with a Content-Length, told apart in a buffer.

/// A whole message at the start of a buffer.
pub(crate) struct Message {
    /// Where its head ends and its body begins.
    pub(crate) body_at: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// Whether the other end closes the connection after it.
    pub(crate) closes: bool,
}

/// The message that the buffer begins with, once all of it is there.
pub(crate) fn message(buffer: &[u8]) -> Option<Message> {
    let body_at = find(buffer, b"\r\n\r\n")? + 4;
    let (mut length, mut closes) = (0, false);
    for line in buffer[..body_at].split(|byte| *byte == b'\n') {
        if let Some(value) = header(line, b"content-length:") {
            length = number(value);
        } else if let Some(value) = header(line, b"connection:") {
            closes = value.eq_ignore_ascii_case(b"close");
        }
    }
    let end = body_at + length;
    (buffer.len() >= end).then_some(Message {
        body_at,
        end,
        closes,
    })
}

/// The status of an answer.
pub(crate) fn status(answer: &[u8]) -> u16 {
    answer
        .get(9..12)
        .map_or(0, |digits| u16::try_from(number(digits)).unwrap_or(0))
}

/// Where `part` begins.
pub(crate) fn find(buffer: &[u8], part: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = buffer[from..].iter().position(|byte| *byte == part[0]) {
        if buffer[from + at..].starts_with(part) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

fn header<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, value) = line.split_at_checked(name.len())?;
    start
        .eq_ignore_ascii_case(name)
        .then_some(value.trim_ascii())
}

fn number(digits: &[u8]) -> usize {
    digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .fold(0, |number, digit| number * 10 + usize::from(digit - b'0'))
}
