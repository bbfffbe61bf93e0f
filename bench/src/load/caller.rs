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

impl Caller {
    pub(crate) fn connect(target: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(target)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        Ok(Self {
            target,
            stream,
            buffer: vec![0; 4096],
        })
    }

    /// Sends the request; the status of its answer.
    pub(crate) fn call(&mut self, request: &[u8]) -> Result<u16> {
        self.stream.write_all(request)?;
        let mut length = 0;
        loop {
            match self.stream.read(&mut self.buffer[length..])? {
                0 => return Err(Error::from(ErrorKind::UnexpectedEof)),
                read => length += read,
            }
            if let Some(answer) = message(&self.buffer[..length]) {
                let status = status(&self.buffer);
                if answer.closes {
                    *self = Self::connect(self.target)?;
                }
                return Ok(status);
            }
        }
    }
}
