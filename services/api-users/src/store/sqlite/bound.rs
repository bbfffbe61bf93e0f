use sqlx::query::QueryAs;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, AssertSqlSafe, FromRow, Sqlite};

use crate::segment::Value;
use crate::store::statement::Statement;

/// The statement with its values, ready to run. It is not kept for later: nobody may ever ask the same again.
pub(super) fn bound<Row>(
    statement: Statement,
) -> Result<QueryAs<'static, Sqlite, Row, SqliteArguments>, sqlx::Error>
where
    Row: for<'row> FromRow<'row, SqliteRow>,
{
    let mut arguments = SqliteArguments::default();
    for value in statement.values {
        match value {
            Value::Text(text) => arguments.add(text),
            Value::Number(number) => arguments.add(number),
            Value::Truth(truth) => arguments.add(truth),
            Value::Integer(integer) => arguments.add(integer),
            Value::Bytes(bytes) => arguments.add(bytes),
        }
        .map_err(sqlx::Error::Encode)?;
    }
    // What anybody wrote is in the arguments.
    let text = AssertSqlSafe(statement.text);
    Ok(sqlx::query_as_with(text, arguments).persistent(false))
}
