//! Integers that are written byte by byte.

use num_bigint::BigInt;

use super::value::Value;

/// Up to so many bytes, 1024 bits and the sign, an integer is written in decimal digits, which takes time by the square of them.
pub(crate) const DECIMAL: usize = 129;

/// Reads an integer: little-endian, in two's complement.
pub(crate) fn read_integer(bytes: &[u8]) -> Value {
    let number = BigInt::from_signed_bytes_le(bytes);
    match i64::try_from(&number) {
        Ok(number) => Value::Int(number),
        Err(_) if bytes.len() <= DECIMAL => Value::BigInt(number.to_string()),
        Err(_) => Value::BigInt(format!("{number:#x}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_of_any_size_keep_sign_and_digits() {
        assert_eq!(read_integer(&[]), Value::Int(0));
        assert_eq!(read_integer(&[0xff]), Value::Int(-1));
        assert_eq!(read_integer(&i64::MIN.to_le_bytes()), Value::Int(i64::MIN));
        let big = |number: i128| Value::BigInt(number.to_string());
        for number in [1 << 63, u64::MAX.into(), 69_868_542_114_970_189_824, -(1 << 64), i128::MIN, i128::MAX]
        {
            assert_eq!(read_integer(&number.to_le_bytes()), big(number), "{number}");
        }
        for small in [0_i128, 7, -7, i64::MIN.into(), i64::MAX.into()] {
            assert_eq!(read_integer(&small.to_le_bytes()).to_string(), small.to_string(), "padded");
            assert!(matches!(read_integer(&small.to_le_bytes()), Value::Int(_)), "{small}");
        }
        let long = read_integer(&[1; DECIMAL + 1]);
        assert_eq!(long, Value::BigInt(format!("0x1{}", "01".repeat(DECIMAL))));
    }
}
