//! The part of a ban list that a URL asks for, and the URL for a part.

use serde::Deserialize;

use crate::domain::ban_page::{BanPage, BanQuery, Direction, MOST_PER_PAGE, Sort};
use crate::domain::jail::JailName;

use super::error::Error;

/// Rows a page unless the URL says otherwise.
const PER_PAGE: usize = 25;

/// The query of `/jails/{jail}`, `/bans` and their tables, as it came.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct BanParams {
    page: Option<String>,
    per_page: Option<String>,
    q: Option<String>,
    sort: Option<String>,
    dir: Option<String>,
    jail: Option<String>,
}

impl BanParams {
    /// Reads the query.
    ///
    /// # Errors
    /// When a value is not one that it can have.
    pub(super) fn read(&self) -> Result<BanQuery, Error> {
        let sort = match self.sort.as_deref() {
            None | Some("" | "banned") => Sort::Banned,
            Some("ip") => Sort::Ip,
            Some("expires") => Sort::Expires,
            Some(_) => return Err(bad("The list can be sorted by ip, banned or expires.")),
        };
        let direction = match self.dir.as_deref() {
            None | Some("") => usual(sort),
            Some("asc") => Direction::Ascending,
            Some("desc") => Direction::Descending,
            Some(_) => return Err(bad("The direction is asc or desc.")),
        };
        let search: String = self.q.as_deref().map_or("", str::trim).to_owned();
        if search.chars().count() > 100 {
            return Err(bad("A search has 100 characters at most."));
        }
        let jail = match self.jail.as_deref() {
            None | Some("") => None,
            Some(name) => Some(name.parse().map_err(|_| Error::NoPage)?),
        };
        Ok(BanQuery {
            jail,
            search,
            sort,
            direction,
            page: number(self.page.as_deref(), 1, usize::MAX)?,
            per_page: number(self.per_page.as_deref(), PER_PAGE, MOST_PER_PAGE)?,
        })
    }
}

fn bad(sentence: &str) -> Error {
    Error::BadInput(sentence.to_owned())
}

fn number(text: Option<&str>, unless_told: usize, most: usize) -> Result<usize, Error> {
    match text {
        None | Some("") => Ok(unless_told),
        Some(text) => match text.parse() {
            Ok(number @ 1..) if number <= most => Ok(number),
            _ => Err(Error::BadInput(format!(
                "The page is a number from 1, and a page has 1 to {MOST_PER_PAGE} rows."
            ))),
        },
    }
}

/// The direction in which a column is first sorted: newest first, addresses and ends from the front.
fn usual(sort: Sort) -> Direction {
    match sort {
        Sort::Banned => Direction::Descending,
        Sort::Ip | Sort::Expires => Direction::Ascending,
    }
}

fn word(sort: Sort) -> &'static str {
    match sort {
        Sort::Ip => "ip",
        Sort::Banned => "banned",
        Sort::Expires => "expires",
    }
}

/// The query as it stands in a URL, with a leading `?`; empty for the list as it first comes. What is
/// as usual is left out, so that each part of the list has one URL.
pub(super) fn to_url(query: &BanQuery) -> String {
    let mut pairs = form_urlencoded_pairs(query);
    if pairs.is_empty() {
        return pairs;
    }
    pairs.insert(0, '?');
    pairs
}

fn form_urlencoded_pairs(query: &BanQuery) -> String {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    if let Some(jail) = &query.jail {
        pairs.push(("jail", jail.to_string()));
    }
    if !query.search.is_empty() {
        pairs.push(("q", query.search.clone()));
    }
    if query.sort != Sort::Banned {
        pairs.push(("sort", word(query.sort).to_owned()));
    }
    if query.direction != usual(query.sort) {
        pairs.push(("dir", direction_word(query.direction).to_owned()));
    }
    if query.per_page != PER_PAGE {
        pairs.push(("per_page", query.per_page.to_string()));
    }
    if query.page != 1 {
        pairs.push(("page", query.page.to_string()));
    }
    serde_urlencoded::to_string(pairs).unwrap_or_default()
}

fn direction_word(direction: Direction) -> &'static str {
    match direction {
        Direction::Ascending => "asc",
        Direction::Descending => "desc",
    }
}

/// The links of a ban table in its present state.
#[derive(Debug, Clone)]
pub(super) struct BanLinks {
    /// The page that holds the table, without a query: `/jails/sshd` or `/bans`.
    pub base: String,
    /// The table alone: `/jails/sshd/bans` or `/bans/table`.
    pub table: String,
    /// The jails to choose from, where the list is over all of them; empty on a jail's own page.
    pub jails: Vec<JailName>,
    /// Why a selection of rows was refused.
    pub pick_mistake: Option<String>,
    /// What is shown now.
    pub query: BanQuery,
}

/// A link to a page of the ban table.
#[derive(Debug, Clone)]
pub(super) struct PageLink {
    /// The page.
    pub number: usize,
    /// What follows the page's or the fragment's path.
    pub query: String,
    /// Whether it is the one that is shown.
    pub is_here: bool,
}

/// One header of the table that sorts.
#[derive(Debug, Clone)]
pub(super) struct SortLink {
    /// The column's title.
    pub title: &'static str,
    /// What follows the page's or the fragment's path.
    pub query: String,
    /// `ascending` or `descending` where the table is sorted by it now.
    pub sorted: Option<&'static str>,
}

impl BanLinks {
    /// The links for `jail`.
    pub(super) fn of_jail(jail: &JailName, query: BanQuery) -> Self {
        let base = jail_path(jail);
        Self {
            table: format!("{base}/bans"),
            base,
            jails: Vec::new(),
            pick_mistake: None,
            query: BanQuery { jail: None, ..query },
        }
    }

    /// The links for the list over all of `jails`.
    pub(super) fn of_all(jails: Vec<JailName>, query: BanQuery) -> Self {
        Self { base: "/bans".to_owned(), table: "/bans/table".to_owned(), jails, pick_mistake: None, query }
    }

    /// Whether the list is over all jails.
    pub(super) fn is_over_all(&self) -> bool {
        self.base == "/bans"
    }

    /// The numbers of rows to choose from; the present one is among them.
    pub(super) fn page_sizes(&self) -> Vec<usize> {
        let mut sizes = vec![10, 25, 50, MOST_PER_PAGE, self.query.per_page];
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    /// The headers that sort.
    pub(super) fn columns(&self) -> [SortLink; 3] {
        [
            self.column(Sort::Ip, "Address"),
            self.column(Sort::Banned, "Banned"),
            self.column(Sort::Expires, "Expires"),
        ]
    }

    /// The pages to link to: the first, the last, and those around this one. `None` stands for a gap.
    pub(super) fn page_links(&self, shown: &BanPage) -> Vec<Option<PageLink>> {
        let (page, pages) = (shown.page, shown.pages);
        let mut links = Vec::new();
        let mut last = 0;
        for number in
            (1..=pages).filter(|number| *number == 1 || *number == pages || number.abs_diff(page) <= 1)
        {
            if last + 1 < number {
                links.push(None);
            }
            links.push(Some(PageLink { number, query: self.page(number), is_here: number == page }));
            last = number;
        }
        links
    }

    /// The query of the state as it is.
    pub(super) fn here(&self) -> String {
        to_url(&self.query)
    }

    /// The query of another page of the same list.
    pub(super) fn page(&self, page: usize) -> String {
        to_url(&BanQuery { page, ..self.query.clone() })
    }

    /// The query without the search.
    pub(super) fn unsearched(&self) -> String {
        to_url(&BanQuery { search: String::new(), page: 1, ..self.query.clone() })
    }

    /// The header of a column: a second click turns the direction.
    pub(super) fn column(&self, sort: Sort, title: &'static str) -> SortLink {
        let current = self.query.sort == sort;
        let direction = match (current, self.query.direction) {
            (false, _) => usual(sort),
            (true, Direction::Ascending) => Direction::Descending,
            (true, Direction::Descending) => Direction::Ascending,
        };
        let sorted = current.then_some(match self.query.direction {
            Direction::Ascending => "ascending",
            Direction::Descending => "descending",
        });
        SortLink {
            title,
            query: to_url(&BanQuery { sort, direction, page: 1, ..self.query.clone() }),
            sorted,
        }
    }

    /// The sort as a form sends it on.
    pub(super) fn sort(&self) -> &'static str {
        word(self.query.sort)
    }

    /// The direction as a form sends it on.
    pub(super) fn dir(&self) -> &'static str {
        direction_word(self.query.direction)
    }
}

/// What stands in a path as it is: the unreserved characters of RFC 3986.
pub(super) const UNRESERVED: percent_encoding::AsciiSet =
    percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The page of a jail: its name may hold anything, so it is escaped.
pub(super) fn jail_path(jail: &JailName) -> String {
    format!("/jails/{}", percent_encoding::utf8_percent_encode(jail.as_str(), &UNRESERVED))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(query: &str) -> BanParams {
        serde_urlencoded::from_str(query).unwrap_or_else(|e| unreachable!("{e}"))
    }

    #[test]
    fn a_query_reads_back_from_its_url() {
        for url in [
            "",
            "?q=203.0&sort=ip&dir=desc&per_page=100&page=3",
            "?sort=expires",
            "?q=a%26b+c",
            "?jail=a+%26b",
        ] {
            let query = params(url.trim_start_matches('?')).read();
            assert_eq!(query.map(|query| to_url(&query)).ok().as_deref(), Some(url));
        }
    }

    #[test]
    fn values_that_cannot_be_are_refused() {
        for url in [
            "page=0",
            "page=x",
            "per_page=101",
            "per_page=0",
            "sort=colour",
            "dir=up",
            &format!("q={}", "x".repeat(101)),
        ] {
            assert!(params(url).read().is_err(), "{url}");
        }
    }

    #[test]
    fn a_second_click_on_a_column_turns_the_direction() {
        let links = BanLinks {
            base: String::new(),
            table: String::new(),
            jails: Vec::new(),
            pick_mistake: None,
            query: params("sort=ip&page=4").read().unwrap_or_else(|e| unreachable!("{e}")),
        };
        assert_eq!(links.column(Sort::Ip, "Address").query, "?sort=ip&dir=desc");
        assert_eq!(links.column(Sort::Expires, "Expires").query, "?sort=expires");
    }

    #[test]
    fn any_jail_name_makes_one_path_segment() {
        let path = |name: &str| name.parse().map(|name| jail_path(&name));
        assert_eq!(path("nginx-http-auth"), Ok("/jails/nginx-http-auth".to_owned()));
        assert_eq!(path("a/b c?"), Ok("/jails/a%2Fb%20c%3F".to_owned()));
    }
}
