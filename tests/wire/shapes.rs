//! Values that Python's pickler writes and no recorded reply holds, as bytes that Python 3.11 wrote.

use bangui::fail2ban::pickle::{PickleError, Value, decode};

use super::TestResult;
use super::repr::repr;

#[test]
fn numbers_keep_sign_and_size() -> TestResult {
    // [-1, 2**31, -2**63, 65535, 1.5]
    let bytes = b"\x80\x04\x95\x25\x00\x00\x00\x00\x00\x00\x00]\x94(J\xff\xff\xff\xff\
        \x8a\x05\x00\x00\x00\x80\x00\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80M\xff\xff\
        G?\xf8\x00\x00\x00\x00\x00\x00e.";
    let value: Value = decode(bytes)?;
    assert_eq!(repr(&value), "[-1, 2147483648, -9223372036854775808, 65535, 1.5]");
    Ok(())
}

#[test]
fn a_list_that_is_shared_is_read_at_each_place() -> TestResult {
    // x = ['a']; [x, x, (x, 1, 2, 3)]
    let bytes = b"\x80\x04\x95\x19\x00\x00\x00\x00\x00\x00\x00]\x94(]\x94\x8c\x01a\x94ah\x01\
        (h\x01K\x01K\x02K\x03t\x94e.";
    let value: Value = decode(bytes)?;
    assert_eq!(repr(&value), "[['a'], ['a'], [['a'], 1, 2, 3]]");
    Ok(())
}

#[test]
fn a_tuple_that_looks_like_an_object_stays_a_tuple() -> TestResult {
    // (('builtins', 'str'), ('x',))
    let bytes = b"\x80\x04\x8c\x08builtins\x94\x8c\x03str\x94\x86\x94\x8c\x01x\x94\x85\x94\x86\x94.";
    let value: Value = decode(bytes)?;
    assert_eq!(repr(&value), "[['builtins', 'str'], ['x']]");
    Ok(())
}

#[test]
fn one_entry_that_is_no_unicode_does_not_hide_the_others() -> TestResult {
    // ['\udcff', 'a']
    let bytes = b"\x80\x04]\x94(\x8c\x03\xed\xb3\xbf\x94\x8c\x01a\x94e.";
    let texts: Vec<String> = decode(bytes)?;
    assert_eq!(texts, ["\u{fffd}\u{fffd}\u{fffd}", "a"]);
    Ok(())
}

#[test]
fn a_value_of_another_type_is_another_shape_and_never_a_default() {
    // (0, None)
    let read = decode::<(i64, Vec<String>)>(b"\x80\x04K\x00N\x86\x94.");
    assert!(matches!(read, Err(PickleError::Shape(_))), "{read:?}");
}
