//! What could make a reader abort, fill its memory, or see what is not there.

use bangui::fail2ban::pickle::{PickleError, Value, decode};

fn pickle(body: &[u8]) -> Vec<u8> {
    [b"\x80\x04", body, b"."].concat()
}

fn read(body: &[u8]) -> Result<Value, PickleError> {
    decode(&pickle(body))
}

fn refused_opcode(body: &[u8]) -> Option<u8> {
    match read(body) {
        Err(PickleError::Opcode { opcode, .. }) => Some(opcode),
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
    assert_eq!(refused_opcode(&body), Some(b'2'));
}

#[test]
fn doubling_by_references_is_refused() {
    // Each tuple holds the one before it twice.
    let doubled = (0..25).flat_map(|id| [0x94, b'h', id, 0x86]);
    let body: Vec<u8> = b"\x8c\x04text".iter().copied().chain(doubled).collect();
    assert!(matches!(read(&body), Err(PickleError::TooHeavy(_))), "{:?}", read(&body));
}

#[test]
fn doubling_in_a_list_that_grows_after_it_was_referred_to_is_refused() {
    // 25 empty lists, and then each is given the one after it twice.
    let lists = (0..25).flat_map(|_| [b']', 0x94]);
    let grow = (0..24).flat_map(|id| [b'h', id, b'(', b'h', id + 1, b'h', id + 1, b'e', b'0']);
    let body: Vec<u8> = b"(".iter().copied().chain(lists).chain(*b"1").chain(grow).chain(*b"h\x00").collect();
    assert!(matches!(read(&body), Err(PickleError::TooHeavy(_))), "{:?}", read(&body));
}

#[test]
fn nesting_that_comes_afterwards_is_refused_as_well() {
    let lists = (0..100).flat_map(|_| [b']', 0x94]);
    let grow = (0..99).flat_map(|id| [b'h', id, b'h', id + 1, b'a', b'0']);
    let body: Vec<u8> = b"(".iter().copied().chain(lists).chain(*b"1").chain(grow).chain(*b"h\x00").collect();
    assert_eq!(read(&body), Err(PickleError::TooDeep(32)));
}

#[test]
fn a_call_with_many_shared_arguments_cannot_be_made_thousands_of_times() {
    let arguments = [b"(".as_slice(), &b"N".repeat(10_000), b"t\x94"].concat();
    let calls = b"h\x01h\x00R".repeat(10_000);
    let body = [arguments.as_slice(), b"0ca\nb\n\x940](", &calls, b"e"].concat();
    assert!(matches!(read(&body), Err(PickleError::TooHeavy(_))), "{:?}", read(&body).map(drop));
}

#[test]
fn a_large_string_cannot_be_referred_to_thousands_of_times() {
    let text = [b"]\x94(X\x00\x00\x01\x00".as_slice(), &vec![b'x'; 65536], b"\x94"].concat();
    let body = [text, b"h\x01".repeat(36_000), b"e".to_vec()].concat();
    assert!(matches!(read(&body), Err(PickleError::TooHeavy(_))));
}

#[test]
fn many_small_tuples_keep_no_room() {
    let body = [b"](".to_vec(), b"(t".repeat(100_000), b"e".to_vec()].concat();
    assert!(matches!(read(&body), Ok(Value::List(tuples)) if tuples.len() == 100_000));
}

#[test]
fn what_refers_to_something_outside_or_is_of_another_protocol_is_refused() {
    let attacks: [(&[u8], u8); 9] = [
        (b"\x8c\x01xQ", b'Q'),
        (b"Px\n", b'P'),
        (b"\x82\x01", 0x82),
        (b"\x97", 0x97),
        (b"ios\nsystem\n", b'i'),
        (b"I01\n", b'I'),
        (b"N2\x86", b'2'),
        (b"\x8a\x01\x01\x80\x04", 0x80),
        (b"N\x00", 0),
    ];
    for (body, opcode) in attacks {
        assert_eq!(refused_opcode(body), Some(opcode));
    }
}

#[test]
fn what_python_would_never_write_is_malformed() {
    let bodies: [&[u8]; 19] = [
        b"",                             // nothing
        b"NN",                           // two values
        b"N.",                           // bytes after the end
        b"(N",                           // an open mark
        b"a",                            // nothing to append
        b"]a",                           // nothing to append to
        b"N(Ne",                         // None is no list
        b"]N](ae",                       // across a mark
        b"](0",                          // across a mark
        b"](Ne(Nu",                      // a list is no dictionary
        b"}(Nu",                         // a key without value
        b"h\x00",                        // a reference to nothing
        b"Nq\x01",                       // a memo with gaps
        b"N}b",                          // None has no state
        b"NK\x01\x85R",                  // None is not called
        b"\x8c\x01a\x8c\x01b\x93NR",     // without arguments
        b"\x8c\x01aN\x93",               // a name that is None
        b"\x8c\x01a\x8c\x01b\x93)N\x92", // named arguments without names
        b"\x8c\xff\
          aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
          aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
          aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\
          \x8c\x01b\x93", // a class name that is none
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
    assert!(decode(&reply).is_ok(), "{:?}", decode(&reply));
    for position in 0..reply.len() {
        for byte in 0..=255 {
            let mut changed = reply.clone();
            changed[position] = byte;
            let prefix = decode(&changed[..reply.len() - 1]);
            let whole = decode(&changed);
            // What refuses the beginning of a reply refuses the reply.
            if !matches!(prefix, Ok(_) | Err(PickleError::Truncated)) {
                assert!(
                    !matches!(whole, Ok(_) | Err(PickleError::Truncated)),
                    "{changed:?}: {prefix:?}, {whole:?}"
                );
            }
        }
    }
}
