//! What a person reads of an error, as a type.

/// The picture beside the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    NotRunning,
    SocketMissing,
    Denied,
    Silent,
    CutOff,
    Unreadable,
    /// What was asked for is not there.
    Lost,
    /// What was asked for was not done.
    Refused,
}

/// One error, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// The picture.
    pub picture: Picture,
    /// What is wrong, in a few words.
    pub title: String,
    /// What that means.
    pub sentence: String,
    /// What to do; empty where the page itself leads on.
    pub advice: String,
    /// A command that helps, to be run on the server.
    pub command: Option<&'static str>,
    /// Whether a change that was asked for may have been made all the same.
    pub uncertain: bool,
    /// Whether it may pass by itself, so that asking again is worth it.
    pub passing: bool,
}

/// A trouble that is nobody else's and does not pass by itself.
pub(crate) fn trouble(title: &str, sentence: &str, advice: &str) -> Trouble {
    Trouble {
        picture: Picture::Refused,
        title: title.to_owned(),
        sentence: sentence.to_owned(),
        advice: advice.to_owned(),
        command: None,
        uncertain: false,
        passing: false,
    }
}

pub(crate) fn passing(
    picture: Picture,
    title: &str,
    sentence: &str,
    advice: &str,
    command: Option<&'static str>,
) -> Trouble {
    Trouble { picture, command, passing: true, ..trouble(title, sentence, advice) }
}

pub(crate) fn uncertain(trouble: Trouble) -> Trouble {
    Trouble { uncertain: true, ..trouble }
}

pub(crate) fn lost(title: &str, sentence: &str, advice: &str) -> Trouble {
    Trouble { picture: Picture::Lost, ..trouble(title, sentence, advice) }
}
