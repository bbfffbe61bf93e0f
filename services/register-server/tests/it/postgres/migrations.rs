//! Replicas that start together.

use register_server::App;
use testkit::Database;
use tokio::task::JoinSet;

use crate::config::good;
use crate::harness::Rows;

#[tokio::test]
async fn o10_replicas_that_start_at_once_migrate_once() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let database = Database::fresh();
        let config = good(folder.path(), &database);
        let mut starting = JoinSet::new();
        for _ in 0..8 {
            starting.spawn(App::build(config.clone()));
        }
        for app in starting.join_all().await {
            app.unwrap();
        }
        let migrations = std::fs::read_dir("migrations/postgres").unwrap().count();
        let applied = Rows::of(&config).await.count("_sqlx_migrations").await;
        assert_eq!(usize::try_from(applied).unwrap(), migrations);
    }
}

#[tokio::test]
async fn a_replica_of_the_last_release_starts_beside_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh();
    let config = good(folder.path(), &database);
    App::build(config.clone()).await.unwrap();
    let next =
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'of the next release', true, '', 0)";
    Rows::of(&config).await.run(next).await;
    App::build(config).await.unwrap();
}
