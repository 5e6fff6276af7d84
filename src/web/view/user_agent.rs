//! Name of a browser and its system, in two words a user knows.

/// Names of browsers in the user agent. A browser that also names another one comes before it.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// The browser and its system, as `Firefox on Linux`. Anybody can claim anything.
pub(crate) fn describe_user_agent(agent: Option<&str>) -> String {
    let Some(agent) = agent else { return "Unknown program".to_owned() };
    let known = |names: &[(&str, &'static str)]| {
        names.iter().find(|(part, _)| agent.contains(part)).map(|(_, name)| *name)
    };
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => "Another program".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::describe_user_agent;

    #[test]
    fn a_browser_is_told_from_those_it_pretends_to_be() {
        let webkit = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0";
        let edge = format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {webkit} Safari/537.36 Edg/140.0.0.0");
        assert_eq!(describe_user_agent(Some(&edge)), "Edge on Windows");
        let phone = format!("Mozilla/5.0 (Linux; Android 14; Pixel 8) {webkit} Mobile Safari/537.36");
        assert_eq!(describe_user_agent(Some(&phone)), "Chrome on Android");
        let iphone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1";
        assert_eq!(describe_user_agent(Some(iphone)), "Safari on iPhone");
        assert_eq!(
            (describe_user_agent(Some("curl/8.0")), describe_user_agent(None)),
            ("Another program".to_owned(), "Unknown program".to_owned())
        );
    }
}
