//! Where the names of marks stand: in rows above the plot, so that none covers another, a line, or the data.

/// A mark's name in its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Placed {
    /// Index of the mark.
    pub(super) mark: usize,
    /// 0 is the top row; the mark's line begins there.
    pub(super) row: usize,
    /// Left and right of the text.
    pub(super) left: f32,
    pub(super) right: f32,
}

/// Between a line and its name.
pub(super) const GAP: f32 = 3.0;
/// Marks looked at for names, the newest; a name for each of a thousand would be no help.
const MOST: usize = 64;

/// Finds places for as many names as fit in `rows`; marks come as (x, width of the name) in rising x.
///
/// A name stands right of its line, or left of it where the plot ends. The newest marks are placed first where they
/// crowd at the right end: they are what a person has just done.
pub(super) fn place(marks: &[(f32, f32)], frame: [f32; 2], rows: usize) -> Vec<Placed> {
    let mut placed: Vec<Placed> = Vec::new();
    let seen = |x: f32| (frame[0]..=frame[1]).contains(&x);
    let newest = marks.len().saturating_sub(MOST);
    let candidates = || marks.iter().enumerate().skip(newest).filter(|(_, (x, _))| seen(*x));
    let ends_inside = |(x, width): (f32, f32)| x + GAP + width <= frame[1];
    let to_the_left = candidates().rev().filter(|(_, m)| !ends_inside(**m));
    let to_the_right = candidates().filter(|(_, m)| ends_inside(**m));
    for (mark, (x, width)) in to_the_left.chain(to_the_right) {
        let right_of = [x + GAP, x + GAP + width];
        let left_of = [x - GAP - width, x - GAP];
        let free = [right_of, left_of]
            .into_iter()
            .filter(|[left, right]| *left >= frame[0] && *right <= frame[1])
            .flat_map(|side| (0..rows).map(move |row| (row, side)))
            .find(|(row, [left, right])| {
                placed.iter().all(|other| {
                    let other_x = marks[other.mark].0;
                    let same_row = other.row == *row && *left < other.right + GAP && other.left < *right + GAP;
                    let crosses_their_line = other.row <= *row && (*left - 1.0..=*right + 1.0).contains(&other_x);
                    let my_line_crosses = *row <= other.row && (other.left - 1.0..=other.right + 1.0).contains(x);
                    !(same_row || crosses_their_line || my_line_crosses)
                })
            });
        if let Some((row, [left, right])) = free {
            placed.push(Placed { mark, row, left, right });
        }
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows_of(marks: &[(f32, f32)], rows: usize) -> Vec<Option<usize>> {
        let placed = place(marks, [0.0, 400.0], rows);
        (0..marks.len()).map(|i| placed.iter().find(|p| p.mark == i).map(|p| p.row)).collect()
    }

    #[test]
    fn far_apart_all_stand_in_the_top_row() {
        assert_eq!(rows_of(&[(10.0, 50.0), (100.0, 50.0), (200.0, 50.0)], 3), [Some(0); 3]);
    }

    #[test]
    fn neighbours_are_staggered_and_the_rest_left_out() {
        let close = [(100.0, 80.0), (110.0, 80.0), (120.0, 80.0), (130.0, 80.0)];
        assert_eq!(rows_of(&close, 2), [Some(0), Some(1), None, None]);
        assert_eq!(rows_of(&close, 4), [Some(0), Some(1), Some(2), Some(3)]);
    }

    #[test]
    fn at_the_right_end_the_newest_comes_first_and_stands_left() {
        let placed = place(&[(370.0, 60.0), (390.0, 60.0)], [0.0, 400.0], 2);
        assert_eq!((placed[0].mark, placed[0].row), (1, 0));
        assert!(placed[0].right < 390.0);
        assert_eq!((placed[1].mark, placed[1].row), (0, 1));
    }

    #[test]
    fn no_name_meets_another_or_a_line() {
        // A scatter of marks by a small generator.
        let mut state = 12_345u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) as f32 / 65_536.0
        };
        let mut marks: Vec<(f32, f32)> = (0..40).map(|_| (next() * 400.0, 20.0 + next() * 70.0)).collect();
        marks.sort_by(|a, b| a.0.total_cmp(&b.0));
        let placed = place(&marks, [0.0, 400.0], 3);
        assert!(placed.len() >= 8, "{}", placed.len());
        for (i, a) in placed.iter().enumerate() {
            assert!(a.left >= 0.0 && a.right <= 400.0);
            for b in &placed[i + 1..] {
                assert!(a.row != b.row || a.right <= b.left || b.right <= a.left);
            }
            for b in &placed {
                let x = marks[b.mark].0;
                assert!(b.row > a.row || x < a.left || x > a.right, "{a:?} under the line of {b:?}");
            }
        }
    }

    #[test]
    fn marks_out_of_sight_are_left_out() {
        assert_eq!(rows_of(&[(-5.0, 20.0), (401.0, 20.0)], 2), [None, None]);
    }
}
