//! What a client may send: anything.

use belfry::{
    domain::error::Code, protocol::client_event::ClientEvent, sockets::event::read_event,
};
use proptest::prelude::*;

const EVENTS: [&str; 7] = [
    "join:room",
    "leave:room",
    "message:send",
    "typing:start",
    "typing:stop",
    "presence:update",
    "no:such",
];

/// JSON of any shape, with the keys that the events look for among others.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let key = prop_oneof![
        Just("roomId".to_owned()),
        Just("content".to_owned()),
        Just("since".to_owned()),
        Just("limit".to_owned()),
        Just("clientId".to_owned()),
        Just("replyTo".to_owned()),
        Just("type".to_owned()),
        Just("status".to_owned()),
        ".{0,8}",
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        ".{0,40}".prop_map(Into::into),
        "[A-Za-z0-9_-]{1,64}".prop_map(Into::into),
        Just("text".into()),
        Just("online".into()),
        Just("lobby".into()),
    ];
    leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
            prop::collection::hash_map(key.clone(), inner, 0..6)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_is_an_event_or_a_clear_refusal(text in ".{0,300}", binary in any::<bool>()) {
        if let (_, Err(problem)) = read_event(&text, binary) {
            prop_assert!(matches!(problem.code, Code::InvalidArgument | Code::PayloadTooLarge));
            prop_assert!(!problem.message.is_empty() && problem.message.len() < 1_000);
        }
    }

    #[test]
    fn any_json_is_an_event_within_the_limits_or_a_clear_refusal(name in prop::sample::select(&EVENTS[..]), argument in json()) {
        let text = serde_json::json!([name, argument]).to_string();
        match read_event(&text, false) {
            (read, Ok(event)) => {
                prop_assert_eq!(read, name);
                if let ClientEvent::Send(send) = event {
                    prop_assert!(!send.draft.content.trim().is_empty() && !send.draft.content.contains('\0'));
                }
            }
            (_, Err(problem)) => prop_assert!(matches!(problem.code, Code::InvalidArgument | Code::PayloadTooLarge)),
        }
    }
}

#[test]
fn deep_nesting_and_broken_escapes_are_refused() {
    let deep = format!(
        "[\"message:send\",{{\"roomId\":\"r\",\"content\":{}1{}}}]",
        "[".repeat(50_000),
        "]".repeat(50_000)
    );
    let surrogate = r#"["message:send",{"roomId":"r","content":"\ud800"}]"#;
    let nul = r#"["message:send",{"roomId":"r","content":"a\u0000b"}]"#;
    for text in [
        deep.as_str(),
        surrogate,
        nul,
        "",
        "[]",
        "{}",
        "[1]",
        "[\"message:send\"",
    ] {
        let (_, event) = read_event(text, false);
        assert_eq!(
            event.unwrap_err().code,
            Code::InvalidArgument,
            "{}",
            &text[..text.len().min(60)]
        );
    }
}
