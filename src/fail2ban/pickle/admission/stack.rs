//! The virtual stack and the memo, and what their values cost.

use super::super::PickleError;
use super::super::opcode as op;
use super::{COST_PER_BYTE, FREE_COST, Kind, MAX_COST, MAX_DEPTH, Mark, Slot, Walk};

/// Values that go into a container.
pub(super) struct Contents {
    pub(super) start: usize,
    pub(super) depth: usize,
    pub(super) cost: usize,
    /// Whether the first, third, … is a text or an integer.
    pub(super) keys_are_plain: bool,
    /// The kind of the value if there is one only.
    pub(super) only_kind: Option<Kind>,
}

impl Walk<'_> {
    pub(super) fn charge(&mut self, cost: usize) -> Result<(), PickleError> {
        let limit = self.at.saturating_mul(COST_PER_BYTE).saturating_add(FREE_COST).min(MAX_COST);
        self.cost = self.cost.saturating_add(cost);
        if self.cost > limit { Err(PickleError::TooHeavy(limit)) } else { Ok(()) }
    }

    /// Pushes what has been written since `start`; `inside` is the cost of what it contains, which
    /// has been charged already.
    pub(super) fn push(
        &mut self,
        kind: Kind,
        start: usize,
        depth: usize,
        inside: usize,
        own: usize,
    ) -> Result<(), PickleError> {
        self.charge(own)?;
        if depth > MAX_DEPTH {
            return Err(PickleError::TooDeep(MAX_DEPTH));
        }
        let (cost, end) = (inside.saturating_add(own), self.output.len());
        self.stack.push(Slot { kind, depth, cost, start, end, memo: None, shared: false });
        Ok(())
    }

    /// How many values lie above the last open mark.
    pub(super) fn available(&self) -> usize {
        self.stack.len() - self.marks.last().map_or(0, |mark| mark.height)
    }

    /// Removes the last `count` values that may stand in a container, and says how deep they are
    /// and what they cost.
    pub(super) fn contents(&mut self, count: usize) -> Result<Contents, PickleError> {
        if count > self.available() {
            return Err(self.malformed("too few values on the stack"));
        }
        let items = &self.stack[self.stack.len() - count..];
        if items.iter().any(|item| matches!(item.kind, Kind::Class(_))) {
            return Err(self.malformed("a class that is not called"));
        }
        let contents = Contents {
            start: items.first().map_or(self.output.len(), |item| item.start),
            depth: items.iter().map(|item| item.depth).max().unwrap_or(0),
            cost: items.iter().fold(0, |cost, item| cost.saturating_add(item.cost)),
            keys_are_plain: items.iter().step_by(2).all(|key| matches!(key.kind, Kind::Text | Kind::Int)),
            only_kind: if let [item] = items { Some(item.kind) } else { None },
        };
        self.stack.truncate(self.stack.len() - count);
        Ok(contents)
    }

    pub(super) fn mark(&mut self) -> Result<(), PickleError> {
        if self.marks.len() == MAX_DEPTH {
            return Err(PickleError::TooDeep(MAX_DEPTH));
        }
        self.marks.push(Mark { height: self.stack.len(), start: self.output.len() });
        self.output.push(op::MARK);
        Ok(())
    }

    /// Removes the last mark, and says where it stood and how many values lay above it.
    pub(super) fn unmark(&mut self) -> Result<(usize, usize), PickleError> {
        let count = self.available();
        match self.marks.pop() {
            Some(mark) => Ok((mark.start, count)),
            None => Err(self.malformed("no open mark")),
        }
    }
}

impl Walk<'_> {
    pub(super) fn memoize(&mut self) -> Result<(), PickleError> {
        if self.available() == 0 {
            return Err(self.malformed("too few values on the stack"));
        }
        self.charge(size_of::<Slot>())?;
        let id = self.memo.len();
        match self.stack.last_mut() {
            Some(slot) if slot.memo.is_none() => {
                self.memo.push(*slot);
                slot.memo = Some(id);
                Ok(())
            }
            _ => Err(self.malformed("a value memoized twice")),
        }
    }

    /// Writes a copy of a memoized value.
    pub(super) fn fetch(&mut self, width: usize) -> Result<(), PickleError> {
        let id = self.number(width)?;
        let Some(entry) = self.memo.get_mut(id) else {
            return Err(self.malformed("a reference to nothing"));
        };
        entry.shared = true;
        let copied = *entry;
        // Once for the copy that is written, once for what is read from it.
        self.charge(copied.cost.saturating_add(copied.end - copied.start))?;
        let start = self.output.len();
        if !matches!(copied.kind, Kind::Class(_)) {
            self.output.extend_from_within(copied.start..copied.end);
        }
        self.stack.push(Slot { start, end: self.output.len(), memo: None, ..copied });
        Ok(())
    }
}
