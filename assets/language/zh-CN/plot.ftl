## What is drawn

plot-metric-title = { $name ->
    [loss] 损失
    [metrics] 验证指标
    [images_per_sec] 训练速度
    [data_wait] 等待数据
    [phases] 每步各阶段
    [stages] 加载各阶段
    [queue] 加载队列
    [cpu] 各 CPU 核心使用率
    [memory] 内存
    [gpu_util] GPU 使用率
    [gpu_memory] 显存
    [gpu_power] GPU 功耗
    [gpu_temperature] GPU 温度
    [gpu_clocks] GPU 频率
    [gpu_pcie] PCIe 流量
    [val] 验证损失
    [bisect] 关闭后的加速
   *[other] { $name }
 }
plot-metric-doc = { $name ->
    [loss] 训练损失和验证损失
    [metrics] 验证准确率和宏平均 ROC AUC
    [images_per_sec] 每秒训练的图像数
    [data_wait] 每步中等待数据的时间占比
    [phases] 每步的时间花在哪些阶段
    [stages] 加载各阶段每张图像的耗时
    [queue] 等待训练的完整批数
    [cpu] 每个核心的忙碌程度
    [memory] 已用内存
    [gpu_util] GPU 的忙碌程度
    [gpu_memory] 已用显存
    [gpu_power] GPU 的功耗
    [gpu_temperature] GPU 的温度
    [gpu_clocks] GPU 的时钟频率
    [gpu_pcie] 与 GPU 之间的总线流量
    [val] 仅验证集的损失
    [bisect] 最近一次排查测得的各变换耗时
   *[other] { $name }
 }
plot-title-of-run = { $title }（{ $run }）
plot-title-with-unit = { $title }（{ $unit }）
plot-of-run = { $run }：{ $name }
plot-run-number = 训练 { $number }
plot-caption = { $runs } · { $dataset } · { $model } · { $device } · { $date }

plot-training = 训练
plot-validation = 验证
plot-validating = 验证中
plot-validation-loss = 验证损失
plot-accuracy = 准确率
plot-auc = 宏平均 ROC AUC
plot-waiting-for-data = 等待数据
plot-batches-ready = 就绪批数
plot-whole-machine = 整机
plot-engine = 训练进程
plot-core = 核心 { $number }
plot-cores-mean = { $cores } 个核心平均
plot-cores-busiest = 最忙核心
plot-cores-idlest = 最闲核心
plot-clock-sm = SM
plot-clock-memory = 显存
plot-pcie-to = 到 GPU
plot-pcie-from = 从 GPU

## Axes

plot-x-secs = 时间（秒）
plot-x-minutes = 时间（分钟）
plot-x-hours = 时间（小时）
plot-x-step = 步
plot-x-epoch = 轮
plot-x-workers = 加载线程
plot-x-transform = 变换序号（1 为链中第一个）
plot-y-loss = 交叉熵
plot-y-losses-differ = 损失（各值含义不同，不可比较）
plot-y-share = 占比（0 到 1）
plot-y-rate = 张/秒
plot-y-share-of-step = 占每步时间（%）
plot-y-us-per-image = 微秒/张
plot-y-ms-per-image = 毫秒/张
plot-y-secs-per-image = 秒/张
plot-y-batches = 批
plot-y-faster = 加速（%）

## Marks and bands

plot-epoch = 第 { $epoch } 轮结束，已存检查点
plot-epoch-best = 第 { $epoch } 轮结束，已存检查点，目前最佳
plot-turn-resumed = 继续训练
plot-turn-stopped = 已停止
plot-turn-completed = 已完成
plot-turn-failed = 失败
plot-mark-at = { $name }（{ $at } { $unit }）
plot-band-from-to = { $name }（{ $from } 到 { $to } { $unit }）
plot-reading = { $name }：{ $value }
plot-no-number = 不是数值（NaN）
plot-not-measured = 未测量
plot-and-more = 另有 { $more } 项

## Without data

plot-waiting = 等待数据
plot-after-epoch = 等待首次验证（每轮结束时）
plot-no-timed-step = 等待逐阶段计时的一步
plot-no-reading = N/A：{ $reason }
plot-no-gpu = N/A：没有可读取传感器的 GPU
plot-no-such-reading = N/A：驱动不提供该读数

## Legend and zoom

plot-live = 实时
plot-live-hint = 显示全程并跟随新数据（双击）
plot-live-of = 实时：{ $plot }
plot-legend-hint = 单击隐藏或显示，双击只看它，右键可改名
plot-legend-more = 另有 { $more } 项
plot-series-missing = { $name }（N/A）
plot-series-show = 显示
plot-series-hide = 隐藏
plot-series-alone = 只看它
plot-series-all = 全部显示
plot-series-name = 名称
plot-series-own-name = 恢复原名
plot-table = { $unit }，最新的在前
plot-table-newest = { $unit }，{ $all } 行中最新的 { $shown } 行；CSV 中有全部数据

## Sweeps and bisects

plot-loss-by-step = 损失（按步）
plot-loss-by-time = 损失（按时间）
plot-measured = 实测
plot-predicted-from = 由 { $workers } 个线程预测
plot-rate-by-workers = 训练速度与加载线程数
plot-rate-by-key = 训练速度与 { $key }
plot-prediction-comes = 训练开始几秒后给出预测
plot-bisect = 关闭后的加速
plot-no-bisect = 这次训练没有逐项排查过变换
plot-trial-together = { $count } 个同时关闭
plot-trial = { $transform }：{ $effect } %（{ $low } 到 { $high }）
plot-trial-undecided = { $transform }：{ $effect } %（{ $low } 到 { $high }），未定

## Errors

plot-error-nothing = 没有可写出的图；请至少选一个指标
plot-error-size = 无法生成 { $width } x { $height } 点、缩放 { $scale } 的图片；每边应为 64 到 16384 像素，总数不超过 1 亿
plot-error-text-key = 图片不能带名为 `{ $key }` 的文字；名称应为 1 到 79 个拉丁字母
plot-error-encode = 图片编码失败：{ $error }
plot-error-write = 无法写入文件（{ $error }）；请检查文件夹是否存在、可写、有空间：{ $path }

## `trainscope plot`

plot-command-size = `{ $size }` 不是尺寸；像素写作 1600x900，英寸写作 6x4in
plot-command-smooth = --smooth { $smooth }：应为 0 到小于 1 的数
plot-command-dpi = --dpi { $dpi }：应为 24 到 1200 的数
plot-command-empty = 这些图都没有内容：{ $names }
plot-command-left-out = 没有内容，未画：{ $names }

## Learning-rate range test

plot-range = 学习率范围测试
plot-range-x = 学习率的 log10
plot-range-loss = 损失
plot-range-smoothed = 平滑后
plot-range-steepest = 下降最快：{ $rate }
plot-range-tenth = 最低点的十分之一：{ $rate }
