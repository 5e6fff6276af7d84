//! Integers that are written byte by byte.

use super::value::Value;

/// Up to so many bytes an integer is written in decimal digits, which takes time by the square of them.
const DECIMAL: usize = 128;

/// Reads an integer: little-endian, in two's complement.
pub(super) fn read(bytes: &[u8]) -> Value {
    let is_negative = bytes.last().is_some_and(|last| last & 0x80 != 0);
    let fill = if is_negative { 0xff } else { 0 };
    if bytes.len() <= 8 {
        let mut whole = [fill; 8];
        whole[..bytes.len()].copy_from_slice(bytes);
        return Value::Int(i64::from_le_bytes(whole));
    }
    let magnitude = if is_negative { negated(bytes) } else { bytes.to_vec() };
    let digits = if bytes.len() <= DECIMAL { decimal(&magnitude) } else { hexadecimal(&magnitude) };
    let sign = if is_negative { "-" } else { "" };
    let number = format!("{sign}{digits}");
    // Python writes no more bytes than it needs; others may.
    number.parse().map_or(Value::BigInt(number), Value::Int)
}

fn negated(bytes: &[u8]) -> Vec<u8> {
    let mut carry = true;
    let negate = |byte: &u8| {
        let (negated, overflows) = (!byte).overflowing_add(u8::from(carry));
        carry = overflows;
        negated
    };
    bytes.iter().map(negate).collect()
}

fn decimal(magnitude: &[u8]) -> String {
    let mut limbs: Vec<u32> = magnitude
        .chunks(4)
        .map(|bytes| bytes.iter().rev().fold(0, |limb, byte| limb << 8 | u32::from(*byte)))
        .collect();
    let mut groups = Vec::new();
    while limbs.iter().any(|limb| *limb != 0) {
        groups.push(divided(&mut limbs, 1_000_000_000));
    }
    let last = groups.pop().unwrap_or_default().to_string();
    groups.iter().rev().fold(last, |digits, group| format!("{digits}{group:09}"))
}

/// Divides a number, given by its lowest limb first. Returns the remainder.
fn divided(limbs: &mut [u32], divisor: u32) -> u32 {
    let mut remainder = 0;
    for limb in limbs.iter_mut().rev() {
        let value = u64::from(remainder) << 32 | u64::from(*limb);
        // Neither is ever larger: the remainder is less than the divisor.
        *limb = u32::try_from(value / u64::from(divisor)).unwrap_or(u32::MAX);
        remainder = u32::try_from(value % u64::from(divisor)).unwrap_or(u32::MAX);
    }
    remainder
}

fn hexadecimal(magnitude: &[u8]) -> String {
    let mut digits = String::from("0x");
    for byte in magnitude.iter().rev() {
        digits
            .extend([byte >> 4, byte & 15].iter().filter_map(|digit| char::from_digit((*digit).into(), 16)));
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_size_keep_sign_and_digits() {
        assert_eq!(read(&[]), Value::Int(0));
        assert_eq!(read(&[0xff]), Value::Int(-1));
        assert_eq!(read(&i64::MIN.to_le_bytes()), Value::Int(i64::MIN));
        let big = |number: i128| Value::BigInt(number.to_string());
        for number in [1 << 63, u64::MAX.into(), 69_868_542_114_970_189_824, -(1 << 64), i128::MIN, i128::MAX]
        {
            assert_eq!(read(&number.to_le_bytes()), big(number), "{number}");
        }
        for small in [0_i128, 7, -7, i64::MIN.into(), i64::MAX.into()] {
            assert_eq!(read(&small.to_le_bytes()).to_string(), small.to_string(), "padded");
            assert!(matches!(read(&small.to_le_bytes()), Value::Int(_)), "{small}");
        }
        let long = read(&[1; DECIMAL + 1]);
        assert_eq!(long, Value::BigInt(format!("0x{}", "01".repeat(DECIMAL + 1))));
    }
}
