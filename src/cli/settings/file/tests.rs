//! Tests of the configuration file.

use clap::CommandFactory as _;

use super::*;
use crate::cli::Arguments;

fn values(text: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    parse(text, &Arguments::command()).map_err(|fault| fault.to_string())
}

#[test]
fn each_kind_of_value_is_taken_as_on_the_command_line() -> Result<(), String> {
    let read = values(
        "listen = [\"127.0.0.1:1\", \"unix:/run/b/web.sock\"]\nsession_idle = 5\nallow_plain_http = true\n\
         database = '/d/b'\nbroker_allow_user = 0\nlog = \"debug\"\nlisten_mode = 600\nhost = 'a.example,b.example'",
    )?;
    assert_eq!(read["listen"], ["127.0.0.1:1", "unix:/run/b/web.sock"]);
    assert_eq!(
        (&read["session_idle"], &read["allow_plain_http"]),
        (&vec!["5".to_owned()], &vec!["true".to_owned()])
    );
    assert_eq!(read.len(), 8);
    Ok(())
}

#[test]
fn a_key_that_is_none_is_refused_with_the_nearest_name() {
    for (text, meant) in [
        ("lisen = 'x'", Some("listen")),
        ("fail2ban-socket = '/x'", Some("fail2ban_socket")),
        ("session_timeout = 3", Some("session_idle")),
        ("sesion_idle = 3", Some("session_idle")),
        ("Database = '/x'", Some("database")),
        ("zzz = 1", None),
        // The file does not name itself.
        ("config = '/x'", None),
    ] {
        let refusal = values(text).err().unwrap_or_default();
        assert!(refusal.starts_with("there is no setting "), "{text}: {refusal}");
        let suggested = refusal.split_once("did you mean ").map(|(_, name)| name.trim_matches(['"', '?']));
        assert_eq!(suggested, meant, "{text}: {refusal}");
    }
}

#[test]
fn a_value_is_refused_in_the_words_of_its_option() {
    for (text, key, why) in [
        ("listen = '127.0.0.1'", "listen", "write it like 127.0.0.1:8580"),
        ("listen = ['127.0.0.1:1', 'x']", "listen", "write it like"),
        ("session_idle = 0", "session_idle", "0 is not in 1..=10080"),
        ("session_idle = 'soon'", "session_idle", "a whole number"),
        ("listen = []", "listen", "the list is empty"),
        ("session_idle = [1, 2]", "session_idle", "one value"),
        ("session_idle = 1.5", "session_idle", "a whole number"),
        ("allow_plain_http = 'true'", "allow_plain_http", "true or false"),
        ("trusted_proxy = '0.0.0.0/0'", "trusted_proxy", "every address there is"),
        ("broker_allow_user = 'no such user'", "broker_allow_user", "no such user"),
        ("[listen]\naddress = '::1'", "listen", "a text in quotes"),
    ] {
        let refusal = values(text).err().unwrap_or_default();
        assert!(refusal.starts_with(&format!("{key}: ")) && refusal.contains(why), "{text}: {refusal}");
    }
    let refusal = values("[serve]\nlisten = '127.0.0.1:1'").err().unwrap_or_default();
    assert!(refusal.starts_with("the file has no sections"), "{refusal}");
    assert!(values("host = []").is_ok());
    let refusal = values("listen = ").err().unwrap_or_default();
    assert!(refusal.starts_with("is not valid TOML: ") && refusal.contains("line 1"), "{refusal}");
}

#[test]
fn the_example_names_every_setting_with_its_default() -> Result<(), String> {
    let example = include_str!("../../../../packaging/bangui.toml");
    let settings: Vec<&str> = example
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .filter(|line| !line.starts_with(' '))
        .collect();
    let named = values(&settings.join("\n"))?;
    let command = Arguments::command();
    for (key, options) in super::settings(&command) {
        let value = named.get(&key).ok_or_else(|| format!("{key} is missing"))?;
        for (_, option) in options {
            let defaults: Vec<_> =
                option.get_default_values().iter().map(|own| own.to_string_lossy()).collect();
            assert!(
                defaults.is_empty()
                    || matches!(option.get_action(), ArgAction::SetTrue)
                    || defaults == *value,
                "{key}: {defaults:?}"
            );
        }
    }
    // Nobody's settings change because the example is in its place.
    assert!(values(example)?.is_empty());
    Ok(())
}
