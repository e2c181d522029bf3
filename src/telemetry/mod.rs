//! What an operator can follow: [lines of a log](logs), and [traces](trace) of what comes in.

pub mod logs;
pub mod trace;
