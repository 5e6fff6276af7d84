use super::*;

#[test]
fn expressions_are_a_line_each() {
    let read = |text: &str| Expressions::of_lines(text).map(Vec::from);
    assert_eq!(read(" a <HOST>\r\n\n\tb\tc \n"), Ok(vec!["a <HOST>".to_owned(), "b\tc".to_owned()]));
    assert_eq!(read("a\0b"), Err(ExpressionsError::Unsafe));
    assert_eq!(read(&"a\n".repeat(MOST_EXPRESSIONS + 1)), Err(ExpressionsError::TooMany));
    assert_eq!(read(&"a".repeat(LONGEST_EXPRESSIONS + 1)), Err(ExpressionsError::TooMany));
}

#[test]
fn a_question_is_checked_again_where_it_is_read() -> Result<(), Box<dyn std::error::Error>> {
    let text = |length| {
        let text = "x".repeat(length);
        postcard::to_stdvec(&text)
    };
    assert!(postcard::from_bytes::<PastedLines>(&text(LONGEST_PASTED)?).is_ok());
    assert!(postcard::from_bytes::<PastedLines>(&text(LONGEST_PASTED + 1)?).is_err());
    for unsafe_text in ["", " ", "a\nb"] {
        let bytes = postcard::to_stdvec(&vec![unsafe_text.to_owned()])?;
        assert!(postcard::from_bytes::<Expressions>(&bytes).is_err(), "{unsafe_text:?}");
    }
    Ok(())
}
