//! Passwords that can be guessed by somebody who knows whose they are, and where.

use zxcvbn::zxcvbn;

/// Guesses that a password has to withstand: more than the throttle permits in a century, and in reach of
/// what is picked at random from the smallest alphabet in 8 places.
const ENOUGH: u64 = 100_000_000;

/// Guesses that the rest of a password has to withstand, without the words that are tried first.
const ENOUGH_OF_THE_REST: u64 = 1_000_000;

/// Words that are tried first at a program such as this one.
const OURS: &[&str] = &[
    "bangui",
    "fail2ban",
    "firewall",
    "banned",
    "admin",
    "administrator",
    "operator",
    "viewer",
    "root",
    "server",
    "login",
    "password",
    "passwort",
    "passw0rd",
    "secret",
    "welcome",
    "localhost",
];

/// Months and seasons, which stand in front of a year when a password has to be changed every quarter.
const TIMES: &[&str] = &[
    "spring",
    "summer",
    "autumn",
    "winter",
    "january",
    "february",
    "march",
    "april",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "frühling",
    "fruehling",
    "sommer",
    "herbst",
    "januar",
    "februar",
    "märz",
    "maerz",
    "juni",
    "juli",
    "oktober",
    "dezember",
    "printemps",
    "automne",
    "hiver",
    "janvier",
    "février",
    "fevrier",
    "avril",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
    "primavera",
    "verano",
    "otoño",
    "invierno",
    "enero",
    "febrero",
    "marzo",
    "abril",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

/// Characters that are estimated at once. The work grows with more than the square of them, in the worst case to
/// seconds.
const PIECE: usize = 32;

/// The shortest word that is taken out of a password.
const SHORTEST_WORD: usize = 3;

/// Returns true if `text` is guessed. `words` are tried first too: names of the account and of the host.
pub(super) fn is_guessed(text: &str, words: &[&str]) -> bool {
    let words: Vec<String> = parts(words).collect();
    let known: Vec<&str> =
        words.iter().map(String::as_str).chain(OURS.iter().chain(TIMES).copied()).collect();
    if !withstands(text, &known, ENOUGH) {
        return true;
    }
    let whole = text.to_lowercase();
    let rest = known.iter().fold(whole.clone(), |rest, word| rest.replace(word, ""));
    rest != whole && !withstands(&rest, &known, ENOUGH_OF_THE_REST)
}

/// Returns true if `text` is not guessed within so many guesses: if one of its pieces is not.
fn withstands(text: &str, known: &[&str], guesses: u64) -> bool {
    let characters: Vec<char> = text.chars().collect();
    characters.chunks(PIECE).any(|piece| zxcvbn(&String::from_iter(piece), known).guesses() >= guesses)
}

/// Each word and its parts: of `fw.example.org` also `example` and `org`.
fn parts<'a>(words: &'a [&str]) -> impl Iterator<Item = String> + 'a {
    let each =
        words.iter().flat_map(|word| [*word].into_iter().chain(word.split(|c: char| !c.is_alphanumeric())));
    each.filter(|part| part.chars().count() >= SHORTEST_WORD).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::is_guessed;

    const WORDS: &[&str] = &["ann.smith", "fw.example.org"];

    #[test]
    fn what_is_tried_first_here_is_guessed() {
        for text in [
            "fail2ban",
            "bangui2026",
            "bangui2026!",
            "BanGUI-2026",
            "ann.smith",
            "AnnSmith1",
            "ann2026ann",
            "ann-fail2ban",
            "smithsmith",
            "smith@example",
            "fw.example.org",
            "example2026!",
            "localhost1",
            "server2026!",
            "admin12345",
            "root-root-root",
        ] {
            assert!(is_guessed(text, WORDS), "{text:?}");
        }
    }

    #[test]
    fn seasons_and_months_with_years_are_guessed() {
        for text in [
            "Summer2026!",
            "summer-2026",
            "Winter25!!",
            "December24!",
            "Sommer2026!",
            "März2026!!",
            "hiver2026!",
            "Primavera26",
            "October-2025",
        ] {
            assert!(is_guessed(text, &[]), "{text:?}");
        }
    }

    #[test]
    fn repeated_characters_blanks_and_keyboard_walks_are_guessed() {
        for text in [
            "        ",
            "             ",
            "aaaaaaaaaaaaaaaa",
            "abcabcabcabc",
            "1212121212",
            "abcdefghijkl",
            "qwertzuiop",
            "asdfghjkl;",
            "1qaz2wsx3edc",
            "987654321098",
            "Passw0rd!",
            "P@ssw0rd123",
            "iloveyou!?",
            "letmein!!",
        ] {
            assert!(is_guessed(text, &[]), "{text:?}");
        }
    }

    #[test]
    fn a_few_words_or_eight_random_characters_are_not() {
        for text in [
            "correct horse",
            "another horse",
            "a third horse",
            "7f-lk2q!",
            "k3J8x!pQ",
            "größer als 東京 🔑",
            "blue-lamp-ann-river",
            "summer rain on tin roofs",
        ] {
            assert!(!is_guessed(text, WORDS), "{text:?}");
        }
    }

    #[test]
    fn what_is_guessed_is_guessed_at_any_length_and_something_strong_in_it_is_enough() {
        assert!(is_guessed(&"password".repeat(16), WORDS) && is_guessed(&"x".repeat(128), WORDS));
        let strong = "quiet harbour lamp and seven oars";
        assert!(!is_guessed(&format!("{}{strong}", "x".repeat(64)), WORDS));
    }

    #[test]
    fn a_long_text_that_is_costly_to_estimate_costs_no_more_than_its_pieces() {
        // Each of these may stand for a letter, in several ways.
        let costly = "4@8({[<369&#!1/|0$5+7%2".repeat(6);
        let least = |length: usize| -> Duration {
            let text: String = costly.chars().take(length).collect();
            let took = |_| {
                let begin = Instant::now();
                is_guessed(&text, WORDS);
                begin.elapsed()
            };
            (0..3).map(took).min().unwrap_or_default()
        };
        let (short, long) = (least(32), least(128));
        assert!(long < short * 6, "{short:?} {long:?}");
    }
}
