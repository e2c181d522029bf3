//! Why a change was not made, as whoever asked for it is told.

use crate::domain::{
    change::Refusal,
    error::{Code, Problem},
    message::EMOJI_MAX,
};

/// What to answer to a change that was refused.
pub(super) fn problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::NoRoom => Problem::no_room(),
        Refusal::NoMessage => Problem::new(Code::NotFound, "There is no such message."),
        Refusal::NotMember => not_member(),
        Refusal::Forbidden => not_yours_to_do(),
        Refusal::NoReply => Problem::invalid("`replyTo` is not a message of this room."),
        Refusal::Deleted => Problem::new(Code::Conflict, "The message has been deleted."),
        Refusal::TooManyEmoji => Problem::new(
            Code::Conflict,
            format!("A message carries at most {EMOJI_MAX} different emoji; choose one of them."),
        ),
    }
}

/// `forbidden` to somebody who is no member.
pub(super) fn not_member() -> Problem {
    Problem::new(
        Code::Forbidden,
        "Only members of the room may do that; join it first.",
    )
}

/// `forbidden` to a member, or where nobody may do it.
pub(super) fn not_yours_to_do() -> Problem {
    Problem::new(
        Code::Forbidden,
        "You may not do that in this room: it takes another role, or is not possible there.",
    )
}
