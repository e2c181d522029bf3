//! Who people are and who is here: sockets coming and going, statuses, names, and who is live in a room.

use std::{collections::HashMap, sync::Arc};

use super::{Chat, unavailable};
use crate::{
    domain::{
        account::{Account, username_key},
        display_name::check_display_name,
        error::{Code, Problem},
        id::{RoomId, UserId},
        permission::Action,
        presence::{Status, User},
        timestamp::Timestamp,
    },
    ports::store::AccountQuery,
    room::{link::Link, roster::LARGE},
};

/// A page of users.
#[derive(Debug, Clone)]
pub struct UserList {
    /// Ascending by username, without case.
    pub users: Vec<User>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl Chat {
    /// A socket of the user has connected.
    pub fn came(&self, link: Arc<dyn Link>) {
        self.parts.tracker.connect(link.account());
        self.parts.hubs.came(link);
        self.parts.metrics.sockets.connected.inc();
    }

    /// A socket of the user has gone; `rooms` are those in which it was live.
    pub fn went(&self, link: &dyn Link, rooms: Vec<RoomId>) {
        let user = &link.account().id;
        self.parts.hubs.went(user, link.id());
        if self.parts.tracker.disconnect(user, rooms) {
            // Presence tells of those alone whom a room saw; and if they are elsewhere, this is no more than an earlier moment.
            let told = &self.parts.telling.last_seen;
            told.note(user.clone(), Timestamp::now());
        }
        self.parts.metrics.sockets.connected.dec();
    }

    /// From now on sockets go because this replica does: their users are not told to have left unless they stay away.
    pub fn drain(&self) {
        self.parts.tracker.drain();
    }

    /// The user chose a status on some device; the last choice counts.
    pub fn choose_status(&self, user: &UserId, status: Status) {
        self.parts.tracker.choose(user, status);
    }

    /// Who is live in a room: at most 200 of them, and how many there are.
    pub async fn online(
        &self,
        room: &RoomId,
        asker: &UserId,
    ) -> Result<(Vec<User>, usize), Problem> {
        self.allowed(Action::Read, room, asker).await?;
        let live = self
            .parts
            .presence
            .live(std::slice::from_ref(room), LARGE)
            .await
            .map_err(unavailable)?;
        let live = live.into_iter().next().unwrap_or_default();
        Ok((self.with_display_names(live.users).await?, live.count))
    }

    /// The list of who is here knows usernames alone.
    async fn with_display_names(&self, mut users: Vec<User>) -> Result<Vec<User>, Problem> {
        let ids: Vec<UserId> = users.iter().map(|user| user.id.clone()).collect();
        let found = self.parts.store.accounts(&ids).await.map_err(unavailable)?;
        let mut names: HashMap<UserId, Option<String>> = found
            .into_iter()
            .map(|account| (account.id, account.display_name))
            .collect();
        for user in &mut users {
            user.display_name = names.remove(&user.id).flatten();
        }
        Ok(users)
    }

    /// Users, at most `limit` (checked), after `after`, whose username or display name holds `text`.
    pub async fn find_users(
        &self,
        text: Option<String>,
        after: Option<String>,
        limit: i64,
    ) -> Result<UserList, Problem> {
        let query = AccountQuery {
            text,
            after,
            limit: limit + 1,
        };
        let found = self.parts.store.find_accounts(&query).await;
        let mut found = found.map_err(unavailable)?;
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let last = found.last().map(|account| username_key(&account.username));
        Ok(UserList {
            users: self.seen(found).await?,
            next: last.filter(|_| more),
        })
    }

    /// One user.
    pub async fn user(&self, id: &UserId) -> Result<User, Problem> {
        let found = self.parts.store.accounts(std::slice::from_ref(id)).await;
        let mut users = self.seen(found.map_err(unavailable)?).await?;
        users.pop().ok_or_else(no_user)
    }

    /// Sets the name that a user is shown by, or takes it away.
    pub async fn set_display_name(
        &self,
        id: &UserId,
        wish: Option<String>,
    ) -> Result<User, Problem> {
        let name = wish.as_deref().map(check_display_name).transpose()?;
        let set = self.parts.store.set_display_name(id, name.as_deref()).await;
        let account = set.map_err(unavailable)?.ok_or_else(no_user)?;
        self.arrivals.changed(Arc::new(account.clone()));
        let mut users = self.seen(vec![account]).await?;
        users.pop().ok_or_else(no_user)
    }

    /// Whoever has just signed in, as people see them. Always an answer: tokens that have been given cannot be taken back, so where the
    /// store does not say when they were last here, that is left out.
    pub async fn signed_in(&self, account: &Account) -> User {
        let seen = self.seen(vec![account.clone()]).await;
        seen.ok()
            .and_then(|mut users| users.pop())
            .unwrap_or_else(|| User {
                id: account.id.clone(),
                username: account.username.clone(),
                display_name: account.display_name.clone(),
                status: Status::Offline,
                last_seen: None,
            })
    }

    /// Accounts as people see them, in the same order: with their statuses, and when those who are offline were last here.
    pub async fn seen(&self, accounts: Vec<Account>) -> Result<Vec<User>, Problem> {
        let ids: Vec<UserId> = accounts.iter().map(|account| account.id.clone()).collect();
        // Who people are is known without the list of who is here.
        let statuses = self.parts.presence.statuses(&ids).await;
        let statuses = statuses.unwrap_or_else(|error| {
            tracing::debug!(%error, "people are shown as offline");
            vec![Status::Offline; ids.len()]
        });
        let offline: Vec<UserId> = ids
            .iter()
            .zip(&statuses)
            .filter(|(_, status)| **status == Status::Offline)
            .map(|(id, _)| id.clone())
            .collect();
        let mut last_seen: HashMap<UserId, Timestamp> = HashMap::new();
        if !offline.is_empty() {
            let found = self.parts.store.last_seen(&offline).await;
            last_seen.extend(found.map_err(unavailable)?);
        }
        let users = accounts.into_iter().zip(statuses);
        Ok(users
            .map(|(account, status)| User {
                last_seen: last_seen.remove(&account.id),
                id: account.id,
                username: account.username,
                display_name: account.display_name,
                status,
            })
            .collect())
    }
}

pub(super) fn no_user() -> Problem {
    Problem::new(Code::NotFound, "There is no such user.")
}
