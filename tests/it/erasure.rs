//! Who is erased is gone from every store of the suite.

use std::path::{Path, PathBuf};
use std::time::Duration;

use service_kit::DatabaseKind;
use service_kit::http_client::send;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _};
use testkit::traces::{columns, on_disk};

use crate::house::{House, UNTIL_THE_MINUTE, join_text};

/// What is held up by nothing is gone by then: the scheduler looks every ten seconds of a real clock.
const SOON: Duration = Duration::from_mins(1);

/// Every store of the suite, and whether it promises that no byte is left in its files either. register-server keeps
/// people under seal, and their digests.
fn stores(house: &House) -> Vec<(PathBuf, bool)> {
    let files = std::fs::read_dir(&house.data).unwrap().flatten();
    let databases = files
        .map(|file| file.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "db"));
    let stores: Vec<_> = databases
        .map(|path| {
            let seals = path.ends_with("register-server.db");
            (path, !seals)
        })
        .collect();
    assert_eq!(stores.len(), 4, "{stores:?}");
    stores
}

/// Where this is to be found.
async fn traces(house: &House, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (path, to_the_byte) in stores(house) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let held = holding_columns(&path, text).await.into_iter();
        found.extend(held.map(|column| format!("{name}: {column}")));
        if to_the_byte && on_disk(&path, text.as_bytes()) {
            found.push(format!("{name}: the file"));
        }
    }
    found
}

async fn holding_columns(path: &Path, text: &str) -> Vec<String> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true);
    let mut store: SqliteConnection = options.connect().await.unwrap();
    let columns: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(columns(
        DatabaseKind::Sqlite,
        text.as_bytes(),
    )))
    .fetch_all(&mut store)
    .await
    .unwrap();
    let mut found = Vec::new();
    for (column, rows) in columns {
        let rows: i64 = sqlx::query_scalar(AssertSqlSafe(rows))
            .fetch_one(&mut store)
            .await
            .unwrap();
        found.extend((rows > 0).then_some(column));
    }
    store.close().await.unwrap();
    found
}

#[tokio::test]
async fn u23_who_is_erased_is_gone_from_every_store_and_may_come_back() {
    let house = House::start().await;
    let (mei, chen) = (
        house.member("Mei Kanaria").await,
        house.member("Chen").await,
    );
    assert_eq!(mei.ask("canary-of-mei").await.unwrap(), "canary-of-mei");
    house.pass(UNTIL_THE_MINUTE);
    for person in [&mei, &chen] {
        assert!(person.hear().await.unwrap().starts_with("Today is"));
    }
    let canaries = [mei.id.as_str(), "Mei Kanaria", "canary-of-mei"];
    for (canary, store) in [
        (canaries[0], "api-users: member.luid"),
        (canaries[0], "push-msg: the file"),
        (canaries[1], "api-users: member.display_name"),
        (canaries[2], "webhook: the file"),
    ] {
        let found = traces(&house, canary).await;
        assert!(
            found.iter().any(|trace| trace == store),
            "{store}: {found:?}"
        );
    }

    house.pass(Duration::from_secs(1));
    let erase = house.api(house.http.delete(house.users(&format!("users/{}", mei.id))));
    assert_eq!(send(erase).await.unwrap().status(), 204);
    // The webhook reads the feed by the suite's clock.
    house.pass(Duration::from_secs(10));
    for canary in canaries {
        let mut left = Vec::new();
        let gone = async {
            loop {
                left = traces(&house, canary).await;
                if left.is_empty() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let in_time = tokio::time::timeout(SOON, gone).await;
        assert!(in_time.is_ok(), "{left:?}");
    }
    assert!(!traces(&house, &chen.id).await.is_empty());

    assert_eq!(mei.ask("hello").await.unwrap(), join_text(&house));
    house.register(&mei, "Mei again").await;
    assert_eq!(mei.ask("hello again").await.unwrap(), "hello again");
    house.stop().await;
}
