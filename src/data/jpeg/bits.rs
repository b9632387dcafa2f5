//! A scan's bits and Huffman codes (ITU-T T.81, annexes C and F).

/// Codes of up to so many bits are found in one look.
const LOOK_BITS: u32 = 9;

/// One Huffman table.
#[derive(Debug, Clone)]
pub(super) struct HuffmanTable {
    /// By the next [`LOOK_BITS`] bits: length and value; length 0 where the code is longer.
    look: Vec<[u8; 2]>,
    /// By length: one past the largest code, its bits shifted up to 16, and what to add to a code to get its value's place.
    past: [u32; 18],
    offset: [i32; 18],
    values: Vec<u8>,
}

impl HuffmanTable {
    /// From how many codes there are of 1 to 16 bits and their values; `None` where there are too many.
    pub(super) fn new(counts: &[u8], values: &[u8]) -> Option<Self> {
        let mut table =
            Self { look: vec![[0; 2]; 1 << LOOK_BITS], past: [0; 18], offset: [0; 18], values: values.to_vec() };
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

    /// Makes at least 48 bits ready.
    #[inline]
    fn refill(&mut self) {
        if self.count >= 48 {
            return;
        }
        if let Some(raw) = self.file.get(self.at..).and_then(|rest| rest.first_chunk::<4>())
            && self.count <= 32
            && !raw.contains(&0xff)
            && self.made_up == 0
        {
            self.buffer |= u64::from(u32::from_be_bytes(*raw)) << (32 - self.count);
            self.at += 4;
            self.count += 32;
            if self.count >= 48 {
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
        let value = self.take(n) as i32;
        if n > 0 && value < 1 << (n - 1) { value - (1 << n) + 1 } else { value }
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
