//! The list of all types of jobs, by name.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use async_trait::async_trait;
use serde_json::Value;

use super::{
    handler::{Handler, JobError, Rules},
    running::Running,
};
use crate::{
    domain::{
        error::Problem,
        id::UserId,
        job::{ENRICH, PREVIEW},
    },
    ports::store::Store,
    protocol::client_event::unreadable,
};

/// The longest name of a type, in characters.
const NAME_MAX: usize = 64;

/// A type of job that cannot be: its name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WrongType {
    /// Nobody could ask for it.
    #[error(
        "`{0}` cannot be the TYPE of a job: it takes 1 to {NAME_MAX} characters of a-z, 0-9, `.`, `_` and `-`"
    )]
    Name(String),
    /// Belfry needs its own.
    #[error("`{0}` is a type of Belfry's own, which cannot be replaced")]
    Taken(String),
}

/// The types of jobs that there are.
#[derive(Clone, Default)]
pub struct Handlers(HashMap<&'static str, Arc<dyn AnyHandler>>);

impl Handlers {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a type. The last one of a name counts.
    #[must_use]
    pub fn with<H: Handler>(mut self, handler: H) -> Self {
        self.0.insert(H::TYPE, Arc::new(Typed(handler)));
        self
    }

    /// Whether an operator can have these types beside Belfry's own: a type needs a name that can be asked for, and is not one of those
    /// that Belfry does for messages.
    pub fn check(&self) -> Result<(), WrongType> {
        for name in self.0.keys() {
            let is_fine = |byte: u8| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
            };
            if name.is_empty() || name.len() > NAME_MAX || !name.bytes().all(is_fine) {
                return Err(WrongType::Name((*name).to_owned()));
            }
            if [ENRICH, PREVIEW].contains(name) {
                return Err(WrongType::Taken((*name).to_owned()));
            }
        }
        Ok(())
    }

    /// Adds all types of another list.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// A type's name as a label of figures: one of few. What nobody here can do is `unknown`.
    pub(crate) fn label(&self, kind: &str) -> &'static str {
        match self.0.get_key_value(kind) {
            Some((name, _)) => name,
            None if kind == ENRICH => ENRICH,
            None => "unknown",
        }
    }

    /// The type of that name.
    pub(crate) fn get(&self, kind: &str) -> Option<&Arc<dyn AnyHandler>> {
        self.0.get(kind)
    }
}

/// A type of job whose payload is JSON.
#[async_trait]
pub(crate) trait AnyHandler: Send + Sync {
    /// Within their limits; the default ones where the type panics when it is asked.
    fn rules(&self) -> Rules;

    /// Whether the payload fits and this user may ask for it.
    async fn admit(&self, payload: &str, asker: &UserId, store: &dyn Store) -> Result<(), Problem>;

    async fn run(&self, payload: &str, job: &Running) -> Result<Value, JobError>;
}

struct Typed<H>(H);

#[async_trait]
impl<H: Handler> AnyHandler for Typed<H> {
    fn rules(&self) -> Rules {
        let asked = catch_unwind(AssertUnwindSafe(|| self.0.rules()));
        let rules = asked.unwrap_or_else(|_| {
            tracing::error!(
                kind = H::TYPE,
                "the rules of a type of job panicked; the default ones hold"
            );
            Rules::default()
        });
        rules.within_limits()
    }

    async fn admit(&self, payload: &str, asker: &UserId, store: &dyn Store) -> Result<(), Problem> {
        let payload = serde_json::from_str(payload).map_err(|error| {
            unreadable(&format!("`payload` does not fit `{}`", H::TYPE), &error)
        })?;
        self.0.admit(&payload, asker, store).await
    }

    async fn run(&self, payload: &str, job: &Running) -> Result<Value, JobError> {
        let payload = serde_json::from_str(payload)
            .map_err(|error| JobError::Hopeless(format!("Its payload does not fit: {error}.")))?;
        self.0.run(payload, job).await
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::jobs::BackOff;

    /// A type of that name, with rules that nobody could keep to.
    struct Named<const KIND: usize>;

    const LONGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    const TOO_LONG: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdefg";
    const NAMES: [&str; 8] = [
        "report.words_2-a",
        LONGEST,
        "",
        TOO_LONG,
        "Report",
        "wörter",
        ENRICH,
        PREVIEW,
    ];

    #[async_trait]
    impl<const KIND: usize> Handler for Named<KIND> {
        const TYPE: &'static str = NAMES[KIND];
        type Payload = Value;

        fn rules(&self) -> Rules {
            assert_ne!(KIND, 1, "it has none");
            Rules {
                max_attempts: 0,
                time_limit: Duration::MAX,
                back_off: BackOff {
                    first: Duration::ZERO,
                    longest: Duration::MAX,
                },
            }
        }

        async fn admit(&self, _: &Value, _: &UserId, _: &dyn Store) -> Result<(), Problem> {
            Ok(())
        }

        async fn run(&self, _: Value, _: &Running) -> Result<Value, JobError> {
            Ok(Value::Null)
        }
    }

    #[test]
    fn a_name_is_one_that_can_be_asked_for_and_is_not_taken() {
        let fine = Handlers::new().with(Named::<0>).with(Named::<1>);
        assert_eq!(fine.check(), Ok(()));
        let wrong = [
            Handlers::new().with(Named::<2>),
            fine.clone().with(Named::<3>),
            fine.clone().with(Named::<4>),
            fine.clone().with(Named::<5>),
        ];
        for (handlers, name) in wrong.iter().zip(&NAMES[2..]) {
            assert_eq!(handlers.check(), Err(WrongType::Name((*name).into())));
        }
        let taken = [
            Handlers::new().with(Named::<6>),
            fine.clone().with(Named::<7>),
        ];
        for (handlers, name) in taken.iter().zip(&NAMES[6..]) {
            assert_eq!(handlers.check(), Err(WrongType::Taken((*name).into())));
        }
    }

    #[test]
    fn rules_that_nobody_can_keep_to_are_brought_within_their_limits() {
        let month = Duration::from_secs(30 * 24 * 60 * 60);
        let rules = Typed(Named::<0>).rules();
        assert_eq!((rules.max_attempts, rules.time_limit), (1, month));
        assert_eq!(rules.back_off.first, Duration::from_millis(1));
        assert_eq!(rules.back_off.longest, month);
        assert_eq!(Typed(Named::<1>).rules(), Rules::default());
    }
}
