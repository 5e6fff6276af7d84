//! What each admitted opcode that makes or fills a value does.

use std::str;

use super::super::PickleError;
use super::super::opcode as op;
use super::{CONTAINER_COST, Kind, MARKED_TUPLE_COST, MAX_DEPTH, Slot, VALUE_COST, Walk};

impl Walk<'_> {
    /// A value of a fixed number of bytes after its opcode: a scalar or an empty container.
    pub(super) fn plain(&mut self, kind: Kind, width: usize) -> Result<(), PickleError> {
        let start = self.output.len();
        let bytes = self.take(width)?;
        self.output.push(self.opcode);
        self.output.extend_from_slice(bytes);
        match kind {
            Kind::List | Kind::Map => self.push(kind, start, 1, 0, VALUE_COST + CONTAINER_COST),
            _ => self.push(kind, start, 0, 0, VALUE_COST),
        }
    }

    /// An integer of more than four bytes.
    pub(super) fn long(&mut self) -> Result<(), PickleError> {
        let start = self.output.len();
        let width = self.byte()?;
        if !matches!(width, 1..=8) {
            return Err(self.malformed("an integer of more than eight bytes"));
        }
        let bytes = self.take(width.into())?;
        self.output.extend_from_slice(&[self.opcode, width]);
        self.output.extend_from_slice(bytes);
        self.push(Kind::Int, start, 0, 0, VALUE_COST)
    }

    /// A string. Python writes a lone surrogate (a file name that is no UTF-8) in a way that is no
    /// Unicode: one such entry must not make the whole answer unreadable.
    pub(super) fn text(&mut self, width: usize) -> Result<(), PickleError> {
        let length = self.number(width)?;
        let bytes = self.take(length)?;
        let start = self.output.len();
        self.charge(length)?;
        if str::from_utf8(bytes).is_ok() {
            self.output.extend_from_slice(&self.input[self.opcode_at..self.at]);
        } else {
            let text = String::from_utf8_lossy(bytes);
            let length =
                u32::try_from(text.len()).map_err(|_| self.malformed("a string that is too long"))?;
            self.output.push(op::BINUNICODE);
            self.output.extend_from_slice(&length.to_le_bytes());
            self.output.extend_from_slice(text.as_bytes());
        }
        self.push(Kind::Text, start, 0, length, VALUE_COST)
    }

    /// Appends values to the list, or entries to the dictionary, below them.
    pub(super) fn fill(&mut self, kind: Kind, count: usize) -> Result<(), PickleError> {
        let contents = self.contents(count)?;
        if kind == Kind::Map && !(count.is_multiple_of(2) && contents.keys_are_plain) {
            return Err(self.malformed("a dictionary key that is neither text nor integer"));
        }
        if contents.depth >= MAX_DEPTH {
            return Err(PickleError::TooDeep(MAX_DEPTH));
        }
        self.output.push(self.opcode);
        let end = self.output.len();
        let open = self.available() > 0;
        let container = match self.stack.last_mut() {
            Some(slot) if open && slot.kind == kind => slot,
            _ => return Err(self.malformed("nothing to append to")),
        };
        let memoized = container.memo.and_then(|id| self.memo.get_mut(id));
        if container.shared || memoized.as_ref().is_some_and(|entry| entry.shared) {
            return Err(self.malformed("a container that grows after it was referred to"));
        }
        container.depth = container.depth.max(contents.depth + 1);
        container.cost = container.cost.saturating_add(contents.cost);
        container.end = end;
        if let Some(entry) = memoized {
            *entry = *container;
        }
        Ok(())
    }

    pub(super) fn fill_from_mark(&mut self, kind: Kind) -> Result<(), PickleError> {
        let (_, count) = self.unmark()?;
        self.fill(kind, count)
    }

    pub(super) fn tuple(&mut self, count: usize) -> Result<(), PickleError> {
        let contents = self.contents(count)?;
        let kind = match contents.only_kind {
            Some(Kind::Text) => Kind::TupleOfText,
            _ => Kind::Tuple,
        };
        self.output.push(self.opcode);
        let own = VALUE_COST + CONTAINER_COST;
        self.push(kind, contents.start, contents.depth + 1, contents.cost, own)
    }

    pub(super) fn tuple_from_mark(&mut self) -> Result<(), PickleError> {
        let (start, count) = self.unmark()?;
        let contents = self.contents(count)?;
        self.output.push(self.opcode);
        let own = VALUE_COST + MARKED_TUPLE_COST;
        self.push(Kind::Tuple, start, contents.depth + 1, contents.cost, own)
    }

    /// The class of an object, named by the two strings on the stack.
    pub(super) fn class(&mut self) -> Result<(), PickleError> {
        let [.., module, class] = self.stack.as_slice() else {
            return Err(self.malformed("a class without a name"));
        };
        if module.kind != Kind::Text || class.kind != Kind::Text {
            return Err(self.malformed("a class whose name is no text"));
        }
        let name = [self.text_of(module), self.text_of(class)].join(&0);
        let name = match String::from_utf8(name) {
            Ok(name) if name.len() <= 255 && name.matches('\0').count() == 1 => name,
            _ => return Err(self.malformed("a class name that is none")),
        };
        let contents = self.contents(2)?;
        self.output.extend_from_slice(&[op::POP, op::POP]);
        let kind = Kind::Class(self.classes.len());
        let own = VALUE_COST + name.len();
        self.classes.push(name);
        self.push(kind, self.output.len(), 0, contents.cost, own)
    }

    /// The characters of a string, out of what was written for it.
    fn text_of(&self, slot: &Slot) -> &[u8] {
        let written = self.output.get(slot.start..slot.end).unwrap_or_default();
        let header = if written.first() == Some(&op::SHORT_BINUNICODE) { 2 } else { 5 };
        written.get(header..).unwrap_or_default()
    }

    /// The call of a class: an object, or the text of a `str`.
    pub(super) fn object(&mut self) -> Result<(), PickleError> {
        let (class, arguments) = match self.stack.as_slice() {
            [.., Slot { kind: Kind::Class(class), .. }, arguments] if self.available() >= 2 => {
                (*class, *arguments)
            }
            _ => return Err(self.malformed("a call of something that is no class")),
        };
        let is_tuple = matches!(arguments.kind, Kind::Tuple | Kind::TupleOfText);
        let Some(name) = self.classes.get(class).filter(|_| is_tuple) else {
            return Err(self.malformed("a call without arguments"));
        };
        self.stack.truncate(self.stack.len() - 2);
        if name == "builtins\0str" {
            return self.unwrapped_text(arguments);
        }
        // 255 bytes at most, see `class`.
        let length = u8::try_from(name.len()).unwrap_or(u8::MAX);
        self.output.extend_from_slice(&[op::SHORT_BINBYTES, length]);
        self.output.extend_from_slice(name.as_bytes());
        self.output.push(op::TUPLE2);
        let own = 2 * VALUE_COST + CONTAINER_COST + usize::from(length);
        self.push(Kind::Object, arguments.start, arguments.depth + 1, arguments.cost, own)
    }

    /// Writes `x` once more for the tuple `(x,)`, which ends in its own opcode of one byte. The tuple
    /// stays in the output, since the memo may refer to it, and is dropped by a POP.
    fn unwrapped_text(&mut self, tuple: Slot) -> Result<(), PickleError> {
        if tuple.kind != Kind::TupleOfText {
            return Err(self.malformed("a str of something that is no text"));
        }
        let text = tuple.start..tuple.end - 1;
        self.charge(text.len().saturating_mul(2))?;
        self.output.push(op::POP);
        let start = self.output.len();
        self.output.extend_from_within(text.clone());
        self.push(Kind::Text, start, 0, text.len(), VALUE_COST)
    }
}
