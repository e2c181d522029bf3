//! `belfry admin users`

use std::{fmt::Write, io::Read};

use clap::{Args, Subcommand};
use rand::RngExt;
use serde::Serialize;

use super::{
    AdminError, Desk, json, lines, refused,
    table::{plain, short, table},
};
use crate::{
    chat::passwords::{PASSWORD_MAX, PASSWORD_MIN, Password, Passwords},
    domain::{
        account::{username, username_key},
        display_name::check_display_name,
        id::UserId,
        presence::Signal,
        room::RoomView,
        timestamp::Timestamp,
    },
    ports::store::{NewAccount, OpenSession, PeopleQuery, Person, RoomQuery, RoomScope},
};

/// The rooms of one user that are shown.
const ROOMS_SHOWN: i64 = 1_000;
/// Characters of a password that is made here: six bits each.
const GENERATED: usize = 20;
const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

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

/// A part of the list.
#[derive(Debug, Args)]
pub struct Listing {
    /// Only those whose username or display name holds this
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
    /// Only those with a password
    #[arg(long, conflicts_with = "no_password")]
    accounts: bool,
    // Not by the name of the setting, which every command knows.
    /// Only those without one: guests, and people of another issuer
    #[arg(long)]
    no_password: bool,
    /// Only those who have not been here for so many days
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    absent: Option<u32>,
    /// Only usernames after this one
    #[arg(long, value_name = "USERNAME")]
    after: Option<String>,
    /// How many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=1_000))]
    limit: i64,
    /// As JSON
    #[arg(long)]
    json: bool,
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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListJson<'a> {
    users: Vec<UserJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownJson<'a> {
    #[serde(flatten)]
    user: UserJson<'a>,
    rooms: &'a [RoomView],
    sessions: Vec<SessionJson>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionJson {
    id: uuid::Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    began_at: Option<Timestamp>,
    expires_at: Timestamp,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MadeJson<'a> {
    id: &'a UserId,
    username: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndedJson<'a> {
    id: &'a UserId,
    username: &'a str,
    ended: usize,
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

impl SessionJson {
    fn of(session: &OpenSession) -> Self {
        let began = session.family.get_timestamp().map(|began| began.to_unix());
        let began = began.map(|(seconds, nanos)| {
            Timestamp::from_millis(seconds as i64 * 1_000 + i64::from(nanos / 1_000_000))
        });
        Self {
            id: session.family,
            began_at: began,
            expires_at: session.expires_at,
        }
    }
}

impl Users {
    pub(super) async fn carry_out(self, desk: &Desk) -> Result<String, AdminError> {
        match self {
            Self::List(listing) => list(desk, listing).await,
            Self::Show(one) => show(desk, one).await,
            Self::Create { name, how } => create(desk, &name, how).await,
            Self::SetPassword { user, how } => set_password(desk, &user, how).await,
            Self::Rename {
                user,
                display_name,
                json,
            } => rename(desk, &user, display_name, json).await,
            Self::EndSessions(one) => end_sessions(desk, one).await,
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

async fn list(desk: &Desk, listing: Listing) -> Result<String, AdminError> {
    let absent = listing.absent.map(|days| {
        let ago = i64::from(days) * 24 * 60 * 60 * 1_000;
        Timestamp::from_millis(Timestamp::now().as_millis() - ago)
    });
    let query = PeopleQuery {
        text: listing.find.filter(|text| !text.is_empty()),
        password: match (listing.accounts, listing.no_password) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        },
        not_seen_since: absent,
        after: listing.after.as_deref().map(username_key),
        limit: listing.limit + 1,
    };
    let mut people = desk.store.people(&query).await?;
    let more = people.len() as i64 > listing.limit;
    people.truncate(listing.limit as usize);
    let next = people.last().filter(|_| more);
    let next = next.map(|person| &*person.account.username);
    if listing.json {
        return Ok(json(&ListJson {
            users: people.iter().map(UserJson::of).collect(),
            next_cursor: next,
        }));
    }
    if people.is_empty() {
        return Ok("No users.\n".to_owned());
    }
    let rows: Vec<[String; 6]> = people.iter().map(row).collect();
    let heading = [
        "USERNAME",
        "ID",
        "PASSWORD",
        "CREATED",
        "LAST SEEN",
        "SHOWN AS",
    ];
    let mut text = table(heading, &rows);
    if let Some(next) = next {
        let _ = writeln!(text, "There are more: --after {}", quoted(next));
    }
    Ok(text)
}

/// For a shell, if it has to be.
fn quoted(name: &str) -> String {
    let name = plain(name);
    match name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    {
        true => name,
        false => format!("'{}'", name.replace('\'', "'\\''")),
    }
}

fn row(person: &Person) -> [String; 6] {
    let shown = person.account.display_name.as_deref();
    [
        plain(&person.account.username),
        short(&plain(person.account.id.as_str()), 40),
        yes(person.has_password),
        person.created_at.to_string(),
        seen(person.last_seen),
        shown.map_or_else(|| "-".to_owned(), plain),
    ]
}

fn yes(yes: bool) -> String {
    if yes { "yes" } else { "no" }.to_owned()
}

fn seen(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.to_string())
}

async fn show(desk: &Desk, one: One) -> Result<String, AdminError> {
    let person = find(desk, &one.user).await?;
    let query = RoomQuery {
        scope: RoomScope::Mine,
        asker: person.account.id.clone(),
        text: None,
        after: None,
        limit: ROOMS_SHOWN,
    };
    let rooms = desk.store.rooms(&query).await?;
    let sessions = desk
        .store
        .sessions_of(&person.account.id, Timestamp::now())
        .await?;
    let mut sessions: Vec<SessionJson> = sessions.iter().map(SessionJson::of).collect();
    sessions.sort_by_key(|session| session.id);
    if one.json {
        return Ok(json(&ShownJson {
            user: UserJson::of(&person),
            rooms: &rooms,
            sessions,
        }));
    }
    let shown = person.account.display_name.as_deref();
    let mut text = lines(&[
        ("username", plain(&person.account.username)),
        ("id", plain(person.account.id.as_str())),
        ("shown as", shown.map_or_else(|| "-".to_owned(), plain)),
        ("password", yes(person.has_password)),
        ("created", person.created_at.to_string()),
        ("last seen", seen(person.last_seen)),
        ("rooms", rooms.len().to_string()),
        ("sessions", sessions.len().to_string()),
    ]);
    if !rooms.is_empty() {
        let rows = rooms.iter().map(|view| {
            let (role, unread) = view.standing.map_or(("-", 0), |standing| {
                (standing.role.as_str(), standing.unread)
            });
            [
                view.room.id.to_string(),
                role.to_owned(),
                unread.to_string(),
                plain(&view.room.name),
            ]
        });
        text.push('\n');
        let rows: Vec<[String; 4]> = rows.collect();
        text.push_str(&table(["ROOM", "ROLE", "UNREAD", "NAME"], &rows));
    }
    if !sessions.is_empty() {
        let rows = sessions.iter().map(|session| {
            [
                session.id.to_string(),
                seen(session.began_at),
                session.expires_at.to_string(),
            ]
        });
        text.push('\n');
        let rows: Vec<[String; 3]> = rows.collect();
        text.push_str(&table(["SESSION", "SINCE", "EXPIRES"], &rows));
    }
    Ok(text)
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

async fn create(desk: &Desk, name: &str, how: Secret) -> Result<String, AdminError> {
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
    if as_json {
        return json(&MadeJson {
            id,
            username,
            password,
        });
    }
    let mut all = vec![("username", plain(username)), ("id", plain(id.as_str()))];
    if let Some(password) = password {
        all.push(("password", password.to_owned()));
    }
    lines(&all)
}

async fn set_password(desk: &Desk, user: &str, how: Secret) -> Result<String, AdminError> {
    let person = find(desk, user).await?;
    let (id, name) = (&person.account.id, &person.account.username);
    let (password, made_here) = password(&how)?;
    let hash = hash(&password, name).await?;
    if !desk.store.set_password(id, &hash).await? {
        return refused(format!("there is no user \"{}\"", plain(user)));
    }
    // Whoever knew the old one is not to stay.
    end(desk, id).await?;
    let password = made_here.then_some(&*password);
    Ok(said(id, name, password, how.json))
}

/// Ends the log-ins of a user; how many there were.
async fn end(desk: &Desk, user: &UserId) -> Result<usize, AdminError> {
    let open = desk.store.sessions_of(user, Timestamp::now()).await?.len();
    let ended = desk.store.end_sessions_of(user, Timestamp::now()).await?;
    desk.tell(ended.into_iter().map(Signal::SessionEnded).collect());
    Ok(open)
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
    if as_json {
        return Ok(json(&UserJson::of(&person)));
    }
    let shown = person.account.display_name.as_deref();
    Ok(format!(
        "{} is shown as {}.\n",
        plain(&person.account.username),
        plain(shown.unwrap_or(&person.account.username))
    ))
}

async fn end_sessions(desk: &Desk, one: One) -> Result<String, AdminError> {
    let person = find(desk, &one.user).await?;
    let (id, username) = (&person.account.id, &person.account.username);
    let ended = end(desk, id).await?;
    if one.json {
        return Ok(json(&EndedJson {
            id,
            username,
            ended,
        }));
    }
    Ok(format!(
        "{} has been logged out of {ended} {}. {}\n",
        plain(username),
        if ended == 1 { "session" } else { "sessions" },
        desk.when()
    ))
}
