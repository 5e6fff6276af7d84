//! Shares as pictures have them.

/// A share in percent with two digits: `12.34%`.
pub(crate) fn of(part: u64, whole: u64) -> String {
    let hundredths = u128::from(part) * 10_000 / u128::from(whole.max(1));
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// A share from 0 to 1 in a sentence: `50%`, `0.4%`.
pub(crate) fn in_words(share: f64) -> String {
    match share * 100.0 {
        percent if percent > 99.0 => "over 99%".to_owned(),
        percent if percent >= 9.95 => format!("{percent:.0}%"),
        percent if percent >= 0.1 => format!("{percent:.1}%").replace(".0%", "%"),
        _ => "less than 0.1%".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_share_is_not_rounded_up() {
        let shares = [1.0, 0.5, 0.125, 0.0625, 0.02, 0.007_812_5, 0.003_906_25, 0.000_003];
        let words = ["over 99%", "50%", "12%", "6.2%", "2%", "0.8%", "0.4%", "less than 0.1%"];
        assert_eq!(shares.map(in_words), words);
    }
}
