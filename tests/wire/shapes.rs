//! Values that Python's pickler writes and no recorded reply holds, as bytes that Python 3.11 wrote.

use bangui::fail2ban::pickle::decode;

use super::TestResult;
use super::repr::repr;

#[test]
fn numbers_keep_sign_and_size() -> TestResult {
    // [-1, 2**31, -2**63, 65535, 1.5]
    let bytes = b"\x80\x04\x95\x25\x00\x00\x00\x00\x00\x00\x00]\x94(J\xff\xff\xff\xff\
        \x8a\x05\x00\x00\x00\x80\x00\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80M\xff\xff\
        G?\xf8\x00\x00\x00\x00\x00\x00e.";
    let value = decode(bytes)?;
    assert_eq!(repr(&value), "[-1, 2147483648, -9223372036854775808, 65535, 1.5]");
    Ok(())
}

#[test]
fn a_list_that_is_shared_is_read_at_each_place() -> TestResult {
    // x = ['a']; [x, x, (x, 1, 2, 3)]
    let bytes = b"\x80\x04\x95\x19\x00\x00\x00\x00\x00\x00\x00]\x94(]\x94\x8c\x01a\x94ah\x01\
        (h\x01K\x01K\x02K\x03t\x94e.";
    let value = decode(bytes)?;
    assert_eq!(repr(&value), "[['a'], ['a'], [['a'], 1, 2, 3]]");
    Ok(())
}

#[test]
fn a_tuple_that_looks_like_an_object_stays_a_tuple() -> TestResult {
    // (('builtins', 'str'), ('x',))
    let bytes = b"\x80\x04\x8c\x08builtins\x94\x8c\x03str\x94\x86\x94\x8c\x01x\x94\x85\x94\x86\x94.";
    let value = decode(bytes)?;
    assert_eq!(repr(&value), "[['builtins', 'str'], ['x']]");
    Ok(())
}

#[test]
fn one_entry_that_is_no_unicode_does_not_hide_the_others() -> TestResult {
    // ['\udcff', 'a']
    let value = decode(b"\x80\x04]\x94(\x8c\x03\xed\xb3\xbf\x94\x8c\x01a\x94e.")?;
    assert_eq!(repr(&value), "['\u{fffd}\u{fffd}\u{fffd}', 'a']");
    Ok(())
}

#[test]
fn what_holds_itself_ends_where_it_comes_again() -> TestResult {
    // x = [1]; x.append(x); x.append(2)
    let value = decode(b"\x80\x04]\x94(K\x01h\x00K\x02e.")?;
    assert_eq!(repr(&value), "[1, …, 2]");
    // x = ([],); x[0].append(x): Python pops the tuple that it began and fetches the one that it has.
    let value = decode(b"\x80\x04\x95\x0b\0\0\0\0\0\0\0]\x94h\x00\x85\x94a0h\x01.")?;
    assert_eq!(repr(&value), "[[…]]");
    Ok(())
}

#[test]
fn a_list_that_grows_after_it_was_referred_to_has_grown_everywhere() -> TestResult {
    // Python writes more than a thousand items in several batches.
    let value = decode(b"\x80\x04]\x94(]\x94h\x01(Ne\x94e.")?;
    assert_eq!(repr(&value), "[[None], [None]]");
    Ok(())
}
