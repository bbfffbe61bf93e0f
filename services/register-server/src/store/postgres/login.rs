use service_kit::Timestamp;

use super::Postgres;
use crate::digest::Digest;
use crate::store::login::{LoginRow, NewLogin, PER_BROWSER, PER_PLACE};

impl Postgres {
    pub(in crate::store) async fn start_login(
        &self,
        login: &NewLogin<'_>,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.pool.begin().await?;
        // The tabs of one browser come one after another: none could count those that are not committed yet.
        sqlx::query("select pg_advisory_xact_lock($1)")
            .bind(turn_of(login.browser))
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "insert into login
             (state_digest, browser_digest, nonce, pkce_verifier, language, created_at, place, next)
             values ($1, $2, $3, $4, $5, $6, $7, $8)",
        )
        .bind(login.state.as_slice())
        .bind(login.browser.as_slice())
        .bind(login.attempt.nonce.expose())
        .bind(login.attempt.verifier.expose())
        .bind(login.language.tag())
        .bind(login.now.as_millis())
        .bind(login.place)
        .bind(login.next.map(|next| next.path(login.language)))
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "delete from login where login_id in (
                 select login_id from login where created_at <= $1
                 for update skip locked)",
        )
        .bind(login.over.as_millis())
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "delete from login where login_id in (
                 select login_id from login where login_id in (
                     select login_id from login where place = $1
                     order by login_id desc offset $2)
                 for update skip locked)",
        )
        .bind(login.place)
        .bind(PER_PLACE)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "delete from login where login_id in (
                 select login_id from login where login_id in (
                     select login_id from login where browser_digest = $1
                     order by login_id desc offset $2)
                 for update skip locked)",
        )
        .bind(login.browser.as_slice())
        .bind(PER_BROWSER)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    /// Of many at once one deletes the row; the others wait for it and find none.
    pub(in crate::store) async fn take_login(
        &self,
        state: &Digest,
        browser: &Digest,
        over: Timestamp,
    ) -> Result<Option<LoginRow>, sqlx::Error> {
        sqlx::query_as(
            "delete from login
             where state_digest = $1 and browser_digest = $2 and created_at > $3
             returning nonce, pkce_verifier, language, next",
        )
        .bind(state.as_slice())
        .bind(browser.as_slice())
        .bind(over.as_millis())
        .fetch_optional(&self.pool)
        .await
    }

    pub(in crate::store) async fn forget_logins(&self, over: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query(
            "delete from login where login_id in (
                 select login_id from login where created_at <= $1
                 for update skip locked)",
        )
        .bind(over.as_millis())
        .execute(&self.pool)
        .await
        .map(drop)
    }
}

/// The advisory lock of one browser.
fn turn_of(browser: &Digest) -> i64 {
    let mut key = [0; 8];
    key.copy_from_slice(&browser.as_slice()[..8]);
    i64::from_be_bytes(key)
}
