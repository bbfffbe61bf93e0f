use problem::FieldError;

/// What is wrong with a value. Never quotes it: it may be personal.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Invalid(pub(crate) &'static str);

/// What was wrong with a document, field by field.
#[derive(Debug, Default)]
pub(crate) struct Fields(Vec<FieldError>);

impl Fields {
    /// The value, unless it is wrong: then that is noted.
    pub(crate) fn take<T>(&mut self, pointer: &str, parsed: Result<T, Invalid>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(invalid) => self.refuse(pointer, &invalid),
        }
    }

    /// Notes what is wrong with a value that says so in its own words.
    pub(crate) fn refuse<T>(&mut self, pointer: &str, why: &impl ToString) -> Option<T> {
        self.0.push(FieldError {
            pointer: pointer.to_owned(),
            detail: why.to_string(),
        });
        None
    }

    /// The same, for what may be absent.
    pub(crate) fn take_any<T>(
        &mut self,
        pointer: &str,
        raw: Option<&str>,
        parse: fn(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        raw.and_then(|raw| self.take(pointer, parse(raw)))
    }

    /// `value`, if it is whole and nothing was wrong.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<FieldError>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}
