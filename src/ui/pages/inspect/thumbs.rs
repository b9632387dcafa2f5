//! Thumbnails on a few large textures, so that a screen full of them is drawn in a handful of calls and memory stays
//! bounded: when every place is taken, the one not looked at for longest is used again.

use egui::{Color32, ColorImage, Context, Rect, TextureHandle, TextureId, TextureOptions, Vec2, pos2, vec2};
use std::collections::HashMap;

/// Pixels on a side of one texture: 4 MiB.
const PAGE_SIDE: usize = 1024;
/// 64 MiB of textures, twice what a 4K screen full of thumbnails needs.
const MAX_PAGES: usize = 16;
/// Thumbnails in pixels are no larger; on denser screens they are drawn larger than they are.
pub const MAX_CELL: usize = 256;
/// Files that could not be read are remembered up to so many.
const MAX_FAILED: usize = 4096;

/// A thumbnail as a worker hands it over.
pub struct Loaded {
    /// No side longer than the cell.
    pub picture: ColorImage,
    /// Width and height of the image itself.
    pub image_size: [usize; 2],
}

/// What is known of an image's thumbnail.
pub enum Thumb {
    Picture(Placed),
    /// The file cannot be read: why.
    Failed(String),
}

/// A thumbnail's place on a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed {
    slot: usize,
    /// Number of the page, for [`Thumbs::page`].
    pub page: usize,
    /// On the page, 0 to 1.
    pub uv: Rect,
    /// Of the thumbnail, in pixels.
    pub pixels: Vec2,
    /// Width and height of the image itself.
    pub image_size: [usize; 2],
}

struct Entry {
    thumb: Thumb,
    /// The `clock` of the last look.
    seen: u64,
}

/// The thumbnails at hand. Pages are made as they are needed.
#[derive(Default)]
pub struct Thumbs {
    /// Pixels on a side of a thumbnail's place; 0 before the first.
    cell: usize,
    entries: HashMap<u32, Entry>,
    pages: Vec<TextureHandle>,
    /// The image at each place of the pages there are.
    slots: Vec<Option<u32>>,
    free: Vec<usize>,
    clock: u64,
}

impl Thumbs {
    /// Forgets everything; from now on thumbnails are of so many pixels on a side.
    pub fn reset(&mut self, cell: usize) {
        *self = Self { cell: cell.clamp(1, MAX_CELL), clock: self.clock, ..Self::default() };
    }

    /// Pixels on a side of a thumbnail's place.
    pub fn cell(&self) -> usize {
        self.cell
    }

    pub fn get(&self, image: u32) -> Option<&Thumb> {
        self.entries.get(&image).map(|entry| &entry.thumb)
    }

    pub fn page(&self, page: usize) -> Option<TextureId> {
        self.pages.get(page).map(TextureHandle::id)
    }

    /// Textures' bytes on the graphics card.
    pub fn bytes(&self) -> usize {
        self.pages.len() * PAGE_SIDE * PAGE_SIDE * 4
    }

    /// As many thumbnails as there is room for.
    pub fn capacity(&self) -> usize {
        self.per_side().pow(2) * MAX_PAGES
    }

    fn per_side(&self) -> usize {
        PAGE_SIDE / (self.cell.max(1) + 1)
    }

    /// These are looked at now; what is not known of them yet.
    pub fn look_at(&mut self, images: &[u32]) -> Vec<u32> {
        self.clock += 1;
        let mut missing = Vec::new();
        for &image in images.iter().take(self.capacity()) {
            match self.entries.get_mut(&image) {
                Some(entry) => entry.seen = self.clock,
                None => missing.push(image),
            }
        }
        missing
    }

    /// Takes a thumbnail in, or the reason why there is none.
    pub fn insert(&mut self, ctx: &Context, image: u32, loaded: Result<Loaded, String>) {
        self.remove(image);
        let thumb = match loaded {
            Ok(loaded) => match self.place(ctx, image, loaded) {
                Some(placed) => Thumb::Picture(placed),
                None => return,
            },
            Err(reason) => {
                self.make_room_for_failure();
                Thumb::Failed(reason)
            }
        };
        self.entries.insert(image, Entry { thumb, seen: self.clock });
    }

    fn remove(&mut self, image: u32) {
        if let Some(Entry { thumb: Thumb::Picture(placed), .. }) = self.entries.remove(&image) {
            self.slots[placed.slot] = None;
            self.free.push(placed.slot);
        }
    }

    fn make_room_for_failure(&mut self) {
        let failed = self.entries.iter().filter(|(_, entry)| matches!(entry.thumb, Thumb::Failed(_)));
        if failed.clone().count() >= MAX_FAILED
            && let Some(oldest) = failed.min_by_key(|(_, entry)| entry.seen).map(|(image, _)| *image)
        {
            self.remove(oldest);
        }
    }

    fn place(&mut self, ctx: &Context, image: u32, loaded: Loaded) -> Option<Placed> {
        let [width, height] = loaded.picture.size;
        if self.cell == 0 || width > self.cell || height > self.cell {
            return None;
        }
        let slot = self.take_slot(ctx)?;
        let per_side = self.per_side();
        let page = slot / (per_side * per_side);
        let at = slot % (per_side * per_side);
        // A row and a column of pixels between two places stay empty.
        let [x, y] = [at % per_side, at / per_side].map(|n| n * (self.cell + 1));
        self.pages.get_mut(page)?.set_partial([x, y], loaded.picture, TextureOptions::LINEAR);
        self.slots[slot] = Some(image);
        let side = PAGE_SIDE as f32;
        let uv = Rect::from_min_size(
            pos2(x as f32 / side, y as f32 / side),
            vec2(width as f32 / side, height as f32 / side),
        );
        // One that is drawn larger than it is must not blend with what lies around it.
        let enlarged = width.max(height) < self.cell;
        let uv = if enlarged { uv.shrink(0.5 / side) } else { uv };
        let pixels = vec2(width as f32, height as f32);
        Some(Placed { slot, page, uv, pixels, image_size: loaded.image_size })
    }

    /// An empty place: a free one, one of a new page, or that of the thumbnail not looked at for longest. None where all
    /// are being looked at.
    fn take_slot(&mut self, ctx: &Context) -> Option<usize> {
        if let Some(slot) = self.free.pop() {
            return Some(slot);
        }
        if self.pages.len() < MAX_PAGES {
            let empty = ColorImage::filled([PAGE_SIDE, PAGE_SIDE], Color32::TRANSPARENT);
            self.pages.push(ctx.load_texture("thumbnails", empty, TextureOptions::LINEAR));
            let first = self.slots.len();
            self.slots.resize(first + self.per_side().pow(2), None);
            self.free.extend((first..self.slots.len()).rev());
            return self.free.pop();
        }
        let seen = |image: &u32| self.entries.get(image).map_or(0, |entry| entry.seen);
        let oldest = self.slots.iter().flatten().min_by_key(|image| seen(image)).copied()?;
        if seen(&oldest) == self.clock {
            return None;
        }
        self.remove(oldest);
        self.free.pop()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(side: usize) -> Result<Loaded, String> {
        Ok(Loaded { picture: ColorImage::filled([side, side], Color32::RED), image_size: [side, side] })
    }

    #[test]
    fn places_do_not_overlap_and_pages_come_as_needed() {
        let ctx = Context::default();
        let mut thumbs = Thumbs::default();
        thumbs.reset(96);
        assert_eq!((thumbs.capacity(), thumbs.bytes()), (10 * 10 * 16, 0));
        for image in 0..101 {
            thumbs.insert(&ctx, image, loaded(96));
        }
        assert_eq!(thumbs.bytes(), (2 * 4) << 20);
        let placed = |image| match thumbs.get(image) {
            Some(Thumb::Picture(placed)) => *placed,
            _ => panic!("image {image}"),
        };
        assert_eq!((placed(99).page, placed(100).page), (0, 1));
        for a in 0..100 {
            for b in 0..a {
                let (a, b) = (placed(a).uv, placed(b).uv.shrink(1e-6));
                assert!(!a.intersects(b), "{a} {b}");
            }
        }
        assert!(Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)).contains_rect(placed(99).uv));
    }

    #[test]
    fn memory_is_bounded_and_what_is_looked_at_stays() {
        let ctx = Context::default();
        let mut thumbs = Thumbs::default();
        thumbs.reset(MAX_CELL);
        let room = thumbs.capacity() as u32;
        for image in 0..room {
            thumbs.insert(&ctx, image, loaded(8));
        }
        let bytes = thumbs.bytes();
        assert_eq!(bytes, (MAX_PAGES * 4) << 20);
        assert_eq!(thumbs.look_at(&[0, 1, 2, room]), [room]);
        thumbs.insert(&ctx, room, loaded(8));
        for image in room + 1..room + 10 {
            thumbs.insert(&ctx, image, loaded(8));
        }
        assert_eq!(thumbs.bytes(), bytes);
        assert!([0, 1, 2, room].into_iter().all(|image| thumbs.get(image).is_some()));
        assert_eq!((3..room).filter(|image| thumbs.get(*image).is_none()).count(), 10);
        // Everything is being looked at: a newcomer finds no place and pushes nobody out.
        let there: Vec<u32> = (0..room + 10).filter(|image| thumbs.get(*image).is_some()).collect();
        assert!(thumbs.look_at(&there).is_empty());
        thumbs.insert(&ctx, 77_777, loaded(8));
        assert!(thumbs.get(77_777).is_none() && there.iter().all(|image| thumbs.get(*image).is_some()));
        thumbs.reset(64);
        assert!(thumbs.get(0).is_none());
        assert_eq!(thumbs.bytes(), 0);
    }

    #[test]
    fn failures_are_remembered_up_to_a_bound() {
        let ctx = Context::default();
        let mut thumbs = Thumbs::default();
        thumbs.reset(96);
        for image in 0..MAX_FAILED as u32 + 5 {
            thumbs.look_at(&[image]);
            thumbs.insert(&ctx, image, Err("cut off".to_owned()));
        }
        assert_eq!(thumbs.entries.len(), MAX_FAILED);
        assert!(matches!(thumbs.get(MAX_FAILED as u32 + 4), Some(Thumb::Failed(reason)) if reason == "cut off"));
    }
}
