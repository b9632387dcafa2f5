//! What a thread that panicked said.

use crate::language::Message;
use std::any::Any;

pub(super) fn panicked(panic: &(dyn Any + Send)) -> Message {
    match (panic.downcast_ref::<&str>(), panic.downcast_ref::<String>()) {
        (Some(words), _) => msg!("loader-panicked-saying", words = *words),
        (_, Some(words)) => msg!("loader-panicked-saying", words),
        _ => msg!("loader-panicked"),
    }
}
