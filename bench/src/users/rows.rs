use service_kit::Timestamp;

use super::SCATTER;

/// Whose SQL it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// What is known of so many people who joined one by one until now. Who they are follows from their numbers, by
/// arithmetic that the database does itself.
pub(super) struct Rows {
    pub(super) dialect: Dialect,
    pub(super) count: u64,
    pub(super) now: Timestamp,
}

/// How long ago the first of them joined: two years.
const SPAN_MS: i64 = 2 * 365 * 24 * 60 * 60 * 1000;

/// A number from 0 to 99 that a person has in one respect; factors that differ make respects that have nothing to do with
/// each other. All are odd.
fn share(factor: u64) -> String {
    format!("(((n * {factor} & 4294967295) >> 16) % 100)")
}

const LANGUAGE: u64 = 2_246_822_519;
const CONSENT: u64 = 3_266_489_917;
const TOPIC: u64 = 668_265_263;
const TAG: u64 = 374_761_393;
const CITY: u64 = 1_640_531_527;
const VISITS: u64 = 2_869_860_233;
const FRIENDSHIP: u64 = 3_432_918_353;
const ACTIVITY: u64 = 461_845_907;

impl Rows {
    /// Begins a statement about the people from one number to another: `person (n, member_id, luid, created_at,
    /// language)`.
    pub(super) fn people(&self, from: u64, until: u64) -> String {
        let series = match self.dialect {
            Dialect::Sqlite => {
                format!("select {from} union all select n + 1 from series where n + 1 < {until}")
            }
            Dialect::Postgres => format!("select generate_series({from}::bigint, {until} - 1)"),
        };
        let scattered = format!("n * {SCATTER} & 4294967295");
        let (luid, member_id) = match self.dialect {
            Dialect::Sqlite => (
                format!("printf('U%08x%024x', {scattered}, n)"),
                "unhex(printf('%012x7%03x8%015x', created_at, n & 4095, n))",
            ),
            Dialect::Postgres => (
                format!("'U' || lpad(to_hex({scattered}), 8, '0') || lpad(to_hex(n), 24, '0')"),
                "decode(lpad(to_hex(created_at), 12, '0') || '7' || lpad(to_hex(n & 4095), 3, '0')
                    || '8' || lpad(to_hex(n), 15, '0'), 'hex')",
            ),
        };
        let begin = self.now.as_millis() - SPAN_MS;
        let pace = SPAN_MS.cast_unsigned() / self.count;
        let language = share(LANGUAGE);
        format!(
            "with recursive series (n) as ({series}),
            joined (n, created_at) as (select n, {begin} + n * {pace} from series),
            person (n, member_id, luid, created_at, language) as (
                select n, {member_id}, {luid}, created_at,
                    case when {language} < 40 then 'zh-TW' when {language} < 65 then 'ja'
                        when {language} < 85 then 'th' else 'en' end
                from joined
            )"
        )
    }

    /// Puts the people from one number to another where api-users keeps them.
    pub(super) fn statements(&self, from: u64, until: u64) -> Vec<String> {
        let people = self.people(from, until);
        self.tables()
            .into_iter()
            .map(|(table, columns, values)| insert(&people, table, columns, &values))
            .collect()
    }

    /// What becomes of a person, table by table: its columns, and the values with their condition.
    fn tables(&self) -> [(&'static str, &'static str, String); 7] {
        let now = self.now.as_millis();
        [
            (
                "member",
                "member_id, luid, display_name, picture_url, language, time_zone, status, created_at, updated_at,
                    last_active_at",
                format!(
                    "member_id, luid,
                    case language when 'zh-TW' then '王小明 ' when 'ja' then '佐藤花子 ' when 'th' then 'สมชาย ใจดี '
                        else 'Alice Miller ' end || substr(luid, 2, 6),
                    'https://profile.line-scdn.net/' || luid, language,
                    case language when 'zh-TW' then 'Asia/Taipei' when 'ja' then 'Asia/Tokyo' when 'th' then 'Asia/Bangkok'
                        else 'Europe/London' end,
                    'active', created_at, created_at, created_at + ({now} - created_at) / 100 * {}
                    from person",
                    share(ACTIVITY)
                ),
            ),
            (
                "consent",
                "member_id, purpose, version, text_digest, language, granted, channel, changed_at",
                format!(
                    "member_id, 'news', '2026-01', '{}', language, {} < 70, 'website', created_at from person",
                    "5eed".repeat(16),
                    share(CONSENT)
                ),
            ),
            (
                "topic",
                "member_id, topic, subscribed, changed_at",
                format!(
                    "member_id, 'weekly', true, created_at from person where {} < 50",
                    share(TOPIC)
                ),
            ),
            (
                "tag",
                "member_id, tag",
                format!("member_id, 'vip' from person where {} < 10", share(TAG)),
            ),
            (
                "attribute",
                "member_id, name, text_value",
                format!(
                    "member_id, 'city', 'City ' || ({} % 20) from person",
                    share(CITY)
                ),
            ),
            (
                "attribute",
                "member_id, name, number_value",
                format!("member_id, 'visits', {} from person", share(VISITS)),
            ),
            (
                "friendship",
                "luid, state, event_at, event_id",
                format!(
                    "luid, case when {0} < 8 then 'blocked' else 'following' end, created_at, '01HBENCHMK' || n
                    from person where {0} < 88",
                    share(FRIENDSHIP)
                ),
            ),
        ]
    }
}

fn insert(people: &str, table: &str, columns: &str, values: &str) -> String {
    format!("{people} insert into {table} ({columns}) select {values}")
}
