//! Who may do what: the one table. Every event and path asks here; what is judged within a statement of a store must say the same.

use super::room::{Role, Visibility};

/// What somebody may want to do in a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// See the room, its history and who is in it.
    Read,
    /// Become a member by joining.
    Join,
    /// Send a message.
    Send,
    /// Be seen typing.
    Type,
}

/// The answer of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Go on.
    Allowed,
    /// The room may be seen, this may not be done.
    Forbidden,
    /// The room must not be seen: answer as if it were absent.
    Hidden,
}

/// Whether a user with `role` (none: no member) may do `action` in a room of that visibility.
pub fn judge(action: Action, visibility: Visibility, role: Option<Role>) -> Verdict {
    use Action::{Join, Read, Send, Type};
    use Visibility::{Direct, Private, Public};
    match (visibility, role, action) {
        (_, Some(_), Read | Join | Send | Type) => Verdict::Allowed,
        (Public, None, Read | Join) => Verdict::Allowed,
        (Public, None, Send | Type) => Verdict::Forbidden,
        (Private | Direct, None, _) => Verdict::Hidden,
    }
}
