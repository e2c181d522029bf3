//! What the worker does with messages, over real stores.

mod notices;
