//! `belfry admin users`

mod listing;
mod passwords;
mod profile;
mod sessions;

use clap::{Args, Subcommand};
use serde::Serialize;

use self::{listing::Listing, passwords::Secret};
use super::{
    AdminError, Desk,
    answer::answer,
    refused,
    table::{or_dash, plain},
};
use crate::{
    domain::{
        account::username_key, display_name::check_display_name, id::UserId, timestamp::Timestamp,
    },
    ports::store::Person,
};

/// What there is to do with people.
#[derive(Debug, Subcommand)]
pub enum Users {
    /// List people, by username
    List(Listing),
    /// Show somebody, with their rooms and their log-ins
    Show(One),
    /// Make an account; its password is made and printed once, or read
    Create {
        /// The username
        name: String,
        /// How the password comes, and what is printed
        #[command(flatten)]
        how: Secret,
    },
    /// Give an account another password, or a guest the first one, and end their sessions
    SetPassword {
        /// A user id or a username
        user: String,
        /// How the password comes, and what is printed
        #[command(flatten)]
        how: Secret,
    },
    /// Set the name that somebody is shown by; without one, the username is
    Rename {
        /// A user id or a username
        user: String,
        /// The name, 1 to 64 characters
        display_name: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// End somebody's log-ins everywhere, and cut their sockets
    EndSessions(One),
}

/// Somebody.
#[derive(Debug, Args)]
pub struct One {
    /// A user id or a username
    user: String,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Somebody, in JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct UserJson<'a> {
    id: &'a UserId,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    has_password: bool,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Timestamp>,
}

impl<'a> UserJson<'a> {
    fn of(person: &'a Person) -> Self {
        Self {
            id: &person.account.id,
            username: &person.account.username,
            display_name: person.account.display_name.as_deref(),
            has_password: person.has_password,
            created_at: person.created_at,
            last_seen: person.last_seen,
        }
    }
}

impl Users {
    pub(super) async fn carry_out(self, desk: &Desk) -> Result<String, AdminError> {
        match self {
            Self::List(listing) => listing.carry_out(desk).await,
            Self::Show(one) => profile::show(desk, one).await,
            Self::Create { name, how } => passwords::create(desk, &name, how).await,
            Self::SetPassword { user, how } => passwords::set_password(desk, &user, how).await,
            Self::Rename {
                user,
                display_name,
                json,
            } => rename(desk, &user, display_name, json).await,
            Self::EndSessions(one) => sessions::end_all(desk, one).await,
        }
    }
}

/// Who has this id, or else this username.
pub(super) async fn find(desk: &Desk, user: &str) -> Result<Person, AdminError> {
    if user.contains('\0') {
        return refused("a name holds no NUL");
    }
    let found = desk.store.person(user, &username_key(user)).await?;
    match found {
        Some(person) => Ok(person),
        None => refused(format!("there is no user \"{}\"", plain(user))),
    }
}

fn shown_as(person: &Person) -> String {
    or_dash(person.account.display_name.as_deref().map(plain))
}

fn yes(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

async fn rename(
    desk: &Desk,
    user: &str,
    wish: Option<String>,
    as_json: bool,
) -> Result<String, AdminError> {
    let person = find(desk, user).await?;
    let wish = wish.as_deref().map(check_display_name).transpose()?;
    let id = &person.account.id;
    let Some(account) = desk.store.set_display_name(id, wish.as_deref()).await? else {
        return refused(format!("there is no user \"{}\"", plain(user)));
    };
    let person = Person { account, ..person };
    let shown = person.account.display_name.as_deref();
    Ok(answer(as_json, &UserJson::of(&person), || {
        format!(
            "{} is shown as {}.\n",
            plain(&person.account.username),
            plain(shown.unwrap_or(&person.account.username))
        )
    }))
}
