//! Pictures of pages in 256 colours: a third of the bytes, and nobody sees the difference.

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};
use resvg::tiny_skia::Pixmap;
use std::collections::{HashMap, HashSet};
use std::io::Write;

type Colour = [u8; 3];

/// As many as a byte can name.
const MOST: usize = 256;

/// Of these, so many are the most frequent: papers, inks, lines. The others stand for what is rare.
const FREQUENT: usize = 96;

/// The picture in a PNG, as a PNG with a palette; a colour that has no place in it (a shade at the
/// edge of letters) becomes the nearest one.
pub(crate) fn reduced(png: &[u8]) -> Vec<u8> {
    let picture = Pixmap::decode_png(png).expect("a browser's PNG");
    let colours: Vec<Colour> =
        picture.pixels().iter().map(|pixel| [pixel.red(), pixel.green(), pixel.blue()]).collect();
    let palette = palette(&colours);
    let mut known: HashMap<Colour, u8> = HashMap::new();
    let width = picture.width() as usize;
    let mut rows = Vec::with_capacity(colours.len() + colours.len() / width);
    for row in colours.chunks(width) {
        // As it stands, without a filter.
        rows.push(0);
        rows.extend(
            row.iter()
                .map(|colour| *known.entry(*colour).or_insert_with(|| nearest(&palette, *colour))),
        );
    }
    encoded(picture.width(), picture.height(), &palette, &rows)
}

/// The most frequent colours, and of every kind of colour the most frequent one. Equally frequent ones
/// are ordered too, so that equal pictures give equal bytes.
fn palette(colours: &[Colour]) -> Vec<Colour> {
    let mut counts: HashMap<Colour, usize> = HashMap::new();
    for colour in colours {
        *counts.entry(*colour).or_default() += 1;
    }
    let mut ordered: Vec<(Colour, usize)> = counts.into_iter().collect();
    ordered.sort_by_key(|(colour, count)| (std::cmp::Reverse(*count), *colour));
    let mut kinds: HashSet<Colour> = HashSet::new();
    let mut palette: Vec<Colour> = Vec::new();
    for (nth, (colour, _)) in ordered.into_iter().enumerate() {
        let is_new = kinds.insert(colour.map(|channel| channel / 32));
        if palette.len() < MOST && (nth < FREQUENT || is_new) {
            palette.push(colour);
        }
    }
    palette
}

fn nearest(palette: &[Colour], colour: Colour) -> u8 {
    let far = |other: &Colour| -> u32 {
        other.iter().zip(colour).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    let best = palette.iter().enumerate().min_by_key(|(_, other)| far(other));
    best.and_then(|(index, _)| u8::try_from(index).ok()).expect("a palette of up to 256")
}

/// PNG, third edition: signature, header (8 bits, palette), palette, data, end.
fn encoded(width: u32, height: u32, palette: &[Colour], rows: &[u8]) -> Vec<u8> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(rows).expect("room in memory");
    let packed = packed.finish().expect("room in memory");
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 3, 0, 0, 0]].concat();
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in
        [(b"IHDR", &header), (b"PLTE", &palette.concat()), (b"IDAT", &packed), (b"IEND", &vec![])]
    {
        let mut crc = Crc::new();
        crc.update(kind);
        crc.update(data);
        let length = u32::try_from(data.len()).expect("a picture of less than 4 GiB");
        for part in [&length.to_be_bytes()[..], kind, data, &crc.sum().to_be_bytes()] {
            png.extend_from_slice(part);
        }
    }
    png
}
