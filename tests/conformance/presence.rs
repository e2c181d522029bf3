//! What every adapter of the presence port must do.
