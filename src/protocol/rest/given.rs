//! Fields of a patch: one that is left out stays as it is, and null is a value like any other.

use serde::{Deserialize, Deserializer};

/// For `#[serde(default, deserialize_with = "given")]`: `None` is the field left out. Null is for `T` to take or to refuse.
pub(super) fn given<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

#[cfg(test)]
mod tests {
    use crate::protocol::rest::RoomPatch;

    #[test]
    fn null_is_told_from_nothing() {
        let patch = |json| serde_json::from_str::<RoomPatch>(json);
        assert_eq!(patch("{}").unwrap().topic, None);
        assert_eq!(patch(r#"{"topic":null}"#).unwrap().topic, Some(None));
        assert_eq!(
            patch(r#"{"topic":"x"}"#).unwrap().topic,
            Some(Some("x".into()))
        );
        assert!(patch(r#"{"name":null}"#).is_err());
        assert!(patch(r#"{"visibility":null}"#).is_err());
    }
}
