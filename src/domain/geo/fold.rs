//! Text as it is compared: in small letters, without accents.

/// Returns `text` in small letters and without the accents that names of countries have.
pub(crate) fn plain(text: &str) -> String {
    let plain = |letter| match letter {
        'å' | 'ã' | 'á' => 'a',
        'ç' => 'c',
        'é' => 'e',
        'í' => 'i',
        'ô' | 'ó' => 'o',
        'ü' => 'u',
        '’' => '\'',
        other => other,
    };
    text.chars().flat_map(char::to_lowercase).map(plain).collect()
}
