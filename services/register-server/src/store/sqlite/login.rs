use service_kit::Timestamp;

use super::Sqlite;
use crate::digest::Digest;
use crate::store::login::{LoginRow, NewLogin, PER_BROWSER, PER_PLACE};

impl Sqlite {
    pub(in crate::store) async fn start_login(
        &self,
        login: &NewLogin<'_>,
    ) -> Result<(), sqlx::Error> {
        let mut tx = self.writer.begin().await?;
        sqlx::query(
            "insert into login
             (state_digest, browser_digest, nonce, pkce_verifier, language, created_at, place, next)
             values (?, ?, ?, ?, ?, ?, ?, ?)",
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
        sqlx::query("delete from login where created_at <= ?")
            .bind(login.over.as_millis())
            .execute(&mut *tx)
            .await?;
        sqlx::query(
            "delete from login where login_id in (
                 select login_id from login where place = ?
                 order by login_id desc limit -1 offset ?)",
        )
        .bind(login.place)
        .bind(PER_PLACE)
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "delete from login where login_id in (
                 select login_id from login where browser_digest = ?
                 order by login_id desc limit -1 offset ?)",
        )
        .bind(login.browser.as_slice())
        .bind(PER_BROWSER)
        .execute(&mut *tx)
        .await?;
        tx.commit().await
    }

    pub(in crate::store) async fn take_login(
        &self,
        state: &Digest,
        browser: &Digest,
        over: Timestamp,
    ) -> Result<Option<LoginRow>, sqlx::Error> {
        sqlx::query_as(
            "delete from login
             where state_digest = ? and browser_digest = ? and created_at > ?
             returning nonce, pkce_verifier, language, next",
        )
        .bind(state.as_slice())
        .bind(browser.as_slice())
        .bind(over.as_millis())
        .fetch_optional(&self.writer)
        .await
    }

    pub(in crate::store) async fn forget_logins(&self, over: Timestamp) -> Result<(), sqlx::Error> {
        sqlx::query("delete from login where created_at <= ?")
            .bind(over.as_millis())
            .execute(&self.writer)
            .await
            .map(drop)
    }
}
