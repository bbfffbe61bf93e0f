use users_client::QuietHours as Document;

use super::Invalid;

const HOUR: u16 = 60;
const DAY: u16 = 24 * HOUR;

/// When not to disturb a member: from one minute of their local day until another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct QuietHours {
    pub(crate) from: u16,
    pub(crate) until: u16,
}

impl QuietHours {
    pub(crate) fn parse(raw: &Document) -> Result<Self, Invalid> {
        match (minute(&raw.from), minute(&raw.until)) {
            (Some(from), Some(until)) if from != until => Ok(Self { from, until }),
            _ => Err(Invalid("must be two different times, each as HH:MM")),
        }
    }

    /// As they are stored.
    pub(crate) fn from_minutes(from: Option<i64>, until: Option<i64>) -> Option<Self> {
        let minute =
            |stored: Option<i64>| u16::try_from(stored?).ok().filter(|minute| *minute < DAY);
        Some(Self {
            from: minute(from)?,
            until: minute(until)?,
        })
    }

    pub(crate) fn document(self) -> Document {
        let text = |minute: u16| format!("{:02}:{:02}", minute / HOUR, minute % HOUR);
        Document {
            from: text(self.from),
            until: text(self.until),
        }
    }
}

/// `HH:MM`, from `00:00` to `23:59`.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |part: &str| {
        (part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit()))
            .then(|| part.parse::<u16>().ok())
            .flatten()
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    (hours < 24 && minutes < HOUR).then_some(hours * HOUR + minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(from: &str, until: &str) -> Option<QuietHours> {
        QuietHours::parse(&Document {
            from: from.into(),
            until: until.into(),
        })
        .ok()
    }

    #[test]
    fn times_of_day_are_read_and_written_alike() {
        let night = parsed("22:00", "07:05").expect("two times");
        assert_eq!((night.from, night.until), (22 * 60, 7 * 60 + 5));
        let Document { from, until } = night.document();
        assert_eq!((from.as_str(), until.as_str()), ("22:00", "07:05"));
    }

    #[test]
    fn what_is_no_time_of_day_is_refused() {
        for (from, until) in [
            ("24:00", "07:00"),
            ("22:60", "07:00"),
            ("7:00", "08:00"),
            ("+7:00", "08:00"),
            ("0700", "08:00"),
            ("07:00", "07:00"),
            ("", ""),
        ] {
            assert_eq!(parsed(from, until), None, "{from} {until}");
        }
    }
}
