//! What could make a reader abort, fill its memory, or see what is not there.

use bangui::fail2ban::pickle::{PickleError, Value, decode};

fn pickle(body: &[u8]) -> Vec<u8> {
    [b"\x80\x04", body, b"."].concat()
}

fn read(body: &[u8]) -> Result<Value, PickleError> {
    decode(&pickle(body))
}

fn refused_opcode(body: &[u8]) -> Option<String> {
    match read(body) {
        Err(PickleError::Opcode { name, .. }) => Some(name),
        _ => None,
    }
}

#[test]
fn two_thousand_nested_lists_are_refused() {
    let body = [vec![b']'; 2000], vec![b'a'; 1999]].concat();
    assert_eq!(read(&body), Err(PickleError::TooDeep(32)));
    let body = [vec![b')'; 1], vec![0x85; 2000]].concat();
    assert_eq!(read(&body), Err(PickleError::TooDeep(32)));
    let body = [vec![b'('; 2000], vec![b't'; 2000]].concat();
    assert_eq!(read(&body), Err(PickleError::TooDeep(32)));
}

#[test]
fn doubling_by_dup_is_refused() {
    let body = [b"]".to_vec(), b"2\x86".repeat(25)].concat();
    assert_eq!(refused_opcode(&body), Some("DUP".to_owned()));
}

#[test]
fn doubling_by_references_is_refused() {
    // Each tuple holds the one before it twice.
    let doubled = (0..25).flat_map(|id| [0x94, b'h', id, 0x86]);
    let body: Vec<u8> = b"\x8c\x04text".iter().copied().chain(doubled).collect();
    assert!(matches!(read(&body), Err(PickleError::TooHeavy(_))), "{:?}", read(&body));
}

#[test]
fn a_large_string_cannot_be_referred_to_thousands_of_times() {
    let text = [b"]\x94(X\x00\x00\x01\x00".as_slice(), &vec![b'x'; 65536], b"\x94"].concat();
    let body = [text, b"h\x01".repeat(36_000), b"e".to_vec()].concat();
    assert!(matches!(read(&body), Err(PickleError::TooHeavy(_))));
}

#[test]
fn many_small_tuples_cannot_each_keep_a_large_room() {
    let body = [b"](".to_vec(), b"(t".repeat(100_000), b"e".to_vec()].concat();
    assert!(matches!(read(&body), Err(PickleError::TooHeavy(_))));
}

#[test]
fn sets_bytes_and_foreign_references_are_refused_by_name() {
    let attacks: [(&[u8], &str); 9] = [
        (b"\x8f(G\x7f\xf8\x00\x00\x00\x00\x00\x00\x90", "EMPTY_SET"),
        (b"(K\x01\x91", "FROZENSET"),
        (b"C\x01x", "SHORT_BINBYTES"),
        (b"cos\nsystem\n", "GLOBAL"),
        (b"\x8c\x01xQ", "BINPERSID"),
        (b"N0N", "POP"),
        (b"N}b", "BUILD"),
        (b"\x8a\x01\x01\x80\x04", "PROTO"),
        (b"N\x00", "0x00"),
    ];
    for (body, name) in attacks {
        assert_eq!(refused_opcode(body), Some(name.to_owned()));
    }
}

#[test]
fn what_python_would_never_write_is_malformed() {
    let bodies: [&[u8]; 17] = [
        b"",                                             // nothing
        b"NN",                                           // two values
        b"N.",                                           // bytes after the end
        b"(N",                                           // an open mark
        b"a",                                            // nothing to append
        b"]a",                                           // nothing to append to
        b"N(Ne",                                         // None is no list
        b"]N](ae",                                       // across a mark
        b"](Ne(Nu",                                      // a list is no dictionary
        b"}(Nu",                                         // a key without value
        b"}NNs",                                         // None as key
        b"h\x00",                                        // a reference to nothing
        b"]\x94h\x00a",                                  // a list in itself
        b"](]\x94h\x01(Ne\x94e",                         // grows after it was referred to
        b"\x8a\x09\x01\x01\x01\x01\x01\x01\x01\x01\x01", // nine bytes
        b"\x8c\x01a\x8c\x01b\x93",                       // a class alone
        b"\x8c\x08builtins\x8c\x03str\x93K\x01\x85R",    // str(1)
    ];
    for body in bodies {
        let read = read(body);
        assert!(matches!(read, Err(PickleError::Malformed { .. })), "{body:?}: {read:?}");
    }
}

#[test]
fn lengths_beyond_the_end_reserve_nothing_and_are_truncated() {
    let bodies: [&[u8]; 3] = [b"\x95\xff\xff\xff\xff\xff\xff\xff\xff", b"X\xff\xff\xff\xff", b"\x8c\xff"];
    for body in bodies {
        assert_eq!(read(body), Err(PickleError::Truncated));
    }
}

#[test]
fn every_byte_in_place_of_another_is_read_or_refused_but_never_a_panic() {
    let reply = pickle(
        b"K\x01\x8c\x08builtins\x94\x8c\x05Error\x94\x93\x94\x8c\x01x\x94\x85\x94R\x94\
          }\x94(h\x00](h\x03h\x05eK\x02h\x05u\x87",
    );
    assert!(decode::<Value>(&reply).is_ok(), "{:?}", decode::<Value>(&reply));
    for position in 0..reply.len() {
        for byte in 0..=255 {
            let mut changed = reply.clone();
            changed[position] = byte;
            let prefix = decode::<Value>(&changed[..reply.len() - 1]);
            let whole = decode::<Value>(&changed);
            // What refuses the beginning of a reply refuses the reply.
            if !matches!(prefix, Ok(_) | Err(PickleError::Truncated | PickleError::Shape(_))) {
                assert!(
                    !matches!(whole, Ok(_) | Err(PickleError::Truncated)),
                    "{changed:?}: {prefix:?}, {whole:?}"
                );
            }
        }
    }
}
