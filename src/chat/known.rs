//! Accounts that have been seen lately, so that a reconnect storm is not a storm of reads.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use dashmap::{DashMap, Entry};

use crate::domain::{account::Account, id::UserId};

/// For so long an account that was changed elsewhere is believed to be as it was.
const BELIEVED: Duration = Duration::from_secs(60);
const KNOWN_MAX: usize = 50_000;

#[derive(Default)]
pub(super) struct KnownAccounts(DashMap<UserId, Known>);

struct Known {
    account: Arc<Account>,
    until: Instant,
}

impl Known {
    fn now(account: Arc<Account>) -> Self {
        Self {
            account,
            until: Instant::now() + BELIEVED,
        }
    }

    fn is_believed(&self) -> bool {
        Instant::now() < self.until
    }
}

impl KnownAccounts {
    pub(super) fn get(&self, user: &UserId) -> Option<Arc<Account>> {
        let known = self.0.get(user)?;
        known.is_believed().then(|| known.account.clone())
    }

    /// The account as it was last known, however long ago: for when the store cannot be asked.
    pub(super) fn remembered(&self, user: &UserId) -> Option<Arc<Account>> {
        self.0.get(user).map(|known| known.account.clone())
    }

    /// The account has been read. What is known already was read later, or comes from a change, and stays.
    pub(super) fn met(&self, account: Arc<Account>) {
        self.make_room();
        match self.0.entry(account.id.clone()) {
            Entry::Occupied(known) if known.get().is_believed() => {}
            entry => {
                entry.insert(Known::now(account));
            }
        }
    }

    /// The account has been changed here.
    pub(super) fn changed(&self, account: Arc<Account>) {
        self.make_room();
        self.0.insert(account.id.clone(), Known::now(account));
    }

    fn make_room(&self) {
        if self.0.len() >= KNOWN_MAX {
            self.0.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada(display_name: Option<&str>) -> Arc<Account> {
        Arc::new(Account {
            id: UserId::parse("ada").unwrap(),
            username: "ada".into(),
            display_name: display_name.map(str::to_owned),
        })
    }

    #[test]
    fn what_was_read_before_a_change_does_not_undo_it() {
        let (known, id) = (KnownAccounts::default(), ada(None).id.clone());
        assert_eq!(known.get(&id), None);
        known.changed(ada(Some("Ada L.")));
        known.met(ada(None));
        assert_eq!(known.get(&id), Some(ada(Some("Ada L."))));
    }

    #[test]
    fn nothing_is_believed_for_ever() {
        let (known, id) = (KnownAccounts::default(), ada(None).id.clone());
        known.met(ada(None));
        if let Some(mut entry) = known.0.get_mut(&id) {
            entry.until = Instant::now();
        }
        assert_eq!(known.get(&id), None);
        known.met(ada(Some("Ada L.")));
        assert_eq!(known.get(&id), Some(ada(Some("Ada L."))));
    }
}
