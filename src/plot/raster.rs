//! Draws egui's triangles into memory, as egui's own shaders do on a GPU: vertex colour times texel, both
//! premultiplied, blended in gamma space (`egui_glow`'s fragment shader with `ONE, ONE_MINUS_SRC_ALPHA`).
//!
//! Vertices are snapped to 1/256 pixel and a row's pixels are found with integers and the top-left rule, so that two
//! triangles with a common edge neither overlap nor leave a seam, and the same shapes give the same bytes everywhere.

use egui::epaint::{ClippedPrimitive, ImageData, Mesh, Primitive, TextureId, Vertex};
use egui::{Color32, ColorImage, Pos2, Rect, TexturesDelta};
use std::collections::HashMap;

/// Fixed-point steps in a pixel.
const SUB: i64 = 256;
/// Vertices further out are pulled in, so that products stay within an `i64`.
const FAR_PIXELS: f32 = 1_048_576.0;

/// The textures that egui has asked for so far.
#[derive(Default)]
pub struct Textures {
    images: HashMap<TextureId, ColorImage>,
}

impl Textures {
    /// Takes in what one pass of egui set. What it frees is kept: it is still needed until painted, and few are made.
    pub fn apply(&mut self, delta: &TexturesDelta) {
        for (id, deltas) in &delta.set {
            for delta in deltas {
                let ImageData::Color(image) = &delta.image;
                match (delta.pos, self.images.get_mut(id)) {
                    (Some(at), Some(whole)) => patch(whole, image, at),
                    (Some(_), None) => {}
                    (None, _) => {
                        self.images.insert(*id, image.as_ref().clone());
                    }
                }
            }
        }
    }
}

fn patch(whole: &mut ColorImage, part: &ColorImage, [x, y]: [usize; 2]) {
    let [width, height] = part.size;
    let whole_width = whole.size[0];
    if x + width > whole_width || y + height > whole.size[1] {
        return;
    }
    for (row, source) in part.pixels.chunks_exact(width.max(1)).enumerate() {
        let start = (y + row) * whole_width + x;
        whole.pixels[start..start + width].copy_from_slice(source);
    }
}

/// Pixels in rows from the top, premultiplied and gamma-encoded as egui's are.
pub struct Canvas {
    width: usize,
    height: usize,
    pixels: Vec<Color32>,
}

impl Canvas {
    /// A canvas of one colour.
    pub fn new(width: usize, height: usize, background: Color32) -> Self {
        Self { width, height, pixels: vec![background; width * height] }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// The pixel, or transparent outside.
    pub fn pixel(&self, x: usize, y: usize) -> Color32 {
        if x < self.width {
            self.pixels.get(y * self.width + x).copied().unwrap_or_default()
        } else {
            Color32::TRANSPARENT
        }
    }

    /// Three bytes a pixel, as a PNG without alpha holds them.
    pub fn to_rgb(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|p| [p.r(), p.g(), p.b()]).collect()
    }

    /// Four bytes a pixel, the colour not multiplied by alpha, as a PNG with alpha holds them.
    pub fn to_rgba(&self) -> Vec<u8> {
        self.pixels.iter().flat_map(|p| p.to_srgba_unmultiplied()).collect()
    }

    /// As a picture of egui's.
    pub fn to_image(&self) -> ColorImage {
        ColorImage::new([self.width, self.height], self.pixels.clone())
    }

    /// Draws what egui tessellated; meshes with unknown textures and paint callbacks are left out.
    pub fn paint(&mut self, primitives: &[ClippedPrimitive], textures: &Textures, pixels_per_point: f32) {
        for ClippedPrimitive { clip_rect, primitive } in primitives {
            if let Primitive::Mesh(mesh) = primitive
                && let Some(texture) = textures.images.get(&mesh.texture_id)
            {
                self.paint_mesh(mesh, texture, *clip_rect, pixels_per_point);
            }
        }
    }

    fn paint_mesh(&mut self, mesh: &Mesh, texture: &ColorImage, clip_rect: Rect, scale: f32) {
        // Rounded as egui's GPU painters round their scissor rectangle.
        let side = |v: f32, most: usize| (v * scale).round().clamp(0.0, most as f32) as i64;
        let clip = Clip {
            x0: side(clip_rect.min.x, self.width),
            x1: side(clip_rect.max.x, self.width),
            y0: side(clip_rect.min.y, self.height),
            y1: side(clip_rect.max.y, self.height),
        };
        if clip.x0 >= clip.x1 || clip.y0 >= clip.y1 || texture.pixels.is_empty() {
            return;
        }
        for triangle in mesh.indices.chunks_exact(3) {
            let corner = |i: u32| mesh.vertices.get(i as usize);
            if let (Some(a), Some(b), Some(c)) = (corner(triangle[0]), corner(triangle[1]), corner(triangle[2])) {
                self.triangle([a, b, c], texture, &clip, scale);
            }
        }
    }

    fn triangle(&mut self, [a, b, c]: [&Vertex; 3], texture: &ColorImage, clip: &Clip, scale: f32) {
        let (Some(pa), Some(mut pb), Some(mut pc)) = (snap(a.pos, scale), snap(b.pos, scale), snap(c.pos, scale))
        else {
            return;
        };
        let (mut b, mut c) = (b, c);
        let mut area = cross(pa, pb, pc);
        if area == 0 {
            return;
        }
        if area < 0 {
            std::mem::swap(&mut b, &mut c);
            std::mem::swap(&mut pb, &mut pc);
            area = -area;
        }
        let edges = [Edge::new(pa, pb), Edge::new(pb, pc), Edge::new(pc, pa)];
        let top = pa.1.min(pb.1).min(pc.1);
        let bottom = pa.1.max(pb.1).max(pc.1);
        // Rows whose centre may lie inside.
        let first_row = (top - SUB / 2).div_euclid(SUB).max(clip.y0);
        let last_row = (bottom + SUB / 2).div_euclid(SUB).min(clip.y1 - 1);

        let flat = a.color == b.color && a.color == c.color && a.uv == b.uv && a.uv == c.uv;
        if flat {
            let color = modulate(channels(a.color), sample(texture, a.uv));
            if color == [0.0; 4] {
                return;
            }
            let color = to_color(color);
            for row in first_row..=last_row {
                if let Some((start, end)) = span(&edges, row, clip) {
                    let line = &mut self.pixels[row as usize * self.width..][start..end];
                    if color.a() == 255 {
                        line.fill(color);
                    } else {
                        line.iter_mut().for_each(|pixel| *pixel = over(*pixel, color));
                    }
                }
            }
            return;
        }
        let textured = a.uv != b.uv || a.uv != c.uv;
        let plain_texel = sample(texture, a.uv);
        let planes = Planes::new([a, b, c], [pa, pb, pc], area);
        for row in first_row..=last_row {
            let Some((start, end)) = span(&edges, row, clip) else { continue };
            let (mut values, step) = planes.at(start as i64, row);
            let line = &mut self.pixels[row as usize * self.width..][start..end];
            for pixel in line {
                let texel = if textured { sample(texture, Pos2::new(values[4], values[5])) } else { plain_texel };
                let color = to_color(modulate([values[0], values[1], values[2], values[3]], texel));
                *pixel = over(*pixel, color);
                for (value, step) in values.iter_mut().zip(step) {
                    *value += step;
                }
            }
        }
    }
}

/// In pixels; the ends are outside.
struct Clip {
    x0: i64,
    x1: i64,
    y0: i64,
    y1: i64,
}

type Fixed = (i64, i64);

fn snap(pos: Pos2, scale: f32) -> Option<Fixed> {
    let fix = |v: f32| ((v * scale).clamp(-FAR_PIXELS, FAR_PIXELS) * SUB as f32).round() as i64;
    (pos.x.is_finite() && pos.y.is_finite()).then(|| (fix(pos.x), fix(pos.y)))
}

fn cross(a: Fixed, b: Fixed, c: Fixed) -> i64 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// The side of a triangle, inside on its right as seen on screen.
struct Edge {
    from: Fixed,
    dx: i64,
    dy: i64,
    /// 0 where a pixel centre on the edge belongs to this triangle (a top or left edge), else 1.
    least: i64,
}

impl Edge {
    fn new(from: Fixed, to: Fixed) -> Self {
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let top_left = dy < 0 || (dy == 0 && dx > 0);
        Self { from, dx, dy, least: i64::from(!top_left) }
    }
}

/// The pixels of a row whose centres lie inside all edges and the clip: start and end (outside).
fn span(edges: &[Edge; 3], row: i64, clip: &Clip) -> Option<(usize, usize)> {
    let (mut start, mut end) = (clip.x0, clip.x1);
    for edge in edges {
        // Inside: slope * x + base >= 0 for the pixel's index x.
        let slope = -edge.dy * SUB;
        let base = edge.dx * (row * SUB + SUB / 2 - edge.from.1) - edge.dy * (SUB / 2 - edge.from.0) - edge.least;
        match slope {
            0 if base < 0 => return None,
            0 => {}
            s if s > 0 => start = start.max(-base.div_euclid(s)),
            s => end = end.min(base.div_euclid(-s) + 1),
        }
    }
    (start < end).then_some((start as usize, end as usize))
}

/// Colour (0 to 255) and texture position as linear functions of the pixel.
struct Planes {
    origin: [f32; 6],
    at: [f32; 2],
    dx: [f32; 6],
    dy: [f32; 6],
}

impl Planes {
    fn new(corners: [&Vertex; 3], at: [Fixed; 3], area: i64) -> Self {
        let values = corners.map(|v| {
            let [r, g, b, a] = channels(v.color);
            [r, g, b, a, v.uv.x, v.uv.y]
        });
        let (ab, ac) = ((at[1].0 - at[0].0, at[1].1 - at[0].1), (at[2].0 - at[0].0, at[2].1 - at[0].1));
        let unit = SUB as f64 / area as f64;
        let (mut dx, mut dy) = ([0.0; 6], [0.0; 6]);
        for i in 0..6 {
            let (vb, vc) = (f64::from(values[1][i] - values[0][i]), f64::from(values[2][i] - values[0][i]));
            dx[i] = ((vb * ac.1 as f64 - vc * ab.1 as f64) * unit) as f32;
            dy[i] = ((vc * ab.0 as f64 - vb * ac.0 as f64) * unit) as f32;
        }
        let pixel = |v: i64| v as f32 / SUB as f32;
        Self { origin: values[0], at: [pixel(at[0].0), pixel(at[0].1)], dx, dy }
    }

    /// The values at a pixel's centre, and what one pixel to the right adds.
    fn at(&self, x: i64, y: i64) -> ([f32; 6], [f32; 6]) {
        let (right, down) = (x as f32 + 0.5 - self.at[0], y as f32 + 0.5 - self.at[1]);
        let mut values = self.origin;
        for (i, value) in values.iter_mut().enumerate() {
            *value += self.dx[i] * right + self.dy[i] * down;
        }
        (values, self.dx)
    }
}

fn channels(color: Color32) -> [f32; 4] {
    color.to_array().map(f32::from)
}

fn modulate(color: [f32; 4], texel: [f32; 4]) -> [f32; 4] {
    std::array::from_fn(|i| color[i] * texel[i] * (1.0 / 255.0))
}

fn to_color(color: [f32; 4]) -> Color32 {
    // `as` saturates at 0 and 255.
    let [r, g, b, a] = color.map(|c| (c + 0.5) as u8);
    Color32::from_rgba_premultiplied(r, g, b, a)
}

/// Premultiplied "over"; a source with more colour than alpha adds light, as egui's additive colours do.
fn over(below: Color32, above: Color32) -> Color32 {
    let keep = 255 - u32::from(above.a());
    let blend = |below: u8, above: u8| (u32::from(above) + (u32::from(below) * keep + 127) / 255).min(255) as u8;
    Color32::from_rgba_premultiplied(
        blend(below.r(), above.r()),
        blend(below.g(), above.g()),
        blend(below.b(), above.b()),
        blend(below.a(), above.a()),
    )
}

/// Bilinear, clamped at the borders; `uv` goes from 0 to 1.
fn sample(texture: &ColorImage, uv: Pos2) -> [f32; 4] {
    let [width, height] = texture.size;
    let place = |t: f32, size: usize| {
        let at = (t * size as f32 - 0.5).clamp(0.0, (size - 1) as f32);
        let low = at as usize;
        (low, (low + 1).min(size - 1), at - low as f32)
    };
    let (x0, x1, fx) = place(uv.x, width);
    let (y0, y1, fy) = place(uv.y, height);
    let texel = |x: usize, y: usize| channels(texture.pixels[y * width + x]);
    let (a, b, c, d) = (texel(x0, y0), texel(x1, y0), texel(x0, y1), texel(x1, y1));
    std::array::from_fn(|i| {
        let upper = a[i] + (b[i] - a[i]) * fx;
        let lower = c[i] + (d[i] - c[i]) * fx;
        upper + (lower - upper) * fy
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: Color32 = Color32::from_rgb(255, 0, 0);

    fn white() -> Textures {
        let mut textures = Textures::default();
        textures.images.insert(TextureId::default(), ColorImage::filled([1, 1], Color32::WHITE));
        textures
    }

    fn drawn(canvas: &mut Canvas, corners: &[([f32; 2], Color32)], clip: Rect, scale: f32) {
        let mut mesh = Mesh::default();
        for (i, ([x, y], color)) in corners.iter().enumerate() {
            mesh.colored_vertex(Pos2::new(*x, *y), *color);
            mesh.indices.push(i as u32);
        }
        let primitive = ClippedPrimitive { clip_rect: clip, primitive: Primitive::Mesh(mesh) };
        canvas.paint(&[primitive], &white(), scale);
    }

    fn count(canvas: &Canvas, color: Color32) -> usize {
        canvas.pixels.iter().filter(|p| **p == color).count()
    }

    #[test]
    fn a_solid_triangle_fills_the_pixels_whose_centres_it_holds() {
        let mut canvas = Canvas::new(8, 8, Color32::WHITE);
        drawn(&mut canvas, &[([0.0, 0.0], RED), ([8.0, 0.0], RED), ([0.0, 8.0], RED)], Rect::EVERYTHING, 1.0);
        // Centres on the diagonal x + y = 7 lie on a right edge and stay out: 7 + 6 + ... + 1.
        assert_eq!(count(&canvas, RED), 28);
        assert_eq!(canvas.pixel(0, 0), RED);
        assert_eq!(canvas.pixel(7, 0), Color32::WHITE);
        assert_eq!(canvas.pixel(6, 0), RED);
    }

    #[test]
    fn neighbours_neither_overlap_nor_leave_a_seam() {
        let half = Color32::from_rgba_premultiplied(100, 0, 0, 128);
        let corners = [[1.3, 0.7], [30.1, 3.2], [27.9, 29.4], [2.2, 25.8]];
        let mut canvas = Canvas::new(32, 32, Color32::BLACK);
        let [a, b, c, d] = corners.map(|p| (p, half));
        drawn(&mut canvas, &[a, b, c, a, c, d], Rect::EVERYTHING, 1.0);
        let once = over(Color32::BLACK, half);
        assert!(canvas.pixels.iter().all(|p| *p == once || *p == Color32::BLACK));
        // The area of the quadrilateral by the shoelace formula, give or take its border.
        assert!((count(&canvas, once) as f32 - 687.0).abs() < 60.0, "{}", count(&canvas, once));
        // No hole on the common diagonal.
        for i in 4..26 {
            assert_eq!(canvas.pixel(i, i), once, "{i}");
        }
    }

    #[test]
    fn both_windings_draw_the_same() {
        let corners = [([1.0, 1.0], RED), ([7.0, 2.0], RED), ([3.0, 7.0], RED)];
        let mut one = Canvas::new(8, 8, Color32::WHITE);
        let mut other = Canvas::new(8, 8, Color32::WHITE);
        drawn(&mut one, &corners, Rect::EVERYTHING, 1.0);
        drawn(&mut other, &[corners[0], corners[2], corners[1]], Rect::EVERYTHING, 1.0);
        assert!(one.pixels == other.pixels && count(&one, RED) > 10);
    }

    #[test]
    fn the_clip_rectangle_holds() {
        let mut canvas = Canvas::new(16, 16, Color32::WHITE);
        let big = [([-100.0, -100.0], RED), ([400.0, -100.0], RED), ([-100.0, 400.0], RED)];
        drawn(&mut canvas, &big, Rect::from_min_max(Pos2::new(1.0, 2.0), Pos2::new(3.0, 5.0)), 2.0);
        assert_eq!(count(&canvas, RED), 4 * 6);
        assert_eq!((canvas.pixel(2, 4), canvas.pixel(5, 9)), (RED, RED));
        assert_eq!(
            (canvas.pixel(1, 4), canvas.pixel(6, 9), canvas.pixel(5, 10)),
            (Color32::WHITE, Color32::WHITE, Color32::WHITE)
        );
    }

    #[test]
    fn blending_by_hand() {
        // 128 of 255 of pure green over (200, 100, 50): (200 * 127 + 127) / 255 = 100, 128 + 50 = 178, 25.
        let green = Color32::from_rgba_premultiplied(0, 128, 0, 128);
        assert_eq!(over(Color32::from_rgb(200, 100, 50), green), Color32::from_rgb(100, 178, 25));
        // Additive: alpha 0 adds and saturates.
        let glow = Color32::from_rgba_premultiplied(100, 10, 0, 0);
        assert_eq!(over(Color32::from_rgb(200, 100, 50), glow), Color32::from_rgb(255, 110, 50));
        assert_eq!(over(RED, Color32::TRANSPARENT), RED);
    }

    #[test]
    fn colours_run_linearly_between_corners() {
        let mut canvas = Canvas::new(10, 1, Color32::BLACK);
        let (black, white) = (Color32::BLACK, Color32::WHITE);
        let corners = [
            ([0.0, -10.0], black),
            ([10.0, -10.0], white),
            ([0.0, 20.0], black),
            ([10.0, -10.0], white),
            ([10.0, 20.0], white),
            ([0.0, 20.0], black),
        ];
        drawn(&mut canvas, &corners, Rect::EVERYTHING, 1.0);
        for x in 0..10 {
            let expected = 255.0 * (x as f32 + 0.5) / 10.0;
            assert!((f32::from(canvas.pixel(x, 0).r()) - expected).abs() <= 0.51, "{x}");
        }
    }

    #[test]
    fn textures_are_sampled_between_texels() {
        let image = ColorImage::new([2, 1], vec![Color32::BLACK, Color32::WHITE]);
        assert_eq!(sample(&image, Pos2::new(0.5, 0.5))[0].to_bits(), 127.5f32.to_bits());
        assert_eq!(sample(&image, Pos2::new(0.0, 0.5))[0].to_bits(), 0f32.to_bits());
        assert_eq!(sample(&image, Pos2::new(0.99, 0.0))[0].to_bits(), 255f32.to_bits());
    }

    #[test]
    fn broken_input_draws_nothing() {
        let mut canvas = Canvas::new(4, 4, Color32::WHITE);
        drawn(&mut canvas, &[([f32::NAN, 0.0], RED), ([4.0, 0.0], RED), ([0.0, 4.0], RED)], Rect::EVERYTHING, 1.0);
        drawn(&mut canvas, &[([1.0, 1.0], RED), ([2.0, 2.0], RED), ([3.0, 3.0], RED)], Rect::EVERYTHING, 1.0);
        assert_eq!(count(&canvas, Color32::WHITE), 16);
        // Far outside, but covering: clamped, no overflow.
        drawn(&mut canvas, &[([-1e30, -1e30], RED), ([1e30, -1e30], RED), ([0.0, 1e30], RED)], Rect::EVERYTHING, 1.0);
        assert_eq!(count(&canvas, RED), 16);
    }
}
