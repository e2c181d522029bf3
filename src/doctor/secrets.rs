//! Whether a secret is one: long is not enough.

use std::collections::HashMap;

use crate::ports::checkup::Check;

/// Words that stand in examples, where a secret should.
const PLACEHOLDERS: [&str; 11] = [
    "changeme",
    "change-me",
    "change_me",
    "secret",
    "password",
    "example",
    "replace",
    "your-",
    "your_",
    "12345678",
    "abcdefgh",
];
/// The fewest different characters of what came from a generator.
const DIFFERENT: usize = 8;
/// Bits, by how often each character stands in it: far below any 32 random bytes, above most phrases of one word.
const BITS: f64 = 90.0;

/// What is said of a secret; never with any of it.
pub(super) fn secret(name: &'static str, secret: &str) -> Check {
    let remedy = "make another one: openssl rand -hex 32; JWT_PREVIOUS_SECRETS keeps tokens good that the old one has signed";
    let lower = secret.to_lowercase();
    if PLACEHOLDERS.iter().any(|word| lower.contains(word)) {
        return Check::fail(name, "it is an example's, or like one", remedy);
    }
    let counts = secret.chars().fold(HashMap::new(), |mut counts, c| {
        *counts.entry(c).or_insert(0_u32) += 1;
        counts
    });
    let all = secret.chars().count() as f64;
    let bits: f64 = counts
        .values()
        .map(|count| f64::from(*count))
        .map(|count| -count * (count / all).log2())
        .sum();
    if counts.len() < DIFFERENT {
        return Check::fail(
            name,
            format!("it has {} different characters", counts.len()),
            remedy,
        );
    }
    if bits < BITS {
        return Check::warn(name, "it is easier to guess than a random one", remedy);
    }
    Check::ok(
        name,
        format!("{} bytes, and no pattern that shows", secret.len()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::checkup::Level;

    #[test]
    fn what_a_generator_made_is_well_and_what_a_person_typed_is_not() {
        let of = |text: &str| secret("JWT_SECRET", text).level;
        assert_eq!(
            of("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
            Level::Ok
        );
        assert_eq!(of("q7Zr2vX9mK4tB8nL1cW6yH3jF5dS0aGp"), Level::Ok);
        assert_eq!(of(&"x".repeat(64)), Level::Fail);
        assert_eq!(of(&"abcd".repeat(16)), Level::Fail);
        assert_eq!(of("ChangeMe-ChangeMe-ChangeMe-ChangeMe"), Level::Fail);
        assert_eq!(of("aaaaaaaaaaaaaaaaaaaaaaaaahorsebtry"), Level::Warn);
    }

    #[test]
    fn no_part_of_it_is_said() {
        let said = format!(
            "{:?}",
            secret("JWT_SECRET", "verysecretverysecretverysecret99")
        );
        assert!(!said.contains("very"), "{said}");
    }
}
