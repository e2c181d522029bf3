//! What every adapter of the store port must do.
