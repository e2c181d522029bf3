//! What the commit promises, in its plainest form: one change after the other, in memory.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::Arc,
};

use belfry::{
    domain::{
        Rev,
        change::{
            Act, Applause, Change, ClapsOf, Deed, Enrichment, Found, NewMessage, Outcome, Refusal,
            RoomChange, RoomDeletion, RoomUpdate,
        },
        id::{JobId, MessageId, RoomId, UserId},
        message::{Claps, Message, Reaction},
        moderation::Measure,
        permission::{Action, Verdict, judge},
        room::{Role, Room},
    },
    ports::store::Moderated,
};
use uuid::Uuid;

#[derive(Default)]
pub struct Model {
    pub rooms: Vec<PlainRoom>,
    pub messages: Vec<PlainMessage>,
    pub jobs: HashSet<JobId>,
    pub moderated: Vec<Moderated>,
    made: HashSet<Uuid>,
}

pub struct PlainRoom {
    pub room: Room,
    pub access_rev: i64,
    pub changed_rev: Rev,
    pub deletion: Option<Uuid>,
}

pub struct PlainMessage {
    pub message: Message,
    /// The rev of its text.
    pub content_rev: Rev,
    pub claps: BTreeMap<String, i64>,
    pub reactions: BTreeSet<(String, String)>,
}

/// `ada` made all the rooms, `mo` keeps order in them, `ben` is in them, `eve` in none.
pub const PEOPLE: [&str; 4] = ["ada", "ben", "eve", "mo"];

pub fn role(user: &UserId) -> Option<Role> {
    match user.as_str() {
        "ada" => Some(Role::Owner),
        "mo" => Some(Role::Moderator),
        "ben" => Some(Role::Member),
        _ => None,
    }
}

/// The table's answer to each that is asked, and what it is called if the room is hidden.
fn judged(
    actions: &[Action],
    room: &Room,
    user: &UserId,
    own: bool,
    hidden: Refusal,
) -> Option<Refusal> {
    let verdict = |&action| judge(action, room.visibility, role(user), own);
    let verdicts: Vec<_> = [Action::Read].iter().chain(actions).map(verdict).collect();
    if verdicts.contains(&Verdict::Hidden) {
        return Some(hidden);
    }
    let forbidden = verdicts.contains(&Verdict::Forbidden);
    forbidden.then_some(match role(user) {
        None => Refusal::NotMember,
        Some(_) => Refusal::Forbidden,
    })
}

impl Model {
    pub fn commit(&mut self, batch: &[Change]) -> Vec<Outcome> {
        let before: Vec<(MessageId, RoomId)> = self
            .messages
            .iter()
            .map(|it| (it.message.id, it.message.room_id.clone()))
            .collect();
        let mut outcomes: Vec<Outcome> = Vec::new();
        for (index, change) in batch.iter().enumerate() {
            let known = |message: MessageId| before.contains(&(message, change.room().clone()));
            let outcome = match change {
                Change::Send(asked) => {
                    let twin = batch[..index]
                        .iter()
                        .position(|earlier| same(earlier, asked));
                    match twin.map(|twin| outcomes[twin].clone()) {
                        Some(Outcome::Committed(message)) => Outcome::Already(message),
                        Some(outcome) => outcome,
                        None => self.send(asked, &before),
                    }
                }
                Change::Enrich(asked) => {
                    if let Some(job) = asked.finishes {
                        self.jobs.remove(&job);
                    }
                    let superseded = batch[index + 1..]
                        .iter()
                        .any(|later| replaces(later, asked));
                    match known(asked.message_id) && !superseded {
                        true => self.enrich(asked),
                        false => Outcome::Unchanged,
                    }
                }
                Change::Act(asked) if known(asked.message_id) => self.act(asked),
                Change::Clap(asked) if known(asked.message_id) => self.clap(asked),
                Change::Act(_) | Change::Clap(_) => Outcome::Refused(Refusal::NoMessage),
                Change::UpdateRoom(asked) => self.update(asked),
                Change::DeleteRoom(asked) => self.delete(asked),
            };
            outcomes.push(outcome);
        }
        outcomes
    }

    /// The room, if it has not been deleted.
    fn room(&mut self, id: &RoomId) -> Option<&mut PlainRoom> {
        let there = |it: &&mut PlainRoom| it.room.id == *id && it.deletion.is_none();
        self.rooms.iter_mut().find(there)
    }

    /// The message, and its room if that has not been deleted.
    fn find(
        &mut self,
        id: MessageId,
        room: &RoomId,
    ) -> Option<(&mut PlainRoom, &mut PlainMessage)> {
        let there = |it: &&mut PlainRoom| it.room.id == *room && it.deletion.is_none();
        let room = self.rooms.iter_mut().find(there)?;
        let message = self.messages.iter_mut().find(|it| it.message.id == id)?;
        Some((room, message))
    }

    fn send(&mut self, asked: &NewMessage, before: &[(MessageId, RoomId)]) -> Outcome {
        let same = |it: &&PlainMessage| {
            it.message.id == asked.id
                || asked.client_id.is_some()
                    && (
                        &it.message.room_id,
                        &it.message.user_id,
                        &it.message.client_id,
                    ) == (&asked.room_id, &asked.user_id, &asked.client_id)
        };
        let known = self.messages.iter().find(same).map(|it| it.message.clone());
        let Some(place) = self.room(&asked.room_id) else {
            return Outcome::Refused(Refusal::NoRoom);
        };
        let refused = judged(
            &[Action::Send],
            &place.room,
            &asked.user_id,
            false,
            Refusal::NoRoom,
        );
        match (refused, known) {
            (Some(Refusal::NoRoom), _) => return Outcome::Refused(Refusal::NoRoom),
            (_, Some(known)) => return Outcome::Already(RoomChange::New(Arc::new(known))),
            (Some(refused), None) => return Outcome::Refused(refused),
            (None, None) => {}
        }
        let answerable = |id| before.contains(&(id, asked.room_id.clone()));
        if !asked.reply_to.is_none_or(answerable) {
            return Outcome::Refused(Refusal::NoReply);
        }
        place.room.rev += 1;
        place.room.last_seq += 1;
        let message = Message {
            id: asked.id,
            room_id: asked.room_id.clone(),
            seq: place.room.last_seq,
            rev: place.room.rev,
            user_id: asked.user_id.clone(),
            username: asked.user_id.as_str().into(),
            content: asked.content.clone(),
            kind: asked.kind,
            timestamp: asked.at,
            client_id: asked.client_id.clone(),
            reply_to: asked.reply_to,
            edited_at: None,
            deleted_at: None,
            claps: Claps::default(),
            reactions: vec![],
            mentions: vec![],
            previews: vec![],
        };
        self.messages.push(PlainMessage {
            message: message.clone(),
            content_rev: message.rev,
            claps: BTreeMap::new(),
            reactions: BTreeSet::new(),
        });
        self.jobs.insert(asked.job);
        Outcome::Committed(RoomChange::New(Arc::new(message)))
    }

    fn enrich(&mut self, asked: &Enrichment) -> Outcome {
        let Some((place, known)) = self.find(asked.message_id, &asked.room_id) else {
            return Outcome::Unchanged;
        };
        let message = &mut known.message;
        let stands = known.content_rev == asked.content_rev && message.deleted_at.is_none();
        let mut told: fn(Arc<Message>) -> RoomChange = RoomChange::Updated;
        let (mut noted, mut after) = (None, message.clone());
        match &asked.found {
            Found::Reading { mentions, ruling } => {
                let measure = ruling.as_ref().map(|ruling| &ruling.measure);
                let masked =
                    matches!(measure, Some(Measure::Mask(text)) if *text != message.content);
                if masked || mentions.iter().any(|it| !message.mentions.contains(it)) {
                    after.mentions = match mentions.is_empty() {
                        true => after.mentions,
                        false => mentions.clone(),
                    };
                }
                match measure {
                    None => {}
                    Some(Measure::Mask(content)) => after.content = content.clone(),
                    Some(Measure::Remove) => {
                        after.content = String::new();
                        after.deleted_at = ruling.as_ref().map(|ruling| ruling.at);
                        (after.mentions, after.previews) = (vec![], vec![]);
                        told = RoomChange::Deleted;
                    }
                }
                noted = ruling.as_ref();
            }
            Found::Previews(list) => {
                if list.iter().any(|it| !message.previews.contains(it)) {
                    after.previews = list.clone();
                }
            }
        }
        if !stands || after == *message {
            return Outcome::Unchanged;
        }
        place.room.rev += 1;
        after.rev = place.room.rev;
        *message = after.clone();
        if after.deleted_at.is_some() {
            known.content_rev = after.rev;
        }
        if let Some(ruling) = noted {
            let entry = Moderated {
                room_id: after.room_id.clone(),
                message_id: after.id,
                seq: after.seq,
                content_rev: asked.content_rev,
                user_id: after.user_id.clone(),
                action: ruling.measure.action(),
                reason: ruling.reason.clone(),
                at: ruling.at,
            };
            let other = |it: &Moderated| {
                (&it.room_id, it.content_rev) != (&entry.room_id, entry.content_rev)
            };
            self.moderated.retain(other);
            self.moderated.push(entry);
        }
        Outcome::Committed(told(Arc::new(after)))
    }

    fn act(&mut self, asked: &Act) -> Outcome {
        let made = match &asked.deed {
            Deed::Edit { job, .. } => self.made.contains(&job.0),
            _ => false,
        };
        let Some((place, known)) = self.find(asked.message_id, &asked.room_id) else {
            return Outcome::Refused(Refusal::NoMessage);
        };
        let told = |message: &Message| {
            let message = Arc::new(message.clone());
            match &asked.deed {
                Deed::Edit { .. } => RoomChange::Updated(message),
                Deed::Delete => RoomChange::Deleted(message),
                Deed::React { emoji, on } => RoomChange::Reacted {
                    message,
                    user_id: asked.user_id.clone(),
                    emoji: emoji.clone(),
                    on: *on,
                },
            }
        };
        let action = match asked.deed {
            Deed::Edit { .. } => Action::Edit,
            Deed::Delete => Action::Delete,
            Deed::React { .. } => Action::Applaud,
        };
        let own = known.message.user_id == asked.user_id;
        let hidden = Refusal::NoMessage;
        match judged(&[action], &place.room, &asked.user_id, own, hidden) {
            Some(why) if why == hidden || !made => return Outcome::Refused(why),
            _ if made => return Outcome::Already(told(&known.message)),
            _ => {}
        }
        let message = &mut known.message;
        let gone = message.deleted_at.is_some();
        match &asked.deed {
            Deed::Delete if gone => return Outcome::Already(told(message)),
            _ if gone => return Outcome::Refused(Refusal::Deleted),
            Deed::Edit { content, .. } if *content == message.content => {
                return Outcome::Already(told(message));
            }
            Deed::Edit { content, .. } => {
                message.content = content.clone();
                message.edited_at = Some(asked.at);
            }
            Deed::Delete => {
                message.content = String::new();
                message.deleted_at = Some(asked.at);
            }
            Deed::React { emoji, on } => {
                let who = (asked.user_id.to_string(), emoji.clone());
                let changed = match on {
                    true => known.reactions.insert(who),
                    false => known.reactions.remove(&who),
                };
                if !changed {
                    return Outcome::Already(told(message));
                }
                let count = known.reactions.iter().filter(|it| it.1 == *emoji).count() as i64;
                match message.reactions.iter().position(|it| it.emoji == *emoji) {
                    None => message.reactions.push(Reaction {
                        emoji: emoji.clone(),
                        count,
                        mine: None,
                    }),
                    Some(at) if count == 0 => drop(message.reactions.remove(at)),
                    Some(at) => message.reactions[at].count = count,
                }
            }
        }
        place.room.rev += 1;
        message.rev = place.room.rev;
        if action != Action::Applaud {
            known.content_rev = message.rev;
            message.mentions.clear();
            message.previews.clear();
        }
        let told = told(message);
        if let Deed::Edit { job, .. } = asked.deed {
            self.jobs.insert(job);
            self.made.insert(job.0);
        }
        Outcome::Committed(told)
    }

    fn clap(&mut self, asked: &Applause) -> Outcome {
        let made = self.made.contains(&asked.id);
        let Some((place, known)) = self.find(asked.message_id, &asked.room_id) else {
            return Outcome::Refused(Refusal::NoMessage);
        };
        let refused = |by: &ClapsOf| {
            judged(
                &[Action::Applaud],
                &place.room,
                &by.user_id,
                false,
                Refusal::NoMessage,
            )
        };
        if asked
            .by
            .iter()
            .all(|it| refused(it) == Some(Refusal::NoMessage))
        {
            return Outcome::Refused(Refusal::NoMessage);
        }
        let told = |known: &PlainMessage, by: Vec<&ClapsOf>| RoomChange::Clapped {
            message: Arc::new(known.message.clone()),
            by: by
                .into_iter()
                .filter_map(|it| {
                    let count = *known.claps.get(it.user_id.as_str())?;
                    let user_id = it.user_id.clone();
                    Some(ClapsOf { user_id, count })
                })
                .collect(),
        };
        if made {
            let seen = asked.by.iter();
            let seen = seen.filter(|it| refused(it) != Some(Refusal::NoMessage));
            return Outcome::Already(told(known, seen.collect()));
        }
        let may: Vec<_> = asked.by.iter().filter(|it| refused(it).is_none()).collect();
        if may.is_empty() {
            return Outcome::Refused(Refusal::NotMember);
        }
        if known.message.deleted_at.is_some() {
            return Outcome::Refused(Refusal::Deleted);
        }
        let total = |known: &PlainMessage| known.claps.values().sum::<i64>();
        let before = total(known);
        for by in &may {
            let count = known.claps.entry(by.user_id.to_string()).or_default();
            *count = (*count + by.count).min(50);
        }
        if total(known) == before {
            return Outcome::Already(told(known, may));
        }
        place.room.rev += 1;
        known.message.rev = place.room.rev;
        known.message.claps.total = total(known);
        let told = told(known, may);
        self.made.insert(asked.id);
        Outcome::Committed(told)
    }

    fn update(&mut self, asked: &RoomUpdate) -> Outcome {
        let Some(place) = self.room(&asked.room_id) else {
            return Outcome::Refused(Refusal::NoRoom);
        };
        let mut actions = Vec::new();
        if asked.name.is_some() || asked.topic.is_some() {
            actions.push(Action::Rename);
        }
        if asked.visibility.is_some() {
            actions.push(Action::SetVisibility);
        }
        let hidden = Refusal::NoRoom;
        if let Some(why) = judged(&actions, &place.room, &asked.user_id, false, hidden) {
            return Outcome::Refused(why);
        }
        let before = place.room.clone();
        let room = &mut place.room;
        room.name = asked.name.clone().unwrap_or(before.name.clone());
        room.topic = asked.topic.clone().unwrap_or(before.topic.clone());
        room.visibility = asked.visibility.unwrap_or(before.visibility);
        if *room == before {
            return Outcome::Already(RoomChange::Room(Arc::new(before)));
        }
        room.rev += 1;
        place.changed_rev = room.rev;
        place.access_rev += i64::from(room.visibility != before.visibility);
        Outcome::Committed(RoomChange::Room(Arc::new(room.clone())))
    }

    fn delete(&mut self, asked: &RoomDeletion) -> Outcome {
        let place = self.rooms.iter_mut().find(|it| it.room.id == asked.room_id);
        let Some(place) = place else {
            return Outcome::Refused(Refusal::NoRoom);
        };
        let closed = |rev| RoomChange::Closed {
            room_id: asked.room_id.clone(),
            rev,
        };
        match place.deletion {
            Some(id) if id == asked.id => return Outcome::Already(closed(place.room.rev)),
            Some(_) => return Outcome::Refused(Refusal::NoRoom),
            None => {}
        }
        let hidden = Refusal::NoRoom;
        if let Some(why) = judged(
            &[Action::DeleteRoom],
            &place.room,
            &asked.user_id,
            false,
            hidden,
        ) {
            return Outcome::Refused(why);
        }
        place.room.rev += 1;
        place.access_rev += 1;
        place.deletion = Some(asked.id);
        Outcome::Committed(closed(place.room.rev))
    }
}

fn same(earlier: &Change, asked: &NewMessage) -> bool {
    let Change::Send(earlier) = earlier else {
        return false;
    };
    earlier.id == asked.id
        || asked.client_id.is_some()
            && (&earlier.room_id, &earlier.user_id, &earlier.client_id)
                == (&asked.room_id, &asked.user_id, &asked.client_id)
}

fn replaces(later: &Change, asked: &Enrichment) -> bool {
    let Change::Enrich(later) = later else {
        return false;
    };
    (later.message_id, later.content_rev) == (asked.message_id, asked.content_rev)
        && std::mem::discriminant(&later.found) == std::mem::discriminant(&asked.found)
}
