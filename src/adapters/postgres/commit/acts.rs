//! Acts, claps and changes of rooms as the database function is given them: with what the domain's table says it takes to do each.

use serde::Serialize;
use uuid::Uuid;

use crate::domain::{
    change::{Act, Applause, ClapsOf, Deed, RoomDeletion, RoomUpdate},
    id::{MessageId, RoomId, UserId},
    message::{CLAPS_MAX, EMOJI_MAX},
    permission::{Action, needs},
    room::{Visibility, search_key},
    timestamp::Timestamp,
};

#[derive(Default)]
pub(super) struct Acts<'a> {
    pub(super) acts: Vec<AskedAct<'a>>,
    pub(super) claps: Vec<AskedClaps<'a>>,
    pub(super) rooms: Vec<AskedRoomChange<'a>>,
}

/// See `judge_acts` in the migration.
#[derive(Serialize)]
pub(super) struct AskedAct<'a> {
    ord: i32,
    id: Option<Uuid>,
    room: &'a RoomId,
    message: MessageId,
    author: &'a UserId,
    least: i16,
    own: i16,
    in_direct: bool,
    at: Timestamp,
    kind: &'static str,
    content: Option<&'a str>,
    job: Option<Uuid>,
    emoji: Option<&'a str>,
    on: Option<bool>,
    emoji_max: usize,
}

/// See `judge_claps` in the migration.
#[derive(Serialize)]
pub(super) struct AskedClaps<'a> {
    ord: i32,
    id: Uuid,
    room: &'a RoomId,
    message: MessageId,
    least: i16,
    in_direct: bool,
    claps_max: i64,
    by: Vec<ClapsOf>,
}

/// See `judge_room_changes` in the migration.
#[derive(Serialize)]
pub(super) struct AskedRoomChange<'a> {
    ord: i32,
    id: Uuid,
    room: &'a RoomId,
    author: &'a UserId,
    kind: &'static str,
    least: i16,
    in_direct: bool,
    at: Option<Timestamp>,
    name: Option<&'a str>,
    name_key: Option<String>,
    sets_topic: bool,
    topic: Option<&'a str>,
    visibility: Option<Visibility>,
}

impl<'a> Acts<'a> {
    pub(super) fn act(&mut self, ord: i32, act: &'a Act) {
        let needs = needs(act.deed.action());
        let asked = AskedAct {
            ord,
            id: None,
            room: &act.room_id,
            message: act.message_id,
            author: &act.user_id,
            least: needs.least.rank(),
            own: needs.own.rank(),
            in_direct: needs.in_direct,
            at: act.at,
            kind: "delete",
            content: None,
            job: None,
            emoji: None,
            on: None,
            emoji_max: EMOJI_MAX,
        };
        self.acts.push(match &act.deed {
            Deed::Edit { content, job } => AskedAct {
                id: Some(job.0),
                kind: "edit",
                content: Some(content),
                job: Some(job.0),
                ..asked
            },
            Deed::Delete => asked,
            Deed::React { emoji, on } => AskedAct {
                // Only for a repeat of this very call: its caller knows no id.
                id: Some(Uuid::now_v7()),
                kind: "react",
                emoji: Some(emoji),
                on: Some(*on),
                ..asked
            },
        });
    }

    pub(super) fn clap(&mut self, ord: i32, applause: &'a Applause) {
        let needs = needs(Action::Applaud);
        let by = applause.by.iter().map(|one| ClapsOf {
            user_id: one.user_id.clone(),
            count: one.count.clamp(0, CLAPS_MAX),
        });
        self.claps.push(AskedClaps {
            ord,
            id: applause.id,
            room: &applause.room_id,
            message: applause.message_id,
            least: needs.least.rank(),
            in_direct: needs.in_direct,
            claps_max: CLAPS_MAX,
            by: by.collect(),
        });
    }

    pub(super) fn update(&mut self, ord: i32, update: &'a RoomUpdate) {
        let needed = update.actions().map(needs);
        let (least, in_direct) = needed.fold((0, true), |(least, in_direct), needs| {
            (least.max(needs.least.rank()), in_direct && needs.in_direct)
        });
        self.rooms.push(AskedRoomChange {
            ord,
            // As for a reaction.
            id: Uuid::now_v7(),
            room: &update.room_id,
            author: &update.user_id,
            kind: "update",
            least,
            in_direct,
            at: None,
            name: update.name.as_deref(),
            name_key: update.name.as_deref().map(search_key),
            sets_topic: update.topic.is_some(),
            topic: update.topic.as_ref().and_then(|topic| topic.as_deref()),
            visibility: update.visibility,
        });
    }

    pub(super) fn delete(&mut self, ord: i32, deletion: &'a RoomDeletion) {
        let needs = needs(Action::DeleteRoom);
        self.rooms.push(AskedRoomChange {
            ord,
            id: deletion.id,
            room: &deletion.room_id,
            author: &deletion.user_id,
            kind: "close",
            least: needs.least.rank(),
            in_direct: needs.in_direct,
            at: Some(deletion.at),
            name: None,
            name_key: None,
            sets_topic: false,
            topic: None,
            visibility: None,
        });
    }
}
