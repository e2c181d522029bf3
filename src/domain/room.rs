//! A room, and where somebody stands in it.

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

use super::{
    Rev, Seq,
    account::Account,
    error::Problem,
    id::{RoomId, UserId},
    timestamp::Timestamp,
};

/// Who may find a room and read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Visibility {
    /// Any user may read and join.
    Public,
    /// Members alone know that it exists.
    Private,
    /// The conversation of two users.
    Direct,
}

impl Visibility {
    /// The word on the wire and in the stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Direct => "direct",
        }
    }

    /// The visibility of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Public, Self::Private, Self::Direct]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// What a member may do, in rising order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Reads and writes.
    Member,
    /// Keeps order as well.
    Moderator,
    /// Everything; whoever makes a room is its owner.
    Owner,
}

impl Role {
    /// The word on the wire and in the stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Moderator => "moderator",
            Self::Owner => "owner",
        }
    }

    /// The role of that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Member, Self::Moderator, Self::Owner]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// A room as everybody who may see it sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Room {
    /// Fixed for good.
    pub id: RoomId,
    /// What people call it, 1 to 80 characters.
    #[schema(min_length = 1, max_length = 80)]
    pub name: String,
    /// What it is about.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub topic: Option<String>,
    /// Who may find it.
    pub visibility: Visibility,
    /// Who made it.
    pub created_by: UserId,
    /// When.
    pub created_at: Timestamp,
    /// Its revision.
    #[schema(value_type = i64, minimum = 0)]
    pub rev: Rev,
    /// The `seq` of its newest message, 0 while it is empty.
    #[schema(value_type = i64, minimum = 0)]
    pub last_seq: Seq,
    /// How many members it has; may change without a `rev`.
    #[schema(minimum = 0)]
    pub member_count: i64,
}

/// What a search compares: a name, or a text that is looked for in names, without case.
pub fn search_key(text: &str) -> String {
    text.to_lowercase()
}

/// Checks a room's name and trims it: 1 to [`NAME_MAX`] characters without control characters.
pub fn check_name(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Problem::invalid(
            "`name` is 1 to 80 characters without control characters.",
        ));
    }
    Ok(name.to_owned())
}

/// Checks a room's topic: at most [`TOPIC_MAX`] characters, no NUL.
pub fn check_topic(topic: &str) -> Result<(), Problem> {
    if topic.chars().count() > TOPIC_MAX || topic.contains('\0') {
        return Err(Problem::invalid("`topic` is at most 500 characters."));
    }
    Ok(())
}

/// The most characters a room's name may have.
pub const NAME_MAX: usize = 80;
/// The most characters a room's topic may have.
pub const TOPIC_MAX: usize = 500;

/// Somebody's place in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub account: Account,
    /// What they may do.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
}

/// Where one member stands in a room. Only in answers to that member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Standing {
    /// What they may do.
    pub role: Role,
    /// Messages after `lastReadSeq`.
    #[schema(minimum = 0)]
    pub unread: i64,
    /// Those of them that mention the member.
    #[schema(minimum = 0)]
    pub unread_mentions: i64,
    /// The newest message they have read.
    #[schema(value_type = i64, minimum = 0)]
    pub last_read_seq: Seq,
}

/// A room as one user sees it: with their standing when they are a member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RoomView {
    /// The room.
    #[serde(flatten)]
    pub room: Room,
    /// The asking member's standing.
    #[serde(flatten, skip_serializing_if = "Option::is_none", default)]
    #[schema(value_type = MaybeStanding)]
    pub standing: Option<Standing>,
}

/// How [`RoomView`] describes its standing: the fields of [`Standing`], all of them or none. Left to itself, the description would ask
/// for a null among the fields.
struct MaybeStanding;

impl PartialSchema for MaybeStanding {
    fn schema() -> RefOr<Schema> {
        let RefOr::T(Schema::Object(mut fields)) = Standing::schema() else {
            return Standing::schema();
        };
        fields.required.clear();
        fields.description = Some("The asking member's standing; absent for anybody else.".into());
        RefOr::T(Schema::Object(fields))
    }
}

impl ToSchema for MaybeStanding {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Standing::schemas(schemas);
    }
}
