use std::time::Duration;

/// How long bytes with LINE user IDs outlive their occurrence: after that nothing can be sent again.
pub(crate) const BODIES: Duration = Duration::from_hours(24);
/// How long it is known who got what.
pub(super) const RECIPIENTS: Duration = Duration::from_hours(31 * 24);
