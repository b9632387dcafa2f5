//! PNG files that lack their end.

/// The file with what its end lacks, where its chunks end before the end chunk (IEND): whether the pixels are all there is
/// for the decoder to find. `None` where nothing is to be mended.
pub(super) fn mended(file: &[u8]) -> Option<Vec<u8>> {
    let mut at = 8;
    let mut has_pixels = false;
    while let Some(head) = file.get(at..at + 8) {
        let len = u32::from_be_bytes([head[0], head[1], head[2], head[3]]) as usize;
        let kind = &head[4..8];
        let end = at.checked_add(len)?.checked_add(12)?;
        if kind == b"IEND" {
            // Even where its checksum is cut.
            return (end > file.len() && has_pixels).then(|| with_end(file[..at].to_vec()));
        }
        if end > file.len() {
            if kind != b"IDAT" {
                break;
            }
            // The last piece of the pixels, with a length and a checksum that fit.
            let data = &file[at + 8..file.len().min(end - 4)];
            let mut out = file[..at].to_vec();
            out.extend_from_slice(&u32::try_from(data.len()).ok()?.to_be_bytes());
            out.extend_from_slice(b"IDAT");
            out.extend_from_slice(data);
            let mut sum = flate2::Crc::new();
            sum.update(b"IDAT");
            sum.update(data);
            out.extend_from_slice(&sum.sum().to_be_bytes());
            return Some(with_end(out));
        }
        has_pixels |= kind == b"IDAT";
        at = end;
    }
    has_pixels.then(|| with_end(file[..at.min(file.len())].to_vec()))
}

fn with_end(mut file: Vec<u8>) -> Vec<u8> {
    file.extend_from_slice(b"\0\0\0\0IEND\xae\x42\x60\x82");
    file
}
