//! The links of a ban table: to its pages, its sorts and itself.

use crate::domain::ban::order::{Direction, Sort};
use crate::domain::ban::page::{BanPage, BanQuery, MOST_PER_PAGE};
use crate::domain::jail::JailName;
use crate::web::extract::ban_query::{jail_path, to_url, usual};

/// The links of a ban table in its present state.
#[derive(Debug, Clone)]
pub(crate) struct BanLinks {
    /// The page that holds the table, without a query: `/jails/sshd` or `/bans`.
    pub base: String,
    /// The table alone: `/jails/sshd/bans` or `/bans/table`.
    pub table: String,
    /// The jail whose own page it is.
    pub jail: Option<JailName>,
    /// The jails to choose from, where the list is over all of them; empty on a jail's own page.
    pub jails: Vec<JailName>,
    /// Reason why a selection of rows was refused.
    pub(crate) pick_mistake: Option<String>,
    /// Query of the part that is shown now.
    pub query: BanQuery,
}

/// A link to a page of the ban table.
#[derive(Debug, Clone)]
pub(crate) struct PageLink {
    /// The page.
    pub number: usize,
    /// Query to append to the page's or the fragment's path.
    pub query: String,
    /// True if it is the page that is shown.
    pub is_here: bool,
}

/// One header of the table that sorts.
#[derive(Debug, Clone)]
pub(crate) struct SortLink {
    /// The column's title.
    pub title: &'static str,
    /// Query to append to the page's or the fragment's path.
    pub query: String,
    /// `ascending` or `descending` where the table is sorted by it now.
    pub sorted: Option<&'static str>,
}

impl BanLinks {
    /// The links for `jail`.
    pub(crate) fn of_jail(jail: &JailName, query: BanQuery) -> Self {
        let base = jail_path(jail);
        Self {
            table: format!("{base}/bans"),
            base,
            jail: Some(jail.clone()),
            jails: Vec::new(),
            pick_mistake: None,
            query: BanQuery { jail: None, ..query },
        }
    }

    /// The links for the list over all of `jails`.
    pub(crate) fn of_all(jails: Vec<JailName>, query: BanQuery) -> Self {
        let (base, table) = ("/bans".to_owned(), "/bans/table".to_owned());
        Self { table, base, jail: None, jails, pick_mistake: None, query }
    }

    /// Returns true if the list is over all jails.
    pub(crate) fn is_over_all(&self) -> bool {
        self.base == "/bans"
    }

    /// Returns true if not every ban is asked for.
    pub(crate) fn is_filtered(&self) -> bool {
        let query = &self.query;
        !query.search.is_empty() || query.origin.is_some() || query.jail.is_some()
    }

    /// The numbers of rows to choose from; the present one is among them.
    pub(crate) fn page_sizes(&self) -> Vec<usize> {
        let mut sizes = vec![10, 25, 50, MOST_PER_PAGE, self.query.per_page];
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }

    /// The headers that sort.
    pub(crate) fn columns(&self) -> [SortLink; 4] {
        [
            self.column(Sort::Ip, "Address"),
            self.column(Sort::Country, "Country"),
            self.column(Sort::Banned, "Banned"),
            self.column(Sort::Expires, "Expires"),
        ]
    }

    /// The pages to link to: the first, the last, and those around this one. `None` stands for a gap.
    pub(crate) fn page_links(&self, shown: &BanPage) -> Vec<Option<PageLink>> {
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

    /// Returns the query of the present state.
    pub(crate) fn here(&self) -> String {
        to_url(&self.query)
    }

    /// The query of another page of the same list.
    pub(crate) fn page(&self, page: usize) -> String {
        to_url(&BanQuery { page, ..self.query.clone() })
    }

    /// The query without the search and the country.
    pub(crate) fn unsearched(&self) -> String {
        to_url(&BanQuery { search: String::new(), origin: None, page: 1, ..self.query.clone() })
    }

    /// The header of a column: a second click turns the direction.
    pub(crate) fn column(&self, sort: Sort, title: &'static str) -> SortLink {
        let current = self.query.sort == sort;
        let direction = if current { self.query.direction.turned() } else { usual(sort) };
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
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_click_on_a_column_turns_the_direction() {
        let links = BanLinks {
            base: String::new(),
            table: String::new(),
            jail: None,
            jails: Vec::new(),
            pick_mistake: None,
            query: BanQuery {
                jail: None,
                search: String::new(),
                origin: None,
                every_country: false,
                sort: Sort::Ip,
                direction: Direction::Ascending,
                page: 4,
                per_page: 25,
            },
        };
        assert_eq!(links.column(Sort::Ip, "Address").query, "?sort=ip&dir=desc");
        assert_eq!(links.column(Sort::Expires, "Expires").query, "?sort=expires");
    }
}
