//! The operator's rules of moderation, from a file.

use std::{io::Read, path::Path};

use crate::domain::moderation::Rules;

/// The most bytes of the file.
const BYTES_MAX: u64 = 1024 * 1024;

/// The rules in that file, or what is wrong with them in a line that names the file. Blocks while it reads; not for a pipe, which
/// may never end.
pub fn rules_in(path: &Path) -> Result<Rules, String> {
    let named = |why: String| format!("{}: {why}", path.display());
    let text = read(path).map_err(|error| named(format!("cannot be read: {error}")))?;
    if text.len() as u64 > BYTES_MAX {
        return Err(named("is larger than 1 MiB.".into()));
    }
    Rules::parse(&text).map_err(|error| named(error.to_string()))
}

/// One byte more than the bound at most, so that excess shows.
fn read(path: &Path) -> std::io::Result<String> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::other("this is no file"));
    }
    let mut text = String::new();
    std::fs::File::open(path)?
        .take(BYTES_MAX + 1)
        .read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::timestamp::Timestamp;

    #[test]
    fn what_is_wrong_names_the_file_in_a_line() {
        let directory = tempfile::tempdir().unwrap();
        let told = |path: &Path| rules_in(path).unwrap_err();
        let absent = directory.path().join("absent.json");
        let file = directory.path().join("rules.json");
        std::fs::write(&file, "[{ \"action\": \"mask\", \"reason\": \"r\" }]").unwrap();
        for (path, expected) in [
            (absent.as_path(), "absent.json: cannot be read: "),
            (directory.path(), "cannot be read: this is no file"),
            (file.as_path(), "rules.json: rule 1: takes one of"),
        ] {
            let told = told(path);
            assert!(told.contains(expected) && !told.contains('\n'), "{told}");
        }
        std::fs::write(&file, " ".repeat(BYTES_MAX as usize + 1)).unwrap();
        assert!(told(&file).ends_with("rules.json: is larger than 1 MiB."));
        std::fs::write(&file, "[]").unwrap();
        assert!(rules_in(&file).unwrap().is_empty());
    }

    #[test]
    fn the_example_in_the_page_makes_sense() {
        let page = include_str!("../../docs/moderation.md");
        let (_, rest) = page.split_once("```json\n").unwrap();
        let (example, _) = rest.split_once("```").unwrap();
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("rules.json");
        std::fs::write(&file, example).unwrap();
        let rules = rules_in(&file).unwrap();
        let judged = |text: &str, repeated| {
            let ruling = rules.read(text).judge(&[repeated], Timestamp::now());
            ruling.map(|ruling| ruling.reason)
        };
        for (text, repeated, reason) in [
            ("Darn", false, Some("Swearing")),
            ("Buy this now", false, Some("Advertising")),
            ("hello", true, Some("Said again and again")),
            ("hello", false, None),
        ] {
            assert_eq!(judged(text, repeated).as_deref(), reason, "{text}");
        }
    }
}
