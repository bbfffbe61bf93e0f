use service_kit::Timestamp;

/// When a member may be disturbed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Right away.
    Now,
    /// From this moment on, when their quiet hours are over.
    Later(Timestamp),
    /// Not with this occurrence, for a reason that reads well in a report.
    Never(&'static str),
}
