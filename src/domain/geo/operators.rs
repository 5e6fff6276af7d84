//! Bans by the network operator of their address.

use std::collections::HashMap;

use super::place::{Place, PlaceName};

/// A network operator and the number of its bans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OperatorBans {
    /// The number of its network (autonomous system).
    pub asn: Option<u32>,
    /// Its name.
    pub organisation: Option<PlaceName>,
    /// Number of bans of its addresses.
    pub bans: usize,
}

/// The operators of some bans.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Operators {
    /// The most frequent first.
    pub most: Vec<OperatorBans>,
    /// Number of bans that were looked at.
    pub looked_at: usize,
    /// Number of those whose operator no provider has told.
    pub unknown: usize,
}

impl Operators {
    /// Counts the operators of the places of bans, and names the `most` frequent.
    pub(crate) fn of<'a>(places: impl Iterator<Item = Option<&'a Place>>, most: usize) -> Self {
        let mut counted: HashMap<(Option<u32>, Option<&str>), OperatorBans> = HashMap::new();
        let (mut looked_at, mut unknown) = (0, 0);
        for place in places {
            looked_at += 1;
            let Some((asn, name)) = place.map(|place| (place.asn, place.organisation.as_ref())) else {
                unknown += 1;
                continue;
            };
            // One network has one operator, however its name is written.
            let key = (asn, name.filter(|_| asn.is_none()).map(PlaceName::as_str));
            if key == (None, None) {
                unknown += 1;
                continue;
            }
            let first = || OperatorBans { asn, organisation: name.cloned(), bans: 0 };
            counted.entry(key).or_insert_with(first).bans += 1;
        }
        let mut operators: Vec<OperatorBans> = counted.into_values().collect();
        operators.sort_by(|a, b| b.bans.cmp(&a.bans).then_with(|| a.name().cmp(&b.name())));
        operators.truncate(most);
        Self { most: operators, looked_at, unknown }
    }
}

impl OperatorBans {
    /// Its name, or else the number of its network.
    pub(crate) fn name(&self) -> String {
        let number = || self.asn.map(|asn| format!("AS{asn}")).unwrap_or_default();
        self.organisation.as_ref().map_or_else(number, ToString::to_string)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(asn: Option<u32>, name: &str) -> Place {
        Place { asn, organisation: PlaceName::clean(name), ..Place::default() }
    }

    #[test]
    fn a_network_is_counted_by_its_number_or_else_by_its_name() {
        let places = [
            Some(place(Some(64_500), "Example Net")),
            Some(place(None, "Cable One")),
            Some(place(Some(64_500), "EXAMPLE-NET")),
            Some(place(None, "Cable One")),
            Some(place(Some(64_500), "")),
            Some(place(Some(64_501), "")),
            Some(place(None, "")),
            None,
        ];
        let told = Operators::of(places.iter().map(Option::as_ref), 2);
        let named: Vec<_> = told.most.iter().map(|own| (own.name(), own.bans)).collect();
        assert_eq!(named, [("Example Net".to_owned(), 3), ("Cable One".to_owned(), 2)]);
        assert_eq!((told.looked_at, told.unknown), (8, 2));
    }
}
