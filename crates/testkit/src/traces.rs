//! Whether a store still holds something about somebody: asked of every column that its catalogue names, and of every byte
//! of its files. Tables that are made tomorrow are looked through, too.
//!
//! Without a driver of its own: the test asks [`columns`] on its own connection, and then each of the questions that come.

use std::fmt::Write as _;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use service_kit::DatabaseKind;

const SQLITE: &str = r#"
    select tables.name || '.' || columns.name,
        'select count(*) from "' || tables.name || '" where instr(cast("' || columns.name || '" as blob), {needle}) > 0'
    from sqlite_schema tables join pragma_table_info(tables.name) columns
    where tables.type = 'table'"#;

const POSTGRES: &str = r"
    select relname || '.' || attname,
        format(
            case atttypid when 'bytea'::regtype
                then 'select count(*) from %I where position({needle} in %I) > 0'
                else 'select count(*) from %I where position({needle} in convert_to(%I::text, ''UTF8'')) > 0'
            end,
            relname, attname)
    from pg_class join pg_attribute on attrelid = pg_class.oid
    where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and attnum > 0 and not attisdropped";

/// SQL that gives two columns for every column of every table: its name, and SQL that counts the rows which hold these bytes
/// there.
pub fn columns(kind: DatabaseKind, bytes: &[u8]) -> String {
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("writing to a String cannot fail");
        hex
    });
    match kind {
        // Within the text of a question, a quote is written twice.
        DatabaseKind::Sqlite => SQLITE.replace("{needle}", &format!("x''{hex}''")),
        DatabaseKind::Postgres => POSTGRES.replace("{needle}", &format!(r"''\x{hex}''::bytea")),
    }
}

/// Whether any file of a SQLite database holds these bytes, its write-ahead log included.
///
/// # Panics
///
/// If a file cannot be read.
pub fn on_disk(database: &Path, bytes: &[u8]) -> bool {
    let holds = |content: &[u8]| content.windows(bytes.len()).any(|window| window == bytes);
    // The log first: whoever closes the database last folds it into the file and takes it away.
    let log = match fs::read(format!("{}-wal", database.display())) {
        Err(error) if error.kind() == ErrorKind::NotFound => Vec::new(),
        log => log.expect("a database's log can be read"),
    };
    holds(&log) || holds(&fs::read(database).expect("a database can be read"))
}
