### 命令行

command-folder-and-command = 给出数据集文件夹会打开窗口，不能与命令同时使用

## 帮助

command-heading-usage = 用法：
command-heading-commands = 命令
command-heading-arguments = 参数
command-heading-options = 选项
command-print-help = 显示帮助
command-print-help-of-command = 显示本帮助，或某个命令的帮助
command-print-version = 显示版本
command-option-with-default = { $text }［默认值：{ $default }］
command-option-with-values = { $text }［可选值：{ $values }］
command-value = - { $name }：{ $meaning }

## 命令行错误

command-line-refused = 错误：{ $said }
command-line-refused-with-usage =
    错误：{ $said }

    用法：{ $usage }

    用 --help 查看详细说明。
command-unknown-argument = 未知的参数 { $argument }{ $near }
command-unknown = 没有命令 { $name }{ $near }
command-value-missing = { $argument } 需要一个值
command-value-unknown = { $argument } 的值 { $value } 无效{ $near }，可选值：{ $known }
command-value-refused = { $argument } 的值 { $value } 无效：{ $reason }
command-argument-missing = 缺少参数：{ $arguments }
command-arguments-conflict = { $argument } 不能与 { $other } 同时使用
command-value-count = { $argument } 的值的个数不对

## 各命令的输出

command-warning = 警告：{ $message }
command-at-path = { $what }：{ $path }
command-output-is-folder = 这里要写的是文件，而这是一个文件夹：{ $path }
command-left-out = 已略去：{ $reason }：{ $path }
command-output-lost = 无法写出输出；磁盘满了吗？
command-doctor-step = 第 { $step } / { $steps } 项：{ $what }
command-no-dataset = 没有数据集：请用 --data DIR 指定文件夹，或在 [data] 下写 `dir`
command-path-no-text = --data：路径不是文本
command-config-not-read = 无法读取配置：{ $reason }：{ $path }
command-chain-not-read = 无法读取变换链：{ $reason }：{ $path }
command-chain-too-long = 超过 { $mib } MiB，对变换链来说太大
command-no-preset = 没有名为 `{ $key }` 的预设{ $near }，可用的有：{ $known }
command-add-value = { $ask }：请加上 --value '{ $name }=…'
command-no-transform-read = 没有读到任何变换
command-result-not-written = 无法写出结果：{ $reason }：{ $path }
command-array-not-read = 无法读取数组：{ $reason }：{ $path }
command-array-shape = 形状为 { $shape }，应为 [C,H,W]
command-array-order = 为 Fortran 顺序，应为 C 顺序（numpy.ascontiguousarray）
command-array-kind = 取值不是 float32、float64、uint8 或 uint16
command-array-values = 形状 { $shape } 却有 { $count } 个值
command-channels-make-no-image = { $channels } 个通道不能组成图像；请写成 .npy
command-connection-broke = 与训练的连接中断：{ $reason }
command-nothing-trains = 此目录中没有正在进行的训练：{ $path }；要继续其中的训练：{ $command }
command-not-detached = 该训练不是用 --detached 启动的，或属于其他用户
command-engine-silent = 此处训练的引擎没有响应：{ $reason }
command-engine-gone = 引擎已退出：{ $how }
command-engine-gone-with-words = 引擎已退出：{ $how }；最后的输出：{ $words }
command-engine-gone-resume = { $gone }；从最后的检查点继续：{ $command }
command-connection-lost = 与 { $host } 的连接已断：{ $how }；训练会写下检查点后停止，继续训练：{ $command }
command-connection-lost-goes-on = 与 { $host } 的连接已断：{ $how }；训练仍在进行，重新查看：{ $command }
command-engine-heard-again = 引擎恢复响应
command-engine-not-heard = 引擎已 { $secs } 秒没有消息：可能卡在驱动中，或连接已断
command-bench-workers = 加载线程 { $workers }：{ $rate } 张/秒（{ $size }），首批用时 { $first_ms } 毫秒
command-bench-progress = 加载线程 { $workers }：{ $loaded } / { $total } 张图像
command-bench-later = 第一遍之后 { $rate } 张/秒
command-bench-cache = 缓存：{ $mib } MiB 中有 { $count } 张图像
command-bench-cache-trouble = 缓存：{ $trouble }
command-bench-stage = { $name } 每张墙钟 { $wall } 微秒，CPU { $cpu } 微秒
command-nothing-to-switch = 变换链中没有可关闭的变换：请用 --config F.toml 或 --preset tutorial 给出
command-nothing-left-to-switch = 变换链中没有可关闭的变换：{ $transforms } 已经关闭；若要比较其中一个：{ $set }
command-budget-spent = 第一次对照测完之前时间就用完了
command-bisect-bound = 训练{ $bound }。关闭某个变换后加快：
command-bisect-loader = 加载器每张用时 { $wall_us } 微秒（CPU { $cpu_us } 微秒）。关闭某个变换后，按实际用时和 CPU 时间计分别加快：
command-bisect-unbound = 关闭某个变换后训练加快：
command-bisect-confirmed = 已证实：关闭后训练速度为原来的 { $times } 倍（{ $low } 到 { $high }）
command-bisect-confirming = 正在检查关闭 { $transforms } 的实际效果，最多再用 { $limit }
command-bisect-not-confirmed-slow = 未经证实：需要关闭前后各 { $steps } 步，共 { $time }，而最多可用 { $limit }
command-bisect-not-confirmed-late = 未经证实：{ $limit }内可比较的步数太少
command-bisect-not-confirmed-interrupted = 未经证实：已中断
command-no-run-folder = 无法建立训练目录：{ $reason }
command-bisect-not-begun = 逐项排查开始前已停止
command-bisect-without-verdict = 逐项排查结束，没有结论
command-bisect-started = { $model }，设备 { $device }：{ $images } 张图像；实验最多 { $secs } 秒
command-bisect-progress = { $spent } / { $budget } 秒，{ $blocks }。{ $so_far }
command-images-of = { $images } / { $total } 张图像
command-confusion = 混淆矩阵（行为真实类别）：
command-column-class = 类别
command-column-precision = 精确率
command-column-recall = 召回率
command-column-images = 图像数
command-column-name = 名称
command-column-parameters = 参数量
command-column-smallest-side = 最小边长
command-column-side = 边长
command-column-multiply-adds = 乘加次数
command-column-memory = 内存
command-column-images-per-sec = 张/秒
command-column-time-ratio = 用时比
command-column-predicted = 预测
command-column-rounds = 对照次数
command-column-loss = 损失
command-column-steps = 步数
command-column-accuracy = 准确率
command-column-standing = 结论
command-models-of = （{ $channels } 通道，{ $classes } 个类别；内存：CPU 上用 Adam、每批 { $batch } 张图像的一步）
command-exported = { $path }：{ $model }，{ $classes } 个类别
command-no-interrupt = 无法响应 Ctrl-C：{ $reason }
command-scanning = 正在扫描：{ $files } 个文件
command-waiting-for-file = { $path } 已有 { $lasted }没有响应；可用 data.quarantine 略去它，名称为 { $name }
command-waiting-for-folder = { $path } 已有 { $lasted }没有响应
command-inspect-reading = 正在读取：{ $done } / { $total } 张图像
command-inspect-comparing = 正在比较：{ $done } / { $total } 张图像
command-stall-of-trainer = 从最后的检查点继续：{ $command }
command-stall-of-caller = loader.workers=0 时没有线程可以替代；要继续训练：{ $command }
command-stall-of-worker = 请检查该文件及其磁盘；要继续训练：{ $command }
command-stall-of-scan = 请检查该文件及其磁盘，或用 --on-stall quarantine 略去它
command-stall-ended-run = 已结束训练（--on-stall）：{ $stall }；{ $advice }
command-no-run-named = 没有指定训练
command-no-metric = 没有名为 `{ $name }` 的指标{ $near }，可用的有：all, { $known }
command-scale-expected = --scale { $given }：应为 0.25 到 8 的数字
command-picture-ending = 图片写成 PNG 或 SVG，文件名须以 .png 或 .svg 结尾：{ $path }
command-not-read = 无法读取：{ $reason }：{ $path }
command-no-image-in-folder = 文件夹中没有图像：{ $path }
command-table-not-written = 无法写出表格：{ $reason }：{ $path }
command-runs-not-read = 无法读取训练目录：{ $reason }：{ $path }
command-no-runs = { $path } 中没有训练
command-run-running = 进行中
command-run-completed = 已完成
command-run-stopped = 已停止
command-run-failed = 失败
command-run-died = 异常退出
command-run-figures = { $count ->
   *[other] { $epochs } 轮，AUC { $auc }，{ $rate } 张/秒
}
command-run-figures-resumable = { $count ->
   *[other] { $epochs } 轮，AUC { $auc }，{ $rate } 张/秒，可继续
}
command-run-by = 由 { $who } 训练
command-sample-written = { $classes } 个类别，{ $images } 张图像：{ $path }
command-scan-images-of-classes = { $classes } 个类别，{ $images } 张图像
command-scan-formats = 格式：{ $formats }
command-scan-sizes = 尺寸：{ $sizes }
command-scan-unusable = 无法使用：{ $reason }：{ $path }
command-sweep-started = 对比 { $key } 的取值 { $values }，保存到 { $path }
command-sweep-now = { $now }（还剩 { $secs } 秒）
command-budget-expected = --budget { $given }：应为 1 到 86400 秒
command-sweep-band = （{ $low } 到 { $high }）
command-sweep-baseline = 基准
command-sweep-failed = 失败
command-sweep-undecided = 未定
command-sweep-faster = 更快
command-sweep-slower = 更慢
command-sweep-same = 相同
command-no-trace-folder = 没有用于轨迹的目录：{ $path }；请建立，或另选一个
command-trace-written = 最后几秒的轨迹：{ $path } 中有 { $spans } 个时间段；可用 https://ui.perfetto.dev 打开
command-no-trace = 没有轨迹：训练尚未进行就已结束
command-train-no-interrupt = Ctrl-C 将直接结束训练，不写检查点：{ $reason }
command-run-goes-on = 训练继续进行；重新查看：{ $watch }；停止：{ $stop }
command-stopping = 完成当前步后停止；再按 Ctrl-C 立即结束
command-train-started = { $model }，设备 { $device }（{ $driver }）：{ $classes } 个类别，训练 { $train } 张，验证 { $val } 张，测试 { $test } 张
command-train-step = 第 { $epoch } 轮 第 { $step } 步：损失 { $loss }，{ $rate } 张/秒，等待数据 { $waiting } %
command-train-epoch = 第 { $epoch } 轮：训练损失 { $train_loss }，验证损失 { $val_loss }，准确率 { $accuracy }，AUC { $auc }，{ $secs } 秒
command-trying = 正在用一张图像试验 { $label }；训练照常进行
command-changed-data = { $error }。保留权重继续：{ $keep }；重新开始：{ $restart }
command-begin-anew = { $error }；重新开始并保留原有内容：{ $command }
command-run-exists = { $error }；要继续那次训练：{ $command }
command-train-finished = 训练完成：{ $steps } 步，{ $secs } 秒
command-train-nothing-left = 此前已训练完毕：{ $epochs } 轮中已完成 { $done } 轮（{ $steps } 步，{ $secs } 秒）；要继续训练：{ $command }
command-train-stopped-early-before = 此前已训练完毕：按 train.early_stopping 提前结束，{ $epochs } 轮中完成了 { $done } 轮（{ $steps } 步，{ $secs } 秒）；要继续训练：{ $command }
command-train-verdict = 结论：{ $sentence }
command-train-try-set = 下次可试：{ $command }
command-train-try-bisect = 下次可试，可测出各变换的耗时：{ $command }
command-train-go-on = 继续训练：{ $command }
command-train-stopped = 训练已停止：{ $steps } 步，{ $secs } 秒
command-missing = 缺少：{ $what }
command-phase-checking = 正在检查设备计算是否正确
command-phase-warming-up = 正在预热：第一步要编译和调优
command-phase-testing = 正在测试最佳检查点
command-bench-failures = { $count } 张图像无法加载
command-evaluated = { $images } 张图像，第 { $step } 步的权重
command-no-usable-file = { $count } 个文件都无法使用，没有写出任何内容
command-predicted = { $left_out ->
    [0] { $images } 张图像：{ $path }
   *[other] { $images } 张图像：{ $path }，略去 { $left_out } 张
 }
command-bisect-gain = { $percent } %（{ $low } 到 { $high } %）
command-bisect-gain-and-cpu = { $gain }；CPU { $cpu }
command-bisect-not-measured = 未测
command-bisect-no-interval = 还没有区间
command-bisect-blocks = { $blocks } 次对照
command-bisect-trial = { $decision ->
    [undecided] { $name } { $gain }，{ $blocks }，未定
    [cannot-switch] { $name } { $gain }，{ $blocks }，无法关闭
   *[decided] { $name } { $gain }，{ $blocks }
 }
command-bisect-trial-without = { $decision ->
    [undecided] { $name } { $gain }，{ $blocks }，未定，{ $without } 已关闭
    [cannot-switch] { $name } { $gain }，{ $blocks }，无法关闭，{ $without } 已关闭
   *[decided] { $name } { $gain }，{ $blocks }，{ $without } 已关闭
 }
command-file-too-long = 超过 { $mib } MiB
command-rates-expected = --from { $from } 与 --to { $to }：前者应更小，且大于 0
command-lr-steps-expected = --steps { $given }：按此学习率范围，步数应为 { $fewest } 到 { $most }
command-lr-range-progress = { $steps } 步中已完成 { $done } 步，学习率 { $lr }
command-train-validation = 第 { $step } 步：验证损失 { $loss }，准确率 { $accuracy }，AUC { $auc }
command-test = 测试：
command-report-figures = 准确率 { $accuracy }，损失 { $loss }，AUC { $auc }，平均精度 { $average_precision }，F1 { $f1 }，平衡准确率 { $balanced_accuracy }
command-report-more-figures = kappa { $kappa }，MCC { $mcc }，校准误差 { $calibration_error }
command-report-top-k = top { $k } { $share }
command-step-too-small = { $model } 接受的图像至少为 { $smallest } x { $smallest }：`--side { $smallest }`
command-step-speed = { $model }，{ $device }，每步 { $batch } 张 { $channels } x { $side } x { $side } 的图像：{ $rate } 张/秒
command-step-phases = 前向 { $forward } 毫秒，反向 { $backward } 毫秒，优化器 { $optimizer } 毫秒；CPU 时间 { $cpu } 毫秒
command-step-memory = 内存最多 { $bytes }
