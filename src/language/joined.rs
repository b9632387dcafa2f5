//! Several messages as one.

use super::Message;

/// Clauses of one sentence: `a; b; c`.
pub fn clauses(parts: impl IntoIterator<Item = Message, IntoIter: DoubleEndedIterator>) -> Message {
    joined(parts, |first, rest| msg!("language-clauses", first, rest))
}

/// `a, b, c`.
pub fn enumeration(parts: impl IntoIterator<Item = Message, IntoIter: DoubleEndedIterator>) -> Message {
    joined(parts, |first, rest| msg!("language-enumeration", first, rest))
}

/// Clauses as sentences of their own: `a. b. c.`; nothing of none.
pub fn sentences(parts: impl IntoIterator<Item = Message, IntoIter: DoubleEndedIterator>) -> Message {
    paragraph(parts.into_iter().map(|clause| msg!("language-sentence", clause)))
}

/// Complete sentences, one after another.
pub fn paragraph(parts: impl IntoIterator<Item = Message, IntoIter: DoubleEndedIterator>) -> Message {
    joined(parts, |first, rest| msg!("language-sentences", first, rest))
}

fn joined(
    parts: impl IntoIterator<Item = Message, IntoIter: DoubleEndedIterator>,
    two: fn(Message, Message) -> Message,
) -> Message {
    let mut parts = parts.into_iter().rev();
    let last = parts.next().unwrap_or_default();
    parts.fold(last, |rest, first| two(first, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language::{English, SimplifiedChinese};

    #[test]
    fn parts_are_joined_in_order() {
        let parts = |n: usize| ["a", "b", "c"].into_iter().take(n).map(Message::from).collect::<Vec<_>>();
        for (n, english, chinese) in [(0, "", ""), (1, "a", "a"), (3, "a; b; c", "a；b；c")] {
            assert_eq!(clauses(parts(n)).render(English), english);
            assert_eq!(clauses(parts(n)).render(SimplifiedChinese), chinese);
        }
        assert_eq!(enumeration(parts(3)).render(English), "a, b, c");
        assert_eq!(enumeration(parts(3)).render(SimplifiedChinese), "a，b，c");
        assert_eq!(sentences(parts(2)).render(English), "a. b.");
        assert_eq!(sentences(parts(2)).render(SimplifiedChinese), "a。b。");
        assert!(sentences(parts(0)).is_empty());
    }
}
