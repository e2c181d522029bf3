//! Engine.IO v4 / Socket.IO v5 packets as a client sees them, recognised without parsing their JSON.

use memchr::memmem;

/// One packet from the server, in the default namespace.
#[derive(Debug, PartialEq, Eq)]
pub enum Packet<'a> {
    /// The Engine.IO handshake.
    Open,
    Ping,
    /// The answer to our CONNECT.
    Connected,
    /// A `connect_error` with its JSON.
    Refused(&'a str),
    /// An event: its name, and everything after the name (`,{...}]`).
    Event {
        name: &'a str,
        rest: &'a str,
    },
    /// An acknowledgement: our id, and the JSON array of its arguments.
    Ack {
        id: u64,
        args: &'a str,
    },
    /// The server says that this is the end.
    Goodbye,
    /// Anything else; counted, not understood.
    Other,
}

/// Recognises one text frame.
pub fn read(text: &str) -> Packet<'_> {
    match text.as_bytes() {
        [b'4', b'2', ..] => event(&text[2..]).unwrap_or(Packet::Other),
        [b'4', b'3', ..] => ack(&text[2..]).unwrap_or(Packet::Other),
        [b'4', b'0', ..] => Packet::Connected,
        [b'4', b'4', ..] => Packet::Refused(&text[2..]),
        [b'4', b'1', ..] | [b'1', ..] => Packet::Goodbye,
        [b'2', ..] => Packet::Ping,
        [b'0', ..] => Packet::Open,
        _ => Packet::Other,
    }
}

fn event(text: &str) -> Option<Packet<'_>> {
    let (name, rest) = text.strip_prefix("[\"")?.split_once('"')?;
    Some(Packet::Event { name, rest })
}

fn ack(text: &str) -> Option<Packet<'_>> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    Some(Packet::Ack {
        id: text[..digits].parse().ok()?,
        args: &text[digits..],
    })
}

/// Whether an acknowledgement says `ok`.
pub fn is_ok(args: &str) -> bool {
    args.starts_with("[{\"ok\":true")
        || (!args.starts_with("[{\"ok\":false") && args.contains("\"ok\":true"))
}

/// The fields that are looked for in every delivery, found by a scan for `"key":` (with no blank after the colon, as every
/// compact JSON writer has it). The contents sent by this program never contain such text themselves.
pub struct Scanner {
    content: memmem::Finder<'static>,
    seq: memmem::Finder<'static>,
    rev: memmem::Finder<'static>,
}

impl Default for Scanner {
    fn default() -> Self {
        Scanner {
            content: memmem::Finder::new("\"content\":\""),
            seq: memmem::Finder::new("\"seq\":"),
            rev: memmem::Finder::new("\"rev\":"),
        }
    }
}

impl Scanner {
    /// The text from the first character of `content` on (its end is not looked for).
    pub fn content<'a>(&self, json: &'a str) -> Option<&'a str> {
        let at = self.content.find(json.as_bytes())?;
        json.get(at + self.content.needle().len()..)
    }

    pub fn seq(&self, json: &str) -> Option<u64> {
        number_after(&self.seq, json)
    }

    pub fn rev(&self, json: &str) -> Option<u64> {
        number_after(&self.rev, json)
    }

    /// How many messages a `room:history` holds.
    pub fn count_contents(&self, json: &str) -> usize {
        self.content.find_iter(json.as_bytes()).count()
    }
}

fn number_after(key: &memmem::Finder, json: &str) -> Option<u64> {
    let at = key.find(json.as_bytes())? + key.needle().len();
    leading_number(&json.as_bytes()[at..]).map(|(number, _)| number)
}

/// The decimal number at the start of `bytes`, and how many digits it has.
pub fn leading_number(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0u64;
    let mut digits = 0;
    while let Some(digit) = bytes.get(digits).filter(|b| b.is_ascii_digit()) {
        number = number
            .checked_mul(10)?
            .checked_add(u64::from(digit - b'0'))?;
        digits += 1;
    }
    (digits > 0).then_some((number, digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_are_told_apart_by_their_first_bytes() {
        assert_eq!(
            read("42[\"message:new\",{\"a\":1}]"),
            Packet::Event {
                name: "message:new",
                rest: ",{\"a\":1}]"
            }
        );
        assert_eq!(
            read("4317[{\"ok\":true}]"),
            Packet::Ack {
                id: 17,
                args: "[{\"ok\":true}]"
            }
        );
        assert_eq!(
            read("44{\"message\":\"no\"}"),
            Packet::Refused("{\"message\":\"no\"}")
        );
        assert_eq!(read("2"), Packet::Ping);
        assert_eq!(read("43"), Packet::Other);
    }

    #[test]
    fn an_acknowledgement_is_ok_only_if_it_says_so() {
        assert!(is_ok("[{\"ok\":true,\"message\":{}}]"));
        assert!(is_ok("[{\"message\":{},\"ok\":true}]"));
        assert!(!is_ok(
            "[{\"ok\":false,\"error\":{\"message\":\"\\\"ok\\\":true\"}}]"
        ));
    }

    #[test]
    fn the_scan_finds_the_fields_of_a_message() {
        let scan = Scanner::default();
        let json = ",{\"id\":\"x\",\"seq\":12,\"rev\":340,\"content\":\"1/2/3 hello\"}]";
        assert_eq!(scan.seq(json), Some(12));
        assert_eq!(scan.rev(json), Some(340));
        assert!(
            scan.content(json)
                .is_some_and(|text| text.starts_with("1/2/3 hello"))
        );
        assert_eq!(scan.seq(",{\"sequence\":1}]"), None);
    }
}
