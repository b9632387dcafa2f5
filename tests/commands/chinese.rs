//! The commands in Simplified Chinese, however that is asked for.

use super::common::{program, sample_images};
use super::text;
use std::path::Path;
use tempfile::tempdir;
use trainscope::config::RunConfig;

/// What a command prints on both streams, and its exit code.
struct Said {
    out: String,
    err: String,
    code: Option<i32>,
}

fn say_in(home: &Path, language: &str, args: &[&str]) -> Said {
    let output = program(home).args(args).env("TRAINSCOPE_LANG", language).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Said { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
}

#[track_caller]
fn holds(said: &str, words: &[&str]) {
    for word in words {
        assert!(said.contains(word), "{word} is missing:\n{said}");
    }
}

#[test]
fn help_is_in_the_language_that_is_asked_for_before_and_after_the_command() {
    let home = tempdir().unwrap();
    for args in [["--lang", "zh-CN", "inspect", "--help"], ["inspect", "--lang", "zh-CN", "--help"]] {
        let said = say_in(home.path(), "en", &args);
        assert_eq!(said.code, Some(0), "{}", said.err);
        let words = ["检查数据集的问题", "用法： trainscope inspect", "参数:", "选项:", "不查找相同和相似图像"];
        holds(&said.out, &words);
        holds(&said.out, &["--lang <LANGUAGE>", "显示帮助"]);
        for english in ["Usage", "Options", "Print help", "default:"] {
            assert!(!said.out.contains(english), "{english} stands in:\n{}", said.out);
        }
    }
    let said = say_in(home.path(), "zh-CN", &["models", "--help"]);
    holds(&said.out, &["［默认值：3］"]);
    assert!(!said.out.contains("default:"), "{}", said.out);
    let said = say_in(home.path(), "zh-CN", &["--help"]);
    holds(&said.out, &["训练图像分类器", "命令:", "不开窗口进行训练", "显示本帮助"]);
    holds(
        &say_in(home.path(), "zh-CN", &["chain", "--help"]).out,
        &["- toml：含每个变换默认值的配置", "torchvision, monai"],
    );
    let said = say_in(home.path(), "zh-CN", &["--lang=en", "scan", "--help"]);
    holds(&said.out, &["Usage: trainscope scan", "Refuse images of more pixels"]);
}

#[test]
fn what_is_wrong_is_said_in_the_language() {
    let home = tempdir().unwrap();
    let said = say_in(home.path(), "en", &["--lang", "zh-CN", "scan", "--jsn", "x"]);
    assert_eq!(said.code, Some(2));
    holds(&said.err, &["错误：未知的参数 --jsn（是否想写 `--json`？）", "用法：trainscope scan"]);
    let said = say_in(home.path(), "zh-CN", &["scan"]);
    assert_eq!(said.code, Some(2));
    holds(&said.err, &["缺少参数：<DIR>"]);
    let said = say_in(home.path(), "zh-CN", &["scan", "/no/such/folder"]);
    assert_eq!(said.code, Some(3));
    holds(&said.err, &["无法读取文件夹：不存在，或已被移走", "/no/such/folder"]);
    let said = say_in(home.path(), "zh-CN", &["bench-loader", "--data", ".", "--set", "loader.workerz=1"]);
    assert_eq!(said.code, Some(2));
    holds(&said.err, &["未知的键 `loader.workerz`（是否想写 `workers`？）"]);
    let said = say_in(home.path(), "zh-CN", &["bench-loader", "--data", ".", "--set", "loader.workers=-1"]);
    holds(&said.err, &["`loader.workers` = -1 不可用，应为：0 到 256 的整数，单位：线程"]);
}

#[test]
fn figures_settings_and_transforms_are_in_the_language_and_stay_readable_to_programs() {
    let home = tempdir().unwrap();
    let images = sample_images(home.path(), 10);
    let said = say_in(home.path(), "zh-CN", &["scan", text(&images)]);
    holds(&said.out, &["6 个类别，60 张图像", "格式：jpeg 30, png 30", "尺寸："]);
    let said = say_in(home.path(), "zh-CN", &["scan", "--json", text(&images)]);
    let line: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(line["images"], 60, "{line}");
    let said = say_in(home.path(), "zh-CN", &["settings"]);
    holds(&said.out, &["# 样本如何组成批。\n[loader]", "workers = 2 # 加载线程数", "单位：线程"]);
    assert_eq!(RunConfig::from_toml(&said.out).unwrap(), RunConfig::default());
    let said = say_in(home.path(), "zh-CN", &["chain", "--docs", "toml"]);
    holds(&said.out, &["# 绕中心旋转图像。", "来源：MONAI"]);
    assert!(RunConfig::from_toml(&said.out).unwrap().transforms.len() > 100);
}
