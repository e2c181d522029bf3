//! What the operator's rules have done.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{domain::Rev, ports::store::Moderated};

/// The query of `GET /api/rooms/{id}/moderation`.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ModerationQuery {
    /// Only what was done to texts of a revision below this one: the last `contentRev` of the page before.
    #[param(value_type = Option<i64>, minimum = 0)]
    pub before: Option<Rev>,
    /// How many; 50 if not said.
    #[param(minimum = 1, maximum = 100)]
    pub limit: Option<i64>,
}

/// The answer of `GET /api/rooms/{id}/moderation`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ModerationAnswer {
    /// The newest text first; one entry for each text that was judged.
    pub moderated: Vec<Moderated>,
    /// Whether there are older ones.
    pub has_more: bool,
}
