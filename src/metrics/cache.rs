//! The cache of recent messages: what readers found there, and what was brought to it.

use prometheus_client::metrics::{counter::Counter, family::Family};

use super::{Label, catalog::Catalog, counters};

/// Reads of the cache and fills of it.
#[derive(Debug)]
pub struct CacheFigures {
    /// Reads of recent messages, by `outcome`: `hit` (the cache answered), `behind` (it did, and the store added what is newer),
    /// `miss` (it had nothing of use) or `unanswered`; after these two the store answered.
    pub reads: Family<Label, Counter>,
    /// Lists of recent messages read from the store and brought to the cache, by `outcome`: `done`, `failed`, or `left` because one
    /// was under way.
    pub fills: Family<Label, Counter>,
}

impl CacheFigures {
    pub(super) fn of(catalog: &mut Catalog) -> Self {
        Self {
            reads: catalog.add(
                "cache_reads",
                &["outcome"],
                "Reads of recent messages, by what the cache had: hit, behind (the store added what is newer), miss, unanswered",
                counters("outcome", ["hit", "behind", "miss", "unanswered"]),
            ),
            fills: catalog.add(
                "cache_fills",
                &["outcome"],
                "Lists of recent messages brought from the store to the cache: done, failed, left to a fill that was under way",
                counters("outcome", ["done", "failed", "left"]),
            ),
        }
    }
}
