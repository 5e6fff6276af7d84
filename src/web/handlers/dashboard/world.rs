//! The map of the world.

use crate::domain::geo::origin::Origin;
use crate::domain::overview::Overview;
use crate::web::view::format;

use super::params::Params;

/// Number of shades.
const SHADES: u8 = 5;

/// A country with bans.
pub(super) struct Land {
    /// Its code, which is the name of its shape.
    pub(super) code: &'static str,
    pub(super) title: String,
    pub(super) query: String,
    /// From 1, the lightest.
    pub(super) shade: u8,
    pub(super) is_chosen: bool,
}

/// The countries with bans; those with fewer come later, so that a small one is not hidden by its neighbour's edge.
pub(super) fn lands(params: &Params, told: &Overview, chosen: Option<Origin>) -> Vec<Land> {
    let countries = told.origins.iter().filter_map(|(origin, bans)| match origin {
        Origin::Country(country) => Some((*origin, country.code(), *bans)),
        Origin::Special(_) | Origin::Unknown => None,
    });
    let most = countries.clone().map(|(.., bans)| bans).max().unwrap_or(1);
    let land = |(origin, code, bans): (Origin, &'static str, u64)| {
        let is_chosen = chosen == Some(origin);
        Land {
            code,
            title: format!("{}: {}", origin.name(), format::bans(bans, None)),
            query: params.to_url(&[("country", if is_chosen { String::new() } else { code.to_owned() })]),
            shade: shade(bans, most),
            is_chosen,
        }
    };
    countries.map(land).collect()
}

/// The shade of a number: by its square root, so that one country far ahead does not leave all others pale.
fn shade(bans: u64, most: u64) -> u8 {
    let shades = u128::from(SHADES).pow(2);
    let is_within = |shade: &u8| u128::from(bans) * shades <= u128::from(most) * u128::from(*shade).pow(2);
    (1..SHADES).find(is_within).unwrap_or(SHADES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_bans_have_the_darkest_shade_and_one_the_lightest() {
        assert_eq!((shade(1, 1), shade(1, 100_000), shade(100_000, 100_000)), (5, 1, 5));
        assert_eq!([4, 16, 36, 64, 100].map(|bans| shade(bans, 100)), [1, 2, 3, 4, 5]);
    }
}
