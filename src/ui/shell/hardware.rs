//! The hardware in one line of small curves: what there is of it, what it does now, and the way to its plot.

use crate::client::History;
use crate::language::{Arg, bytes, gib};
use crate::plot::catalogue::cores_together;
use crate::ui::common::style;
use crate::ui::page::Page;
use crate::ui::state::{Commands, State, UiCommand};
use egui::{Color32, Rect, Sense, Shape, Stroke, Ui, pos2, vec2};

const HEIGHT: f32 = 34.0;
/// Narrower than this no figure can be read.
const LEAST_WIDTH: f32 = 116.0;
/// Of the word that stands in place of a card.
const NOTE_WIDTH: f32 = 96.0;
/// Readings of the small curves.
const READINGS: usize = 60;

/// One of the line.
struct Gauge {
    name: String,
    value: String,
    hint: String,
    /// The plot that shows it large, where there is one.
    plot: Option<&'static str>,
    readings: Vec<f64>,
    /// The highest there can be; where it is not known the highest of the readings is.
    most: Option<f64>,
}

/// Nothing before the first run: there is nothing to read. After it what was read last, faint.
pub fn hardware_ui(ui: &mut Ui, state: &State, commands: &mut Commands) {
    let gauges = gauges(state);
    let gpu_note = no_gpu(state);
    let spacing = ui.spacing().item_spacing.x;
    let room = ui.available_width() - if gpu_note.is_some() { NOTE_WIDTH + spacing } else { 0.0 };
    let in_a_row = (((room + spacing) / (LEAST_WIDTH + spacing)) as usize).clamp(1, gauges.len().max(1));
    let rows = gauges.len().div_ceil(in_a_row);
    // Rows of one length, whose cells stand below each other.
    let in_a_row = gauges.len().div_ceil(rows.max(1)).max(1);
    let width = ((room - spacing * (in_a_row as f32 - 1.0)) / in_a_row as f32).clamp(LEAST_WIDTH, 240.0);
    for (row, gauges) in gauges.chunks(in_a_row).enumerate() {
        ui.horizontal(|ui| {
            for gauge in gauges {
                let is_of_steps = gauge.plot == Some("queue");
                let is_live = if is_of_steps { state.run.is_training() } else { state.run.live.is_active() };
                gauge_ui(ui, gauge, width, is_live, commands);
            }
            if let Some((words, why)) = gpu_note.as_ref().filter(|_| row == 0) {
                ui.add(egui::Label::new(style::faint(ui, words)).truncate()).on_hover_text(why);
            }
        });
    }
}

fn gauge_ui(ui: &mut Ui, gauge: &Gauge, width: f32, is_live: bool, commands: &mut Commands) {
    let (sense, role) = match gauge.plot {
        Some(_) => (Sense::click(), egui::Role::Button),
        None => (Sense::hover(), egui::Role::Label),
    };
    let (rect, mut response) = ui.allocate_exact_size(vec2(width, HEIGHT), sense);
    let enabled = ui.is_enabled();
    let name = if is_live {
        tr!("window-hardware-gauge", name = &gauge.name, value = &gauge.value)
    } else {
        tr!("window-hardware-gauge-last", name = &gauge.name, value = &gauge.value)
    };
    response.widget_info(|| egui::WidgetInfo::labeled(role, enabled, &name));
    if let Some(plot) = gauge.plot {
        response = style::with_author_id(response, &format!("hardware {plot}"));
    }
    let visuals = ui.style().interact(&response);
    let lit = gauge.plot.is_some() && (response.hovered() || response.has_focus());
    let edge = if lit { visuals.fg_stroke } else { Stroke::NONE };
    ui.painter().rect(rect, 4.0, ui.visuals().faint_bg_color, edge, egui::StrokeKind::Inside);
    let text = Rect::from_min_max(rect.min + vec2(6.0, 1.0), pos2(rect.right() - 6.0, rect.top() + 17.0));
    // Below the words, which it would make hard to read.
    let curve = Rect::from_min_max(pos2(rect.left() + 3.0, text.bottom()), rect.max - vec2(3.0, 3.0));
    let line = if is_live { style::selection_colour(ui) } else { style::faint_colour(ui) };
    curve_ui(ui, gauge, curve, line);
    let small = egui::FontId::proportional(11.5);
    let ink = if is_live { ui.visuals().strong_text_color() } else { style::faint_colour(ui) };
    let value = ui.painter().layout_no_wrap(gauge.value.clone(), small.clone(), ink);
    let name = ui.painter().layout_no_wrap(gauge.name.clone(), small, style::faint_colour(ui));
    let at = pos2(text.right() - value.size().x, text.top() + 1.0);
    ui.painter().with_clip_rect(Rect::from_min_max(text.min, pos2(at.x - 4.0, text.bottom()))).galley(
        text.min + vec2(0.0, 1.0),
        name,
        ink,
    );
    ui.painter().galley(at, value, ink);
    let hint = if is_live { gauge.hint.clone() } else { tr!("window-hardware-last-hint", what = &gauge.hint) };
    let Some(plot) = gauge.plot else {
        response.on_hover_text(hint);
        return;
    };
    let response = response.on_hover_text(tr!("window-hardware-hint", what = hint));
    if response.clicked() {
        commands.send(UiCommand::ShowPage(Page::PLOTS));
        commands.send(UiCommand::ShowAlone(Some(plot.to_owned())));
    }
}

fn curve_ui(ui: &Ui, gauge: &Gauge, rect: Rect, colour: Color32) {
    let readings = || gauge.readings.iter().copied().filter(|v| v.is_finite());
    let most = gauge.most.unwrap_or_else(|| readings().fold(0.0, f64::max)).max(1e-9);
    let x = |i: usize| rect.right() - rect.width() * (gauge.readings.len() - 1 - i) as f32 / (READINGS - 1) as f32;
    let y = |v: f64| rect.bottom() - rect.height() * (v / most).clamp(0.0, 1.0) as f32;
    let points: Vec<egui::Pos2> =
        gauge.readings.iter().enumerate().filter(|(_, v)| v.is_finite()).map(|(i, v)| pos2(x(i), y(*v))).collect();
    if points.len() < 2 {
        return;
    }
    for pair in points.windows(2) {
        let [a, b] = pair else { continue };
        let below = vec![*a, *b, pos2(b.x, rect.bottom()), pos2(a.x, rect.bottom())];
        ui.painter().add(Shape::convex_polygon(below, colour.gamma_multiply(0.16), Stroke::NONE));
    }
    ui.painter().add(Shape::line(points, Stroke::new(1.2, colour.gamma_multiply(0.75))));
}

/// The last readings of a series.
fn last(history: &History) -> Vec<f64> {
    let points = history.points();
    points[points.len().saturating_sub(READINGS)..].iter().map(|point| point[1]).collect()
}

/// All that there is, in the order of a batch's way.
fn gauges(state: &State) -> Vec<Gauge> {
    let (run, telemetry) = (&state.run, state.run.hardware.telemetry.as_ref());
    let none = || tr!("window-hardware-none");
    let percent =
        |share: Option<f64>| share.map_or_else(none, |v| tr!("window-hardware-percent", value = Arg::number(v, 0)));
    let of = |used: Option<u64>, total: Option<u64>| match (used, total) {
        (Some(used), Some(total)) => tr!("window-hardware-memory-of", used = gib(used), total = gib(total)),
        (Some(used), None) => bytes(used),
        (None, _) => none(),
    };
    let cores = &run.hardware.cpu_percent;
    let cpu: Vec<f64> = cores_together(cores, READINGS).iter().map(|at| at.mean).collect();
    let mut gauges = vec![
        Gauge {
            name: tr!("window-hardware-cpu"),
            value: percent(cpu.last().copied().filter(|mean| mean.is_finite())),
            hint: tr!("window-hardware-cpu-hint", cores = cores.len()),
            plot: Some("cpu"),
            readings: cpu,
            most: Some(100.0),
        },
        Gauge {
            name: tr!("window-hardware-memory"),
            value: of(telemetry.and_then(|t| t.memory_used_bytes), telemetry.and_then(|t| t.memory_total_bytes)),
            hint: tr!("window-hardware-memory-hint"),
            plot: Some("memory"),
            readings: last(&run.hardware.memory_used_bytes),
            most: telemetry.and_then(|t| t.memory_total_bytes).map(|b| b as f64),
        },
    ];
    if let Some(read) = telemetry.and_then(|t| t.pressure.disk_read_bytes_per_sec) {
        gauges.push(Gauge {
            name: tr!("window-hardware-disk"),
            value: tr!("window-hardware-per-second", amount = bytes(read.max(0.0) as u64)),
            hint: tr!("window-hardware-disk-hint"),
            plot: None,
            readings: Vec::new(),
            most: None,
        });
    }
    // Both of one moment: a bisect and a pause make the queue shorter.
    let queue = run.findings.stages.as_ref().map(|stages| (stages.queue_len, stages.queue_capacity));
    gauges.push(Gauge {
        name: tr!("window-hardware-queue"),
        value: match queue {
            Some((len, capacity)) => tr!("window-hardware-queue-of", ready = len.min(capacity), capacity),
            None => none(),
        },
        hint: tr!("window-hardware-queue-hint"),
        plot: Some("queue"),
        readings: last(&run.series.queue_len),
        most: queue.map(|(_, capacity)| capacity as f64),
    });
    let of_gpus = telemetry.map(|t| t.gpus.as_slice()).unwrap_or_default();
    // Of several cards the first stands here, the others in the plots.
    if let Some((gpu, history)) = of_gpus.first().zip(run.hardware.gpus.first()) {
        gauges.push(Gauge {
            name: tr!("window-hardware-gpu"),
            value: percent(gpu.utilization_percent),
            hint: gpu.name.clone(),
            plot: Some("gpu_util"),
            readings: last(&history.utilization_percent),
            most: Some(100.0),
        });
        gauges.push(Gauge {
            name: tr!("window-hardware-video-memory"),
            value: of(gpu.memory_used_bytes, gpu.memory_total_bytes),
            hint: tr!("window-hardware-video-memory-hint", name = &gpu.name),
            plot: Some("gpu_memory"),
            readings: last(&history.memory_used_bytes),
            most: gpu.memory_total_bytes.map(|b| b as f64),
        });
        if let Some(watts) = gpu.power_watts {
            gauges.push(Gauge {
                name: tr!("window-hardware-power"),
                value: tr!("window-hardware-watts", watts = Arg::number(watts, 0)),
                hint: tr!("window-hardware-power-hint", name = &gpu.name),
                plot: Some("gpu_power"),
                readings: last(&history.power_watts),
                most: gpu.power_limit_watts,
            });
        }
    }
    gauges
}

/// In one grey word that there is no card whose readings could be had, with the reason under the pointer.
fn no_gpu(state: &State) -> Option<(String, String)> {
    let telemetry = state.run.hardware.telemetry.as_ref()?;
    let why = telemetry.gpu_note.as_ref().map(ToString::to_string).unwrap_or_default();
    telemetry.gpus.is_empty().then(|| (tr!("window-hardware-no-gpu"), why))
}
