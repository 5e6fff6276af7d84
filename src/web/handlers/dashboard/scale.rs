//! The scale of the chart.

/// How many times the other bars the highest has to be for the scale to leave it out.
const TIMES: u64 = 5;
/// One of so many bars may be left out, and one in any case.
const ONE_OF: usize = 12;

/// The number at the top of the scale: a round one above the highest bar, or above twice the others where a few bars
/// would flatten these. Bars above it are drawn with a break.
pub(super) fn top(bars: impl Iterator<Item = u64>) -> u64 {
    let mut bars: Vec<u64> = bars.collect();
    bars.sort_unstable_by(|a, b| b.cmp(a));
    let highest = bars.first().copied().unwrap_or_default();
    match bars.get((bars.len() / ONE_OF).max(1)) {
        Some(&other) if other > 0 && highest > other.saturating_mul(TIMES) => nice(other.saturating_mul(2)),
        _ => nice(highest),
    }
}

/// The next number that reads well at the top of a scale, at least 4.
fn nice(most: u64) -> u64 {
    let mut step = 1_u64;
    loop {
        for factor in [4, 6, 10, 20] {
            let top = step.saturating_mul(factor);
            if top >= most || step > u64::MAX / 100 {
                return top;
            }
        }
        step *= 10;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_of_the_scale_is_a_round_number_above_the_highest_bar() {
        for (most, top) in [(0, 4), (4, 4), (5, 6), (7, 10), (11, 20), (21, 40), (41, 60), (9_999, 10_000)] {
            assert_eq!(nice(most), top, "{most}");
        }
        assert!(nice(u64::MAX) > 0);
    }

    #[test]
    fn a_few_very_high_bars_do_not_flatten_the_others() {
        let scale = |high: &[u64]| top(high.iter().copied().chain([10; 22]));
        assert_eq!(scale(&[50, 9]), 60);
        assert_eq!(scale(&[51, 9]), 20);
        assert_eq!(scale(&[900, 500]), 20);
        assert_eq!(scale(&[900, 500, 400]), 1_000, "three of 25 are no exception");
        assert_eq!(top([7, 0, 0].into_iter()), 10, "there is nothing to flatten");
        assert_eq!(top([].into_iter()), 4);
        assert!(top([u64::MAX, u64::MAX, 1].into_iter()) > 0);
    }
}
