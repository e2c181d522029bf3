//! The `.env` file: whether it can be read, by whom, and what in it is no setting.

use std::{collections::BTreeSet, path::PathBuf};

use super::{machine::exposed, settings::known_names};
use crate::ports::checkup::Check;

/// What became of reading `.env` at the start.
#[derive(Debug, Clone)]
pub enum Dotenv {
    /// There is none, here or above.
    None,
    /// Read.
    Read(PathBuf),
    /// Not read, or half; why, without its values.
    Wrong(String),
}

/// What is said of the file, and of names near to a setting's.
pub(super) fn dotenv(found: &Dotenv) -> Vec<Check> {
    let mut checks = Vec::new();
    let mut names = Vec::new();
    match found {
        Dotenv::None => checks.push(Check::ok(".env", "none, here or in a folder above")),
        Dotenv::Wrong(why) => checks.push(Check::fail(
            ".env",
            why.as_str(),
            "put the file right; nothing starts with half of it",
        )),
        Dotenv::Read(file) => {
            checks.push(Check::ok(".env", file.display().to_string()));
            checks.extend(exposed(".env rights", file, 0o077));
            let text = std::fs::read_to_string(file).unwrap_or_default();
            names = text.lines().filter_map(name_of).collect();
        }
    }
    let here = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    // Of the environment only what was meant for Belfry: it is full of others' names.
    names.extend(here.filter(|name| name.to_uppercase().starts_with("BELFRY_")));
    checks.extend(misspelt(&names));
    checks
}

fn name_of(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches("export ");
    let (name, _) = line.split_once('=')?;
    let name = name.trim();
    let is_name = !name.is_empty()
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_name.then(|| name.to_owned())
}

/// The names that are no setting, and are near to one.
fn misspelt(names: &[String]) -> Vec<Check> {
    let known = known_names();
    let names: BTreeSet<&String> = names.iter().collect();
    names
        .into_iter()
        .filter(|name| !known.contains(name))
        .filter_map(|name| {
            let meant = near(name, &known)?;
            Some(Check::warn(
                "misspelt",
                format!("{name} is no setting, and nothing goes by it"),
                format!("is {meant} meant?"),
            ))
        })
        .collect()
}

fn near<'a>(name: &str, known: &'a [String]) -> Option<&'a str> {
    let upper = name.to_uppercase();
    let bare = upper.strip_prefix("BELFRY_").unwrap_or(&upper);
    known
        .iter()
        .map(|known| (strsim::damerau_levenshtein(bare, known), known.as_str()))
        .filter(|(distance, _)| *distance <= 2)
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_near_to_a_setting_is_told_and_any_other_is_not() {
        let names = [
            "DATABSE_URL",
            "jwt_secret",
            "BELFRY_REDIS_URL",
            "POSTGRES_PASSWORD",
            "BIND_ADDR",
        ];
        let told: Vec<_> = misspelt(&names.map(str::to_owned))
            .into_iter()
            .filter_map(|check| check.remedy)
            .collect();
        assert_eq!(
            told,
            [
                "is REDIS_URL meant?",
                "is DATABASE_URL meant?",
                "is JWT_SECRET meant?"
            ]
        );
    }

    #[test]
    fn the_name_of_a_line_is_before_its_sign() {
        assert_eq!(name_of("export A_B=1").as_deref(), Some("A_B"));
        assert_eq!(name_of("# no name"), None);
        assert_eq!(name_of("#A=1"), None);
    }
}
