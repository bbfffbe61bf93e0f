use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::QueryAs;
use sqlx::{Arguments as _, AssertSqlSafe, FromRow, Postgres};

use crate::segment::Value;
use crate::store::statement::Statement;

/// The statement with its values, ready to run. It is planned for these values and not kept for later.
pub(super) fn bound<Row>(
    statement: Statement,
) -> Result<QueryAs<'static, Postgres, Row, PgArguments>, sqlx::Error>
where
    Row: for<'row> FromRow<'row, PgRow>,
{
    let mut arguments = PgArguments::default();
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
