//! The people that there are.

use clap::Args;
use serde::Serialize;

use super::{UserJson, shown_as, yes};
use crate::{
    admin::{
        AdminError, Desk,
        answer::{Limit, answer},
        table::{or_dash, plain, short},
    },
    domain::{account::username_key, timestamp::Timestamp},
    ports::store::{PeopleQuery, Person},
};

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
    #[command(flatten)]
    limit: Limit,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListJson<'a> {
    users: Vec<UserJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<&'a str>,
}

impl Listing {
    pub(super) async fn carry_out(self, desk: &Desk) -> Result<String, AdminError> {
        let absent = self.absent.map(|days| {
            let ago = i64::from(days) * 24 * 60 * 60 * 1_000;
            Timestamp::from_millis(Timestamp::now().as_millis() - ago)
        });
        let query = PeopleQuery {
            text: self.find.filter(|text| !text.is_empty()),
            password: match (self.accounts, self.no_password) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            },
            not_seen_since: absent,
            after: self.after.as_deref().map(username_key),
            limit: self.limit.asked(),
        };
        let page = self.limit.page(desk.store.people(&query).await?);
        let next = page.last_of_more();
        let next = next.map(|person| &*person.account.username);
        let value = ListJson {
            users: page.shown.iter().map(UserJson::of).collect(),
            next_cursor: next,
        };
        Ok(answer(self.json, &value, || {
            let heading = [
                "USERNAME",
                "ID",
                "PASSWORD",
                "CREATED",
                "LAST SEEN",
                "SHOWN AS",
            ];
            let next = next.map(|next| format!("--after {}", quoted(next)));
            page.table("users", heading, row, next)
        }))
    }
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
    [
        plain(&person.account.username),
        short(&plain(person.account.id.as_str()), 40),
        yes(person.has_password),
        person.created_at.to_string(),
        or_dash(person.last_seen),
        shown_as(person),
    ]
}
