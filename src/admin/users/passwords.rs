//! Passwords that are given from the command line, made here or read.

use std::io::Read;

use clap::Args;
use rand::RngExt;
use serde::Serialize;

use super::{find, sessions};
use crate::{
    admin::{
        AdminError, Desk,
        answer::answer,
        refused,
        table::{lines, plain},
    },
    chat::passwords::{PASSWORD_MAX, PASSWORD_MIN, Password, Passwords},
    domain::{
        account::{username, username_key},
        id::UserId,
    },
    ports::store::NewAccount,
};

/// Characters of a password that is made here: six bits each.
const GENERATED: usize = 20;
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Where a password comes from.
#[derive(Debug, Args)]
pub struct Secret {
    /// Read the password from standard input, to the end of its first line
    #[arg(long)]
    password_stdin: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MadeJson<'a> {
    id: &'a UserId,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

/// A password, and whether it was made here.
fn password(how: &Secret) -> Result<(String, bool), AdminError> {
    if !how.password_stdin {
        let mut random = rand::rng();
        let letters = (0..GENERATED).map(|_| LETTERS[random.random_range(0..LETTERS.len())]);
        return Ok((letters.map(char::from).collect(), true));
    }
    let mut text = String::new();
    let most = 4 * PASSWORD_MAX as u64 + 2;
    let read = std::io::stdin().take(most).read_to_string(&mut text);
    if read.is_err() {
        return refused("the password could not be read from standard input as UTF-8");
    }
    let line = text.split('\n').next().unwrap_or_default();
    Ok((line.strip_suffix('\r').unwrap_or(line).to_owned(), false))
}

async fn hash(password: &str, name: &str) -> Result<String, AdminError> {
    if username_key(password) == username_key(name) {
        return refused("the password is the username; choose another");
    }
    let Some(password) = Password::new(password) else {
        return refused(format!(
            "a password has {PASSWORD_MIN} to {PASSWORD_MAX} characters"
        ));
    };
    let passwords = Passwords::new(1)
        .map_err(|error| AdminError::Refused(format!("passwords cannot be hashed: {error}")))?;
    Ok(passwords.hash(password).await?)
}

pub(super) async fn create(desk: &Desk, name: &str, how: Secret) -> Result<String, AdminError> {
    let name = username(name).map_err(|refusal| AdminError::Refused(refusal.to_string()))?;
    let (password, made_here) = password(&how)?;
    let id = UserId::parse(&uuid::Uuid::now_v7().to_string())
        .map_err(|error| AdminError::Refused(error.to_string()))?;
    let new = NewAccount {
        id,
        username: name.clone(),
        password: hash(&password, &name).await?,
    };
    let Some(account) = desk.store.register(&new).await? else {
        return refused(format!("the username \"{}\" is taken", plain(&name)));
    };
    let password = made_here.then_some(&*password);
    Ok(said(&account.id, &account.username, password, how.json))
}

fn said(id: &UserId, username: &str, password: Option<&str>, as_json: bool) -> String {
    let value = MadeJson {
        id,
        username,
        password,
    };
    answer(as_json, &value, || {
        let mut all = vec![("username", plain(username)), ("id", plain(id.as_str()))];
        if let Some(password) = password {
            all.push(("password", password.to_owned()));
        }
        lines(&all)
    })
}

pub(super) async fn set_password(
    desk: &Desk,
    user: &str,
    how: Secret,
) -> Result<String, AdminError> {
    let person = find(desk, user).await?;
    let (id, name) = (&person.account.id, &person.account.username);
    let (password, made_here) = password(&how)?;
    let hash = hash(&password, name).await?;
    if !desk.store.set_password(id, &hash).await? {
        return refused(format!("there is no user \"{}\"", plain(user)));
    }
    // Whoever knew the old one is not to stay.
    sessions::end(desk, id).await?;
    let password = made_here.then_some(&*password);
    Ok(said(id, name, password, how.json))
}
