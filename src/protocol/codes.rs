//! What each stable code means and what a client does about it: the text of both descriptions, and of the page about them.

use crate::domain::error::Code;

/// Where the page about the interfaces tells of a code; the `type` of a problem points there.
pub const PAGE: &str = "/api/docs";

/// A code, explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    /// The code.
    pub code: Code,
    /// The word on the wire.
    pub word: &'static str,
    /// The HTTP status that it has over REST.
    pub status: u16,
    /// What all problems of the code have in common, in a few words: their `title`.
    pub title: &'static str,
    /// What has happened.
    pub means: &'static str,
    /// What a client, or who writes it, does about it.
    pub remedy: &'static str,
    /// The end of its `type`'s address, with the page's.
    pub address: &'static str,
}

macro_rules! explained {
    ($code:ident, $word:literal, $status:literal, $title:literal, $means:literal, $remedy:literal) => {
        Explained {
            code: Code::$code,
            word: $word,
            status: $status,
            title: $title,
            means: $means,
            remedy: $remedy,
            address: concat!("/api/docs#error-", $word),
        }
    };
}

/// All of them.
pub const EXPLAINED: [Explained; 9] = [
    explained!(
        InvalidArgument,
        "invalid_argument",
        400,
        "The request is wrong",
        "A field, a parameter, the event's name or the JSON itself is not what the description asks for; `message` (REST: `detail`) names it. Also a method that a path does not take, there with the status 405 and the header `Allow`.",
        "Correct the request; the same one again gets the same answer."
    ),
    explained!(
        Unauthenticated,
        "unauthenticated",
        401,
        "Nobody that is known",
        "There is no token, or it is not valid, has expired, or its session has ended. At a log-in: the name or the password is wrong.",
        "Get another access token by `POST /api/auth/refresh` and repeat once; where that is refused as well, log in again."
    ),
    explained!(
        Forbidden,
        "forbidden",
        403,
        "Not allowed",
        "The caller is known and may not do that: not a member, not of the role that it takes, not possible in a direct room, or shut by the operator.",
        "Do not repeat it. Join the room, or ask an owner of it."
    ),
    explained!(
        NotFound,
        "not_found",
        404,
        "Not there",
        "The room, message, member, user, job or path is not there, or is not the caller's to know of; the two are not told apart.",
        "Do not repeat it. Drop what the client has kept of it."
    ),
    explained!(
        Conflict,
        "conflict",
        409,
        "Stands against what is there",
        "What is there stands against it: a name or an id that is taken, a message that is deleted, a room's last owner, a job in another state.",
        "Read how it stands now, and decide again."
    ),
    explained!(
        PayloadTooLarge,
        "payload_too_large",
        413,
        "Too large",
        "A text of more than 8,000 characters, a job's payload of more than 64 KiB, or a body of more than 256 KiB.",
        "Send less, or in parts."
    ),
    explained!(
        RateLimited,
        "rate_limited",
        429,
        "Too often",
        "More than the server takes of one user, one connection or one address.",
        "Wait for `retryAfterMs` (REST also: `Retry-After`, in seconds), and repeat. Where it is not there: when something under way has ended."
    ),
    explained!(
        Unavailable,
        "unavailable",
        503,
        "Not done, or not known to be",
        "The server starts, goes away, or cannot reach a part that it needs; or its work took too long, and may have been done all the same.",
        "Repeat after `retryAfterMs`, with more time before each further try. A message is sent once however often it is repeated with the same `clientId`."
    ),
    explained!(
        Internal,
        "internal",
        500,
        "A fault of the server",
        "Something failed that should not have. The operator's log has the cause.",
        "Tell the operator. Repeating it may help, with more time before each try."
    ),
];

/// A code's explanation.
pub fn explained(code: Code) -> &'static Explained {
    let [first, ..] = &EXPLAINED;
    let found = EXPLAINED.iter().find(|explained| explained.code == code);
    found.unwrap_or(first)
}

/// The explanation of the code that has that status over REST.
pub fn of_status(status: u16) -> Option<&'static Explained> {
    EXPLAINED
        .iter()
        .find(|explained| explained.status == status)
}

/// All codes as a list in Markdown.
pub fn as_markdown() -> String {
    let line = |explained: &Explained| {
        let Explained {
            word,
            status,
            means,
            remedy,
            ..
        } = explained;
        format!("- `{word}` ({status}): {means} {remedy}")
    };
    EXPLAINED.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_explained_under_its_own_word() {
        for explained in EXPLAINED {
            let word = serde_json::to_value(explained.code).unwrap();
            assert_eq!(word, explained.word);
            assert_eq!(super::explained(explained.code), &explained);
            assert_eq!(
                explained.address,
                format!("{PAGE}#error-{word}", word = explained.word)
            );
        }
        // A new code does not compile here until it has a line above.
        let all = |code| match code {
            Code::InvalidArgument
            | Code::Unauthenticated
            | Code::Forbidden
            | Code::NotFound
            | Code::Conflict
            | Code::PayloadTooLarge
            | Code::RateLimited
            | Code::Unavailable
            | Code::Internal => 9,
        };
        assert_eq!(EXPLAINED.len(), all(Code::Internal));
    }
}
