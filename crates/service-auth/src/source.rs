use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use secrecy::SecretString;
use tokio::sync::Mutex;

/// A projected token rotates well before it expires; reading it this often is soon enough.
const REREAD: Duration = Duration::from_secs(30);

/// Where a caller's token comes from: a file that somebody else keeps fresh.
#[derive(Debug, Clone)]
pub struct TokenSource {
    path: PathBuf,
    last: Arc<Mutex<Option<(SecretString, Instant)>>>,
}

/// The token file is of no use.
#[derive(Debug, thiserror::Error)]
pub enum TokenSourceError {
    /// It cannot be read.
    #[error("the service token file cannot be read")]
    Io(#[from] std::io::Error),
    /// It holds nothing.
    #[error("the service token file is empty")]
    Empty,
}

impl TokenSource {
    /// The token in the file at `path`.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            last: Arc::default(),
        }
    }

    /// The token, at most half a minute old.
    pub async fn token(&self) -> Result<SecretString, TokenSourceError> {
        let mut last = self.last.lock().await;
        if let Some((token, read_at)) = &*last
            && read_at.elapsed() < REREAD
        {
            return Ok(token.clone());
        }
        let text = tokio::fs::read_to_string(&self.path).await?;
        let token = text.trim();
        if token.is_empty() {
            return Err(TokenSourceError::Empty);
        }
        let token = SecretString::from(token.to_owned());
        *last = Some((token.clone(), Instant::now()));
        Ok(token)
    }
}
