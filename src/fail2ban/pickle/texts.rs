//! A long list of texts, text by text.

use super::opcode as op;
use super::step::Steps;

/// Reads the reply `(0, [text, …])` without building it, which for a list of 1,000,000 bans saves a
/// second and half a gigabyte. Returns true if the reply was exactly that; the texts that `each`
/// got of another one mean nothing, and [`super::decode`] reads it.
pub(crate) fn each_text<E>(reply: &[u8], mut each: impl FnMut(&str) -> Result<(), E>) -> Result<bool, E> {
    let mut steps = Steps { rest: reply };
    let begun = matches!(steps.next(), Some([op::PROTO, 4 | 5]))
        && steps.next() == Some(&[op::BININT1, 0])
        && steps.next() == Some(&[op::EMPTY_LIST]);
    // Python appends a thousand at a time, after a mark.
    let mut marked = false;
    while begun && let Some(step) = steps.next() {
        match (step, marked) {
            ([op::MARK], false) => marked = true,
            ([op::APPENDS], true) => marked = false,
            ([op::TUPLE2], false) => return Ok(steps.next() == Some(&[op::STOP]) && steps.rest.is_empty()),
            _ => {
                let Some(letters) = letters(step) else { break };
                match str::from_utf8(letters) {
                    Ok(text) => each(text)?,
                    Err(_) => each(&String::from_utf8_lossy(letters))?,
                }
                if !marked && steps.next() != Some(&[op::APPEND]) {
                    break;
                }
            }
        }
    }
    Ok(false)
}

/// The letters of a text.
fn letters(step: &[u8]) -> Option<&[u8]> {
    match step {
        [op::SHORT_BINUNICODE, _, letters @ ..] | [op::BINUNICODE, _, _, _, _, letters @ ..] => Some(letters),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(reply: &[u8]) -> (bool, Vec<String>) {
        let mut texts = Vec::new();
        let Ok(read) = each_text(reply, |text| {
            texts.push(text.to_owned());
            Ok::<_, std::convert::Infallible>(())
        });
        (read, texts)
    }

    #[test]
    fn lists_are_read_however_python_appends_to_them() {
        assert_eq!(read(b"\x80\x04K\x00]\x94\x86\x94."), (true, vec![]));
        // Python 3.11's pickles of (0, ['a']) and (0, ['a', 'b']).
        let one = b"\x80\x05\x95\x0b\0\0\0\0\0\0\0K\x00]\x94\x8c\x01a\x94a\x86\x94.";
        assert_eq!(read(one), (true, vec!["a".to_owned()]));
        let two = b"\x80\x04K\x00]\x94(\x8c\x01a\x94X\x01\0\0\0b\x94e\x86\x94.";
        assert_eq!(read(two), (true, vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn what_is_no_unicode_is_read_as_everywhere() {
        assert_eq!(read(b"\x80\x04K\x00]\x8c\x01\xffa\x86."), (true, vec!["\u{fffd}".to_owned()]));
    }

    #[test]
    fn every_other_reply_is_left_to_the_decoder() {
        let others = [
            b"".as_slice(),
            b"\x80\x03K\x00]\x86.",
            b"\x80\x04K\x01]\x86.",
            b"\x80\x04K\x00]",
            b"\x80\x04K\x00].",
            b"\x80\x04K\x00]\x86.N",
            b"\x80\x04K\x00](e(\x86.",
            b"\x80\x04K\x00](\x8c\x01a\x86.",
            b"\x80\x04K\x00]\x8c\x01a\x86.",
            b"\x80\x04K\x00](Ne\x86.",
            // (0, [x, x])
            b"\x80\x04K\x00](\x8c\x01a\x94h\x00e\x86.",
        ];
        for other in others {
            assert!(!read(other).0, "{other:?}");
        }
    }
}
