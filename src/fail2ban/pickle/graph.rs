//! The values of a reply as they refer to each other, and the tree that is made of them.

use super::error::PickleError;
use super::integer;
use super::value::{Object, Value};

/// Levels of containers; `status` of a jail, the deepest answer, has six.
pub(crate) const MAX_DEPTH: usize = 32;
/// Memory that a value takes, in bytes, with what its container and the system's allocator need for
/// it.
const VALUE_COST: usize = size_of::<Value>() + 32;
/// Memory that an object takes besides its name and its values, in bytes.
const OBJECT_COST: usize = size_of::<Object>() + 64;
/// A reference of two bytes may honestly stand for a long jail name in a list of its own.
const COST_PER_BYTE: usize = 256;
const FREE_COST: usize = 1 << 20;
const MAX_COST: usize = 512 << 20;

/// A value by its place among all.
pub(crate) type Id = u32;

/// A value. Several others may hold it, and it may hold itself.
pub(crate) enum Node<'a> {
    /// A value that holds no others.
    Plain(Value),
    Integer(&'a [u8]),
    Text(&'a [u8]),
    Bytes(&'a [u8]),
    /// A list, tuple or set.
    List(Vec<Id>),
    /// Keys and values in turn.
    Map(Vec<Id>),
    Class(Box<ClassName<'a>>),
    Object(Box<Call>),
}

#[derive(Clone, Copy)]
pub(crate) struct ClassName<'a> {
    pub(crate) module: &'a [u8],
    pub(crate) name: &'a [u8],
}

/// The call that makes an object.
#[derive(Default)]
pub(crate) struct Call {
    /// A class, or an object that can be called.
    pub(crate) called: Id,
    pub(crate) arguments: Vec<Id>,
    pub(crate) contents: Vec<Id>,
    pub(crate) state: Option<Id>,
}

/// Limit of the memory that a reply may take once read: in proportion to its length, and never more
/// than [`MAX_COST`]. It depends only on what has been read so far.
#[derive(Default)]
pub(crate) struct Budget {
    /// Bytes of the reply that have been read.
    pub(crate) read: usize,
    spent: usize,
}

impl Budget {
    pub(crate) fn charge(&mut self, cost: usize) -> Result<(), PickleError> {
        let limit = self.read.saturating_mul(COST_PER_BYTE).saturating_add(FREE_COST).min(MAX_COST);
        self.spent = self.spent.saturating_add(cost);
        if self.spent > limit { Err(PickleError::TooHeavy(limit)) } else { Ok(()) }
    }
}

/// Makes values out of nodes.
pub(crate) struct Tree<'n, 'a> {
    pub(crate) nodes: &'n [Node<'a>],
    pub(crate) budget: &'n mut Budget,
    /// The containers around the value in work.
    pub(crate) path: Vec<Id>,
}

impl<'n, 'a> Tree<'n, 'a> {
    /// The value at `id`. One that several others hold is copied for each; one that holds itself ends
    /// where it comes again.
    pub(crate) fn value(&mut self, id: Id) -> Result<Value, PickleError> {
        self.budget.charge(VALUE_COST)?;
        match self.node(id)? {
            Node::Plain(value) => Ok(value.clone()),
            Node::Integer(bytes) => {
                // In hexadecimal digits, which are made of a copy.
                self.budget.charge(bytes.len().saturating_mul(3))?;
                Ok(integer::read_integer(bytes))
            }
            Node::Text(letters) => Ok(Value::Text(self.text(letters)?)),
            Node::Bytes(bytes) => {
                self.budget.charge(bytes.len())?;
                Ok(Value::Bytes(bytes.to_vec()))
            }
            Node::Class(class) => {
                let (module, name) = (self.text(class.module)?, self.text(class.name)?);
                Ok(Value::Class(format!("{module}.{name}")))
            }
            Node::List(_) | Node::Map(_) | Node::Object(_) if self.path.contains(&id) => Ok(Value::Cycle),
            _ if self.path.len() == MAX_DEPTH => Err(PickleError::TooDeep(MAX_DEPTH)),
            container => {
                self.path.push(id);
                let value = self.container(container)?;
                self.path.pop();
                Ok(value)
            }
        }
    }

    fn container(&mut self, container: &'n Node<'a>) -> Result<Value, PickleError> {
        match container {
            Node::List(items) => Ok(Value::List(self.values(items)?)),
            Node::Map(entries) => {
                // There is a value for each key: the walk sees to that.
                let entries = entries.as_chunks().0.iter();
                let entries = entries.map(|[key, value]| Ok((self.value(*key)?, self.value(*value)?)));
                Ok(Value::Map(entries.collect::<Result<_, PickleError>>()?))
            }
            Node::Object(call) => self.object(call),
            _ => Err(lost()),
        }
    }

    fn object(&mut self, call: &'n Call) -> Result<Value, PickleError> {
        self.budget.charge(OBJECT_COST)?;
        let (module, class, mut arguments) = match self.node(call.called)? {
            Node::Class(class) => (self.text(class.module)?, self.text(class.name)?, Vec::new()),
            // Like `functools.partial(…)(…)`: the callee comes first.
            _ => match self.value(call.called)? {
                Value::Object(called) => {
                    (called.module.clone(), called.class.clone(), vec![Value::Object(called)])
                }
                other => (String::new(), String::new(), vec![other]),
            },
        };
        arguments.extend(self.values(&call.arguments)?);
        let contents = self.values(&call.contents)?;
        let state = call.state.map(|state| self.value(state)).transpose()?;
        Ok(Value::Object(Box::new(Object { module, class, arguments, contents, state })))
    }

    fn values(&mut self, ids: &[Id]) -> Result<Vec<Value>, PickleError> {
        // No room is made for all of them before their cost is known.
        ids.iter().map(|id| self.value(*id)).collect()
    }

    fn text(&mut self, letters: &[u8]) -> Result<String, PickleError> {
        self.budget.charge(letters.len())?;
        // Python writes a lone surrogate (a file name that is no UTF-8) in a way that is no Unicode: one
        // such entry must not make the whole answer unreadable.
        Ok(String::from_utf8_lossy(letters).into_owned())
    }

    fn node(&self, id: Id) -> Result<&'n Node<'a>, PickleError> {
        usize::try_from(id).ok().and_then(|id| self.nodes.get(id)).ok_or_else(lost)
    }
}

/// Every number of a value is that of a node, so this does not happen.
fn lost() -> PickleError {
    PickleError::Malformed { reason: "a value that is lost", position: 0 }
}
