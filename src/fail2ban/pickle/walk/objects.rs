//! The opcodes that fill containers and make objects.

use super::super::error::PickleError;
use super::super::graph::{Call, ClassName, Id, Node};
use super::{REFERENCE_COST, Walk, place};

/// The longest name of a class with its module, in bytes.
const LONGEST_NAME: usize = 255;

impl<'a> Walk<'a> {
    /// Appends `items` to the list or object below them.
    pub(crate) fn append(&mut self, items: &[Id]) -> Result<(), PickleError> {
        self.budget.charge(REFERENCE_COST * items.len())?;
        let held = match self.top()? {
            (_, Node::List(held)) => held,
            (_, Node::Object(call)) => &mut call.contents,
            _ => return Err(self.malformed("nothing to append to")),
        };
        held.extend_from_slice(items);
        self.deepen(items)
    }

    /// Puts `entries`, keys and values in turn, into the dictionary or object below them.
    pub(crate) fn set(&mut self, entries: &[Id]) -> Result<(), PickleError> {
        if !entries.len().is_multiple_of(2) {
            return Err(self.malformed("a key without a value"));
        }
        self.budget.charge(REFERENCE_COST * entries.len())?;
        match self.top()? {
            (_, Node::Map(held)) => {
                held.extend_from_slice(entries);
                self.deepen(entries)
            }
            (_, Node::Object(_)) => {
                for entry in entries.chunks(2) {
                    self.list(entry.to_vec())?;
                    let pair = self.pop()?;
                    self.append(&[pair])?;
                }
                Ok(())
            }
            _ => Err(self.malformed("nothing to set an entry of")),
        }
    }

    /// Makes a class, named by two lines.
    pub(crate) fn global(&mut self, names: &'a [u8]) -> Result<(), PickleError> {
        let mut lines = names.split(|byte| *byte == b'\n');
        match (lines.next(), lines.next()) {
            (Some(module), Some(name)) => self.class(module, name),
            _ => Err(self.malformed("a class without a name")),
        }
    }

    /// Makes a class, named by the two texts on the stack.
    pub(crate) fn stack_global(&mut self) -> Result<(), PickleError> {
        let names = self.pop_many(2)?;
        match names.iter().map(|id| &self.nodes[place(*id)]).collect::<Vec<_>>()[..] {
            [Node::Text(module), Node::Text(name)] => self.class(module, name),
            _ => Err(self.malformed("a class whose name is no text")),
        }
    }

    fn class(&mut self, module: &'a [u8], name: &'a [u8]) -> Result<(), PickleError> {
        if module.len() + name.len() > LONGEST_NAME {
            return Err(self.malformed("a class name that is none"));
        }
        self.push(Node::Class(Box::new(ClassName { module, name })), &[])
    }

    /// Makes the call of a class: an object, or the text of a `str`.
    pub(crate) fn call(&mut self) -> Result<(), PickleError> {
        let [called, arguments] = self.popped()?;
        let arguments = self.arguments(called, arguments)?;
        match (&self.nodes[place(called)], arguments.as_slice()) {
            (Node::Class(class), [text]) if is_text(class) && self.is_text(*text) => {
                self.budget.charge(REFERENCE_COST)?;
                self.stack.push(*text);
                Ok(())
            }
            _ => self.object(called, arguments),
        }
    }

    /// Makes the call of a class with arguments that have names.
    pub(crate) fn call_with_names(&mut self) -> Result<(), PickleError> {
        let [called, arguments, named] = self.popped()?;
        let mut arguments = self.arguments(called, arguments)?;
        match &self.nodes[place(named)] {
            Node::Map(entries) if entries.is_empty() => {}
            Node::Map(_) => arguments.push(named),
            _ => return Err(self.malformed("named arguments without names")),
        }
        self.object(called, arguments)
    }

    /// Sets the state of the object below it.
    pub(crate) fn build(&mut self) -> Result<(), PickleError> {
        let state = self.pop()?;
        match self.top()? {
            (_, Node::Object(call)) => call.state = Some(state),
            _ => return Err(self.malformed("a state of something that is no object")),
        }
        self.deepen(&[state])
    }

    fn object(&mut self, called: Id, arguments: Vec<Id>) -> Result<(), PickleError> {
        let inside = [arguments.as_slice(), &[called]].concat();
        self.push(
            Node::Object(Box::new(Call { called, arguments, contents: Vec::new(), state: None })),
            &inside,
        )
    }

    /// Returns the arguments with which `called` is called.
    fn arguments(&self, called: Id, arguments: Id) -> Result<Vec<Id>, PickleError> {
        match (&self.nodes[place(called)], &self.nodes[place(arguments)]) {
            (Node::Class(_) | Node::Object(_), Node::List(arguments)) => Ok(arguments.clone()),
            _ => Err(self.malformed("a call of something that is no class")),
        }
    }

    fn is_text(&self, id: Id) -> bool {
        matches!(self.nodes[place(id)], Node::Text(_))
    }

    fn popped<const COUNT: usize>(&mut self) -> Result<[Id; COUNT], PickleError> {
        let popped = self.pop_many(COUNT)?;
        popped.try_into().map_err(|_| self.malformed("too few values on the stack"))
    }

    /// The value on top of the stack.
    fn top(&mut self) -> Result<(Id, &mut Node<'a>), PickleError> {
        self.require(1)?;
        match self.stack.last() {
            Some(id) => Ok((*id, &mut self.nodes[place(*id)])),
            None => Err(self.malformed("too few values on the stack")),
        }
    }

    /// Notes that the value on top of the stack now holds `inside`.
    fn deepen(&mut self, inside: &[Id]) -> Result<(), PickleError> {
        let (top, depth) = (self.top()?.0, self.depth_around(inside)?);
        let own = &mut self.depths[place(top)];
        *own = depth.max(*own);
        Ok(())
    }
}

/// Returns true if the class is `str`, which has another name in protocols 2 and 3
/// (`Lib/_compat_pickle.py`).
fn is_text(class: &ClassName<'_>) -> bool {
    matches!((class.module, class.name), (b"builtins", b"str") | (b"__builtin__", b"unicode"))
}
