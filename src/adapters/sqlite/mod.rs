//! The store on SQLite, for a server that runs alone.
