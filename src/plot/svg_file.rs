//! Plots as an SVG: the shapes that draw them on screen, written out as paths, and their texts as texts, which a reader's fonts
//! show and a program for drawing can still change. Runs on the caller's thread.

use super::description::write_whole;
use super::png_file::{PngOptions, check, draw};
use super::{Plot, PlotError};
use egui::epaint::{ClippedShape, Mesh, PathShape, RectShape, TextShape};
use egui::{Color32, Pos2, Rect, Shape, Stroke};
use std::fmt::Write as _;
use std::path::Path;

/// Fonts that have what a text may hold, in whatever system the picture is opened.
const FONTS: &str =
    "Ubuntu, 'Segoe UI', 'Helvetica Neue', Arial, 'Microsoft YaHei', 'PingFang SC', 'Noto Sans CJK SC', sans-serif";

/// Renders the plots, several in a grid, and writes them to a temporary name beside `path`, then renames it.
///
/// # Errors
/// As [`render_svg`], or the file cannot be written.
pub fn write_svg(path: &Path, plots: &[Plot<'_>], options: &PngOptions) -> Result<(), PlotError> {
    write_whole(path, render_svg(plots, options)?.as_bytes())
}

/// The plots as an SVG, `width` x `height` points large; the scale is only what lines of a pixel go by.
///
/// # Errors
/// There is no plot, or the size is out of range.
pub fn render_svg(plots: &[Plot<'_>], options: &PngOptions) -> Result<String, PlotError> {
    check(plots, options)?;
    let drawn = draw(plots, options);
    let (width, height) = (options.width, options.height);
    let mut svg = Svg::default();
    let _ = writeln!(
        svg.text,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" font-family=\"{FONTS}\">"
    );
    for (key, text) in &options.text {
        let _ = writeln!(svg.text, "<desc>{}: {}</desc>", escaped(key), escaped(text));
    }
    if !options.transparent {
        let _ = writeln!(svg.text, "<rect width=\"{width}\" height=\"{height}\"{}/>", fill(drawn.background));
    }
    let page = Rect::from_min_size(Pos2::ZERO, egui::vec2(width as f32, height as f32));
    for ClippedShape { clip_rect, shape, .. } in &drawn.output.shapes {
        let clip = clip_rect.intersect(page);
        if clip.is_positive() {
            svg.clipped(clip, clip == page, shape);
        }
    }
    svg.text.push_str("</svg>\n");
    Ok(svg.text)
}

#[derive(Default)]
struct Svg {
    text: String,
    clips: Vec<Rect>,
}

impl Svg {
    fn clipped(&mut self, clip: Rect, is_page: bool, shape: &Shape) {
        let before = self.text.len();
        self.shape(shape);
        if is_page || self.text.len() == before {
            return;
        }
        let inside = self.text.split_off(before);
        let known = self.clips.iter().position(|known| *known == clip);
        let number = known.unwrap_or_else(|| {
            let number = self.clips.len();
            let (at, size) = (clip.min, clip.size());
            let _ = writeln!(
                self.text,
                "<clipPath id=\"c{number}\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>",
                n(at.x),
                n(at.y),
                n(size.x),
                n(size.y)
            );
            self.clips.push(clip);
            number
        });
        let _ = writeln!(self.text, "<g clip-path=\"url(#c{number})\">\n{inside}</g>");
    }

    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Vec(shapes) => shapes.iter().for_each(|shape| self.shape(shape)),
            Shape::Circle(circle) => {
                let (at, radius) = (circle.center, circle.radius);
                let (x, y, r) = (n(at.x), n(at.y), n(radius));
                let style = format!("{}{}", fill(circle.fill), stroke(circle.stroke));
                let _ = writeln!(self.text, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"{style}/>");
            }
            Shape::LineSegment { points, stroke } => self.path(points, false, Color32::TRANSPARENT, *stroke),
            Shape::Path(PathShape { points, closed, fill, stroke }) => {
                let color = match stroke.color {
                    egui::epaint::ColorMode::Solid(color) => color,
                    egui::epaint::ColorMode::UV(_) => Color32::TRANSPARENT,
                };
                self.path(points, *closed, *fill, Stroke::new(stroke.width, color));
            }
            Shape::Rect(rect) => self.rect(rect),
            Shape::Text(text) => self.text(text),
            Shape::Mesh(mesh) => self.mesh(mesh),
            // Plots are made of none of these.
            Shape::Noop
            | Shape::Band(_)
            | Shape::Ellipse(_)
            | Shape::QuadraticBezier(_)
            | Shape::CubicBezier(_)
            | Shape::Callback(_) => {}
        }
    }

    fn path(&mut self, points: &[Pos2], closed: bool, color: Color32, line: Stroke) {
        if points.len() < 2 {
            return;
        }
        self.text.push_str("<path d=\"");
        for (i, at) in points.iter().enumerate() {
            let _ = write!(self.text, "{}{} {}", if i == 0 { "M" } else { "L" }, n(at.x), n(at.y));
        }
        let end = if closed { "Z" } else { "" };
        let join = if points.len() > 2 { " stroke-linejoin=\"round\"" } else { "" };
        let _ = writeln!(self.text, "{end}\"{}{}{join}/>", fill(color), stroke(line));
    }

    fn rect(&mut self, shape: &RectShape) {
        let RectShape { rect, fill: color, stroke: line, .. } = shape;
        if *color == Color32::TRANSPARENT && line.is_empty() {
            return;
        }
        let (x, y, w, h) = (n(rect.min.x), n(rect.min.y), n(rect.width()), n(rect.height()));
        let radius = shape.corner_radius.average();
        let round = if radius > 0.0 { format!(" rx=\"{}\"", n(radius)) } else { String::new() };
        let style = format!("{}{}", fill(*color), stroke(*line));
        let _ = writeln!(self.text, "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"{round}{style}/>");
    }

    /// Row by row; a row is drawn as wide as it was laid out, whatever the reader's font.
    fn text(&mut self, shape: &TextShape) {
        for placed in &shape.galley.rows {
            let row = &placed.row;
            let text: String = row.glyphs.iter().map(|glyph| glyph.chr).collect();
            let (Some(first), Some(last)) = (row.glyphs.first(), row.glyphs.last()) else { continue };
            if text.trim().is_empty() {
                continue;
            }
            // Plots lay out a text in one format.
            let format = shape.galley.job.sections.first().map(|section| &section.format);
            let color = shape.override_text_color.or(format.map(|format| format.color));
            let color = color.filter(|c| *c != Color32::PLACEHOLDER).unwrap_or(shape.fallback_color);
            let size = format.map_or(12.0, |format| format.font_id.size);
            // Axes turn their labels.
            let offset = placed.pos.to_vec2() + first.pos.to_vec2();
            let at = shape.pos + egui::emath::Rot2::from_angle(shape.angle) * offset;
            let turn = match shape.angle {
                0.0 => String::new(),
                angle => format!(" transform=\"rotate({} {} {})\"", n(angle.to_degrees()), n(at.x), n(at.y)),
            };
            let width = last.pos.x + last.advance_width - first.pos.x;
            let _ = writeln!(
                self.text,
                "<text x=\"{}\" y=\"{}\" font-size=\"{}\" textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"{}{turn}>{}</text>",
                n(at.x),
                n(at.y),
                n(size),
                n(width),
                fill(color),
                escaped(&text)
            );
        }
    }

    /// Areas of one colour; a thin line closes the seams between their triangles.
    fn mesh(&mut self, mesh: &Mesh) {
        let Some(color) = mesh.vertices.first().map(|vertex| vertex.color) else { return };
        self.text.push_str("<path d=\"");
        for corners in mesh.indices.chunks_exact(3) {
            let at = |i: u32| mesh.vertices.get(i as usize).map(|vertex| vertex.pos).unwrap_or_default();
            let [a, b, c] = [at(corners[0]), at(corners[1]), at(corners[2])];
            let _ = write!(self.text, "M{} {}L{} {}L{} {}Z", n(a.x), n(a.y), n(b.x), n(b.y), n(c.x), n(c.y));
        }
        let seam = if color.a() == 255 { stroke(Stroke::new(0.4, color)) } else { String::new() };
        let _ = writeln!(self.text, "\"{}{seam}/>", fill(color));
    }
}

/// A length with no more digits than a screen has.
fn n(value: f32) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Colour and opacity as attributes of that name.
fn paint(name: &str, color: Color32) -> String {
    let [r, g, b, a] = color.to_srgba_unmultiplied();
    let opacity = if a == 255 { String::new() } else { format!(" {name}-opacity=\"{}\"", n(f32::from(a) / 255.0)) };
    format!(" {name}=\"#{r:02x}{g:02x}{b:02x}\"{opacity}")
}

fn fill(color: Color32) -> String {
    if color.a() == 0 { " fill=\"none\"".to_owned() } else { paint("fill", color) }
}

fn stroke(line: Stroke) -> String {
    if line.is_empty() || line.color.a() == 0 {
        return String::new();
    }
    format!("{} stroke-width=\"{}\"", paint("stroke", line.color), n(line.width))
}

/// As text within an element.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // XML has no way to say these.
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::{PlotKind, Series};

    #[test]
    fn a_plot_s_lines_areas_and_words_are_in_the_file() {
        let series = |name: &str, color| Series {
            name: name.to_owned(),
            points: (0..50).map(|i| [f64::from(i), f64::from(i % 7) + 1.0]).collect::<Vec<_>>().into(),
            color,
            ..Series::default()
        };
        let lines = Plot { title: "Loss <类别 A>".into(), series: vec![series("a & b", 0)], ..Plot::default() };
        let shares =
            Plot { kind: PlotKind::StackedShare, series: vec![series("x", 1), series("y", 2)], ..Plot::default() };
        let options = PngOptions { width: 800, height: 400, caption: "run 7".into(), ..PngOptions::default() };
        let svg = render_svg(&[lines, shares], &options).unwrap();
        assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>\n"));
        for wanted in
            ["Loss &lt;类别 A&gt;", "a &amp; b", "run 7", "stroke=\"#006fd0\"", "fill=\"#e2501e\"", "clip-path"]
        {
            assert!(svg.contains(wanted), "{wanted}: {svg}");
        }
        assert_eq!(svg.matches("<g ").count(), svg.matches("</g>").count());
        assert!(render_svg(&[], &options).is_err());
        let bare = render_svg(&[Plot::default()], &PngOptions { transparent: true, ..options }).unwrap();
        assert!(!bare.contains("<rect width="));
    }

    #[test]
    fn numbers_are_short() {
        assert_eq!([n(1.0), n(0.125), n(-3.0), n(10.5)], ["1", "0.12", "-3", "10.5"]);
    }
}
