//! One connection against a daemon that misbehaves.

pub(crate) mod activation;
pub(crate) mod fake;
pub(crate) mod opening;

use tokio::join;

use crate::fail2ban::error::Error;
use crate::fail2ban::pickle::decode;

use super::Connection;
use fake::{FakeDaemon, LONG, SHORT, TestResult, framed, pickled, question};

#[tokio::test]
async fn ten_thousand_questions_at_once_are_answered_in_order() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let words: Vec<String> = (0..10_000).map(|number| format!("{number:0>200}")).collect();
    let questions = words.iter().map(|word| question(word, LONG)).collect();
    let answering = async {
        let mut peer = daemon.accept().await?;
        for _ in 0..words.len() {
            peer.echo().await?;
        }
        TestResult::Ok(())
    };
    let (answers, answered) = join!(connection.ask_all(questions), answering);
    answered?;
    for (answer, word) in answers.into_iter().zip(&words) {
        assert_eq!(answer?, pickled(word));
    }
    assert_eq!(connection.generation(), 1);
    Ok(())
}

#[tokio::test]
async fn questions_are_sent_before_earlier_ones_are_answered() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let answering = async {
        let mut peer = daemon.accept().await?;
        let words = [peer.question().await?, peer.question().await?, peer.question().await?];
        for word in words.iter().filter_map(|words| words.last()) {
            peer.send(&framed(word)).await?;
        }
        TestResult::Ok(())
    };
    let (first, second, third, answered) = join!(
        connection.ask(question("1", LONG)),
        connection.ask(question("2", LONG)),
        connection.ask(question("3", LONG)),
        answering,
    );
    answered?;
    assert_eq!([first?, second?, third?], ["1", "2", "3"].map(pickled));
    Ok(())
}

#[tokio::test]
async fn the_answer_to_a_caller_who_has_gone_goes_to_nobody_else() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let (slow, impatient) = (question("slow", LONG), question("impatient", SHORT));
    let callers = async {
        let (slow, impatient) = join!(connection.ask(slow), async {
            let outcome = connection.ask(impatient).await;
            (outcome, connection.ask(question("next", LONG)).await)
        });
        (slow, impatient.0, impatient.1)
    };
    let answering = async {
        let mut peer = daemon.accept().await?;
        // The third is asked when the second caller has given up.
        for _ in 0..3 {
            peer.question().await?;
        }
        for word in ["slow", "impatient", "next"] {
            peer.send(&framed(word)).await?;
        }
        TestResult::Ok(())
    };
    let ((slow, impatient, next), answered) = join!(callers, answering);
    answered?;
    assert!(matches!(impatient, Err(Error::Deadline(SHORT))), "{impatient:?}");
    assert_eq!([slow?, next?], ["slow", "next"].map(pickled));
    assert_eq!(connection.generation(), 1);
    Ok(())
}

#[tokio::test]
async fn a_hanging_daemon_is_left_and_everyone_behind_is_told() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let questions = vec![question("hangs", SHORT), question("behind", SHORT)];
    let (answers, hanging) = join!(connection.ask_all(questions), daemon.accept());
    let mut hanging = hanging?;
    assert!(answers.iter().all(|answer| matches!(answer, Err(Error::Deadline(SHORT)))));
    hanging.question().await?;
    hanging.question().await?;
    assert!(hanging.question().await.is_err(), "the connection is still open");

    let (answer, answered) =
        join!(connection.ask(question("again", LONG)), async { daemon.accept().await?.echo().await });
    answered?;
    assert_eq!(answer?, pickled("again"));
    assert_eq!(connection.generation(), 2);
    Ok(())
}

#[tokio::test]
async fn a_question_behind_a_slow_one_has_its_own_time_and_no_more() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let questions = vec![question("slow", LONG), question("hangs", SHORT), question("behind", SHORT)];
    let answering = async {
        let mut peer = daemon.accept().await?;
        peer.echo().await?;
        Ok::<_, Box<dyn std::error::Error>>(peer)
    };
    let (answers, peer) = join!(connection.ask_all(questions), answering);
    peer?;
    assert_eq!(answers[0].clone()?, pickled("slow"));
    for answer in &answers[1..] {
        assert!(matches!(answer, Err(Error::Deadline(SHORT))), "{answer:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_question_with_more_time_is_not_lost_with_the_one_before_it() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let (told, gave_up) = tokio::sync::oneshot::channel();
    let impatient = async {
        let outcome = connection.ask(question("impatient", SHORT)).await;
        told.send(()).map(|()| outcome)
    };
    let freezing = async {
        let mut peer = daemon.accept().await?;
        peer.question().await?;
        peer.question().await?;
        gave_up.await?;
        for word in ["impatient", "patient"] {
            peer.send(&framed(word)).await?;
        }
        TestResult::Ok(())
    };
    let (impatient, patient, frozen) = join!(impatient, connection.ask(question("patient", LONG)), freezing);
    assert!(matches!(impatient, Ok(Err(Error::Deadline(SHORT)))), "{impatient:?}");
    assert_eq!(patient?, pickled("patient"));
    frozen?;
    assert_eq!(connection.generation(), 1);
    Ok(())
}

#[tokio::test]
async fn a_reply_that_is_cut_anywhere_is_cut_off_and_not_asked_again() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let whole = framed("a reply");
    for length in 0..whole.len() {
        let cutting = async {
            let mut peer = daemon.accept().await?;
            let asked = peer.question().await?;
            peer.send(&whole[..length]).await?;
            Ok::<_, Box<dyn std::error::Error>>(asked)
        };
        let word = length.to_string();
        let (answer, asked) = join!(connection.ask(question(&word, LONG)), cutting);
        assert!(matches!(answer, Err(Error::CutOff(_))), "cut at {length}: {answer:?}");
        // Were a question sent again, the next connection would begin with the one before.
        assert_eq!(asked?, ["echo", &word]);
    }
    Ok(())
}

#[tokio::test]
async fn after_an_unreadable_answer_the_connection_is_left() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let endless = [b"\x80\x04X\xff\xff\xff\x7f".as_slice(), &vec![b'x'; 20_000]].concat();
    let no_pickle = b"HTTP/1.1 400 Bad Request".to_vec();
    let garbage = b"\x80\x04garbage<F2B_END_COMMAND>".to_vec();
    for bad in [endless, no_pickle, garbage] {
        let sending = async {
            let mut peer = daemon.accept().await?;
            peer.question().await?;
            peer.question().await?;
            // The other side may close before it has read everything.
            drop(peer.send(&bad).await);
            drop(peer.question().await);
            TestResult::Ok(())
        };
        let questions = vec![question("1", LONG), question("2", LONG)];
        let (answers, sent) = join!(connection.ask_all(questions), sending);
        sent?;
        assert!(matches!(answers[0], Err(Error::Unreadable(_))), "{answers:?}");
        assert!(matches!(answers[1], Err(Error::CutOff(_))), "{answers:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_whole_answer_that_nobody_can_decode_costs_no_other() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    // Doubled by DUP; a reference to something outside; a state of nothing; nested too deeply.
    let deep = [b"\x80\x04".as_slice(), &b"]".repeat(100), &b"a".repeat(99), b"."].concat();
    let replies = [b"\x80\x04N22\x86.".as_slice(), b"\x80\x04\x8c\x01xQ.", b"\x80\x04NNb.", &deep];
    for bad in replies {
        let answering = async {
            let mut peer = daemon.accept().await?;
            peer.question().await?;
            peer.send(&[bad, b"<F2B_END_COMMAND>"].concat()).await?;
            peer.echo().await
        };
        let other = Connection::new(connection.shared.socket.clone());
        let questions = vec![question("1", LONG), question("2", LONG)];
        let (answers, answered) = join!(other.ask_all(questions), answering);
        answered?;
        let answers: Vec<Vec<u8>> = answers.into_iter().collect::<Result<_, _>>()?;
        assert_eq!(answers, [bad.to_vec(), pickled("2")]);
        assert!(decode(bad).is_err(), "{bad:?}");
        assert_eq!(other.generation(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn an_answer_that_nobody_asked_for_ends_the_connection() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let two_answers = [framed("one"), framed("two")].concat();
    let sending = async {
        let mut peer = daemon.accept().await?;
        peer.question().await?;
        peer.send(&two_answers).await?;
        assert!(peer.question().await.is_err(), "the connection is still open");
        TestResult::Ok(())
    };
    let (answer, sent) = join!(connection.ask(question("1", LONG)), sending);
    sent?;
    assert_eq!(answer?, pickled("one"));
    Ok(())
}

#[tokio::test]
async fn a_marker_inside_a_string_does_not_end_the_reply() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let text = "^<F2B_END_COMMAND> <HOST>$";
    let answering = async {
        let mut peer = daemon.accept().await?;
        peer.question().await?;
        peer.send(&framed(text)).await?;
        peer.echo().await
    };
    let questions = vec![question("1", LONG), question("2", LONG)];
    let (answers, answered) = join!(connection.ask_all(questions), answering);
    answered?;
    let answers: Result<Vec<_>, _> = answers.into_iter().collect();
    assert_eq!(answers?, [text, "2"].map(pickled));
    Ok(())
}

#[tokio::test]
async fn an_argument_that_would_end_the_request_is_not_sent() -> TestResult {
    let (daemon, connection) = FakeDaemon::start()?;
    let questions = vec![question("x<F2B_END_COMMAND>", LONG), question("fine", LONG)];
    let (answers, received) =
        join!(connection.ask_all(questions), async { daemon.accept().await?.echo().await });
    assert!(matches!(answers[0], Err(Error::UnsafeArgument(_))), "{answers:?}");
    assert_eq!(received?, ["echo", "fine"]);
    Ok(())
}
