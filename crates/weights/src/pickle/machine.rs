//! Following a pickle without making its objects.

use super::MOST_OPERATIONS;
use super::bytes::PickleBytes;
use super::calls::{check_call, check_name};
use super::symbol::Symbol;
use std::collections::HashMap;

/// Most bytes of one pickle, without the tensors' values, which are elsewhere.
const LARGEST_PICKLE: usize = 64 << 20;

/// A pickle that calls nothing but what rebuilds tensors.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Checked<'a> {
    /// Where it ends in the file.
    pub end: usize,
    /// What it is.
    pub result: Symbol<'a>,
    /// The last class or function that it names.
    pub last_name: Symbol<'a>,
}

/// Follows the pickle that begins at `start`. `operations` counts those of all pickles of a file.
///
/// # Errors
/// If it is damaged, too large, or asks for calls that weights have no need of; phrased to follow
/// the file's name.
pub(crate) fn check<'a>(
    bytes: &'a [u8],
    start: usize,
    operations: &mut u32,
) -> Result<Checked<'a>, String> {
    let mut machine = PickleMachine {
        bytes: PickleBytes::new(bytes, start),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        last_name: Symbol::Other,
    };
    while machine.step()? {
        *operations += 1;
        if *operations > MOST_OPERATIONS || machine.bytes.position - start > LARGEST_PICKLE {
            return Err(format!(
                "has a pickle of more than {MOST_OPERATIONS} operations or {LARGEST_PICKLE} bytes, \
                 more than any network needs"
            ));
        }
    }
    Ok(Checked {
        end: machine.bytes.position,
        result: machine.pop()?,
        last_name: machine.last_name,
    })
}

/// The stack machine of pickles, with symbols for objects.
struct PickleMachine<'a> {
    bytes: PickleBytes<'a>,
    stack: Vec<Symbol<'a>>,
    /// Heights of the stack at its marks.
    marks: Vec<usize>,
    memo: HashMap<u32, Symbol<'a>>,
    last_name: Symbol<'a>,
}

impl<'a> PickleMachine<'a> {
    /// Carries out an operation; whether another one follows.
    fn step(&mut self) -> Result<bool, String> {
        let operation = self.bytes.u8()?;
        match operation {
            b'.' => return Ok(false),
            0x80 => self.bytes.skip(1)?,
            0x95 => self.bytes.skip(8)?,
            b'(' => self.marks.push(self.stack.len()),
            b'0' if self.marks.last() == Some(&self.stack.len()) => self.discard_to_mark()?,
            b'0' => self.discard(1)?,
            b'1' => self.discard_to_mark()?,
            b'2' => {
                let top = self.pop()?;
                self.stack.extend([top.clone(), top]);
            }
            b'c' | 0x93 => self.push_name(operation)?,
            b'R' | 0x81 | 0x92 | b'i' | b'o' => self.call(operation)?,
            b'g' | b'h' | b'j' | b'p' | b'q' | b'r' | 0x94 => self.memo(operation)?,
            b't' | b'l' | b'd' | 0x91 => {
                self.discard_to_mark()?;
                self.stack.push(Symbol::Other);
            }
            b'e' | b'u' | 0x90 => {
                self.discard_to_mark()?;
                self.replace(1)?;
            }
            b'a' | b'b' | 0x86 => self.replace(2)?,
            b's' | 0x87 => self.replace(3)?,
            0x85 | b'Q' => self.replace(1)?,
            _value => {
                let value = self.value(operation)?;
                self.stack.push(value);
            }
        }
        Ok(true)
    }

    /// The value that an operation pushes.
    fn value(&mut self, operation: u8) -> Result<Symbol<'a>, String> {
        let bytes = &mut self.bytes;
        Ok(match operation {
            b'N' | 0x88 | 0x89 | b')' | b']' | b'}' | 0x8f => Symbol::Other,
            b'I' | b'L' => bytes.decimal()?,
            b'K' => Symbol::Number(i64::from(bytes.u8()?)),
            b'M' => Symbol::Number(bytes.number(2)?.cast_signed()),
            b'J' => {
                let number = bytes.number(4)? as u32;
                Symbol::Number(i64::from(number.cast_signed()))
            }
            0x8a => whole_number(bytes.counted(1)?),
            0x8b => whole_number(bytes.counted(4)?),
            0x8c | b'U' => bytes.text(1)?,
            b'X' | b'T' => bytes.text(4)?,
            0x8d => bytes.text(8)?,
            b'V' | b'S' | b'F' | b'P' => {
                let line = bytes.line()?;
                std::str::from_utf8(line).map_or(Symbol::Other, Symbol::Text)
            }
            b'G' => bytes.opaque(8)?,
            b'C' => bytes.counted_opaque(1)?,
            b'B' => bytes.counted_opaque(4)?,
            0x8e | 0x96 => bytes.counted_opaque(8)?,
            0x82..=0x84 => return Err(unsupported("names classes by numbers of a registry")),
            0x97 | 0x98 => return Err(unsupported("needs data from outside the file")),
            other => {
                return Err(format!(
                    "has a damaged pickle: it has no operation 0x{other:02x}"
                ));
            }
        })
    }

    fn push_name(&mut self, operation: u8) -> Result<(), String> {
        let name = match operation {
            b'c' => self.bytes.name()?,
            _from_stack => match (self.pop()?, self.pop()?) {
                (Symbol::Text(name), Symbol::Text(module)) => Symbol::Name(module, name),
                _other => return Err(unsupported("computes the names of its classes")),
            },
        };
        check_name(&name)?;
        self.last_name = name.clone();
        self.stack.push(name);
        Ok(())
    }

    /// A call of a function, or a new object of a class.
    fn call(&mut self, operation: u8) -> Result<(), String> {
        match operation {
            b'R' => {
                self.discard(1)?;
                check_call(&self.pop()?)?;
            }
            b'i' => {
                let class = self.bytes.name()?;
                check_name(&class)?;
                check_call(&class)?;
                self.discard_to_mark()?;
            }
            b'o' => {
                let class = self.marks.last().and_then(|&mark| self.stack.get(mark));
                check_call(class.unwrap_or(&Symbol::Other))?;
                self.discard_to_mark()?;
            }
            0x92 => self.discard(3)?,
            // A class was checked when it was named; what makes an object of it is not called here.
            _new => self.discard(2)?,
        }
        self.stack.push(Symbol::Other);
        Ok(())
    }

    /// Remembers the value on top of the stack, or fetches one.
    fn memo(&mut self, operation: u8) -> Result<(), String> {
        let index = match operation {
            b'g' | b'p' => self.bytes.index()?,
            b'h' | b'q' => u32::from(self.bytes.u8()?),
            b'j' | b'r' => self.bytes.number(4)? as u32,
            _next => u32::try_from(self.memo.len()).unwrap_or(u32::MAX),
        };
        if matches!(operation, b'g' | b'h' | b'j') {
            let value = self.memo.get(&index);
            let value = value.ok_or("has a damaged pickle: it fetches a value before making it")?;
            self.stack.push(value.clone());
        } else {
            let top = self.pop()?;
            self.memo.insert(index, top.clone());
            self.stack.push(top);
        }
        Ok(())
    }

    /// Replaces the `count` topmost values by one.
    fn replace(&mut self, count: usize) -> Result<(), String> {
        self.discard(count)?;
        self.stack.push(Symbol::Other);
        Ok(())
    }

    fn discard(&mut self, count: usize) -> Result<(), String> {
        for _ in 0..count {
            self.pop()?;
        }
        Ok(())
    }

    fn pop(&mut self) -> Result<Symbol<'a>, String> {
        let has_value = self
            .marks
            .last()
            .is_none_or(|&mark| mark < self.stack.len());
        match self.stack.pop() {
            Some(value) if has_value => Ok(value),
            _none => Err("has a damaged pickle: it takes a value where there is none".into()),
        }
    }

    /// Takes away the last mark and all above it.
    fn discard_to_mark(&mut self) -> Result<(), String> {
        let mark = self.marks.pop();
        let mark = mark.ok_or("has a damaged pickle: it ends a list that it never began")?;
        self.stack.truncate(mark);
        Ok(())
    }
}

fn unsupported(what: &str) -> String {
    format!("is refused: its pickle {what}, which weights have no need of")
}

/// A number in as many little-endian bytes as it needs.
fn whole_number(bytes: &[u8]) -> Symbol<'static> {
    if bytes.len() > 8 {
        return Symbol::Other;
    }
    let is_negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
    let mut all = if is_negative { [0xff; 8] } else { [0; 8] };
    all[..bytes.len()].copy_from_slice(bytes);
    Symbol::Number(i64::from_le_bytes(all))
}
