//! A corner of Redis of its own for each test.
