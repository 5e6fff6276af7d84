//! The links of our pages, put below the base path.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::web::{Bytes, BytesMut};
use memchr::memmem;

use crate::domain::base_path::BasePath;

/// Attributes that hold a path of ours.
const ATTRIBUTES: [&str; 10] = [
    "action",
    "data-action",
    "data-base",
    "data-passkey",
    "formaction",
    "href",
    "hx-get",
    "hx-post",
    "src",
    "hx-push-url",
];
/// How the value of such an attribute begins. No text from outside does: the templates escape quotation marks.
const BEGIN: &[u8] = b"=\"/";

/// `html` with its links below `base`.
pub(crate) fn below(base: &BasePath, html: &[u8]) -> Bytes {
    let mut moved = BytesMut::with_capacity(html.len() + html.len() / 16);
    let mut rest = 0;
    for equals in memmem::find_iter(html, BEGIN) {
        let path = equals + BEGIN.len() - 1;
        if ATTRIBUTES.iter().any(|name| is_attribute(&html[..equals], name))
            && html.get(path + 1) != Some(&b'/')
        {
            moved.extend_from_slice(&html[rest..path]);
            moved.extend_from_slice(base.as_str().as_bytes());
            rest = path + 1;
        }
    }
    moved.extend_from_slice(&html[rest..]);
    moved.freeze()
}

fn is_attribute(before: &[u8], name: &str) -> bool {
    let start = before.strip_suffix(name.as_bytes());
    start.is_some_and(|start| start.last().is_some_and(u8::is_ascii_whitespace))
}

/// A page that comes in parts, with its links below the base path.
pub(crate) struct Links {
    base: BasePath,
    parts: BoxBody,
    /// The end of what has come, which may be the beginning of a tag.
    held: BytesMut,
}

impl Links {
    pub(crate) fn new(base: BasePath, parts: BoxBody) -> Self {
        Self { base, parts, held: BytesMut::new() }
    }

    /// What can be sent: up to the last end of a tag, or all.
    fn take(&mut self, is_end: bool) -> Option<Bytes> {
        let whole =
            if is_end { self.held.len() } else { memchr::memrchr(b'>', &self.held).map_or(0, |end| end + 1) };
        (whole > 0).then(|| below(&self.base, &self.held.split_to(whole)))
    }
}

impl MessageBody for Links {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        loop {
            match ready!(Pin::new(&mut this.parts).poll_next(context)) {
                Some(Ok(part)) => {
                    this.held.extend_from_slice(&part);
                    if let Some(whole) = this.take(false) {
                        return Poll::Ready(Some(Ok(whole)));
                    }
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(this.take(true).map(Ok)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;
    use std::path::Path;

    use actix_web::body::BodyStream;
    use futures_util::stream;

    use super::*;

    type Result<T = ()> = std::result::Result<T, Box<dyn Error>>;

    const HTML: &str = "<html data-base=\"/\"><a class=\"x\" href=\"/jails\">=&#34;/x</a>\n<form action=\"/\" method=\"post\">\
                        <input name=\"next\" value=\"/bans\"><img src=\"//elsewhere/x\"><a href=\"?page=2\"></a><p hidden";
    const BELOW: &str = "<html data-base=\"/b/\"><a class=\"x\" href=\"/b/jails\">=&#34;/x</a>\n<form action=\"/b/\" method=\"post\">\
                         <input name=\"next\" value=\"/bans\"><img src=\"//elsewhere/x\"><a href=\"?page=2\"></a><p hidden";

    #[test]
    fn links_go_below_the_base_path_and_nothing_else_does() -> Result {
        assert_eq!(below(&"/b".parse()?, HTML.as_bytes()), BELOW);
        Ok(())
    }

    #[actix_web::test]
    async fn wherever_a_page_is_cut_it_is_the_same() -> Result {
        for cut in 0..=HTML.len() {
            let (one, two) = HTML.as_bytes().split_at(cut);
            let parts = [one, two].map(|part| Ok::<_, actix_web::Error>(Bytes::copy_from_slice(part)));
            let parts = BoxBody::new(BodyStream::new(stream::iter(parts)));
            let whole = actix_web::body::to_bytes(BoxBody::new(Links::new("/b".parse()?, parts))).await;
            assert_eq!(whole.map_err(|error| error.to_string())?, BELOW, "{cut}");
        }
        Ok(())
    }

    /// The attributes of a template whose value begins as a path.
    fn paths(template: &str) -> impl Iterator<Item = &str> {
        template.match_indices("=\"/").filter_map(|(at, _)| template[..at].rsplit(char::is_whitespace).next())
    }

    #[test]
    fn every_attribute_of_the_templates_that_holds_a_path_is_known() -> Result {
        let mut directories = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")];
        while let Some(directory) = directories.pop() {
            for entry in std::fs::read_dir(directory)? {
                let path = entry?.path();
                if path.is_dir() {
                    directories.push(path);
                    continue;
                }
                let template = std::fs::read_to_string(&path)?;
                // A field is no link, and a key is none.
                let unknown = paths(&template).find(|name| {
                    !["value", "aria-keyshortcuts"].contains(name) && !ATTRIBUTES.contains(name)
                });
                assert_eq!(unknown, None, "{}", path.display());
            }
        }
        Ok(())
    }
}
