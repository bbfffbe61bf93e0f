//! What the fields of the documents may hold, as OpenAPI says it. Whatever these allow, the members' API takes.

use serde::Serialize;
use utoipa::ToSchema;

/// A LINE user ID, as LINE gave it: opaque.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 80,
    pattern = "^[A-Za-z0-9_-]+$",
    examples("U4af4980629")
)]
pub struct Luid(pub String);

/// A name to go by, without control characters. The limit is 50 characters as people count them (graphemes), each of
/// which may be several code points.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 50,
    pattern = r"^\s*[^\s\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]([^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*[^\s\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069])?\s*$",
    examples("Alice")
)]
pub struct DisplayName(pub String);

/// A BCP 47 language tag.
#[derive(ToSchema)]
#[schema(
    min_length = 2,
    max_length = 35,
    pattern = "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$",
    examples("zh-TW")
)]
pub struct Language(pub String);

/// An IANA time zone.
#[derive(ToSchema)]
#[schema(format = "iana-time-zone", examples("Asia/Taipei"))]
pub struct TimeZone(pub String);

/// An https address, without a user's name or password in it.
#[derive(ToSchema)]
#[schema(
    format = "uri",
    max_length = 2000,
    pattern = "^https://",
    examples("https://profile.line-scdn.net/alice")
)]
pub struct PictureUrl(pub String);

/// An e-mail address.
#[derive(ToSchema)]
#[schema(
    max_length = 254,
    pattern = r"^[^@\s\u0000-\u001f\u007f-\u009f]{1,64}@[^@\s\u0000-\u001f\u007f-\u009f]+$",
    examples("alice@example.com")
)]
pub struct Email(pub String);

/// A telephone number in E.164 form.
#[derive(ToSchema)]
#[schema(pattern = "^\\+[1-9][0-9]{6,14}$", examples("+886912345678"))]
pub struct Phone(pub String);

/// A time of day on a clock of 24 hours.
#[derive(ToSchema)]
#[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
pub struct TimeOfDay(pub String);

/// A SHA-256 in hex.
#[derive(ToSchema)]
#[schema(
    pattern = "^[0-9A-Fa-f]{64}$",
    examples("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
)]
pub struct Digest(pub String);

/// What a member is put under, without control characters and without blanks at its ends. The limit is 40 characters as
/// people count them (graphemes).
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 40,
    pattern = r"^[^\s\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]([^\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]*[^\s\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069])?$",
    examples("vip")
)]
pub struct Tag(pub String);

/// What an attribute is called.
#[derive(ToSchema)]
#[schema(pattern = "^[a-z][a-z0-9_]{0,39}$", examples("city"))]
pub struct AttributeName(pub String);

/// What is noted about a member: a text, a number or a truth.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub enum Attribute {
    /// Dates are texts such as `2026-01-31`.
    Text(AttributeText),
    /// Finite, of 64 bits.
    Number(f64),
    /// True or false.
    Truth(bool),
}

/// The text of an attribute.
#[derive(Serialize, ToSchema)]
#[schema(
    max_length = 500,
    pattern = r"^[^\u0000-\u001f\u007f-\u009f]*$",
    examples("Taipei")
)]
pub struct AttributeText(pub String);

/// What a consent is for, or what a topic is called.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 40,
    pattern = "^[a-z0-9-]+$",
    examples("news")
)]
pub struct Purpose(pub String);

/// Which version of a consent's text.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 40,
    pattern = r"^[^\u0000-\u001f\u007f-\u009f]+$",
    examples("2026-01")
)]
pub struct Version(pub String);

/// Where a consent was given or withdrawn.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Channel {
    /// On the website.
    Website,
    /// In the chat.
    Chat,
    /// By an operator's import.
    Import,
}

/// What an event can say about a friendship.
#[derive(ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum FriendshipWord {
    /// A friend.
    Following,
    /// They blocked the bot.
    Blocked,
}

/// The ID of a LINE event: printable ASCII.
#[derive(ToSchema)]
#[schema(
    min_length = 1,
    max_length = 80,
    pattern = "^[!-~]+$",
    examples("01FZ74A0TDDPYRVKNK77XKC3ZR")
)]
pub struct EventId(pub String);

/// A moment, in milliseconds since the Unix epoch.
#[derive(ToSchema)]
#[schema(examples(1_790_000_000_000_i64))]
pub struct Timestamp(pub i64);

/// Which members are meant, such as `tag in ("vip", "staff") and not (language = "ja" or last_active within 30 days)`.
///
/// Of `tag`, `topic`, `consent`, `language` and `friendship` there is `=` and `in`; of `attribute.name` also `!=`, `<`, `<=`,
/// `>`, `>=` and `exists`; of `joined` and `last_active` `<`, `<=`, `>`, `>=`, `between … and …` and `within … days` or
/// `hours`. Texts and dates stand in `"`. `and` binds closer than `or`, `not` closer than both; there are parentheses, and
/// `not` means exactly all other members.
#[derive(ToSchema)]
#[schema(
    format = "segment",
    min_length = 1,
    max_length = 4096,
    examples("tag = \"vip\" and last_active within 30 days")
)]
pub struct Segment(pub String);

/// What comes first; `-` turns it round.
#[derive(ToSchema)]
pub enum Sort {
    /// The oldest.
    #[schema(rename = "created_at")]
    CreatedAt,
    /// The youngest.
    #[schema(rename = "-created_at")]
    CreatedAtDescending,
    /// Names, byte by byte.
    #[schema(rename = "display_name")]
    DisplayName,
    /// The same, backwards.
    #[schema(rename = "-display_name")]
    DisplayNameDescending,
}

/// Whether only to say what would happen, and do nothing.
#[derive(ToSchema)]
#[schema(examples(true))]
pub struct DryRun(pub bool);

/// Members as a table.
#[derive(ToSchema)]
#[schema(examples("luid,display_name,tags\nU4af4980629,Alice,vip|gold\n"))]
pub struct Csv(pub String);
