//! What links lead to.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;

use super::{
    Again, Lane, PostgresStore, fault,
    rows::{Columns, first},
};
use crate::{
    domain::message::Preview,
    metrics::Operation,
    ports::{
        BackendError,
        store::{PreviewStore, link_key},
    },
};

const KNOWN: &str = "SELECT url_hash, preview FROM link_previews \
     WHERE url_hash = ANY($1) AND fetched_at > now() - $2 * interval '1 second'";
const REMEMBER: &str = "INSERT INTO link_previews (url_hash, preview, fetched_at) VALUES ($1, $2, now()) \
     ON CONFLICT (url_hash) DO UPDATE SET preview = excluded.preview, fetched_at = excluded.fetched_at";
/// `SKIP LOCKED`, so that two who forget at once share the work.
const FORGET: &str = "WITH old AS ( \
         SELECT url_hash FROM link_previews WHERE fetched_at <= now() - $1 * interval '1 second' \
         ORDER BY fetched_at LIMIT $2 FOR UPDATE SKIP LOCKED \
     ), gone AS ( \
         DELETE FROM link_previews p USING old WHERE p.url_hash = old.url_hash RETURNING 1 \
     ) SELECT count(*) FROM gone";

#[async_trait]
impl PreviewStore for PostgresStore {
    async fn known_previews(
        &self,
        urls: &[String],
        age: Duration,
    ) -> Result<Vec<(String, Option<Preview>)>, BackendError> {
        let by_key: HashMap<_, _> = urls.iter().map(|url| (link_key(url), url)).collect();
        let keys: Vec<&[u8]> = by_key.keys().map(|key| &key[..]).collect();
        let rows = self.limited(
            Operation::Previews,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(KNOWN).bind(&keys).bind(age.as_secs_f64())
            }),
        );
        let rows = rows.await?;
        let known = rows.iter().map(|row| {
            let mut columns = Columns::of(row);
            let key: &[u8] = columns.take()?;
            let url = by_key.get(key).ok_or_else(|| fault("an unknown link"))?;
            Ok(((*url).clone(), columns.json()?))
        });
        known.collect()
    }

    async fn remember_preview(
        &self,
        url: &str,
        preview: Option<&Preview>,
    ) -> Result<(), BackendError> {
        let key = link_key(url);
        let preview = preview.map(serde_json::to_string).transpose();
        let preview = preview.map_err(|error| fault(error.to_string()))?;
        let rows = self.limited(
            Operation::Previews,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(REMEMBER).bind(&key[..]).bind(&preview)
            }),
        );
        rows.await.map(drop)
    }

    async fn forget_previews(&self, age: Duration, limit: i64) -> Result<u64, BackendError> {
        let rows = self.limited(
            Operation::Previews,
            self.rows(Lane::Rest, Again::Safe, || {
                sqlx::query(FORGET).bind(age.as_secs_f64()).bind(limit)
            }),
        );
        let gone: i64 = first(&rows.await?)?;
        Ok(gone.unsigned_abs())
    }
}
