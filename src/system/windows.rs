//! Calls of Windows for which there is no safe form: its console, power, registry, performance counters and cycle counts.
//!
//! Each function checks what the system answers and gives plain values; no handle and no pointer leaves this file.
#![allow(unsafe_code, reason = "these functions of the system are reached in no other way")]

use std::ptr::{null, null_mut};
use windows_sys::Win32::Foundation::{ERROR_SUCCESS, HANDLE, INVALID_HANDLE_VALUE};
use windows_sys::Win32::System::Console::{
    ENABLE_VIRTUAL_TERMINAL_PROCESSING, FreeConsole, GetConsoleMode, GetConsoleProcessList, GetStdHandle,
    STD_ERROR_HANDLE, SetConsoleMode,
};
use windows_sys::Win32::System::Performance::{
    PDH_CSTATUS_NEW_DATA, PDH_CSTATUS_VALID_DATA, PDH_FMT_COUNTERVALUE_ITEM_W, PDH_FMT_DOUBLE, PDH_HCOUNTER,
    PDH_HQUERY, PDH_MORE_DATA, PdhAddEnglishCounterW, PdhCloseQuery, PdhCollectQueryData, PdhGetFormattedCounterArrayW,
    PdhOpenQueryW,
};
use windows_sys::Win32::System::Power::{GetSystemPowerStatus, SYSTEM_POWER_STATUS};
use windows_sys::Win32::System::Registry::{
    HKEY, HKEY_LOCAL_MACHINE, KEY_READ, REG_ROUTINE_FLAGS, RRF_RT_REG_DWORD, RRF_RT_REG_QWORD, RRF_RT_REG_SZ,
    RegCloseKey, RegEnumKeyExW, RegGetValueW, RegOpenKeyExW,
};
use windows_sys::Win32::System::Threading::GetCurrentThread;
use windows_sys::Win32::System::WindowsProgramming::QueryThreadCycleTime;

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}

/// Up to the first zero.
fn narrow(units: &[u16]) -> String {
    let end = units.iter().position(|unit| *unit == 0).unwrap_or(units.len());
    String::from_utf16_lossy(&units[..end])
}

/// How many processes share this one's console; 0 where it has none.
pub fn console_processes() -> u32 {
    let mut ids = [0_u32; 2];
    // SAFETY: the buffer is as long as is said. Where there are more, only their number is given.
    unsafe { GetConsoleProcessList(ids.as_mut_ptr(), ids.len() as u32) }
}

/// Closes a console that was opened for this process alone, as it is where the program is started by a double click.
/// Gives whether the process has none afterwards.
pub fn leave_own_console() -> bool {
    match console_processes() {
        0 => true,
        // SAFETY: it takes nothing; streams that led there swallow what is written to them.
        1 => unsafe { FreeConsole() != 0 },
        _ => false,
    }
}

/// Lets the console understand escape sequences, as it does not by itself before Windows 11.
pub fn understand_escapes() {
    // SAFETY: the handle is the process's own and stays open; `mode` is written before it is read.
    unsafe {
        let handle: HANDLE = GetStdHandle(STD_ERROR_HANDLE);
        let mut mode = 0;
        if !handle.is_null() && handle != INVALID_HANDLE_VALUE && GetConsoleMode(handle, &mut mode) != 0 {
            SetConsoleMode(handle, mode | ENABLE_VIRTUAL_TERMINAL_PROCESSING);
        }
    }
}

/// What Windows says of mains and battery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerStatus {
    /// 0: from the battery, 1: plugged in, else unknown.
    pub ac_line: u8,
    /// Bit 7: there is no battery; 255: unknown.
    pub battery_flag: u8,
    /// 255: unknown.
    pub battery_percent: u8,
    /// 1: the battery saver is on.
    pub saver: u8,
}

pub fn power_status() -> Option<PowerStatus> {
    let mut status = SYSTEM_POWER_STATUS::default();
    // SAFETY: it fills the structure it is given.
    let known = unsafe { GetSystemPowerStatus(&mut status) } != 0;
    known.then_some(PowerStatus {
        ac_line: status.ACLineStatus,
        battery_flag: status.BatteryFlag,
        battery_percent: status.BatteryLifePercent,
        saver: status.SystemStatusFlag,
    })
}

/// Cycles that the calling thread has run for.
pub fn thread_cycles() -> Option<u64> {
    let mut cycles = 0;
    // SAFETY: the pseudo handle of the calling thread is always valid and needs no closing.
    let known = unsafe { QueryThreadCycleTime(GetCurrentThread(), &mut cycles) } != 0;
    known.then_some(cycles)
}

/// Names below a key of `HKEY_LOCAL_MACHINE`; a thousand at most.
pub fn registry_keys(path: &str) -> Vec<String> {
    let (path, mut key, mut names) = (wide(path), HKEY::default(), Vec::new());
    // SAFETY: the path ends with a zero, `key` is closed below, and the buffer is as long as is said.
    unsafe {
        if RegOpenKeyExW(HKEY_LOCAL_MACHINE, path.as_ptr(), 0, KEY_READ, &mut key) != ERROR_SUCCESS {
            return names;
        }
        for index in 0..1000 {
            // The longest name of a key has 255 characters.
            let (mut name, mut length) = ([0_u16; 256], 256_u32);
            let read =
                RegEnumKeyExW(key, index, name.as_mut_ptr(), &mut length, null(), null_mut(), null_mut(), null_mut());
            if read != ERROR_SUCCESS {
                break;
            }
            names.push(narrow(&name));
        }
        RegCloseKey(key);
    }
    names
}

/// Fills `buffer` with a value of `HKEY_LOCAL_MACHINE` of that type; `None` where it is not there, of another type or longer.
fn registry_value<T: Copy>(path: &str, name: &str, kind: REG_ROUTINE_FLAGS, buffer: &mut [T]) -> Option<()> {
    let (path, name) = (wide(path), wide(name));
    let mut bytes = u32::try_from(size_of_val(buffer)).ok()?;
    // SAFETY: both names end with a zero, and no more is written than the buffer's own bytes.
    let read = unsafe {
        let data = buffer.as_mut_ptr().cast();
        RegGetValueW(HKEY_LOCAL_MACHINE, path.as_ptr(), name.as_ptr(), kind, null_mut(), data, &mut bytes)
    };
    (read == ERROR_SUCCESS).then_some(())
}

pub fn registry_text(path: &str, name: &str) -> Option<String> {
    let mut text = [0_u16; 512];
    registry_value(path, name, RRF_RT_REG_SZ, &mut text).map(|()| narrow(&text))
}

/// A number of 32 or 64 bits.
pub fn registry_number(path: &str, name: &str) -> Option<u64> {
    let (mut long, mut short) = ([0_u64], [0_u32]);
    let long = registry_value(path, name, RRF_RT_REG_QWORD, &mut long).map(|()| long[0]);
    long.or_else(|| registry_value(path, name, RRF_RT_REG_DWORD, &mut short).map(|()| u64::from(short[0])))
}

/// Performance counters that are read together.
pub struct Counters {
    query: PDH_HQUERY,
    counters: Vec<PDH_HCOUNTER>,
}

// SAFETY: the handles belong to no thread, and `&mut self` lets one at a time use them.
unsafe impl Send for Counters {}

impl Drop for Counters {
    fn drop(&mut self) {
        // SAFETY: the query is open, and its counters go with it.
        unsafe { PdhCloseQuery(self.query) };
    }
}

impl Counters {
    /// By their English names, such as `\GPU Engine(*)\Utilization Percentage`; `None` where one of them is not there.
    pub fn open(paths: &[&str]) -> Option<Self> {
        let mut query: PDH_HQUERY = null_mut();
        // SAFETY: no source means this machine; the handle is closed on drop.
        if unsafe { PdhOpenQueryW(null(), 0, &mut query) } != 0 {
            return None;
        }
        let mut opened = Self { query, counters: Vec::new() };
        for path in paths {
            let (path, mut counter): (_, PDH_HCOUNTER) = (wide(path), null_mut());
            // SAFETY: the query is open and the path ends with a zero.
            if unsafe { PdhAddEnglishCounterW(query, path.as_ptr(), 0, &mut counter) } != 0 {
                return None;
            }
            opened.counters.push(counter);
        }
        Some(opened)
    }

    /// Reads all of them; a rate is known from the second time on.
    pub fn collect(&mut self) -> bool {
        // SAFETY: the query is open.
        unsafe { PdhCollectQueryData(self.query) == 0 }
    }

    /// Instances of one counter with their values.
    pub fn values(&mut self, counter: usize) -> Vec<(String, f64)> {
        let Some(&counter) = self.counters.get(counter) else { return Vec::new() };
        let (mut bytes, mut count) = (0_u32, 0_u32);
        // SAFETY: a size of 0 asks for the size that is needed.
        let asked =
            unsafe { PdhGetFormattedCounterArrayW(counter, PDH_FMT_DOUBLE, &mut bytes, &mut count, null_mut()) };
        if asked != PDH_MORE_DATA {
            return Vec::new();
        }
        // Whole items, so that they are aligned; names lie behind them in the same buffer.
        let mut items = vec![
            PDH_FMT_COUNTERVALUE_ITEM_W::default();
            (bytes as usize).div_ceil(size_of::<PDH_FMT_COUNTERVALUE_ITEM_W>())
        ];
        // SAFETY: the buffer has at least as many bytes as are said.
        let read = unsafe {
            PdhGetFormattedCounterArrayW(counter, PDH_FMT_DOUBLE, &mut bytes, &mut count, items.as_mut_ptr())
        };
        if read != 0 {
            return Vec::new();
        }
        let end = items.as_ptr_range().end as usize;
        let value = |item: &PDH_FMT_COUNTERVALUE_ITEM_W| {
            let status = item.FmtValue.CStatus;
            if item.szName.is_null() || (status != PDH_CSTATUS_VALID_DATA && status != PDH_CSTATUS_NEW_DATA) {
                return None;
            }
            let most = end.saturating_sub(item.szName as usize) / size_of::<u16>();
            // SAFETY: names lie in the buffer and end with a zero; no more than its rest is looked at. A value whose status is
            // good is of the form that was asked for.
            unsafe {
                let length = (0..most).take_while(|at| *item.szName.add(*at) != 0).count();
                let name = String::from_utf16_lossy(std::slice::from_raw_parts(item.szName, length));
                Some((name, item.FmtValue.Anonymous.doubleValue))
            }
        };
        items.iter().take(count as usize).filter_map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_gives_texts_numbers_and_names() {
        const VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
        assert!(!registry_text(VERSION, "CurrentBuild").unwrap().is_empty());
        assert!(registry_number(VERSION, "CurrentMajorVersionNumber").is_some());
        assert_eq!(registry_text(VERSION, "no such value"), None);
        assert_eq!(registry_number(VERSION, "CurrentBuild"), None, "a text is no number");
        assert!(registry_keys(r"SOFTWARE\Microsoft").iter().any(|name| name.eq_ignore_ascii_case("Windows NT")));
        assert!(registry_keys(r"SOFTWARE\no such key").is_empty());
    }

    #[test]
    fn power_and_cycles_are_known_or_said_not_to_be() {
        assert!(power_status().is_some_and(|status| status.ac_line <= 1 || status.ac_line == 255));
        if let (Some(before), Some(after)) = (thread_cycles(), thread_cycles()) {
            assert!(after >= before);
        }
    }

    #[test]
    fn a_counter_that_is_not_there_is_none() {
        assert!(Counters::open(&[r"\No Such Object(*)\No Such Counter"]).is_none());
    }
}
