//! Fields that are one word of a few. Serde would take `{"owner": null}` for the word as well, and another JSON type is to be refused.

use std::borrow::Cow;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IntoDeserializer},
};
use utoipa::{
    PartialSchema,
    openapi::schema::{ObjectBuilder, OneOfBuilder, Schema, Type},
};

struct Word<T>(T);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        T::deserialize(IntoDeserializer::<D::Error>::into_deserializer(&*text)).map(Self)
    }
}

/// For `#[serde(deserialize_with = "word")]`.
pub(super) fn word<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    Word::deserialize(deserializer).map(|Word(value)| value)
}

/// For `#[serde(default, deserialize_with = "optional_word")]`: null is the field left out.
pub(super) fn optional_word<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let word = Option::<Word<T>>::deserialize(deserializer)?;
    Ok(word.map(|Word(value)| value))
}

/// For `#[serde(default, deserialize_with = "given_word")]`: null is refused.
pub(super) fn given_word<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    word(deserializer).map(Some)
}

/// For `#[schema(schema_with = one_of::<T>)]`: the words of `T`, or null for the field left out.
pub(super) fn one_of<T: PartialSchema>() -> Schema {
    let null = ObjectBuilder::new().schema_type(Type::Null);
    Schema::OneOf(OneOfBuilder::new().item(T::schema()).item(null).build())
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;

    use crate::protocol::{
        client_event::{Draft, UpdatePresence},
        rest::{MemberRequest, PublishRequest, RoleRequest, RoomPatch, RoomRequest},
    };

    fn reads<T: DeserializeOwned>(json: &str) -> bool {
        serde_json::from_str::<T>(json).is_ok()
    }

    #[test]
    fn a_word_is_a_string() {
        type Reads = fn(&str) -> bool;
        let fields: [(Reads, &str, &str); 6] = [
            (reads::<MemberRequest>, r#"{"userId":"a","role":"#, "owner"),
            (reads::<RoleRequest>, r#"{"role":"#, "owner"),
            (
                reads::<RoomRequest>,
                r#"{"name":"a","visibility":"#,
                "private",
            ),
            (reads::<RoomPatch>, r#"{"visibility":"#, "private"),
            (reads::<Draft>, r#"{"content":"a","type":"#, "text"),
            (reads::<UpdatePresence>, r#"{"status":"#, "away"),
        ];
        for (reads, head, word) in fields {
            assert!(reads(&format!(r#"{head}"{word}"}}"#)), "{head}");
            for wrong in [
                format!(r#"{{"{word}":null}}"#),
                format!(r#"["{word}"]"#),
                "0".into(),
                r#""""#.into(),
                format!(r#""{word}s""#),
            ] {
                assert!(!reads(&format!("{head}{wrong}}}")), "{head}{wrong}");
            }
        }
    }

    #[test]
    fn what_may_be_left_out_may_be_null() {
        assert!(reads::<MemberRequest>(r#"{"userId":"a"}"#));
        assert!(reads::<MemberRequest>(r#"{"userId":"a","role":null}"#));
        assert!(reads::<RoomRequest>(r#"{"name":"a","visibility":null}"#));
        assert!(reads::<Draft>(r#"{"content":"a","type":null}"#));
        assert!(reads::<RoomPatch>("{}"));
        assert!(!reads::<RoomPatch>(r#"{"visibility":null}"#));
        assert!(!reads::<RoleRequest>(r#"{"role":null}"#));
    }

    #[test]
    fn whom_a_backend_means_is_an_object() {
        assert!(reads::<PublishRequest>(
            r#"{"to":{"room":"a"},"event":"x"}"#
        ));
        for wrong in [r#"["a",null,null]"#, "[]", "\"a\"", "null", "5"] {
            assert!(
                !reads::<PublishRequest>(&format!(r#"{{"to":{wrong},"event":"x"}}"#)),
                "{wrong}"
            );
        }
    }
}
