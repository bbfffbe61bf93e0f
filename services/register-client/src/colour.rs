use std::fmt;

/// A colour, as `#rrggbb`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour([u8; 3]);

impl Colour {
    pub(crate) const WHITE: Self = Self([0xff; 3]);
    pub(crate) const INK: Self = Self([0x10, 0x14, 0x1a]);

    pub(crate) const fn new(rgb: [u8; 3]) -> Self {
        Self(rgb)
    }

    pub(crate) fn parse(raw: &str) -> Option<Self> {
        let digits = raw.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let number = u32::from_str_radix(digits, 16).ok()?;
        let [_, red, green, blue] = number.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// This colour thinned with `ground`: `percent` of it are left.
    pub(crate) fn over(self, ground: Self, percent: u32) -> Self {
        let mix = |own: u8, other: u8| {
            let sum = u32::from(own) * percent + u32::from(other) * (100 - percent);
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        let [red, green, blue] = self.0;
        let [ground_red, ground_green, ground_blue] = ground.0;
        Self([
            mix(red, ground_red),
            mix(green, ground_green),
            mix(blue, ground_blue),
        ])
    }

    /// White or ink, whichever reads better on this colour. Where the colour itself can be read on light or dark
    /// ground, one of them can be read on it.
    pub(crate) fn writing(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::INK) {
            Self::WHITE
        } else {
            Self::INK
        }
    }

    /// The contrast ratio of WCAG 2.2: 1 to 21; text needs 4.5.
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (own, other) = (self.luminance(), other.luminance());
        (own.max(other) + 0.05) / (own.min(other) + 0.05)
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|channel| {
            let share = f64::from(channel) / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}
