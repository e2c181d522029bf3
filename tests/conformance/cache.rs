//! What every adapter of the cache port must do.
