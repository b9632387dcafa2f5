//! Plots as a PNG, made by the code that draws them on screen: an egui context without a window, [`show`], and
//! [`raster`](super::raster) in place of a GPU. Runs on the caller's thread, in well under a second.

use super::description::write_whole;
use super::look::picture_id;
use super::raster::{Canvas, Textures};
use super::{Plot, PlotError, Theme, show};
use egui::{Align2, Color32, Context, FontId, FullOutput, Pos2, RawInput, Rect, UiBuilder, Vec2, ViewportId};
use std::path::Path;

/// Passes until axes have the width of their labels and names of marks have their rows.
const PASSES: usize = 4;
/// Longest side in pixels.
const MAX_SIDE: f32 = 16_384.0;
const MAX_PIXELS: f32 = 100.0e6;

/// How a picture is made.
#[derive(Debug, Clone, PartialEq)]
pub struct PngOptions {
    /// In points; type and lines are sized in points.
    pub width: u32,
    pub height: u32,
    /// Pixels to a point.
    pub scale: f32,
    pub theme: Theme,
    /// Without a background of its own.
    pub transparent: bool,
    /// A line below the plots, such as the run, its dataset and the day; empty for none.
    pub caption: String,
    /// Kept in the file by name, such as the run's id and its configuration. `Software` is added.
    pub text: Vec<(String, String)>,
}

impl Default for PngOptions {
    fn default() -> Self {
        Self {
            width: 1600,
            height: 900,
            scale: 2.0,
            theme: Theme::Light,
            transparent: false,
            caption: String::new(),
            text: Vec::new(),
        }
    }
}

/// Points to an inch: what a picture of one pixel to a point is read as.
const POINTS_PER_INCH: f64 = 96.0;

impl PngOptions {
    /// A picture of so many pixels with so many to the inch.
    #[must_use]
    pub fn with_pixels(self, [width, height]: [f64; 2], dpi: f64) -> Self {
        let points = |pixels: f64| (pixels * POINTS_PER_INCH / dpi).round().clamp(0.0, f64::from(u32::MAX)) as u32;
        Self { width: points(width), height: points(height), scale: (dpi / POINTS_PER_INCH) as f32, ..self }
    }

    /// A picture of so many inches with so many pixels to each.
    #[must_use]
    pub fn with_inches(self, size: [f64; 2], dpi: f64) -> Self {
        self.with_pixels(size.map(|inches| inches * dpi), dpi)
    }
}

/// Renders the plots, several in a grid, and writes them to a temporary name beside `path`, then renames it.
///
/// # Errors
/// As [`render_png`], or the file cannot be written.
pub fn write_png(path: &Path, plots: &[Plot<'_>], options: &PngOptions) -> Result<(), PlotError> {
    write_whole(path, &render_png(plots, options)?)
}

/// The plots as the bytes of a PNG; the same plots and options give the same bytes.
///
/// # Errors
/// There is no plot, the size is out of range, or a text has a name that PNG does not allow.
pub fn render_png(plots: &[Plot<'_>], options: &PngOptions) -> Result<Vec<u8>, PlotError> {
    for (key, _) in &options.text {
        let latin = key.chars().all(|c| (' '..='~').contains(&c));
        if !latin || !(1..=79).contains(&key.len()) {
            return Err(PlotError::TextKey { key: key.clone() });
        }
    }
    encode(&render_canvas(plots, options)?, options)
}

/// The plots as pixels.
///
/// # Errors
/// There is no plot, or the size is out of range.
pub fn render_canvas(plots: &[Plot<'_>], options: &PngOptions) -> Result<Canvas, PlotError> {
    let pixels = check(plots, options)?;

    let drawn = draw(plots, options);
    let background = if options.transparent { Color32::TRANSPARENT } else { drawn.background };
    let mut canvas = Canvas::new(pixels.x as usize, pixels.y as usize, background);
    let primitives = drawn.context.tessellate(drawn.output.shapes, drawn.output.pixels_per_point);
    canvas.paint(&primitives, &drawn.textures, drawn.output.pixels_per_point);
    Ok(canvas)
}

/// The picture's size in pixels, where it can be made.
pub(super) fn check(plots: &[Plot<'_>], options: &PngOptions) -> Result<Vec2, PlotError> {
    if plots.is_empty() {
        return Err(PlotError::Nothing);
    }
    let PngOptions { width, height, scale, .. } = *options;
    let pixels = (Vec2::new(width as f32, height as f32) * scale).round();
    let fits = |side: f32| (64.0..=MAX_SIDE).contains(&side);
    // Written so that a scale that is no number is refused too.
    if scale > 0.0 && fits(pixels.x) && fits(pixels.y) && pixels.x * pixels.y <= MAX_PIXELS {
        Ok(pixels)
    } else {
        Err(PlotError::Size { width, height, scale })
    }
}

/// Plots drawn by a context without a window.
pub(super) struct Drawn {
    pub(super) context: Context,
    pub(super) output: FullOutput,
    pub(super) textures: Textures,
    pub(super) background: Color32,
}

pub(super) fn draw(plots: &[Plot<'_>], options: &PngOptions) -> Drawn {
    let PngOptions { width, height, scale, theme, .. } = *options;
    let size = Vec2::new(width as f32, height as f32);
    let context = Context::default();
    context.set_theme(match theme {
        Theme::Light => egui::Theme::Light,
        Theme::Dark => egui::Theme::Dark,
    });
    context.set_fonts(super::fonts());
    context.add_font_provider(super::system_fonts());
    context.data_mut(|d| d.insert_temp(picture_id(), true));
    context.all_styles_mut(|style| style.animation_time = 0.0);
    let mut light = egui::Visuals::light();
    light.panel_fill = Color32::WHITE;
    light.extreme_bg_color = Color32::WHITE;
    context.set_visuals_of(egui::Theme::Light, light);
    let background = context.global_style().visuals.panel_fill;
    if options.transparent {
        context.all_styles_mut(|style| {
            style.visuals.panel_fill = Color32::TRANSPARENT;
            style.visuals.extreme_bg_color = Color32::TRANSPARENT;
        });
    }

    let mut textures = Textures::default();
    let mut output = FullOutput::default();
    for pass in 0..PASSES {
        output = context.run_ui(input(size, scale, pass), |ui| page(ui, plots, size, &options.caption));
        textures.apply(&output.textures_delta);
    }
    Drawn { context, output, textures, background }
}

/// The plots in a grid, over the caption.
fn page(ui: &mut egui::Ui, plots: &[Plot<'_>], size: Vec2, caption: &str) {
    if caption.is_empty() {
        return grid(ui, plots, size);
    }
    let type_size = (size.min_elem() / 60.0).clamp(8.0, 14.0);
    let height = type_size * 1.8;
    grid(ui, plots, size - Vec2::new(0.0, height));
    let colour = ui.visuals().text_color().gamma_multiply(0.75);
    let mut job = egui::text::LayoutJob::simple_singleline(caption.to_owned(), FontId::proportional(type_size), colour);
    job.wrap = egui::text::TextWrapping::truncate_at_width(size.x - 2.0 * type_size);
    let galley = ui.painter().layout_job(job);
    let at = Align2::LEFT_CENTER.anchor_size(Pos2::new(type_size, size.y - height / 2.0), galley.size());
    ui.painter().galley(at.min, galley, colour);
}

fn input(size: Vec2, scale: f32, pass: usize) -> RawInput {
    let mut input = RawInput {
        screen_rect: Some(Rect::from_min_size(Pos2::ZERO, size)),
        // A clock of its own: the same plots give the same picture.
        time: Some(pass as f64 / 60.0),
        max_texture_side: Some(MAX_SIDE as usize),
        ..RawInput::default()
    };
    if let Some(viewport) = input.viewports.get_mut(&ViewportId::ROOT) {
        viewport.native_pixels_per_point = Some(scale);
    }
    input
}

/// Rows and columns whose cells come nearest to the shape of a plot.
fn grid_shape(count: usize, size: Vec2) -> (usize, usize) {
    let unfit = |columns: usize| {
        let rows = count.div_ceil(columns);
        let shape = (size.x / columns as f32) / (size.y / rows as f32);
        let empty = (rows * columns - count) as f32 / count as f32;
        (shape / 1.6).ln().abs() + empty
    };
    let columns = (1..=count).min_by(|a, b| unfit(*a).total_cmp(&unfit(*b))).unwrap_or(1);
    (count.div_ceil(columns), columns)
}

fn grid(ui: &mut egui::Ui, plots: &[Plot<'_>], size: Vec2) {
    let (rows, columns) = grid_shape(plots.len(), size);
    let margin = (size.min_elem() * 0.012).clamp(2.0, 12.0);
    let cell = Vec2::new(size.x / columns as f32, size.y / rows as f32);
    for (i, plot) in plots.iter().enumerate() {
        let corner = Vec2::new((i % columns) as f32 * cell.x, (i / columns) as f32 * cell.y);
        let place = Rect::from_min_size(corner.to_pos2(), cell).shrink(margin);
        // The number tells plots of one title apart.
        let mut ui = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("cell", i)));
        show(&mut ui, plot, place.size());
    }
}

fn encode(canvas: &Canvas, options: &PngOptions) -> Result<Vec<u8>, PlotError> {
    let mut bytes = Vec::new();
    let [width, height] = canvas.size();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(if options.transparent { png::ColorType::Rgba } else { png::ColorType::Rgb });
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    encoder.set_filter(png::Filter::Up);
    encoder.set_source_srgb(png::SrgbRenderingIntent::Perceptual);
    // 96 points to the inch, so that a document places the picture at its size in points.
    let per_metre = (f64::from(options.scale) * POINTS_PER_INCH / 0.0254).round() as u32;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter }));
    if !options.text.iter().any(|(key, _)| key == "Software") {
        encoder.add_text_chunk("Software".to_owned(), concat!("trainscope ", env!("CARGO_PKG_VERSION")).to_owned())?;
    }
    for (key, text) in &options.text {
        // tEXt holds one line of Latin-1; all else, such as a configuration, is iTXt in UTF-8.
        if text.chars().all(|c| (' '..='~').contains(&c)) {
            encoder.add_text_chunk(key.clone(), text.clone())?;
        } else {
            encoder.add_itxt_chunk(key.clone(), text.clone())?;
        }
    }
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&if options.transparent { canvas.to_rgba() } else { canvas.to_rgb() })?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_have_cells_of_a_plot_s_shape() {
        let wide = Vec2::new(1600.0, 900.0);
        for (count, shape) in [(1, (1, 1)), (2, (2, 1)), (4, (2, 2)), (6, (3, 2)), (9, (3, 3)), (12, (4, 3))] {
            let (rows, columns) = grid_shape(count, wide);
            assert!(rows * columns >= count);
            let cell = wide.x / columns as f32 / (wide.y / rows as f32);
            assert!((0.8..4.0).contains(&cell), "{count}: {rows} x {columns}, expected about {shape:?}");
        }
        assert_eq!(grid_shape(12, wide), (3, 4));
        assert_eq!(grid_shape(3, Vec2::new(500.0, 1000.0)), (3, 1));
    }
}
