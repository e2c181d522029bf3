//! Every input that was worth keeping is read again.

use std::{fs, path::Path};

type Target = fn(&[u8]);

#[test]
fn the_whole_corpus_is_read() {
    let targets: [(&str, Target); 4] = [
        ("socket", belfry_fuzz::socket),
        ("rest", belfry_fuzz::rest),
        ("page", belfry_fuzz::page),
        ("text", belfry_fuzz::text),
    ];
    for (name, target) in targets {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("corpus")
            .join(name);
        let inputs =
            fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut read = 0;
        for input in inputs {
            let path = input.unwrap().path();
            // Whose input it was stands in the output of a test that fails.
            println!("{}", path.display());
            target(&fs::read(&path).unwrap());
            read += 1;
        }
        assert!(read >= 10, "{name} has only {read} inputs");
    }
}
