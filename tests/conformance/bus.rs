//! What every adapter of the bus port must do.
