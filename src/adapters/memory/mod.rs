//! The parts inside one process, for a server that runs alone.
