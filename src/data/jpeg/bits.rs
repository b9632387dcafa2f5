//! A scan's bits and Huffman codes (ITU-T T.81, annexes C and F).

/// Codes of up to so many bits are found in one look.
const LOOK_BITS: u32 = 9;

/// One Huffman table.
#[derive(Debug, Clone)]
pub(super) struct HuffmanTable {
    /// By the next [`LOOK_BITS`] bits: length and value; length 0 where the code is longer.
    look: Vec<[u8; 2]>,
    /// By the same bits: the coefficient, where its code and its own bits are all among them.
    near: Vec<Near>,
    /// By length: one past the largest code, its bits shifted up to 16, and what to add to a code to get its value's place.
    past: [u32; 18],
    offset: [i32; 18],
    values: Vec<u8>,
}

/// A coefficient found in one look.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Near {
    pub(super) value: i16,
    /// Zeros before it.
    pub(super) run: u8,
    /// Bits of all; 0 where it is not to be found so.
    len: u8,
}

impl HuffmanTable {
    /// From how many codes there are of 1 to 16 bits and their values; `None` where there are too many.
    pub(super) fn new(counts: &[u8], values: &[u8]) -> Option<Self> {
        let mut table = Self {
            look: vec![[0; 2]; 1 << LOOK_BITS],
            near: vec![Near::default(); 1 << LOOK_BITS],
            past: [0; 18],
            offset: [0; 18],
            values: values.to_vec(),
        };
        let (mut code, mut place) = (0u32, 0usize);
        for (len, count) in (1u32..).zip(counts) {
            let n = u32::from(*count);
            if code + n > 1 << len {
                return None;
            }
            table.offset[len as usize] = place as i32 - code as i32;
            for i in 0..n {
                let value = *values.get(place + i as usize)?;
                if len <= LOOK_BITS {
                    let from = ((code + i) << (LOOK_BITS - len)) as usize;
                    table.look[from..from + (1 << (LOOK_BITS - len))].fill([len as u8, value]);
                }
            }
            code += n;
            place += n as usize;
            table.past[len as usize] = code << (16 - len);
            code <<= 1;
        }
        table.past[17] = u32::MAX;
        for (bits, ([len, value], near)) in (0u32..).zip(table.look.iter().zip(&mut table.near)) {
            let (len, own) = (u32::from(*len), u32::from(value & 15));
            if len > 0 && own > 0 && len + own <= LOOK_BITS {
                let own_bits = (bits >> (LOOK_BITS - len - own)) & ((1 << own) - 1);
                *near = Near { value: extended(own_bits, own) as i16, run: value >> 4, len: (len + own) as u8 };
            }
        }
        Some(table)
    }
}

/// Why a scan ends before its picture does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Broken {
    /// A code or a value that cannot be.
    Damaged,
    /// A marker or the end of the file comes early.
    Ends,
}

/// `value` of `n` bits as a signed number (F.2.2.1).
#[inline]
fn extended(value: u32, n: u32) -> i32 {
    let value = value as i32;
    if n > 0 && value < 1 << (n - 1) { value - (1 << n) + 1 } else { value }
}

/// Reads bits up to the next marker.
pub(super) struct Bits<'f> {
    file: &'f [u8],
    at: usize,
    buffer: u64,
    count: u32,
    /// Of `count`, how many were made up because nothing is left.
    made_up: u32,
}

impl<'f> Bits<'f> {
    pub(super) fn new(file: &'f [u8], at: usize) -> Self {
        Self { file, at, buffer: 0, count: 0, made_up: 0 }
    }

    /// Makes at least 32 bits ready: a code and its number, of at most 16 each.
    #[inline]
    fn refill(&mut self) {
        if self.count >= 32 {
            return;
        }
        const LOWEST: u64 = 0x0101_0101_0101_0101;
        if let Some(raw) = self.file.get(self.at..).and_then(|rest| rest.first_chunk::<8>())
            && self.made_up == 0
        {
            let raw = u64::from_be_bytes(*raw);
            // No byte of it is 0xff: none of its complement is 0.
            let complement = !raw;
            if complement.wrapping_sub(LOWEST) & raw & (LOWEST << 7) == 0 {
                // Of the last byte some bits may lie beyond `count`: they are what will be put there again.
                self.buffer |= raw >> self.count;
                let bytes = (64 - self.count) / 8;
                self.at += bytes as usize;
                self.count += 8 * bytes;
                return;
            }
        }
        self.refill_bytes();
    }

    fn refill_bytes(&mut self) {
        while self.count <= 56 {
            let byte = match (self.file.get(self.at), self.file.get(self.at + 1)) {
                (Some(0xff), Some(0)) => {
                    self.at += 2;
                    0xff
                }
                (None, _) | (Some(0xff), _) => {
                    self.made_up += 8;
                    0
                }
                (Some(&byte), _) => {
                    self.at += 1;
                    byte
                }
            };
            self.buffer |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    #[inline]
    fn take(&mut self, n: u32) -> u32 {
        let value = (self.buffer >> 32) as u32;
        self.buffer <<= n;
        self.count -= n;
        if n == 0 { 0 } else { value >> (32 - n) }
    }

    /// More was read than there is.
    pub(super) fn is_overdrawn(&self) -> bool {
        self.made_up > self.count
    }

    #[inline]
    pub(super) fn bit(&mut self) -> bool {
        self.refill();
        self.take(1) == 1
    }

    /// `n` bits (at most 16).
    #[inline]
    pub(super) fn number(&mut self, n: u32) -> u32 {
        self.refill();
        self.take(n)
    }

    /// A signed number of `n` bits (at most 16), as F.2.2.1 extends it.
    #[inline]
    pub(super) fn signed(&mut self, n: u32) -> i32 {
        // A code of at most 16 bits came before: 32 are still there.
        extended(self.take(n), n)
    }

    /// The next coefficient of a band, where one look finds it; else [`Self::code`] does.
    #[inline]
    pub(super) fn near(&mut self, table: &HuffmanTable) -> Option<Near> {
        self.refill();
        let near = table.near[(self.buffer >> (64 - LOOK_BITS)) as usize];
        (near.len > 0).then(|| {
            self.take(near.len.into());
            near
        })
    }

    /// The next code's value; the bits for [`Self::signed`] are ready after it.
    #[inline]
    pub(super) fn code(&mut self, table: &HuffmanTable) -> Result<u8, Broken> {
        self.refill();
        let [len, value] = table.look[(self.buffer >> (64 - LOOK_BITS)) as usize];
        if len > 0 {
            self.take(len.into());
            return Ok(value);
        }
        let next = (self.buffer >> 48) as u32;
        let mut len = LOOK_BITS as usize + 1;
        while next >= table.past[len] {
            len += 1;
        }
        if len > 16 {
            return Err(if self.made_up > 0 { Broken::Ends } else { Broken::Damaged });
        }
        let code = self.take(len as u32) as i32;
        let place = usize::try_from(code + table.offset[len]).map_err(|_| Broken::Damaged)?;
        table.values.get(place).copied().ok_or(Broken::Damaged)
    }

    /// Goes on after restart marker `n` (0 to 7).
    pub(super) fn restart(&mut self, n: u8) -> Result<(), Broken> {
        if self.is_overdrawn() {
            return Err(Broken::Ends);
        }
        let at = self.next_marker().ok_or(Broken::Ends)?;
        match self.file[at] {
            marker if marker == 0xd0 + n => {
                *self = Self::new(self.file, at + 1);
                Ok(())
            }
            0xd9 => Err(Broken::Ends),
            _ => Err(Broken::Damaged),
        }
    }

    /// Where the byte after the next marker's 0xff stands.
    fn next_marker(&self) -> Option<usize> {
        // Whole bytes that were taken in but not read hold no marker.
        let rest = self.file.get(self.at..)?;
        let pair = rest.windows(2).position(|pair| pair[0] == 0xff && !matches!(pair[1], 0 | 0xff))?;
        Some(self.at + pair + 1)
    }

    /// Where segments go on after the scan's data.
    pub(super) fn end(&self) -> usize {
        self.next_marker().map_or(self.file.len(), |at| at - 1)
    }
}
