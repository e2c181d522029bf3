//! Cache, queue, bus and presence on Redis.
