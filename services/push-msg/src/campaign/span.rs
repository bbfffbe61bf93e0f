use std::time::Duration;

use super::error::Wrong;

/// Reads a span such as `90s`, `5m`, `2h` or `7d` that lies between two others, the ends included.
pub(super) fn parse(raw: &str, least: &str, most: &str) -> Result<Duration, Wrong> {
    let detail = || format!("{raw:?} is not a span such as 90s, 5m or 2h");
    let span = read(raw).ok_or_else(|| Wrong::new(detail()))?;
    let fits =
        read(least).is_none_or(|least| least <= span) && read(most).is_none_or(|most| span <= most);
    if fits {
        Ok(span)
    } else {
        Err(Wrong::new(format!("is from {least} to {most}")))
    }
}

fn read(raw: &str) -> Option<Duration> {
    let unit = raw.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return None,
    };
    let number: u64 = raw.strip_suffix(unit)?.parse().ok()?;
    number.checked_mul(seconds).map(Duration::from_secs)
}
