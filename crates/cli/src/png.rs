//! Pictures as pixels, for places that take no SVG.

use crate::error::CliError;

/// Pixels of the file for one of the picture: sharp on screens that have two.
#[cfg(feature = "png")]
const SCALE: f32 = 2.0;

/// `svg` in light colours as a PNG file. Letters are our own, so that equal pictures give equal
/// bytes on every machine.
#[cfg(feature = "png")]
pub(crate) fn to_png(svg: &str) -> Result<Vec<u8>, CliError> {
    use resvg::{tiny_skia, usvg};
    const FAMILY: &str = "DejaVu Sans";
    let broken = |error: &dyn std::fmt::Display| {
        CliError::failed(format_args!("the picture cannot be turned into PNG: {error}"))
    };
    let mut options = usvg::Options { font_family: FAMILY.to_owned(), ..usvg::Options::default() };
    let fonts = options.fontdb_mut();
    fonts.load_font_data(include_bytes!("fonts/DejaVuSans-subset.ttf").to_vec());
    fonts.load_font_data(include_bytes!("fonts/DejaVuSans-Bold-subset.ttf").to_vec());
    fonts.set_sans_serif_family(FAMILY);
    let tree = usvg::Tree::from_str(svg, &options).map_err(|error| broken(&error))?;
    let size = tree.size();
    let (width, height) = (size.width() * SCALE, size.height() * SCALE);
    let mut pixels = tiny_skia::Pixmap::new(width.ceil() as u32, height.ceil() as u32)
        .ok_or_else(|| broken(&"it is too large"))?;
    resvg::render(&tree, tiny_skia::Transform::from_scale(SCALE, SCALE), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| broken(&error))
}

/// This build draws no pixels.
#[cfg(not(feature = "png"))]
pub(crate) fn to_png(_svg: &str) -> Result<Vec<u8>, CliError> {
    Err(CliError::usage("this build has no PNG").hint("save as .svg, or build with --features png"))
}
