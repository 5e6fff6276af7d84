//! The text of an error for the user, as a type.

/// The picture beside the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    NotRunning,
    SocketMissing,
    Denied,
    Silent,
    CutOff,
    Unreadable,
    /// The page or item that was asked for is not there.
    Lost,
    /// The request was not carried out.
    Refused,
}

/// One error, in plain words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    /// The picture.
    pub picture: Picture,
    /// The problem, in a few words.
    pub title: String,
    /// Explanation of the problem.
    pub sentence: String,
    /// Advice to the user; empty where the page itself leads on.
    pub(crate) advice: String,
    /// A command that helps, to be run on the server.
    pub command: Option<&'static str>,
    /// True if a change that was asked for may have been made all the same.
    pub(crate) outcome_unknown: bool,
    /// True if the problem may pass by itself, so that asking again is worth it.
    pub(crate) retryable: bool,
}

impl Problem {
    /// Returns true if it is on the way to fail2ban, and not in what was asked for.
    pub(crate) fn is_of_the_daemon(&self) -> bool {
        !matches!(self.picture, Picture::Lost | Picture::Refused)
    }
}

/// Builds a problem that does not pass by itself and leaves no doubt about the outcome.
pub(crate) fn problem(title: &str, sentence: &str, advice: &str) -> Problem {
    Problem {
        picture: Picture::Refused,
        title: title.to_owned(),
        sentence: sentence.to_owned(),
        advice: advice.to_owned(),
        command: None,
        outcome_unknown: false,
        retryable: false,
    }
}

pub(crate) fn retryable(
    picture: Picture,
    title: &str,
    sentence: &str,
    advice: &str,
    command: Option<&'static str>,
) -> Problem {
    Problem { picture, command, retryable: true, ..problem(title, sentence, advice) }
}

pub(crate) fn with_unknown_outcome(problem: Problem) -> Problem {
    Problem { outcome_unknown: true, ..problem }
}

pub(crate) fn not_found(title: &str, sentence: &str, advice: &str) -> Problem {
    Problem { picture: Picture::Lost, ..problem(title, sentence, advice) }
}
