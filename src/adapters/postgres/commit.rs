//! Committing a batch: one call of the database function `commit_changes`, which says in its migration how it keeps the promise.
//!
//! Retrying after a lost connection finds what had been committed: messages and jobs carry ids made by the caller, an enrichment
//! finds that its message carries it already, and every other change has an id, made by its caller or for this call, that the
//! function keeps for an hour.

mod acts;
mod answers;
mod batch;

use self::{answers::outcomes, batch::Batch};
use super::{Again, Lane, PostgresStore, rows::counted_room};
use crate::{
    domain::{
        batch::answering,
        change::{Change, Outcome},
    },
    ports::BackendError,
};

macro_rules! commit {
    ($members:expr) => {
        concat!(
            "SELECT ",
            $members,
            ", c.* FROM commit_changes($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, \
             $20::json, $21::json, $22::json, $23, $24, $25) c"
        )
    };
}
const COMMIT: &str = commit!("NULL::bigint");
/// With the number of members of the rooms that are told of, as it was just before the call: it may change without a `rev`.
const COMMIT_WITH_ROOMS: &str = commit!(concat!(
    "(SELECT member_count FROM (SELECT ",
    counted_room!(),
    " FROM rooms r WHERE r.id = c.detail::json ->> 'id') r)"
));

/// Sends alone, which most batches are, cost less this way.
const COMMIT_SENDS: &str = "SELECT NULL::bigint, c.* FROM commit_sends($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) c";

impl PostgresStore {
    pub(super) async fn commit_batch(
        &self,
        changes: &[Change],
    ) -> Result<Vec<Outcome>, BackendError> {
        if changes.is_empty() {
            return Ok(Vec::new());
        }
        let answering = answering(changes);
        let batch = Batch::of(changes, &answering)?;
        let query = || match () {
            () if batch.is_sends() => batch.query_of_sends(COMMIT_SENDS),
            () if batch.changes_rooms() => batch.query(COMMIT_WITH_ROOMS),
            () => batch.query(COMMIT),
        };
        let rows = self.rows(Lane::Commits, Again::Safe, query).await?;
        outcomes(changes, &answering, &rows)
    }
}
