//! Which URLs are given to git.

use super::GitError;
use crate::wit::printable::printable;

/// The protocols that are fetched by. What git would run as a command (`ext::`), or fetch unprotected (`http`), is none.
pub(super) const PROTOCOLS: [&str; 4] = ["https", "ssh", "file", "git"];

/// How many characters of a URL a message shows.
const SHOWN: usize = 200;

/// Refuses what is no URL of a protocol that is allowed, or holds a password.
pub(super) fn check(url: &str) -> Result<(), GitError> {
    let refuse = |what: &str| {
        let shown = printable(&without_password(url), SHOWN);
        Err(GitError::Url { url: shown, what: what.to_owned() })
    };
    if url.starts_with('-') {
        return refuse("git would take it for an option");
    }
    if url.contains(|character: char| character.is_control() || character.is_whitespace()) {
        return refuse("it has a space or a control character");
    }
    if url.contains("::") {
        return refuse("`::` would have git run a helper");
    }
    let protocols = format!("write {}://…, or user@host:path", PROTOCOLS.join("://…, "));
    let (user_and_host, is_file) = match url.split_once("://") {
        Some((protocol, rest)) if PROTOCOLS.contains(&protocol) => {
            (rest.split('/').next().unwrap_or_default(), protocol == "file")
        }
        Some(_) => return refuse(&format!("its protocol is not allowed: {protocols}")),
        // `user@host:path` is ssh.
        None => match url.split_once(':') {
            Some((place, path)) if place.contains('@') && !place.contains('/') && !path.is_empty() => (place, false),
            _ => return refuse(&protocols),
        },
    };
    let (user, host) = user_and_host.rsplit_once('@').unwrap_or(("", user_and_host));
    if user.contains(':') {
        return refuse("it holds a password, which would stand in the lock: let git ask a credential helper");
    }
    if host.starts_with('-') || user.starts_with('-') || host.is_empty() && !is_file {
        return refuse("it names no host");
    }
    Ok(())
}

/// The URL with what stands between the user's name and the host left out.
fn without_password(url: &str) -> String {
    let Some((before, host)) = url.rsplit_once('@') else { return url.to_owned() };
    let start = before.find("://").map_or(0, |at| at + 3);
    match before[start..].find(':') {
        Some(colon) => format!("{}:…@{host}", &before[..start + colon]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::check;

    #[rstest]
    #[case("https://example.com/x.git")]
    #[case("https://user@example.com:8443/x.git")]
    #[case("ssh://git@example.com/x")]
    #[case("git@example.com:x/y.git")]
    #[case("file:///srv/x")]
    #[case("git://example.com/x")]
    fn what_is_fetched_from(#[case] url: &str) {
        assert_eq!(check(url).map_err(|error| error.to_string()), Ok(()));
    }

    const WRITE: &str = "write https://…, ssh://…, file://…, git://…, or user@host:path";

    #[rstest]
    #[case("--upload-pack=touch x", "git would take it for an option")]
    #[case("-x", "git would take it for an option")]
    #[case("ext::sh -c touch% x", "it has a space or a control character")]
    #[case("ext::sh", "`::` would have git run a helper")]
    #[case("http://x/y", &format!("its protocol is not allowed: {WRITE}"))]
    #[case("ftp://x/y", &format!("its protocol is not allowed: {WRITE}"))]
    #[case("/srv/x", WRITE)]
    #[case("../x", WRITE)]
    #[case("host:path", WRITE)]
    #[case("ssh://-oProxyCommand=x/y", "it names no host")]
    #[case("-o@host:path", "git would take it for an option")]
    #[case("https:///x", "it names no host")]
    fn what_is_not(#[case] url: &str, #[case] what: &str) {
        let expected = format!("`{url}` is no URL that is fetched from: {what}");
        assert_eq!(check(url).map_err(|error| error.to_string()), Err(expected));
    }

    #[test]
    fn a_password_is_not_repeated() {
        let said = check("https://me:secret@example.com/x").unwrap_err().to_string();
        let expected = "`https://me:…@example.com/x` is no URL that is fetched from: it holds a password, which would \
                        stand in the lock: let git ask a credential helper";
        assert_eq!(said, expected);
    }
}
