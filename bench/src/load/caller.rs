use std::io::{Error, ErrorKind, Read as _, Result, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::http::{message, status};

/// One keep-alive connection, one request at a time.
pub(crate) struct Caller {
    target: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, until the next request.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Caller {
    pub(crate) fn connect(target: SocketAddr) -> Result<Self> {
        Ok(Self {
            target,
            stream: connect(target)?,
            buffer: vec![0; 4096],
        })
    }

    /// Sends the request, and waits for its answer.
    pub(crate) fn call(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request)?;
        let mut length = 0;
        let answer = loop {
            if length == self.buffer.len() {
                self.buffer.resize(2 * length, 0);
            }
            match self.stream.read(&mut self.buffer[length..])? {
                0 => return Err(Error::from(ErrorKind::UnexpectedEof)),
                read => length += read,
            }
            if let Some(answer) = message(&self.buffer[..length]) {
                break answer;
            }
        };
        if answer.closes {
            self.stream = connect(self.target)?;
        }
        Ok(Answer {
            status: status(&self.buffer),
            body: &self.buffer[answer.body_at..answer.end],
        })
    }
}

fn connect(target: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(target)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    Ok(stream)
}
