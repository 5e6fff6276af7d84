//! The one pass over a reply: opcode by opcode, with a stack, marks and a memo like Python's own
//! (`Lib/pickle.py`, `_Unpickler`). Nothing is called, no class is looked for.
//!
//! Values are put into a list and refer to each other by their places in it, so that what is shared or
//! holds itself costs nothing until [`Tree`] copies it, within the same [`Budget`]. The result on a
//! prefix of a reply is [`PickleError::Truncated`] or the very error that the whole reply gives, since
//! every bound depends on what has been read so far alone.

pub(crate) mod leaf;
pub(crate) mod objects;

use super::error::PickleError;
use super::graph::{Budget, Id, MAX_DEPTH, Node, Tree};
use super::value::Value;
use super::{opcode as op, step};

/// Memory that a node takes, in bytes: the list of them doubles as it grows.
const NODE_COST: usize = 2 * size_of::<Node<'_>>();
/// Memory that a container takes besides, in bytes, when it holds something.
const CONTAINER_COST: usize = 64;
/// Memory that a reference takes, in bytes: on the stack, in the memo or in a container, which
/// double as well.
const REFERENCE_COST: usize = 2 * size_of::<Id>();

/// Reads a reply, given without its end marker.
pub(crate) fn read_value(reply: &[u8]) -> Result<Value, PickleError> {
    let mut walk = Walk::default();
    let mut rest = reply;
    loop {
        walk.at = reply.len() - rest.len();
        let Some(length) = step::length(rest) else { return Err(walk.refused(rest)) };
        let (step, behind) = rest.split_at_checked(length).ok_or(PickleError::Truncated)?;
        rest = behind;
        walk.budget.read = reply.len() - rest.len();
        match step {
            [op::PROTO, protocol] if walk.at == 0 => walk.protocol(*protocol)?,
            _ if walk.at == 0 => return Err(walk.refused(step)),
            [op::FRAME, length @ ..] if step::number(length) > rest.len() => {
                return Err(PickleError::Truncated);
            }
            [op::STOP] if rest.is_empty() => return walk.finish(),
            [op::STOP] => return Err(walk.malformed("bytes after its end")),
            _ => walk.step(step)?,
        }
    }
}

#[derive(Default)]
struct Walk<'a> {
    /// Position of the opcode in work.
    at: usize,
    nodes: Vec<Node<'a>>,
    /// Number of levels of containers in each node, at the least: it may grow after others hold it.
    depths: Vec<u8>,
    stack: Vec<Id>,
    /// Height of the stack at each open mark.
    marks: Vec<usize>,
    memo: Vec<Id>,
    budget: Budget,
}

impl<'a> Walk<'a> {
    fn protocol(&self, protocol: u8) -> Result<(), PickleError> {
        if (2..=5).contains(&protocol) { Ok(()) } else { Err(self.malformed("none of the protocols 2 to 5")) }
    }

    fn step(&mut self, step: &'a [u8]) -> Result<(), PickleError> {
        if let Some(node) = leaf::read_leaf(step) {
            return self.push(node, &[]);
        }
        match step {
            [op::FRAME, ..] => Ok(()),
            [op::MARK] => self.mark(),
            [op::POP] => self.pop().map(drop),
            [op::POP_MARK] => self.pop_to_mark().map(drop),
            [op::MEMOIZE] => self.memoize(self.memo.len()),
            [op::BINPUT | op::LONG_BINPUT, entry @ ..] => self.memoize(step::number(entry)),
            [op::BINGET | op::LONG_BINGET, entry @ ..] => self.fetch(step::number(entry)),
            [op::APPEND] => self.pop_many(1).and_then(|items| self.append(&items)),
            [op::APPENDS | op::ADDITEMS] => self.pop_to_mark().and_then(|items| self.append(&items)),
            [op::SETITEM] => self.pop_many(2).and_then(|entry| self.set(&entry)),
            [op::SETITEMS] => self.pop_to_mark().and_then(|entries| self.set(&entries)),
            [op::TUPLE1] => self.pop_many(1).and_then(|items| self.list(items)),
            [op::TUPLE2] => self.pop_many(2).and_then(|items| self.list(items)),
            [op::TUPLE3] => self.pop_many(3).and_then(|items| self.list(items)),
            [op::TUPLE | op::FROZENSET] => self.pop_to_mark().and_then(|items| self.list(items)),
            [op::GLOBAL, names @ ..] => self.global(names),
            [op::STACK_GLOBAL] => self.stack_global(),
            [op::REDUCE | op::NEWOBJ] => self.call(),
            [op::NEWOBJ_EX] => self.call_with_names(),
            [op::BUILD] => self.build(),
            _ => Err(self.refused(step)),
        }
    }

    fn finish(mut self) -> Result<Value, PickleError> {
        match self.stack.as_slice() {
            [only] if self.marks.is_empty() => {
                Tree { nodes: &self.nodes, budget: &mut self.budget, path: Vec::new() }.value(*only)
            }
            _ => Err(self.malformed("not one value at its end")),
        }
    }

    fn refused(&self, step: &[u8]) -> PickleError {
        PickleError::Opcode { opcode: step.first().copied().unwrap_or_default(), position: self.at }
    }

    fn malformed(&self, reason: &'static str) -> PickleError {
        PickleError::Malformed { reason, position: self.at }
    }
}

/// The stack, the marks and the memo.
impl<'a> Walk<'a> {
    /// Puts a node that holds `inside` on the stack.
    fn push(&mut self, node: Node<'a>, inside: &[Id]) -> Result<(), PickleError> {
        let is_container = matches!(node, Node::List(_) | Node::Map(_) | Node::Object(_) | Node::Class(_));
        let own = NODE_COST + if is_container { CONTAINER_COST } else { 0 };
        self.budget.charge(own + REFERENCE_COST * (1 + inside.len()))?;
        let depth = if is_container { self.depth_around(inside)? } else { 0 };
        let id = Id::try_from(self.nodes.len()).map_err(|_| self.malformed("too many values"))?;
        self.nodes.push(node);
        self.depths.push(depth);
        self.stack.push(id);
        Ok(())
    }

    /// Returns the number of levels in a container of `inside`.
    fn depth_around(&self, inside: &[Id]) -> Result<u8, PickleError> {
        let deepest = inside.iter().map(|id| self.depths[place(*id)]).max().unwrap_or_default();
        if usize::from(deepest) < MAX_DEPTH { Ok(deepest + 1) } else { Err(PickleError::TooDeep(MAX_DEPTH)) }
    }

    fn mark(&mut self) -> Result<(), PickleError> {
        if self.marks.len() == MAX_DEPTH {
            return Err(PickleError::TooDeep(MAX_DEPTH));
        }
        self.marks.push(self.stack.len());
        Ok(())
    }

    /// Closes the last open mark, and returns the nodes above it.
    fn pop_to_mark(&mut self) -> Result<Vec<Id>, PickleError> {
        match self.marks.pop() {
            Some(height) => Ok(self.stack.split_off(height)),
            None => Err(self.malformed("no open mark")),
        }
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>, PickleError> {
        self.require(count)?;
        Ok(self.stack.split_off(self.stack.len() - count))
    }

    fn pop(&mut self) -> Result<Id, PickleError> {
        self.require(1)?;
        self.stack.pop().ok_or_else(|| self.malformed("too few values on the stack"))
    }

    /// Refuses to reach below the last open mark.
    fn require(&self, count: usize) -> Result<(), PickleError> {
        let available = self.stack.len() - self.marks.last().copied().unwrap_or_default();
        if count > available { Err(self.malformed("too few values on the stack")) } else { Ok(()) }
    }

    /// Notes the value on top of the stack under the number `entry`: the next one, as a rule.
    fn memoize(&mut self, entry: usize) -> Result<(), PickleError> {
        let id = self.pop()?;
        self.stack.push(id);
        self.budget.charge(REFERENCE_COST)?;
        if entry == self.memo.len() {
            self.memo.push(id);
        } else if let Some(noted) = self.memo.get_mut(entry) {
            *noted = id;
        } else {
            return Err(self.malformed("a memo with gaps"));
        }
        Ok(())
    }

    fn fetch(&mut self, entry: usize) -> Result<(), PickleError> {
        let Some(id) = self.memo.get(entry).copied() else {
            return Err(self.malformed("a reference to nothing"));
        };
        self.budget.charge(REFERENCE_COST)?;
        self.stack.push(id);
        Ok(())
    }

    fn list(&mut self, items: Vec<Id>) -> Result<(), PickleError> {
        let inside = items.clone();
        self.push(Node::List(items), &inside)
    }
}

fn place(id: Id) -> usize {
    usize::try_from(id).unwrap_or(usize::MAX)
}
