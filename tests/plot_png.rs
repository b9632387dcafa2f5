//! The picture of a plot: size, text chunks, the same bytes for the same data, and what is and is not drawn.

use egui::Color32;
use std::collections::BTreeMap;
use trainscope::plot::{
    Band, Mark, Plot, PlotError, PlotKind, PngOptions, Series, Spread, Theme, raster::Canvas, render_canvas,
    render_png, series_color, write_csv, write_png,
};

fn small(theme: Theme) -> PngOptions {
    PngOptions { width: 400, height: 250, scale: 2.0, theme, ..PngOptions::default() }
}

fn line(points: Vec<[f64; 2]>, color: usize) -> Series<'static> {
    Series { name: format!("series {color}"), points: points.into(), color, ..Series::default() }
}

/// A level line from x 0 to 100 at y 5, its middle cut out where asked.
fn level(gap: bool) -> Plot<'static> {
    let y = |i: u32| if gap && (30..70).contains(&i) { f64::NAN } else { 5.0 };
    Plot {
        title: "Level".into(),
        x_label: "time (s)".into(),
        y_label: "units".into(),
        series: vec![line((0..=100).map(|i| [f64::from(i), y(i)]).collect(), 0)],
        y_range: Some([0.0, 10.0]),
        ..Plot::default()
    }
}

/// Pixels of nearly this colour, in a part of the picture given as fractions of its size.
fn pixels_of(canvas: &Canvas, color: Color32, x: [f64; 2], y: [f64; 2]) -> usize {
    let [width, height] = canvas.size();
    let range = |r: [f64; 2], size: usize| (r[0] * size as f64) as usize..(r[1] * size as f64) as usize;
    let near = |p: Color32| p.to_array().iter().zip(color.to_array()).all(|(a, b)| a.abs_diff(b) < 12);
    range(y, height).map(|y| range(x, width).filter(|x| near(canvas.pixel(*x, y))).count()).sum()
}

/// The interval of a line is a band in a fainter colour, that of dots a bar in their own.
#[test]
fn intervals_are_bands_and_bars() {
    let spread = Spread { series: 0, ends: (0..=100).map(|i| [f64::from(i), 4.0, 6.0]).collect() };
    let bare = render_canvas(&[level(false)], &small(Theme::Light)).unwrap();
    let banded = Plot { spreads: vec![spread], ..level(false) };
    let banded = render_canvas(&[banded], &small(Theme::Light)).unwrap();
    let middle = [[0.45, 0.55], [0.3, 0.8]];
    let white = |canvas: &Canvas| pixels_of(canvas, Color32::WHITE, middle[0], middle[1]);
    assert!(white(&banded) + 500 < white(&bare), "{} {}", white(&banded), white(&bare));

    let dot = |spreads| Plot {
        series: vec![Series { dots: true, ..line(vec![[0.0, 5.0], [50.0, 5.0], [100.0, 5.0]], 0) }],
        spreads,
        ..level(false)
    };
    let blue = |plot: Plot<'_>| {
        let canvas = render_canvas(&[plot], &small(Theme::Light)).unwrap();
        pixels_of(&canvas, series_color(0, false), middle[0], middle[1])
    };
    let bar = Spread { series: 0, ends: vec![[50.0, 1.0, 9.0]] };
    assert!(blue(dot(vec![bar])) > blue(dot(Vec::new())) + 100);
}

struct Decoded {
    info: png::Info<'static>,
    text: BTreeMap<String, String>,
}

fn decode(bytes: &[u8]) -> Decoded {
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    reader.next_frame(&mut pixels).unwrap();
    let info = reader.info().clone();
    let mut text: BTreeMap<String, String> =
        info.uncompressed_latin1_text.iter().map(|c| (c.keyword.clone(), c.text.clone())).collect();
    text.extend(info.utf8_text.iter().map(|c| (c.keyword.clone(), c.get_text().unwrap())));
    Decoded { info, text }
}

#[test]
fn the_default_picture_has_its_size_and_text() {
    let config = "[data]\npath = \"/daten/Aufnahmen für α\"\n";
    let text = vec![("Run".to_owned(), "run-42".to_owned()), ("Configuration".to_owned(), config.to_owned())];
    let bytes = render_png(&[level(false)], &PngOptions { text, ..PngOptions::default() }).unwrap();
    let decoded = decode(&bytes);
    assert_eq!((decoded.info.width, decoded.info.height), (3200, 1800));
    assert_eq!(decoded.info.utf8_text.len(), 1, "the configuration is iTXt");
    assert_eq!(decoded.text["Run"], "run-42");
    assert_eq!(decoded.text["Configuration"], config);
    assert!(decoded.text["Software"].starts_with("trainscope "));
    assert_eq!(decoded.info.pixel_dims.unwrap().xppu, 7559, "192 pixels an inch");
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    let plots = [level(true), level(false)];
    assert!(render_png(&plots, &small(Theme::Light)).unwrap() == render_png(&plots, &small(Theme::Light)).unwrap());
}

#[test]
fn a_series_is_drawn_in_its_colour_in_both_themes() {
    for (theme, dark) in [(Theme::Light, false), (Theme::Dark, true)] {
        let canvas = render_canvas(&[level(false)], &small(theme)).unwrap();
        let drawn = pixels_of(&canvas, series_color(0, dark), [0.2, 0.9], [0.3, 0.8]);
        // A line of about 1.5 points at 2 pixels a point over 70 % of 800 pixels.
        assert!(drawn > 700, "{drawn} pixels in {theme:?}");
    }
}

#[test]
fn a_gap_has_no_pixels() {
    let color = series_color(0, false);
    let canvas = render_canvas(&[level(true)], &small(Theme::Light)).unwrap();
    assert_eq!(pixels_of(&canvas, color, [0.45, 0.65], [0.3, 0.8]), 0);
    assert!(pixels_of(&canvas, color, [0.15, 0.3], [0.3, 0.8]) > 50);
    assert!(pixels_of(&canvas, color, [0.8, 0.95], [0.3, 0.8]) > 50);
}

#[test]
fn a_mark_is_a_vertical_line_with_its_name_above() {
    let without = render_canvas(&[level(false)], &small(Theme::Light)).unwrap();
    let mark = Mark { x: 50.0, label: "RandRotate on".into(), run: None };
    let with = render_canvas(&[Plot { marks: vec![mark], ..level(false) }], &small(Theme::Light)).unwrap();
    let [width, height] = with.size();
    // Somewhere near the middle a column is dark in many rows that is not dark without the mark.
    let darkness =
        |canvas: &Canvas, x: usize| (height / 4..height * 3 / 4).filter(|y| canvas.pixel(x, *y).r() < 200).count();
    let most = |canvas: &Canvas| (width * 2 / 5..width * 7 / 10).map(|x| darkness(canvas, x)).max().unwrap();
    assert!(most(&with) > height / 5, "{}", most(&with));
    assert!(most(&without) < height / 20, "{}", most(&without));
    let ink = |canvas: &Canvas| {
        let rows = 0..height / 4;
        rows.map(|y| (width / 2..width * 4 / 5).filter(|x| canvas.pixel(*x, y).r() < 128).count()).sum::<usize>()
    };
    assert!(ink(&with) > ink(&without) + 50, "the name stands above the plot");
}

/// In either theme the ground is shaded within the band and nowhere else, and the line on it keeps its colour.
#[test]
fn a_band_is_shaded_under_the_lines() {
    let band = |x| Band { x, label: "bisect".into(), color: 3 };
    // x counts steps here: a band is in whatever unit the points are.
    let plot = |bands| Plot { x_label: "step".into(), x_whole: true, bands, ..level(false) };
    for (theme, dark) in [(Theme::Light, false), (Theme::Dark, true)] {
        let bare = render_canvas(&[plot(Vec::new())], &small(theme)).unwrap();
        let shaded = render_canvas(&[plot(vec![band([40.0, 60.0])])], &small(theme)).unwrap();
        let [width, height] = bare.size();
        let difference = |x: f64, y: f64| {
            let (x, y) = ((x * width as f64) as usize, (y * height as f64) as usize);
            let channels = bare.pixel(x, y).to_array().into_iter().zip(shaded.pixel(x, y).to_array());
            channels.map(|(a, b)| a.abs_diff(b)).max().unwrap()
        };
        // Off the grid's lines: the most that is seen of some pixels near there.
        let most = |x: f64| (0..20).map(|i| difference(x, 0.45 + f64::from(i) * 0.002)).max().unwrap();
        assert!((8..90).contains(&most(0.55)), "{theme:?}: {}", most(0.55));
        assert_eq!((most(0.3), most(0.8)), (0, 0), "{theme:?}");
        assert!(pixels_of(&shaded, series_color(0, dark), [0.5, 0.6], [0.3, 0.8]) > 50);
        // Its name in the legend, above the plot.
        let differ = |y: usize| (0..width).filter(|x| bare.pixel(*x, y) != shaded.pixel(*x, y)).count();
        let named: usize = (0..height / 8).map(differ).sum();
        assert!(named > 100, "{theme:?}: {named}");
    }
}

/// Areas leave no ground to be shaded: the band lies over them, under its strip.
#[test]
fn a_band_shows_on_shares_and_however_short_it_is() {
    let shares = |y: f64, color| line((0..50).map(|i| [f64::from(i), y]).collect(), color);
    let plot = |bands| Plot {
        title: "Phases".into(),
        kind: PlotKind::StackedShare,
        series: vec![shares(0.25, 1), shares(0.75, 0)],
        bands,
        ..Plot::default()
    };
    let changed = |x: [f64; 2]| {
        let bare = render_canvas(&[plot(Vec::new())], &small(Theme::Light)).unwrap();
        let band = Band { x, label: String::new(), color: 7 };
        let shaded = render_canvas(&[plot(vec![band])], &small(Theme::Light)).unwrap();
        let [width, height] = bare.size();
        let rows = height / 4..height * 3 / 4;
        rows.map(|y| (0..width).filter(|x| bare.pixel(*x, y) != shaded.pixel(*x, y)).count()).sum::<usize>()
    };
    let (wide, short) = (changed([10.0, 30.0]), changed([10.0, 10.0]));
    assert!(wide > 10_000 && short > 100 && short < 2_000, "{wide} {short}");
    assert_eq!(changed([f64::NAN, 10.0]), 0);
}

#[test]
fn without_data_the_note_stands_in_the_middle() {
    let empty = |note: Option<&str>| Plot { title: "GPU".into(), note: note.map(str::to_owned), ..Plot::default() };
    let ink = |plot: Plot<'_>| {
        let canvas = render_canvas(&[plot], &small(Theme::Light)).unwrap();
        let [width, height] = canvas.size();
        let rows = height * 2 / 5..height * 7 / 10;
        rows.map(|y| (width / 5..width * 4 / 5).filter(|x| canvas.pixel(*x, y).r() < 128).count()).sum::<usize>()
    };
    let (waiting, missing) = (ink(empty(None)), ink(empty(Some("N/A: no NVIDIA driver on this machine"))));
    assert!(waiting > 100 && missing > waiting, "{waiting} {missing}");
}

#[test]
fn shares_fill_the_plot() {
    let shares = |y: f64, color| line((0..50).map(|i| [f64::from(i), y]).collect(), color);
    let plot = Plot {
        title: "Phases".into(),
        kind: PlotKind::StackedShare,
        series: vec![shares(0.25, 1), shares(0.75, 0)],
        ..Plot::default()
    };
    let canvas = render_canvas(&[plot], &small(Theme::Light)).unwrap();
    let (middle_x, rows) = ([0.3, 0.8], [0.25, 0.8]);
    let upper = pixels_of(&canvas, series_color(0, false), middle_x, rows) as f64;
    let lower = pixels_of(&canvas, series_color(1, false), middle_x, rows) as f64;
    let all = canvas.size()[0] as f64 * 0.5 * canvas.size()[1] as f64 * 0.55;
    assert!((upper + lower) / all > 0.97, "{upper} {lower} {all}");
    assert!(upper > 2.0 * lower);
}

#[test]
fn a_grid_holds_all_plots() {
    let plots: Vec<Plot<'_>> = (0..12).map(|i| Plot { title: format!("Plot {i}"), ..level(false) }).collect();
    let canvas = render_canvas(&plots, &PngOptions::default()).unwrap();
    for row in 0..3 {
        for column in 0..4 {
            let part = |i: u32, n: f64| [f64::from(i) / n, f64::from(i + 1) / n];
            let drawn = pixels_of(&canvas, series_color(0, false), part(column, 4.0), part(row, 3.0));
            assert!(drawn > 500, "{row} {column}: {drawn}");
        }
    }
}

#[test]
fn odd_data_is_drawn_without_a_panic() {
    let odd: [Vec<[f64; 2]>; 8] = [
        vec![],
        vec![[1.0, 2.0]],
        vec![[f64::NAN, 1.0], [f64::INFINITY, f64::NEG_INFINITY]],
        vec![[0.0, 1e300], [1.0, -1e300]],
        vec![[0.0, 1e-300], [1.0, 2e-300]],
        vec![[5.0, 1.0], [3.0, 2.0], [4.0, 3.0]],
        vec![[1.0, 7.0]; 100],
        vec![[1e15, 1.0], [1e15 + 1.0, 2.0]],
    ];
    for points in odd {
        for kind in [PlotKind::Lines, PlotKind::StackedShare] {
            let plot = Plot { kind, series: vec![line(points.clone(), 0), line(points.clone(), 9)], ..level(false) };
            let size = PngOptions { width: 100, height: 80, scale: 1.0, ..PngOptions::default() };
            assert!(render_png(&[plot], &size).is_ok(), "{points:?} as {kind:?}");
        }
    }
}

/// Without a ground of its own: what is not drawn is transparent, and the file has alpha.
#[test]
fn a_transparent_picture_has_no_ground() {
    let options = PngOptions { transparent: true, caption: "run 7 · MedNIST".into(), ..small(Theme::Dark) };
    let canvas = render_canvas(&[level(false)], &options).unwrap();
    let [width, height] = canvas.size();
    let clear = (0..height).map(|y| (0..width).filter(|x| canvas.pixel(*x, y).a() == 0).count()).sum::<usize>();
    assert!(clear > width * height / 2, "{clear} of {}", width * height);
    assert!(pixels_of(&canvas, series_color(0, true), [0.2, 0.9], [0.3, 0.8]) > 700);
    let decoded = decode(&render_png(&[level(false)], &options).unwrap());
    assert_eq!(decoded.info.color_type, png::ColorType::Rgba);
    let bare = render_canvas(&[level(false)], &PngOptions { caption: String::new(), ..options }).unwrap();
    let ink = |canvas: &Canvas| {
        let rows = height - height / 14..height;
        rows.map(|y| (0..width / 2).filter(|x| canvas.pixel(*x, y).a() > 100).count()).sum::<usize>()
    };
    assert!(ink(&canvas) > ink(&bare) + 60, "{} {}", ink(&canvas), ink(&bare));
}

/// A picture of pixels or of inches has them, whatever the resolution.
#[test]
fn sizes_are_pixels_or_inches() {
    for (options, size, points) in [
        (PngOptions::default().with_pixels([1600.0, 900.0], 96.0), [1600, 900], 1600),
        (PngOptions::default().with_pixels([1600.0, 900.0], 192.0), [1600, 900], 800),
        (PngOptions::default().with_inches([6.0, 4.0], 300.0), [1800, 1200], 576),
    ] {
        assert_eq!(render_canvas(&[level(false)], &options).unwrap().size(), size);
        assert_eq!(options.width, points);
    }
}

/// By logarithms a decade is as high as another, and what is not above 0 is marked at the lower edge.
#[test]
fn a_logarithmic_axis_has_even_decades() {
    let line = |y: [f64; 3]| Plot {
        series: vec![line(y.into_iter().enumerate().map(|(i, y)| [i as f64 * 50.0, y]).collect(), 0)],
        y_log: true,
        y_range: None,
        ..level(false)
    };
    let canvas = render_canvas(&[line([1.0, 10.0, 100.0])], &small(Theme::Light)).unwrap();
    let [width, height] = canvas.size();
    let near = |p: Color32| p.to_array().iter().zip(series_color(0, false).to_array()).all(|(a, b)| a.abs_diff(b) < 40);
    let found: Vec<(f64, f64)> = (0..width)
        .flat_map(|x| (height / 5..height).map(move |y| (x, y)))
        .filter(|(x, y)| near(canvas.pixel(*x, *y)))
        .map(|(x, y)| (x as f64, y as f64))
        .collect();
    assert!(found.len() > 300, "{}", found.len());
    // A straight line: the middle lies between the ends.
    let (left, right) = (found[0], found[found.len() - 1]);
    let slope = (right.1 - left.1) / (right.0 - left.0);
    assert!(found.iter().all(|(x, y)| (y - left.1 - slope * (x - left.0)).abs() < 4.0));
    let with_zero = render_canvas(&[line([1.0, 0.0, 100.0])], &small(Theme::Light)).unwrap();
    assert!(pixels_of(&with_zero, series_color(0, false), [0.4, 0.7], [0.7, 0.9]) > 10, "the sign at the lower edge");
}

#[test]
fn mistakes_are_named() {
    let options = |width, scale| PngOptions { width, scale, ..PngOptions::default() };
    assert!(matches!(render_png(&[], &PngOptions::default()), Err(PlotError::Nothing)));
    for (width, scale) in [(0, 1.0), (1600, 0.0), (1600, f32::NAN), (100_000, 1.0), (16_000, 1000.0)] {
        assert!(matches!(render_png(&[level(false)], &options(width, scale)), Err(PlotError::Size { .. })));
    }
    let text = vec![("Zürich".to_owned(), String::new())];
    let named = render_png(&[level(false)], &PngOptions { text, ..small(Theme::Light) });
    assert!(matches!(named, Err(PlotError::TextKey { key }) if key == "Zürich"));
}

#[test]
fn files_appear_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let (picture, table) = (folder.path().join("a plot.png"), folder.path().join("a plot.csv"));
    write_png(&picture, &[level(true)], &small(Theme::Dark)).unwrap();
    write_csv(&table, &[level(true)]).unwrap();
    assert_eq!(decode(&std::fs::read(&picture).unwrap()).info.width, 800);
    let text = std::fs::read_to_string(&table).unwrap();
    assert_eq!(text.lines().next(), Some("\u{feff}time (s),series 0 (units)"), "Excel knows UTF-8 by the mark");
    assert_eq!((text.lines().nth(1), text.lines().nth(41), text.lines().count()), (Some("0,5"), Some("40,"), 102));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "no part file is left");

    let missing = folder.path().join("nowhere").join("a.png");
    let error = write_png(&missing, &[level(true)], &small(Theme::Light)).unwrap_err().to_string();
    assert!(error.contains("folder exists") && error.ends_with("a.png"), "{error}");
}
