//! Notifications.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::{
    error::Problem,
    id::{NotificationId, UserId},
    notification::{CUSTOM_BODY_MAX, CUSTOM_TITLE_MAX, Notification},
};

/// The query of `GET /api/notifications`.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NotificationsQuery {
    /// From the page before.
    pub cursor: Option<NotificationId>,
    /// How many; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// The answer of `GET /api/notifications`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NotificationsAnswer {
    /// The newest first. One about a message shows its text as it is now.
    pub notifications: Vec<Notification>,
    /// How many of all are unread: those after the last one that was marked as read, but for messages of rooms that have been read up
    /// to them. 1000 stands for more as well.
    #[schema(minimum = 0)]
    pub unread: i64,
    /// For the next page, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<NotificationId>,
}

/// The body of `POST /api/notifications/read`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadNotificationsRequest {
    /// This one and all older ones; the mark only moves forward, and not beyond the newest.
    pub up_to: NotificationId,
}

/// The answer of `POST /api/notifications/read`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReadNotificationsAnswer {
    /// How many are unread.
    #[schema(minimum = 0)]
    pub unread: i64,
}

/// The body of `POST /api/notifications`.
#[derive(Debug, Clone, Deserialize, ToSchema)]
pub struct NotifyRequest {
    /// Whom.
    pub to: UserId,
    /// A line: 1 to 200 characters, not blank.
    #[schema(
        min_length = 1,
        max_length = 200,
        pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"
    )]
    pub title: String,
    /// The rest: at most 2000 characters.
    #[schema(max_length = 2_000, pattern = r"^[^\u0000]*$")]
    #[serde(default)]
    pub body: String,
}

impl NotifyRequest {
    /// To whom, the title and the body; or what is wrong with them.
    pub fn check(self) -> Result<(UserId, String, String), Problem> {
        let Self { to, title, body } = self;
        let unkept = |text: &str| text.contains('\0');
        if title.trim().is_empty() || title.chars().count() > CUSTOM_TITLE_MAX || unkept(&title) {
            return Err(Problem::invalid(
                "`title` is 1 to 200 characters, not blank.",
            ));
        }
        if body.chars().count() > CUSTOM_BODY_MAX || unkept(&body) {
            return Err(Problem::invalid("`body` is at most 2000 characters."));
        }
        Ok((to, title, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backends_words_fit() {
        let check = |title: &str, body: &str| {
            let request = NotifyRequest {
                to: UserId::parse("ada").unwrap(),
                title: title.into(),
                body: body.into(),
            };
            request.check().is_ok()
        };
        assert!(check("Done", ""));
        assert!(check(&"\u{1F980}".repeat(200), &"\u{1F980}".repeat(2_000)));
        for (title, body) in [("", ""), (" \n", ""), ("a\0", ""), ("a", "\0")] {
            assert!(!check(title, body), "{title:?} {body:?}");
        }
        assert!(!check(&"x".repeat(201), ""));
        assert!(!check("x", &"x".repeat(2_001)));
    }
}
