//! What happens when Redis goes away, freezes, forgets everything or was never there. Each test has a Redis to itself.

mod bus;
mod limits;
mod presence;
mod turns;
