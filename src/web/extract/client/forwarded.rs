//! The header `Forwarded` (RFC 7239), in which each proxy writes for whom it asks and how it was asked.

use std::net::{IpAddr, SocketAddr};

use actix_web::http::header::{FORWARDED, HeaderMap};

/// What one proxy wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Element {
    /// `for`; `None` where it names no address.
    pub(super) address: Option<IpAddr>,
    /// True if `proto` is `https`.
    pub(super) is_https: bool,
}

/// The elements, those of several lines together, the last one first. A line that cannot be read is one without an
/// address: forged text does not hide the good lines behind it, and is never guessed at.
pub(super) fn from_the_right(headers: &HeaderMap) -> Vec<Element> {
    let lines: Vec<_> = headers.get_all(FORWARDED).collect();
    let read = lines.into_iter().rev().map(|line| {
        let elements = line.to_str().ok().and_then(read_line);
        elements.unwrap_or_else(|| vec![Element::default()])
    });
    read.flat_map(|elements| elements.into_iter().rev()).collect()
}

/// The elements of a line. Those without content in a list count for nothing (RFC 9110, 5.6.1); a line of nothing else
/// is not a list.
fn read_line(line: &str) -> Option<Vec<Element>> {
    let parts = split(line, ',')?.into_iter().filter(|part| !part.trim().is_empty());
    let elements = parts.map(read_element).collect::<Option<Vec<_>>>();
    elements.filter(|elements| !elements.is_empty())
}

fn read_element(text: &str) -> Option<Element> {
    let (mut address, mut proto) = (None, None);
    // Nothing may stand between two semicolons (RFC 7239, 4).
    for pair in split(text, ';')?.into_iter().filter(|pair| !pair.trim().is_empty()) {
        let (name, value) = pair.trim().split_once('=')?;
        let value = unquote(value)?;
        let known = match name.to_ascii_lowercase().as_str() {
            "for" => &mut address,
            "proto" => &mut proto,
            _ => continue,
        };
        // Given twice, nobody knows which is meant.
        if known.replace(value).is_some() {
            return None;
        }
    }
    let is_https = proto.is_some_and(|proto| proto.eq_ignore_ascii_case("https"));
    Some(Element { address: address.and_then(self::address), is_https })
}

/// An address as proxies write it, some with its port or in brackets.
pub(super) fn address(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let address = entry.parse().or_else(|_| entry.parse().map(|socket: SocketAddr| socket.ip()));
    let address = address.or_else(|_| bare.unwrap_or_default().parse());
    address.ok().map(|address: IpAddr| address.to_canonical())
}

/// The parts of `text` between separators that stand in no quotation marks; `None` if one of these is open at the end.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let mut is_quoted = false;
    let parts = text.split(|c| {
        is_quoted ^= c == '"';
        c == separator && !is_quoted
    });
    let parts = parts.collect();
    (!is_quoted).then_some(parts)
}

/// The value without its quotation marks. What is escaped in them is no address, and not read.
fn unquote(value: &str) -> Option<&str> {
    let inner = match value.strip_prefix('"') {
        Some(rest) => rest.strip_suffix('"')?,
        None => value,
    };
    (!inner.contains(['"', '\\'])).then_some(inner)
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use actix_web::http::header::HeaderValue;

    use super::*;

    fn read(lines: &[&str]) -> Result<Vec<(String, bool)>, Box<dyn Error>> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED, HeaderValue::from_bytes(line.as_bytes())?);
        }
        let shown = |element: Element| {
            (element.address.map(|address| address.to_string()).unwrap_or_default(), element.is_https)
        };
        Ok(from_the_right(&headers).into_iter().map(shown).collect())
    }

    #[test]
    fn each_proxy_is_read_from_the_right() -> Result<(), Box<dyn Error>> {
        let both = [("2001:db8::7".to_owned(), true), ("192.0.2.9".to_owned(), false)];
        assert_eq!(read(&[r#"for=192.0.2.9;proto=http, For="[2001:db8::7]:4711";Proto=HTTPS"#])?, both);
        assert_eq!(read(&["for=192.0.2.9", r#"by=_x;host="a,b;c";for="[2001:db8::7]";proto=https"#])?, both);
        assert_eq!(
            read(&[r#",, ,for=192.0.2.9;proto=http, ,For="[2001:db8::7]:4711";Proto=HTTPS, ,"#])?,
            both
        );
        assert_eq!(read(&[r#"for=192.0.2.9;;proto=http;, ;For="[2001:db8::7]:4711"; ;Proto=HTTPS"#])?, both);
        assert_eq!(read(&[])?, []);
        Ok(())
    }

    #[test]
    fn what_cannot_be_read_names_nobody_and_hides_nothing_behind_it() -> Result<(), Box<dyn Error>> {
        for bad in [
            "",
            ",",
            ";",
            "x",
            "for",
            "for=\"192.0.2.9",
            "for=192.0.2.9;for=192.0.2.8",
            "for=192\\.0.2.9",
            "for=unknown",
            "for=_hidden",
            "é",
        ] {
            assert_eq!(read(&[bad])?, [(String::new(), false)], "{bad}");
            let behind = read(&[bad, "for=203.0.113.7;proto=https"])?;
            assert_eq!(behind, [("203.0.113.7".to_owned(), true), (String::new(), false)], "{bad}");
        }
        Ok(())
    }
}
