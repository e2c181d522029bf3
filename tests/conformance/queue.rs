//! What every adapter of the queue port must do.
