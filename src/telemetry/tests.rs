use super::board::{Board, Boards, Fault, Reading, Visit};
use super::*;
use crate::protocol::doctor::{self as protocol, BoardState, BoardsFault, PcieLink, Throttle};
use std::cell::Cell;
use std::hint::black_box;
use std::time::{Duration, Instant};

/// A GPU that fails to give what `missing` names, has nothing of what `unsupported` names, and is gone where it is `lost`.
struct FakeBoard<'a> {
    missing: &'a [&'a str],
    unsupported: &'a [&'a str],
    lost: bool,
    asked: &'a Cell<usize>,
}

impl FakeBoard<'_> {
    fn answer<T>(&self, field: &str, value: T) -> Reading<T> {
        self.asked.set(self.asked.get() + 1);
        if self.lost {
            Err(Fault::Gone("device fell off the bus".to_owned()))
        } else if self.missing.contains(&field) {
            Err(Fault::Field("an unknown error".to_owned()))
        } else if self.unsupported.contains(&field) {
            Err(Fault::Unsupported("not supported".to_owned()))
        } else {
            Ok(value)
        }
    }
}

impl Board for FakeBoard<'_> {
    fn name(&self) -> Reading<String> {
        self.answer("name", "Fake 9000".to_owned())
    }
    fn utilization_percent(&self) -> Reading<f64> {
        self.answer("utilization", 4.0)
    }
    fn memory_bytes(&self) -> Reading<(u64, u64)> {
        self.answer("memory", (3 << 30, 8 << 30))
    }
    fn power_watts(&self) -> Reading<f64> {
        self.answer("power", 61.5)
    }
    fn power_limit_watts(&self) -> Reading<f64> {
        self.answer("power_limit", 350.0)
    }
    fn temperature_celsius(&self) -> Reading<f64> {
        self.answer("temperature", 41.0)
    }
    fn sm_clock_mhz(&self) -> Reading<f64> {
        self.answer("sm_clock", 1_980.0)
    }
    fn memory_clock_mhz(&self) -> Reading<f64> {
        self.answer("memory_clock", 2_619.0)
    }
    fn pcie_rx_bytes_per_sec(&self) -> Reading<f64> {
        self.answer("pcie_rx", 12e6)
    }
    fn pcie_tx_bytes_per_sec(&self) -> Reading<f64> {
        self.answer("pcie_tx", 3e6)
    }
    fn pci_address(&self) -> Reading<String> {
        self.answer("pci_address", "0000:01:00.0".to_owned())
    }
    fn power_default_limit_watts(&self) -> Reading<f64> {
        self.answer("power_default_limit", 400.0)
    }
    fn persistent(&self) -> Reading<bool> {
        self.answer("persistent", false)
    }
    fn pcie_link(&self) -> Reading<PcieLink> {
        self.answer("pcie_link", LINK)
    }
    fn throttle(&self) -> Reading<Vec<Throttle>> {
        self.answer("throttle", vec![Throttle::PowerCap])
    }
}

const LINK: PcieLink = PcieLink { width: Some(8), max_width: Some(16), generation: Some(1), max_generation: Some(4) };

/// Fake GPUs of which the first is lost from the reading `lost_from` on (0-based).
struct FakeDriver {
    count: usize,
    missing: &'static [&'static str],
    unsupported: &'static [&'static str],
    lost_from: usize,
    readings: Cell<usize>,
    asked: Cell<usize>,
    uncountable: bool,
}

impl Default for FakeDriver {
    fn default() -> Self {
        let (readings, asked) = (Cell::new(0), Cell::new(0));
        Self { count: 1, missing: &[], unsupported: &[], lost_from: usize::MAX, readings, asked, uncountable: false }
    }
}

impl Boards for FakeDriver {
    fn for_each(&self, visit: &mut Visit<'_>) -> Reading<()> {
        if self.uncountable {
            return Err(Fault::Field("an internal driver error occurred".to_owned()));
        }
        for index in 0..self.count {
            let lost = index == 0 && self.readings.get() >= self.lost_from;
            let (missing, unsupported) = (self.missing, self.unsupported);
            visit(index, Ok(&FakeBoard { missing, unsupported, lost, asked: &self.asked }));
        }
        self.readings.set(self.readings.get() + 1);
        Ok(())
    }
    fn driver(&self) -> Reading<String> {
        Ok("580.65".to_owned())
    }
}

fn sampler(driver: FakeDriver) -> Sampler {
    Sampler::with_gpus(Ok(Box::new(driver)))
}

#[test]
fn every_reading_of_a_gpu_lands_in_its_own_field() {
    let mut sampler = sampler(FakeDriver::default());
    let telemetry = sampler.sample(0.0);
    let expected = GpuTelemetry {
        name: "Fake 9000".to_owned(),
        utilization_percent: Some(4.0),
        memory_used_bytes: Some(3 << 30),
        memory_total_bytes: Some(8 << 30),
        power_watts: Some(61.5),
        power_limit_watts: Some(350.0),
        temperature_celsius: Some(41.0),
        sm_clock_mhz: Some(1_980.0),
        memory_clock_mhz: Some(2_619.0),
        pcie_rx_bytes_per_sec: Some(12e6),
        pcie_tx_bytes_per_sec: Some(3e6),
        throttle: Some(vec![Throttle::PowerCap]),
    };
    assert_eq!(telemetry.gpus, [expected]);
    assert_eq!(telemetry.gpu_note, None);
    assert_eq!(sampler.take_notes(), []);
}

#[test]
fn a_missing_field_is_none_and_said_once() {
    let mut sampler = sampler(FakeDriver { missing: &["power", "memory"], ..FakeDriver::default() });
    for _ in 0..3 {
        let gpu = sampler.sample(0.0).gpus.remove(0);
        assert_eq!((gpu.power_watts, gpu.memory_used_bytes, gpu.memory_total_bytes), (None, None, None));
        assert_eq!(gpu.power_limit_watts, Some(350.0));
    }
    let notes = sampler.take_notes();
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(
        notes.iter().any(|note| note.to_string() == "GPU 0 (Fake 9000) does not give power: an unknown error"),
        "{notes:?}"
    );
    sampler.sample(1.0);
    assert_eq!(sampler.take_notes(), []);
}

/// As the boards of laptops, which have no power limit of their own.
#[test]
fn what_a_board_does_not_have_is_no_fault_of_it() {
    let mut sampler =
        sampler(FakeDriver { unsupported: &["power_limit"], missing: &["power"], ..FakeDriver::default() });
    let gpu = sampler.sample(0.0).gpus.remove(0);
    assert_eq!((gpu.power_limit_watts, gpu.power_watts, gpu.utilization_percent), (None, None, Some(4.0)));
    let notes = sampler.take_notes();
    assert!(notes.len() == 1 && notes[0].to_string().contains("power: an unknown error"), "{notes:?}");
}

#[test]
fn a_nameless_gpu_is_called_by_its_index() {
    let mut sampler = sampler(FakeDriver { missing: &["name"], ..FakeDriver::default() });
    assert_eq!(sampler.sample(0.0).gpus[0].name, "GPU 0");
    assert_eq!(sampler.take_notes().len(), 1);
}

#[test]
fn a_lost_gpu_keeps_its_name_and_place_costs_one_note_and_is_left_alone() {
    let driver = FakeDriver { count: 2, lost_from: 1, ..FakeDriver::default() };
    let mut sampler = sampler(driver);
    assert_eq!(sampler.sample(0.0).gpus[0].utilization_percent, Some(4.0));
    for _ in 0..2 {
        let gpus = sampler.sample(1.0).gpus;
        assert_eq!(gpus[0], GpuTelemetry { name: "Fake 9000".to_owned(), ..GpuTelemetry::default() });
        assert_eq!(gpus[1].utilization_percent, Some(4.0), "the other GPU goes on");
    }
    let notes = crate::language::clauses(sampler.take_notes()).to_string();
    assert_eq!(notes, "GPU 0 (Fake 9000) no longer answers: device fell off the bus");
}

#[test]
fn a_gone_gpu_is_asked_only_once_a_reading() {
    let asked = Cell::new(0);
    let board = FakeBoard { missing: &[], unsupported: &[], lost: true, asked: &asked };
    let mut name = "Fake 9000".to_owned();
    board::read(0, &mut name, Ok(&board), &mut Notes::default());
    assert_eq!(asked.get(), 1);
}

#[test]
fn an_absent_driver_or_gpu_is_said_in_every_reading() {
    let mut absent = Sampler::with_gpus(Err("no NVIDIA driver: nothing there".into()));
    for _ in 0..2 {
        let telemetry = absent.sample(0.0);
        assert_eq!(telemetry.gpu_note.map(|note| note.to_string()).as_deref(), Some("no NVIDIA driver: nothing there"));
        assert!(telemetry.gpus.is_empty());
    }
    let none = sampler(FakeDriver { count: 0, ..FakeDriver::default() }).sample(0.0);
    assert_eq!(
        none.gpu_note.map(|note| note.to_string()).as_deref(),
        Some("the NVIDIA driver is installed, but it lists no GPU")
    );

    let mut broken = sampler(FakeDriver { uncountable: true, ..FakeDriver::default() });
    assert!(broken.sample(0.0).gpu_note.is_some_and(|note| note.to_string().contains("internal driver error")));
    broken.sample(1.0);
    assert_eq!(broken.take_notes().len(), 1, "not swallowed, and not repeated");
}

#[test]
fn this_machine_is_read() {
    let mut sampler = Sampler::new();
    let first = sampler.sample(0.0);
    assert_eq!(first.cpu_percent, [0.0; 0], "load is a difference of two readings");
    let total = first.memory_total_bytes.expect("this machine's memory");
    assert!(first.memory_used_bytes.expect("memory in use") < total);
    assert_eq!(first.gpus.is_empty(), first.gpu_note.is_some(), "a reason stands exactly where there is no GPU");

    // Too soon for the kernel's counters: nothing is made up.
    assert_eq!(sampler.sample(0.05).cpu_percent, [0.0; 0]);

    // One thread busy for longer than the library's shortest interval shows as load, in percent of a core.
    let begun = Instant::now();
    while begun.elapsed() < sysinfo::MINIMUM_CPU_UPDATE_INTERVAL + Duration::from_millis(100) {
        black_box(begun.elapsed());
    }
    let load = sampler.sample(0.3).cpu_percent;
    assert_eq!(
        load.len(),
        std::fs::read_to_string("/proc/cpuinfo").map_or(load.len(), |text| text.matches("processor\t").count())
    );
    assert!(load.iter().all(|percent| (0.0..=100.0).contains(percent)), "{load:?}");
    assert!(load.iter().any(|&percent| percent > 20.0), "{load:?}");
    // Within the minimum interval the last load stands.
    assert_eq!(sampler.sample(0.35).cpu_percent, load);
}

#[test]
fn the_process_grows_by_what_it_touches() {
    let mut sampler = Sampler::with_gpus(Err("".into()));
    let before = sampler.sample(0.0).engine_memory_bytes.expect("this process's memory");
    let touched = black_box(vec![1_u8; 64 << 20]);
    let after = sampler.sample(1.0).engine_memory_bytes.expect("this process's memory");
    assert!(after >= before + (48 << 20), "{before} to {after}, {} touched", touched.len());
    assert_eq!(sampler.take_notes(), []);
}

#[test]
fn every_fact_of_a_board_lands_in_its_own_field() {
    let boards = inventory::of(&FakeDriver { count: 2, lost_from: 1, ..FakeDriver::default() });
    assert_eq!((boards.driver.as_deref(), boards.list.len(), boards.note), (Some("580.65"), 2, None));
    let expected = protocol::Board {
        name: "Fake 9000".to_owned(),
        pci_address: Some("0000:01:00.0".to_owned()),
        memory_total_bytes: Some(8 << 30),
        power_default_limit_watts: Some(400.0),
        persistent: Some(false),
        now: BoardState {
            utilization_percent: Some(4.0),
            memory_used_bytes: Some(3 << 30),
            temperature_celsius: Some(41.0),
            power_watts: Some(61.5),
            power_limit_watts: Some(350.0),
            sm_clock_mhz: Some(1_980.0),
            link: LINK,
            throttle: Some(vec![Throttle::PowerCap]),
        },
        busy: None,
    };
    assert_eq!(boards.list[0], expected);

    let lacking = FakeDriver { missing: &["pcie_link", "throttle", "name"], ..FakeDriver::default() };
    let board = inventory::of(&lacking).list.remove(0);
    assert_eq!((board.name.as_str(), board.now.link, board.now.throttle), ("GPU 0", PcieLink::default(), None));

    let none = inventory::of(&FakeDriver { count: 0, ..FakeDriver::default() });
    assert!(none.note.is_some() && none.list.is_empty());
    let broken = inventory::of(&FakeDriver { uncountable: true, ..FakeDriver::default() });
    assert_eq!(broken.fault, Some(BoardsFault::Other));
    let lost = inventory::of(&FakeDriver { lost_from: 0, ..FakeDriver::default() });
    assert_eq!(lost.list[0].now, BoardState::default());
}

#[test]
fn the_busiest_reading_is_kept_with_all_that_held_the_clocks_down() {
    let state = |utilization, throttle: &[Throttle], celsius| BoardState {
        utilization_percent: utilization,
        throttle: Some(throttle.to_vec()),
        temperature_celsius: Some(celsius),
        ..BoardState::default()
    };
    let mut kept = None;
    for reading in [
        state(None, &[], 40.0),
        state(Some(90.0), &[Throttle::PowerCap], 70.0),
        state(Some(30.0), &[Throttle::Thermal], 85.0),
    ] {
        inventory::keep_busiest(&mut kept, reading);
    }
    assert_eq!(kept, Some(state(Some(90.0), &[Throttle::Thermal, Throttle::PowerCap], 85.0)));
}

#[test]
fn work_is_done_whether_or_not_boards_can_be_watched() {
    let (answer, seen) = while_watching_boards(|| 7);
    assert_eq!(answer, 7);
    assert!(boards().list.len() >= seen.len());
}
