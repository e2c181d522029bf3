-- Nothing to make: on this backend the commit is a transaction written in Rust. The number is kept equal to Postgres's.
SELECT 1;
