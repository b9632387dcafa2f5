//! A sequential or progressive JPEG taken apart into its coefficients: any number of scans in any order, any sampling,
//! restart markers or none. What libjpeg would make up is an error here: a picture is whole or is none.

use super::bits::{Bits, Broken, HuffmanTable};
use super::markers::{ColourSpace, Frame, ScanHeader, Segments, ZIGZAG, broken};
use crate::language::Message;

/// Coefficients of one component.
#[derive(Debug)]
pub(super) struct Plane {
    /// Blocks in a row and rows of them that the picture needs.
    pub(super) blocks: [usize; 2],
    /// Blocks in a row of `coefficients`: whole units of all components.
    pub(super) stride: usize,
    /// 64 a block, in rows from the lowest frequency, not yet multiplied by `quantisation`.
    pub(super) coefficients: Vec<i16>,
    pub(super) quantisation: [u16; 64],
    /// By coefficient in zigzag order: how many of its low bits are still to come; 255 where nothing came.
    missing_bits: [u8; 64],
}

/// All that a file holds of its picture.
#[derive(Debug)]
pub(in super::super) struct Coded {
    pub(super) frame: Frame,
    pub(super) planes: Vec<Plane>,
    pub(super) colour: ColourSpace,
}

impl Coded {
    /// Reads a file of at most so many pixels; `tables` is another one with only tables, as TIFF has it.
    ///
    /// # Errors
    /// Cut off, damaged, or of a kind that is not supported.
    pub(in super::super) fn read(file: &[u8], tables: Option<&[u8]>, max_pixels: u64) -> Result<Self, Message> {
        let mut segments = Segments::default();
        if let Some(tables) = tables {
            segments.read_to_scan(tables, &mut 0)?;
        }
        let mut at = 0;
        let mut planes: Vec<Plane> = Vec::new();
        loop {
            let (scan, has_end) = segments.read_to_scan(file, &mut at)?;
            let Some(frame) = segments.frame.as_ref() else { return Err(broken()) };
            if planes.is_empty() {
                if frame.width as u64 * frame.height as u64 > max_pixels {
                    return Err(msg!("data-larger-than-said"));
                }
                planes = planes_of(frame)?;
            }
            let Some(scan) = scan else {
                if !planes.iter().all(|plane| plane.is_there(has_end)) {
                    return Err(ends_early());
                }
                let colour = segments.colour_space();
                return Ok(Self { frame: frame.clone(), planes, colour });
            };
            at = read_scan(&segments, frame, &scan, file, at, &mut planes)?;
        }
    }

    /// Rows and columns.
    pub(in super::super) fn size(&self) -> [usize; 2] {
        [self.frame.height, self.frame.width]
    }

    /// Colour components.
    pub(in super::super) fn components(&self) -> usize {
        self.planes.len()
    }
}

pub(super) fn ends_early() -> Message {
    msg!("data-ends-early")
}

fn planes_of(frame: &Frame) -> Result<Vec<Plane>, Message> {
    let most = frame.most();
    let plane = |c: &super::markers::FrameComponent| {
        if !most[0].is_multiple_of(c.h) || !most[1].is_multiple_of(c.v) {
            return Err(msg!("data-jpeg-chroma"));
        }
        let units = |side: usize, most: usize| side.div_ceil(8 * most);
        let [across, down] = [units(frame.width, most[0]) * c.h, units(frame.height, most[1]) * c.v];
        let blocks = |side: usize, own: usize, most: usize| (side * own).div_ceil(most).div_ceil(8);
        Ok(Plane {
            blocks: [blocks(frame.width, c.h, most[0]), blocks(frame.height, c.v, most[1])],
            stride: across,
            coefficients: vec![0; across * down * 64],
            quantisation: [0; 64],
            missing_bits: [255; 64],
        })
    };
    frame.components.iter().map(plane).collect()
}

impl Plane {
    /// Enough has come to show it: with an end marker the lowest frequency, else every bit.
    fn is_there(&self, has_end: bool) -> bool {
        if has_end { self.missing_bits[0] != 255 } else { self.missing_bits.iter().all(|bits| *bits == 0) }
    }

    fn block(&mut self, x: usize, y: usize) -> Option<&mut [i16; 64]> {
        let at = (y * self.stride + x) * 64;
        self.coefficients.get_mut(at..at + 64)?.try_into().ok()
    }
}

/// What is carried from block to block in a scan.
#[derive(Default)]
struct Carried {
    dc: [i32; 4],
    end_of_band_run: u32,
}

fn words(broken: Broken) -> Message {
    match broken {
        Broken::Ends => ends_early(),
        Broken::Damaged => msg!("data-code-damaged"),
    }
}

/// Reads one scan's data from `at` on and says where they end.
fn read_scan(
    segments: &Segments,
    frame: &Frame,
    scan: &ScanHeader,
    file: &[u8],
    at: usize,
    planes: &mut [Plane],
) -> Result<usize, Message> {
    let dc_scan = scan.band[0] == 0;
    for &[index, dc, ac] in &scan.components {
        let plane = &mut planes[index];
        let refines = frame.progressive && scan.bits[0] > 0;
        for missing in &mut plane.missing_bits[scan.band[0]..=scan.band[1]] {
            // A scan that comes twice, or bits out of their order.
            let expected = if refines { *missing == scan.bits[0] } else { *missing == 255 };
            if !expected {
                return Err(broken());
            }
            *missing = scan.bits[1];
        }
        if dc_scan && !refines {
            plane.quantisation = segments.quantisation[frame.components[index].table].ok_or_else(broken)?;
        }
        let needs_dc = dc_scan && !refines;
        let needs_ac = scan.band[1] > 0;
        if (needs_dc && segments.dc[dc].is_none()) || (needs_ac && segments.ac[ac].is_none()) {
            return Err(msg!("data-huffman-missing"));
        }
    }
    let most = frame.most();
    let mut bits = Bits::new(file, at);
    let mut carried = Carried::default();
    // One component alone comes block by block, several in units.
    let (across, down) = match scan.components.as_slice() {
        &[[index, ..]] => (planes[index].blocks[0], planes[index].blocks[1]),
        _ => (frame.width.div_ceil(8 * most[0]), frame.height.div_ceil(8 * most[1])),
    };
    let alone = scan.components.len() == 1;
    let (mut until_restart, mut restarts) = (segments.restart_interval, 0u8);
    for y in 0..down {
        for x in 0..across {
            if segments.restart_interval > 0 {
                if until_restart == 0 {
                    bits.restart(restarts % 8).map_err(words)?;
                    restarts = restarts.wrapping_add(1);
                    carried = Carried::default();
                    until_restart = segments.restart_interval;
                }
                until_restart -= 1;
            }
            for &[index, dc, ac] in &scan.components {
                let (h, v) = if alone { (1, 1) } else { (frame.components[index].h, frame.components[index].v) };
                for i in 0..h * v {
                    let block = planes[index].block(x * h + i % h, y * v + i / h).ok_or_else(broken)?;
                    let tables = (segments.dc[dc].as_ref(), segments.ac[ac].as_ref());
                    read_block(&mut bits, &mut carried, frame.progressive, scan, index, tables, block)
                        .map_err(words)?;
                }
            }
        }
        if bits.is_overdrawn() {
            return Err(ends_early());
        }
    }
    Ok(bits.end())
}

#[inline]
fn read_block(
    bits: &mut Bits<'_>,
    carried: &mut Carried,
    progressive: bool,
    scan: &ScanHeader,
    index: usize,
    (dc, ac): (Option<&HuffmanTable>, Option<&HuffmanTable>),
    block: &mut [i16; 64],
) -> Result<(), Broken> {
    let refines = scan.bits[0] > 0;
    if scan.band[0] == 0 {
        if refines {
            if bits.bit() {
                block[0] |= 1 << scan.bits[1];
            }
        } else {
            let len = bits.code(dc.ok_or(Broken::Damaged)?)?;
            if len > 15 {
                return Err(Broken::Damaged);
            }
            let dc = &mut carried.dc[index];
            *dc = dc.wrapping_add(bits.signed(len.into()));
            block[0] = (*dc << scan.bits[1]) as i16;
        }
        if progressive {
            return Ok(());
        }
    }
    let ac = ac.ok_or(Broken::Damaged)?;
    match (progressive, refines) {
        (false, _) => sequential(bits, ac, block),
        (true, false) => first_of_band(bits, carried, ac, scan, block),
        (true, true) => more_of_band(bits, carried, ac, scan, block),
    }
}

#[inline]
fn sequential(bits: &mut Bits<'_>, ac: &HuffmanTable, block: &mut [i16; 64]) -> Result<(), Broken> {
    let mut k = 1;
    while k < 64 {
        let (run, value) = match bits.near(ac) {
            Some(near) => (usize::from(near.run), near.value),
            None => {
                let code = bits.code(ac)?;
                let (run, len) = (usize::from(code >> 4), u32::from(code & 15));
                if len == 0 {
                    if run < 15 {
                        break;
                    }
                    k += 16;
                    continue;
                }
                (run, bits.signed(len) as i16)
            }
        };
        k += run;
        let place = usize::from(*ZIGZAG.get(k).ok_or(Broken::Damaged)?);
        block[place] = value;
        k += 1;
    }
    Ok(())
}

/// G.1.2.2: the upper bits of a band.
fn first_of_band(
    bits: &mut Bits<'_>,
    carried: &mut Carried,
    ac: &HuffmanTable,
    scan: &ScanHeader,
    block: &mut [i16; 64],
) -> Result<(), Broken> {
    if carried.end_of_band_run > 0 {
        carried.end_of_band_run -= 1;
        return Ok(());
    }
    let mut k = scan.band[0];
    while k <= scan.band[1] {
        let code = bits.code(ac)?;
        let (run, len) = (usize::from(code >> 4), u32::from(code & 15));
        if len == 0 {
            if run < 15 {
                carried.end_of_band_run = (1 << run) - 1 + bits.number(run as u32);
                break;
            }
            k += 16;
            continue;
        }
        k += run;
        if k > scan.band[1] {
            return Err(Broken::Damaged);
        }
        block[usize::from(ZIGZAG[k])] = (bits.signed(len) << scan.bits[1]) as i16;
        k += 1;
    }
    Ok(())
}

/// G.1.2.3: one more bit of a band.
fn more_of_band(
    bits: &mut Bits<'_>,
    carried: &mut Carried,
    ac: &HuffmanTable,
    scan: &ScanHeader,
    block: &mut [i16; 64],
) -> Result<(), Broken> {
    let one = 1i16 << scan.bits[1];
    let refine = |bits: &mut Bits<'_>, value: &mut i16| {
        if bits.bit() && *value & one == 0 {
            *value += if *value > 0 { one } else { -one };
        }
    };
    let mut k = scan.band[0];
    if carried.end_of_band_run == 0 {
        while k <= scan.band[1] {
            let code = bits.code(ac)?;
            let (mut run, len) = (usize::from(code >> 4), u32::from(code & 15));
            let mut fresh = 0;
            match len {
                0 if run < 15 => {
                    carried.end_of_band_run = (1 << run) + bits.number(run as u32);
                    break;
                }
                0 => {}
                1 => fresh = if bits.bit() { one } else { -one },
                _ => return Err(Broken::Damaged),
            }
            // Over `run` coefficients that are still zero; those that are not get their bit on the way.
            loop {
                if k > scan.band[1] {
                    if fresh != 0 {
                        return Err(Broken::Damaged);
                    }
                    break;
                }
                let value = &mut block[usize::from(ZIGZAG[k])];
                k += 1;
                if *value != 0 {
                    refine(bits, value);
                } else if run > 0 {
                    run -= 1;
                } else {
                    *value = fresh;
                    break;
                }
            }
        }
    }
    if carried.end_of_band_run > 0 {
        for place in &ZIGZAG[k.min(scan.band[1] + 1)..=scan.band[1]] {
            let value = &mut block[usize::from(*place)];
            if *value != 0 {
                refine(bits, value);
            }
        }
        carried.end_of_band_run -= 1;
    }
    Ok(())
}
