### 设置：取值错误

config-did-you-mean = （是否想写 `{ $name }`？）
config-not-toml = 不是有效的 TOML：{ $reason }
config-not-written = 设置无法写成 TOML：{ $reason }
config-unknown-key = 未知的键 `{ $key }`{ $hint }，这里可用的键：{ $known }
config-bad-value = `{ $key }` = { $value } 不可用，应为：{ $expected }{ $hint }
config-bad-set = `{ $set }`：应写成 KEY=VALUE，例如 loader.workers=2
config-nothing-to-train = `data.val_frac` + `data.test_frac` = { $held_out }：两者之和必须小于 1
config-no-such-transform = { $count ->
    [0] `{ $key }`：变换链为空；新变换要在文件中按名称添加
   *[other] `{ $key }`：变换链有 { $count } 个变换，位置应为 0 到 { $last }；新变换要在文件中按名称添加
 }
config-expected = 应为：{ $what }
config-expected-section = 一个小节，写作 [{ $name }]
config-expected-value = 一个值
config-expected-chain = 一组 [[transform]] 表，每个都有 name
config-expected-in-unit = { $kind }，单位：{ $unit }
config-described = { $meaning }：{ $expected }
config-hint =
    { $meaning }
    { $kind }；默认值 { $default }

## 手动更改

config-change = { $title } { $old } → { $new }
config-change-to-preset = 预设 { $title }
config-change-to-run = { $name } 的设置
config-change-of-chain = 变换链

## 取值说明

config-kind-number = 数字
config-kind-number-up = 不小于 { $min } 的数字
config-kind-number-between = { $min } 到 { $max } 的数字
config-kind-bool = true 或 false
config-kind-whole-up = 不小于 { $min } 的整数
config-kind-whole-between = { $min } 到 { $max } 的整数
config-kind-one-of = 以下之一：{ $names }
config-kind-one-or-another = { $others } 或 { $last }
config-kind-text = 带引号的文本
config-kind-texts = 带引号的文本列表，例如 ["class/image.png"]
config-kind-optional-bool = true、false 或 "{ $none }"
config-kind-optional-number = { $number }，或 "{ $none }"
config-kind-optional-numbers = { $number }，每个通道一个的列表，或 "{ $none }"
config-kind-range = { $number }（r 表示 -r 到 r），或 [下限, 上限]
config-kind-ranges-of-one = { $number }（r 表示 -r 到 r），[[下限, 上限]]，或 "{ $none }"
config-kind-ranges = { $number }（r 表示 -r 到 r），每个轴一个 r 或 [下限, 上限] 的列表，或 "{ $none }"
config-kind-per-axis = { $number }，或 [H, W]
config-kind-axes = 0（H）、1（W）、[0, 1] 或 "{ $none }"（两个轴）
config-kind-size = [H, W]，以像素计，1 到 { $max } 或 -1（保持不变），或一个数表示两边
config-kind-wholes = { $min } 到 { $max } 的整数，或 { $least } 到 { $most } 个的列表
config-kind-numbers = { $number }，或 { $least } 到 { $most } 个的列表
config-kind-rows = 由数字列表组成的列表
config-kind-or = { $kind }，或 "{ $other }"
config-unit = { $unit ->
    [images] 张
    [pixels] 像素
    [threads] 线程
    [batches] 批
    [epochs] 轮
    [steps] 步
    [features] 个特征
    [validations] 次验证
    [times] 倍
   *[other] { $unit }
 }

## 设置文档

config-docs-columns = 键 | 默认值 | 取值 | 单位 | 含义
config-docs-live = { $meaning }训练进行中也可更改。
config-docs-item = `{ $key } = "{ $item }"`：{ $meaning }
config-docs-with-item = `name = "{ $item }"` 时还有：
