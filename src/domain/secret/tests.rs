//! No secret survives, and nothing else is touched.

use proptest::prelude::*;

use super::*;

fn property(name: &str, value: &str) -> Property {
    Property { name: name.to_owned(), value: Ok(Some(value.to_owned())), is_masked: false }
}

/// The properties of an action, with the secrets that they hold themselves masked.
fn masked(properties: &[Property]) -> Vec<Property> {
    masked_with(properties, &Secrets::of_properties(properties))
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut written = String::new();
    for chunk in text.as_bytes().chunks(3) {
        let bits =
            (0..3).fold(0_usize, |bits, place| bits << 8 | usize::from(*chunk.get(place).unwrap_or(&0)));
        for place in 0..4 {
            let digit = char::from(DIGITS[bits >> (18 - 6 * place) & 63]);
            written.push(if place > chunk.len() { '=' } else { digit });
        }
    }
    written
}

/// Texts around a secret in places that do not reveal it.
fn around(secret: &str) -> [String; 11] {
    let json = serde_json::Value::from(secret).to_string();
    let percent = percent_encoding::utf8_percent_encode(secret, percent_encoding::NON_ALPHANUMERIC);
    [
        secret.to_owned(),
        format!("echo {secret} | mail root"),
        format!("x{secret}{secret}y"),
        format!("curl https://h/{secret}/ban?ip=<ip>"),
        format!("echo 'a{}b'", secret.replace('\'', r"'\''")),
        format!("echo {json} {}", serde_json::Value::from(json.as_str())),
        format!("curl 'https://h/?x={percent}'"),
        format!("Failed: {secret:?} is not valid"),
        format!("X: {}", base64(&format!("joe:{secret}"))),
        format!("curl -d x%20{}", base64(&format!("{secret} and more"))),
        format!("%20{}", base64(&format!("{secret}:x")).replace('+', "-").replace('/', "_")),
    ]
}

/// Texts in which the place alone reveals that `secret` is one.
fn in_a_place(secret: &str) -> [String; 30] {
    [
        format!("curl -H \"Authorization: Bearer {secret}\" https://h"),
        format!("curl -H 'X-Auth-Key: {secret}' -H 'Content-Type: x'"),
        format!("Authorization: Basic {secret}"),
        format!("Proxy-Authorization: {secret}\nHost: h"),
        format!("\"Key: {secret}\""),
        format!("curl -u joe:{secret} https://h"),
        format!("curl -u 'joe:{secret}' https://h"),
        format!("curl -ujoe:{secret} https://h"),
        format!("curl --user=joe:{secret} https://h"),
        format!("curl --proxy-user \"joe:{secret}\" https://h"),
        format!("curl https://joe:{secret}@h/x"),
        format!("smtp://joe:{secret}@h:25"),
        format!("wget --http-password={secret} https://h"),
        format!("x --password '{secret}' y"),
        format!("x --api-key {secret} y"),
        format!("curl 'https://h/?api_key={secret}&ip=<ip>'"),
        format!("curl --data \"apikey={secret}\" --data ip=<ip>"),
        format!("{{\"token\": \"{secret}\", \"ip\": \"<ip>\"}}"),
        format!("-d \"{{\\\"token\\\":\\\"{secret}\\\",\\\"ip\\\":\\\"<ip>\\\"}}\""),
        format!("{{'password': '{secret}'}}"),
        format!("['set', 'sshd', 'action', 'x', 'cftoken', '{secret}']"),
        format!("MNWPASS='{secret}' run"),
        format!("PASSWORD={secret} run"),
        format!("password = {secret}\n"),
        format!("data[token]={secret}"),
        format!("sshpass -p {secret} ssh h"),
        format!("sshpass -p'{secret}' ssh h"),
        format!("mysql -ujoe -p{secret} db"),
        format!("/usr/bin/sendemail -xu joe -xp {secret}"),
        format!("https://hooks.slack.com/services/{secret}"),
    ]
}

/// Secrets of every kind that can stand in a command between blanks and quotes.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9]{4,40}",
        "[A-Za-z0-9+/]{8,30}={0,2}",
        "[!#%(),.:;@\\[\\]^_{|}~+*/?A-Za-z0-9-]{6,30}"
    ]
    .prop_filter("a switch or a variable is no secret", |secret| {
        !word::is_reference(secret, None) && !secret.starts_with('-')
    })
}

proptest! {
    #[test]
    fn the_value_of_a_secret_property_survives_nowhere(
        value in "[^\\s•].{2,40}[^\\s•]".prop_filter("a mask is no secret", |value| !value.contains('•')),
        before in ".{0,20}",
    ) {
        prop_assume!(!word::is_switch(&value));
        for text in around(&value) {
            let text = format!("{before} {text}");
            let shown = masked(&[property("cftoken", &value), property("actionban", &text), property("host", "h")]);
            prop_assert_eq!(&shown[0].value, &Ok(Some(MASK.to_owned())));
            let command = shown[1].value.clone().unwrap_or_default().unwrap_or_default();
            prop_assert!(shown[1].is_masked);
            for spelling in spelling::spellings(&value) {
                prop_assert!(!command.contains(&spelling), "{} as {}: {}", value, spelling, command);
            }
            let percent = percent_encoding::utf8_percent_encode(&value, percent_encoding::NON_ALPHANUMERIC);
            prop_assert!(!command.contains(&percent.to_string()), "{}", command);
            for encoded in [base64(&format!("joe:{value}")), base64(&format!("{value}:x"))] {
                prop_assert!(!command.contains(&encoded), "{}", command);
            }
            prop_assert_eq!(&shown[2], &property("host", "h"));
        }
    }

    #[test]
    fn what_is_secret_by_its_place_survives_nowhere(value in secret(), before in "[a-zé日 ]{0,20}") {
        for text in in_a_place(&value) {
            // A URL ends where a path begins, a parameter at the next one.
            if text.contains("://") && value.contains(['/', '?', '#', '@', '&', '%']) {
                continue;
            }
            let shown = mask_text(&format!("{before} {text}"), &Secrets::default());
            prop_assert!(!shown.contains(&value), "{} in {}", value, shown);
            prop_assert_eq!(mask_text(&shown, &Secrets::default()), shown.clone(), "twice is once");
        }
    }

    #[test]
    fn text_without_secrets_stays_as_it_is(
        words in prop::collection::vec("[a-zé日]{1,8}|[0-9.]{1,9}|<[a-z]{1,6}>|[|;&>]|--[a-z]{1,9}|-[a-tv-z]|\"|'|\n", 0..20),
        value in "[A-Z0-9]{12,20}",
    ) {
        let text = words.join(" ");
        prop_assume!(!words.iter().any(|word| is_secret_name(word) || word == "bearer"));
        let secrets = Secrets::of_settings([("token", value.as_str())]);
        prop_assert_eq!(mask_text(&text, &secrets), text);
    }

    #[test]
    fn any_text_is_taken(text in any::<String>(), value in any::<String>()) {
        let secrets = Secrets::of_settings([("token", value.as_str()), ("x", text.as_str())]);
        drop(mask_text(&text, &secrets));
    }
}

#[test]
fn commands_of_fail2bans_own_actions_stay_readable() {
    let none = Secrets::default();
    for text in [
        "<iptables> -I f2b-<name> 1 -s <ip> -j <blocktype>",
        "nft add set <table_family> <table> <addr_set> \\{ type <addr_type>\\; \\}",
        "printf %%b \"Subject: [Fail2Ban] <name>: banned <ip>\nFrom: <sendername> <<sender>>\" | <mailcmd>",
        "curl -sSf \"https://api.abuseipdb.com/api/v2/report\" -H \"Key: <abuseipdb_apikey>\"",
        "<nsupdatecmd> -k <keyfile>",
        "MNWPASS=`perl -e 's/x/y/' '<mnwpass>'`; x \"?AgentPassword=$MNWPASS&AttackerIP=<ip>\"",
        "ufw insert 1 reject from <ip> to any # passive keyboard author",
        "Unable to read the filter 'x'; KeyError: 'cftoken'",
        "curl https://example.org:8080/@x --user joe",
        "file: 'jail.local', line: 5",
        "While reading from 'jail.local' [line  3]: option 'pw' in section 'a' already exists",
    ] {
        assert_eq!(mask_text(text, &none), text);
    }
}

#[test]
fn a_masked_command_tells_all_but_the_secret() {
    let none = Secrets::default();
    for (text, shown) in [
        (
            "curl -H \"Authorization: Bearer abc\" -H \"Content-Type: application/json\"",
            "curl -H \"Authorization: Bearer ••••••\" -H \"Content-Type: application/json\"",
        ),
        ("curl -u joe:x https://h", "curl -u joe:•••••• https://h"),
        ("https://joe:x@h/y?token=z&ip=1", "https://joe:••••••@h/y?token=••••••&ip=1"),
        (r#"{"token": "x", "ip": "<ip>"}"#, r#"{"token": "••••••", "ip": "<ip>"}"#),
        ("https://api.telegram.org/bot1:x/sendMessage", "https://api.telegram.org/bot••••••/sendMessage"),
        ("https://discord.com/api/webhooks/12/abc", "https://discord.com/api/webhooks/12/••••••"),
        ("curl -d x https://ntfy.sh/my-topic", "curl -d x https://ntfy.sh/••••••"),
        ("curl https://hc-ping.com/0b1c/fail", "curl https://hc-ping.com/••••••"),
        (
            "https://maker.ifttt.com/trigger/x/with/key/abc?v=1",
            "https://maker.ifttt.com/trigger/x/with/key/••••••?v=1",
        ),
        ("curl -b \"session=x\" https://h", "curl -b \"••••••\" https://h"),
        ("snmpset -v2c -c priv4te host oid", "snmpset -v2c -c •••••• host oid"),
        ("openssl enc -aes-256-cbc -k x -in y", "openssl enc -aes-256-cbc -k •••••• -in y"),
        ("openssl dgst -hmac x y", "openssl dgst -hmac •••••• y"),
        (
            "curl -F token=x -F user=y -F message=z https://api.pushover.net/1/messages.json",
            "curl -F token=•••••• -F user=•••••• -F message=z https://api.pushover.net/1/messages.json",
        ),
        ("curl -F user=joe https://h", "curl -F user=joe https://h"),
        ("x --otp 123 --pin=456", "x --otp •••••• --pin=••••••"),
    ] {
        assert_eq!(mask_text(text, &none), shown);
    }
}

#[test]
fn of_a_line_that_fail2ban_could_not_read_what_is_named_like_a_secret_is_masked() {
    for (text, shown) in [
        ("'x.local'\n\t[line  2]: 'password hunter2222\\n'", "'x.local'\n\t[line  2]: 'password ••••••'"),
        ("[line  2]: 'my api-key  hunter 2\\n'", "[line  2]: 'my api-key  ••••••'"),
        ("file: 'x.local', line: 1\n'\\ufeff[beta]\\n'", "file: 'x.local', line: 1\n'\\ufeff[beta]\\n'"),
        ("file: 'x.local', line: 1\n'garbage\\n'", "file: 'x.local', line: 1\n'garbage\\n'"),
        (
            "'%' must be followed by '%' or '(', found: '%2222\"]'",
            "'%' must be followed by '%' or '(', found: '••••••'",
        ),
        (
            "Raw value: 'cloudflare-token[cftoken=\"hunter2222%(nope)s\"]'",
            "Raw value: 'cloudflare-token[cftoken=\"••••••\"]'",
        ),
    ] {
        assert_eq!(mask_text(text, &Secrets::default()), shown);
    }
}

#[test]
fn a_short_value_is_masked_in_its_place_and_blanks_nothing_else() {
    let shown = masked(&[property("password", "1"), property("actionban", "sleep 1; x --password=1")]);
    assert_eq!(shown[0].value, Ok(Some(MASK.to_owned())));
    assert_eq!(shown[1].value, Ok(Some(format!("sleep 1; x --password={MASK}"))));
}

#[test]
fn parts_of_a_secret_are_secret_too() {
    // `joe:netpass`
    let pair = "am9lOm5ldHBhc3M=";
    let shown = masked(&[property("ns_auth", pair), property("actionban", "login joe netpass")]);
    assert_eq!(shown[1].value, Ok(Some(format!("login joe {MASK}"))));
    let shown = masked(&[property("auth", "Bearer abcdefgh"), property("x", "say abcdefgh")]);
    assert_eq!(shown[1].value, Ok(Some(format!("say {MASK}"))));
}

#[test]
fn unset_unread_and_harmless_properties_say_what_they_are() {
    let unset = Property { name: "cftoken".to_owned(), value: Ok(None), is_masked: false };
    let unread = Property { name: "cftoken".to_owned(), value: Err(Unread::NotAsked), is_masked: false };
    assert_eq!(masked(&[unset.clone(), unread.clone()]), [unset, unread]);
}

#[test]
fn secrets_are_not_printed_for_debugging() {
    assert_eq!(format!("{:?}", Secrets::of_settings([("token", "hunter22")])), "Secrets(1)");
}
