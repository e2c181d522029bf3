//! Accounts that have been seen lately, and for the others one question for all who wait: a reconnect storm is not a storm of reads.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
    time::{Duration, Instant},
};

use dashmap::{DashMap, Entry};

use super::unavailable;
use crate::{
    commit::together::Together,
    domain::{
        account::Account,
        error::{Code, Problem},
        id::UserId,
    },
    ports::store::Store,
};

/// For so long an account that was changed elsewhere is believed to be as it was.
const BELIEVED: Duration = Duration::from_secs(60);
const KNOWN_MAX: usize = 50_000;

/// The accounts of those who come.
pub(super) struct Arrivals {
    known: KnownAccounts,
    asking: Together<UserId, Option<Arc<Account>>>,
    store: Arc<dyn Store>,
}

impl Arrivals {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        let asked = store.clone();
        let asking = Together::start(move |users: Vec<UserId>| {
            let store = asked.clone();
            async move {
                let once: HashSet<UserId> = users.iter().cloned().collect();
                let once: Vec<UserId> = once.into_iter().collect();
                let found = store.accounts(&once).await.map_err(unavailable)?;
                let accounts: HashMap<UserId, Arc<Account>> = found
                    .into_iter()
                    .map(|account| (account.id.clone(), Arc::new(account)))
                    .collect();
                Ok(users
                    .iter()
                    .map(|user| accounts.get(user).cloned())
                    .collect())
            }
        });
        Self {
            known: KnownAccounts::default(),
            asking,
            store,
        }
    }

    /// The user's account, made under a name like the one wished for when there is none.
    pub(super) async fn of(&self, user: UserId, wish: &str) -> Result<Arc<Account>, Problem> {
        if let Some(account) = self.known.get(&user) {
            return Ok(account);
        }
        let account = match self.asked(&user, wish).await {
            // Who they are does not change; under which name they show may have.
            Err(problem) if problem.code == Code::Unavailable => {
                return self.known.remembered(&user).ok_or(problem);
            }
            answer => answer?,
        };
        self.known.met(account.clone());
        Ok(account)
    }

    async fn asked(&self, user: &UserId, wish: &str) -> Result<Arc<Account>, Problem> {
        if let Some(account) = self.asking.ask(user.clone())?.answer().await? {
            return Ok(account);
        }
        let made = self.store.first_sight(user, wish).await;
        Ok(Arc::new(made.map_err(unavailable)?))
    }

    /// The account has been changed here.
    pub(super) fn changed(&self, account: Arc<Account>) {
        self.known.changed(account);
    }

    /// Takes no more questions, and ends when those that were asked are answered.
    pub(super) async fn finish(&self) {
        self.asking.finish().await;
    }
}

#[derive(Default)]
struct KnownAccounts(DashMap<UserId, Known>);

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
    fn get(&self, user: &UserId) -> Option<Arc<Account>> {
        let known = self.0.get(user)?;
        known.is_believed().then(|| known.account.clone())
    }

    /// The account as it was last known, however long ago: for when the store cannot be asked.
    fn remembered(&self, user: &UserId) -> Option<Arc<Account>> {
        self.0.get(user).map(|known| known.account.clone())
    }

    /// The account has been read. What is known already was read later, or comes from a change, and stays.
    fn met(&self, account: Arc<Account>) {
        self.make_room();
        match self.0.entry(account.id.clone()) {
            Entry::Occupied(known) if known.get().is_believed() => {}
            entry => {
                entry.insert(Known::now(account));
            }
        }
    }

    fn changed(&self, account: Arc<Account>) {
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
