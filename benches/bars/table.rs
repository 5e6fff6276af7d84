//! Figures, and the table that they stand in.

use std::fmt::Write as _;
use std::time::Duration;

use crate::support::Res;

/// A line of the table.
pub struct Row {
    pub case: String,
    /// Empty where there is none.
    pub bar: String,
    pub measured: String,
    /// Whether the measured figures reach the bar; `None` where there is none.
    pub reached: Option<bool>,
}

impl Row {
    pub fn new(case: impl Into<String>, bar: &str, measured: String, reached: Option<bool>) -> Self {
        Self { case: case.into(), bar: bar.to_owned(), measured, reached }
    }
}

/// The rows as Markdown.
pub fn markdown(rows: &[Row]) -> Res<String> {
    let mut text = "| case | bar | measured | reached |\n|---|---|---|---|\n".to_owned();
    for Row { case, bar, measured, reached } in rows {
        let reached = match reached {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        writeln!(text, "| {case} | {bar} | {measured} | {reached} |")?;
    }
    Ok(text)
}

/// Times or ratios of the same thing.
#[derive(Default)]
pub struct Figures(Vec<f64>);

impl Figures {
    pub fn add(&mut self, figure: f64) {
        self.0.push(figure);
    }

    /// In milliseconds.
    pub fn add_time(&mut self, time: Duration) {
        self.add(ms(time));
    }

    pub fn append(&mut self, other: &mut Self) {
        self.0.append(&mut other.0);
    }

    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// What half of them do not exceed.
    pub fn median(&self) -> f64 {
        self.within(50)
    }

    /// What so many of a hundred do not exceed; not a number where there are none.
    pub fn within(&self, percent: usize) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
        sorted.get(place).copied().unwrap_or(f64::NAN)
    }

    pub fn least(&self) -> f64 {
        self.within(0)
    }

    pub fn most(&self) -> f64 {
        self.within(100)
    }
}

pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// `100,000`.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
