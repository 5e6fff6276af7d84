//! Replies that are made to cost as much as they can, by the name of the jail that is asked for.

use crate::support::fake_daemon::Reply;

const END: &[u8] = b"<F2B_END_COMMAND>";
/// A little less than the longest ban list that is read.
const LONG: usize = 150 << 20;

/// Answers `get JAIL banip --with-time`, and everything else with a version.
pub fn answer(words: &[&str]) -> Reply {
    match words {
        ["get", jail, "banip", ..] => Reply::bytes(&bomb(jail)),
        _ => Reply::payload("1.0.2"),
    }
}

fn bomb(jail: &str) -> Vec<u8> {
    let whole = |body: &[u8]| [b"\x80\x04", body, b".", END].concat();
    match jail {
        "nested" => whole(&[b")".as_slice(), &vec![0x85; LONG]].concat()),
        "opened" => whole(&vec![b'('; LONG]),
        "lists" => whole(&vec![b']'; LONG]),
        "numbers" => whole(&[b"](".as_slice(), &vec![b'N'; LONG], b"e"].concat()),
        "memo" => whole(&b"N\x94".repeat(LONG / 2)),
        "texts" => whole(&[b"](".as_slice(), &b"\x8c\x00\x94".repeat(LONG / 3), b"e"].concat()),
        "tuples" => whole(&[b"](".as_slice(), &b"(t".repeat(LONG / 2), b"e"].concat()),
        "doubled" => {
            let doubled: Vec<u8> = (0..=29).flat_map(|id| [0x94, b'h', id, 0x86]).collect();
            whole(&[b"\x8c\x04text".as_slice(), &doubled].concat())
        }
        "shared" => whole(&shared(4000)),
        "shared more" => whole(&shared(80_000)),
        "classes" => whole(&b"\x8c\x01a\x8c\x01b\x93".repeat(LONG / 7)),
        "objects" => whole(&b"ca\nb\n)R}b".repeat(LONG / 9)),
        "endless" => [b"\x80\x04X\xff\xff\xff\xff".as_slice(), &vec![b'x'; LONG + (20 << 20)]].concat(),
        "announced" => [b"\x80\x04X\xff\xff\xff\xff".as_slice(), &END.repeat(20)].concat(),
        "framed" => [b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f".as_slice(), &END.repeat(20)].concat(),
        "a million honest bans" => whole(&honest(1_000_000)),
        _ => b"\x80\x04K\x00]\x86.<F2B_END_COMMAND>".to_vec(),
    }
}

/// `(0, [text, text, …])`, of one text of 64 KiB behind one of 2 MiB that pays for it.
fn shared(times: usize) -> Vec<u8> {
    let text = |length: u32| [b"X", length.to_le_bytes().as_slice(), &vec![b'x'; length as usize]].concat();
    let [long, short] = [2 << 20, 1 << 16].map(text);
    [b"K\x00](".as_slice(), &long, b"\x94", &short, b"\x94", &b"h\x01".repeat(times), b"e\x86"].concat()
}

/// As fail2ban writes a list of so many bans.
fn honest(bans: u32) -> Vec<u8> {
    let line = |number: u32| {
        let address = std::net::Ipv4Addr::from(0x0100_0000 + number);
        let line = format!("{address} \t2026-11-22 13:47:32 + 86400 = 2026-11-23 13:47:32");
        let length = u8::try_from(line.len()).unwrap_or(u8::MAX);
        [b"\x8c", [length].as_slice(), line.as_bytes(), b"\x94"].concat()
    };
    [b"K\x00]\x94(".as_slice(), &(0..bans).flat_map(line).collect::<Vec<u8>>(), b"e\x86\x94"].concat()
}
