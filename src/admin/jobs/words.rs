//! A job in words: a row of a list, or all of it.

use std::fmt::Write;

use crate::{
    admin::table::{or_dash, plain, short, table},
    domain::job::{Job, State},
};

/// The most characters of an error in a list.
const ERROR_SHOWN: usize = 80;

pub(super) fn row(job: &Job) -> [String; 7] {
    [
        job.id.to_string(),
        plain(&job.kind),
        job.state.as_str().to_owned(),
        format!("{}/{}", job.attempts, job.max_attempts),
        short(&owner(job), 40),
        job.updated_at.to_string(),
        short(&plain(job.error().unwrap_or_default()), ERROR_SHOWN),
    ]
}

fn owner(job: &Job) -> String {
    or_dash(job.owner.as_ref().map(|owner| plain(owner.as_str())))
}

/// All that is known of a job, a line each.
pub(super) fn in_full(job: &Job) -> String {
    let mut lines = vec![
        ("id", job.id.to_string()),
        ("type", plain(&job.kind)),
        ("state", job.state.as_str().to_owned()),
        ("progress", format!("{} %", job.progress)),
        ("attempts", format!("{}/{}", job.attempts, job.max_attempts)),
        ("priority", job.priority.as_str().to_owned()),
        ("owner", owner(job)),
        ("asked for", job.created_at.to_string()),
        ("updated", job.updated_at.to_string()),
    ];
    if let Some(at) = job.run_at.filter(|_| job.state == State::Delayed) {
        lines.push(("not before", at.to_string()));
    }
    if let Some(at) = job.expires_at {
        lines.push(("expires", at.to_string()));
    }
    lines.push(("payload", plain(&job.payload)));
    if let Some(result) = &job.result {
        lines.push(("result", plain(result)));
    }
    let mut text = String::new();
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<11}{value}");
    }
    if job.cancel_asked && !job.state.has_ended() {
        text.push_str("Its worker has been asked to end it.\n");
    }
    if !job.failures.is_empty() {
        let failures = job.failures.iter().map(|failure| {
            let attempt = match failure.attempt {
                0 => "-".to_owned(),
                attempt => attempt.to_string(),
            };
            [attempt, failure.at.to_string(), plain(&failure.error)]
        });
        text.push('\n');
        text.push_str(&table(["ATTEMPT", "FAILED AT", "ERROR"], failures));
    }
    text
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::domain::{
        id::{JobId, UserId},
        job::{FailedAttempt, Priority},
        timestamp::Timestamp,
    };

    #[test]
    fn a_dead_job_is_shown_with_every_attempt_on_a_line_of_its_own() {
        let at = Timestamp::from_millis(1_700_000_000_000);
        let failed = |attempt, error: &str| FailedAttempt {
            attempt,
            at,
            error: error.to_owned(),
        };
        let job = Job {
            id: JobId(Uuid::nil()),
            kind: "room.export".to_owned(),
            payload: r#"{"roomId":"attic"}"#.to_owned(),
            owner: UserId::parse("ada").ok(),
            priority: Priority::Normal,
            state: State::Dead,
            progress: 40,
            attempts: 2,
            max_attempts: 2,
            run_at: None,
            expires_at: None,
            cancel_asked: false,
            result: None,
            failures: vec![failed(1, "first\nline"), failed(2, "second \u{1b}[2J")],
            created_at: at,
            updated_at: at,
        };
        let text = in_full(&job);
        assert!(
            text.contains("payload    {\"roomId\":\"attic\"}\n"),
            "{text}"
        );
        assert!(
            text.contains("2023-11-14T22:13:20.000Z  first\\nline\n"),
            "{text}"
        );
        assert!(text.contains("second \\u{1b}[2J\n"), "{text}");
        assert_eq!(row(&job)[3], "2/2");
        assert_eq!(row(&job)[6], "second \\u{1b}[2J");
    }
}
