//! What links lead to.

use std::{collections::HashMap, time::Duration};

use async_trait::async_trait;

use super::{
    SqliteStore, commit, fault, fetch,
    rows::{Columns, json, now},
};
use crate::{
    domain::message::Preview,
    metrics::Operation,
    ports::{
        BackendError,
        store::{PreviewStore, link_key},
    },
};

const KNOWN: &str = concat!(
    "SELECT url_hash, preview FROM link_previews \
     WHERE url_hash IN (SELECT unhex(value) FROM json_each(?1)) AND fetched_at > ",
    now!(),
    " - ?2"
);
const REMEMBER: &str = concat!(
    "INSERT INTO link_previews (url_hash, preview, fetched_at) VALUES (?1, ?2, ",
    now!(),
    ") ON CONFLICT (url_hash) DO UPDATE SET preview = excluded.preview, fetched_at = excluded.fetched_at"
);
const FORGET: &str = concat!(
    "DELETE FROM link_previews WHERE url_hash IN ( \
         SELECT url_hash FROM link_previews WHERE fetched_at <= ",
    now!(),
    " - ?1 ORDER BY fetched_at LIMIT ?2 \
     ) RETURNING 1"
);

#[async_trait]
impl PreviewStore for SqliteStore {
    async fn known_previews(
        &self,
        urls: &[String],
        age: Duration,
    ) -> Result<Vec<(String, Option<Preview>)>, BackendError> {
        let by_key: HashMap<_, _> = urls.iter().map(|url| (link_key(url), url)).collect();
        let keys: Vec<String> = by_key.keys().map(|key| hex(key)).collect();
        let keys = json(&keys)?;
        let query = sqlx::query(KNOWN).bind(&keys).bind(millis(age));
        let rows = self.limited(Operation::Previews, self.read(query)).await?;
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
        let preview = preview.map(json).transpose()?;
        let query = sqlx::query(REMEMBER).bind(&key[..]).bind(preview);
        self.limited(Operation::Previews, self.write(query)).await
    }

    async fn forget_previews(&self, age: Duration, limit: i64) -> Result<u64, BackendError> {
        self.limited(Operation::Previews, async {
            let mut transaction = self.begin().await?;
            let query = sqlx::query(FORGET).bind(millis(age)).bind(limit);
            let gone = fetch(&mut transaction, query).await?;
            commit(transaction).await?;
            Ok(gone.len() as u64)
        })
        .await
    }
}

fn millis(age: Duration) -> i64 {
    i64::try_from(age.as_millis()).unwrap_or(i64::MAX)
}

fn hex(key: &[u8]) -> String {
    key.iter().map(|byte| format!("{byte:02x}")).collect()
}
