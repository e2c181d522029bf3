//! The rooms that there are, and one of them.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::find;
use crate::{
    admin::{
        AdminError, Desk,
        answer::{Limit, answer},
        table::{lines, or_dash, plain, short},
    },
    domain::{room::Room, timestamp::Timestamp},
    ports::store::{AllRoomsQuery, RoomOrder, RoomState},
};

/// A part of the list.
#[derive(Debug, Args)]
pub struct Listing {
    /// Only those whose id or name holds this
    #[arg(long, value_name = "TEXT")]
    find: Option<String>,
    /// In which order
    #[arg(long, value_enum, default_value_t = By::Id)]
    by: By,
    /// Without so many of the first
    #[arg(long, value_name = "COUNT", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    skip: i64,
    /// How many
    #[command(flatten)]
    limit: Limit,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    /// Ascending by id
    Id,
    /// The most members first
    Members,
    /// The most messages first
    Messages,
    /// The newest message first
    Activity,
}

/// One room.
#[derive(Debug, Args)]
pub struct One {
    /// The room's id
    room: String,
    /// As JSON, as the REST interface says it
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RoomJson<'a> {
    #[serde(flatten)]
    room: &'a Room,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_message_at: Option<Timestamp>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ListJson<'a> {
    rooms: Vec<RoomJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<&'a str>,
}

impl<'a> RoomJson<'a> {
    fn of(state: &'a RoomState) -> Self {
        Self {
            room: &state.room,
            last_message_at: state.last_message_at,
        }
    }
}

impl Listing {
    pub(super) async fn carry_out(self, desk: &Desk) -> Result<String, AdminError> {
        let query = AllRoomsQuery {
            only: None,
            text: self.find.filter(|text| !text.is_empty()),
            order: match self.by {
                By::Id => RoomOrder::Id,
                By::Members => RoomOrder::Members,
                By::Messages => RoomOrder::Messages,
                By::Activity => RoomOrder::Activity,
            },
            skip: self.skip,
            limit: self.limit.asked(),
        };
        let page = self.limit.page(desk.store.all_rooms(&query).await?);
        let next = page.last_of_more();
        let next = next.map(|_| (self.skip + self.limit.limit).to_string());
        let value = ListJson {
            rooms: page.shown.iter().map(RoomJson::of).collect(),
            next_cursor: next.as_deref(),
        };
        Ok(answer(self.json, &value, || {
            let heading = [
                "ID",
                "VISIBILITY",
                "MEMBERS",
                "MESSAGES",
                "LAST MESSAGE",
                "NAME",
            ];
            let next = next.as_ref().map(|next| format!("--skip {next}"));
            page.table("rooms", heading, row, next)
        }))
    }
}

fn row(state: &RoomState) -> [String; 6] {
    let room = &state.room;
    [
        room.id.to_string(),
        room.visibility.as_str().to_owned(),
        room.member_count.to_string(),
        room.last_seq.to_string(),
        or_dash(state.last_message_at),
        short(&plain(&room.name), 40),
    ]
}

impl One {
    pub(super) async fn carry_out(self, desk: &Desk) -> Result<String, AdminError> {
        let state = find(desk, &self.room).await?;
        let room = &state.room;
        Ok(answer(self.json, &RoomJson::of(&state), || {
            lines(&[
                ("id", room.id.to_string()),
                ("name", plain(&room.name)),
                ("topic", or_dash(room.topic.as_deref().map(plain))),
                ("visibility", room.visibility.as_str().to_owned()),
                ("made by", plain(room.created_by.as_str())),
                ("made", room.created_at.to_string()),
                ("members", room.member_count.to_string()),
                ("messages", room.last_seq.to_string()),
                ("last message", or_dash(state.last_message_at)),
                ("revision", room.rev.to_string()),
            ])
        }))
    }
}
