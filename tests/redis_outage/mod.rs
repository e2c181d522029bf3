//! What happens when Redis goes away, freezes, forgets everything or was never there. Each test has a Redis to itself.

mod bus;
mod calls;
mod limits;
mod presence;
mod queue;
mod turns;
