### 一次训练从开始到结束

## 连接
engine-connection-closed = 对方关闭了连接
engine-connection-broke = 连接中断：{ $error }
engine-frame-too-long = 收到 { $bytes } 字节的帧，超过协议允许的长度；两端必须是同一版本的 trainscope
engine-frame-malformed = 收到不属于本协议的帧：{ $error }；两端必须是同一版本的 trainscope

## 步的各阶段，训练中的时段
engine-phase-wait = 等待数据
engine-phase-upload = 上传
engine-phase-forward = 前向
engine-phase-backward = 反向
engine-phase-optimizer = 优化器
engine-phase-read-back = 读回
engine-phase-step = 步
engine-phase-validation = 验证
engine-phase-test = 测试
engine-phase-checkpoint = 检查点
engine-span-bisect = 逐项排查
engine-span-paused = 暂停
engine-span-diverged = 损失不是数字

## 卡住
engine-seconds = { $secs } 秒
engine-stall-trainer = 训练线程
engine-stall-scan = 扫描
engine-stall = { $thread } 停在“{ $stage }”已有 { $time }
engine-stall-usual = { $thread } 停在“{ $stage }”已有 { $time }（{ $usual }）
engine-stall-file = { $thread } 停在“{ $stage }”已有 { $time }：{ $file }
engine-stall-usual-file = { $thread } 停在“{ $stage }”已有 { $time }（{ $usual }）：{ $file }
engine-stall-longest = 此前最长用了 { $time }
engine-stall-most-images = { $images } 张图像中 99.9 % 用时不到 { $time }
engine-stall-slowest-image = { $images } 张图像中最慢的用了 { $time }
engine-doing-trial = 在一张图像上试变换：{ $file }
engine-doing-scan = 读取数据集
engine-doing-scan-of = 读取文件夹 { $path }
engine-doing-device = 准备设备
engine-doing-first-step = 第一步（编译与调优）
engine-doing-step = 第 { $step } 步
engine-doing-checkpoint = 写检查点
engine-doing-test = 测试
engine-doing-validation = 验证
engine-thread-not-replaced = 没有替换 { $thread }：{ $error }
engine-quarantined-here-only = 该文件只在本次训练中隔离：{ $file }
engine-quarantine-unknown = data.quarantine 中的这个文件不在数据集里，不起作用：{ $name }
engine-quarantine-unknown-more = data.quarantine 中还有 { $more } 个文件不在数据集里
engine-no-watchdog = 无法发现卡住的线程
engine-stall-over = 卡住的线程已自行恢复，没有做任何处理
engine-stall-trainer-stays = 训练线程自身无法替换：结束引擎，从最近的检查点继续
engine-stall-folder-stays = 不能略去文件夹：请等待，或停止训练并检查其磁盘
engine-stall-scan-anew = 略去该文件，重新读取数据集：{ $file }
engine-stall-tried-again = { $thread } 停在“{ $stage }”，已由新线程接替；该样本重新加载：{ $file }
engine-stall-quarantined = { $thread } 停在“{ $stage }”，已由新线程接替；该文件已隔离：{ $file }
engine-stall-skipped = { $thread } 停在“{ $stage }”，已由新线程接替；该样本已跳过：{ $file }
engine-stall-worker-advice = 训练正在等它；可以跳过该样本，换一个线程重试，或隔离该文件
engine-stall-caller-advice = loader.workers=0 时没有线程可以接替：结束引擎，从最近的检查点继续，并至少用一个加载线程
engine-stall-trainer-advice = 如果它不恢复，请结束引擎，从最近的检查点继续
engine-stall-scan-advice = 读取完成前训练无法开始；可以略去该文件，或停止训练
engine-stall-folder-advice = 读取完成前训练无法开始；可以停止训练

## 进程与设备
engine-program-not-found = 找不到本程序：{ $error }
engine-child-not-started = 无法启动子进程：{ $error }
engine-no-thread = 无法启动线程：{ $error }
engine-child-no-answer = { $time }内没有响应
engine-child-given-up = 已放弃等待
engine-child-crashed = 已崩溃，{ $signal }
engine-exit-code = 退出码 { $code }
engine-child-failed = 失败了（{ $code }）
engine-child-failed-saying = 失败了（{ $code }）：{ $said }
engine-signal = 收到信号 { $number }
engine-signal-ill = 收到信号 { $number }（SIGILL），使用了 CPU 不支持的指令
engine-signal-abort = 收到信号 { $number }（SIGABRT），主动中止
engine-signal-bus = 收到信号 { $number }（SIGBUS）
engine-signal-kill = 收到信号 { $number }（SIGKILL），可能是被强制结束或内存不足
engine-signal-segv = 收到信号 { $number }（SIGSEGV），内存访问出错，常见于驱动
engine-signal-term = 收到信号 { $number }（SIGTERM）
engine-no-reason = 没有说明原因
engine-child-not-understood = 无法理解它的回答
engine-only-cpu-listed = 查询显卡驱动的设备时出错：{ $reason }；只列出 CPU
engine-driver-gave-no-devices = 查询显卡驱动的设备时出错：{ $reason }；`train.device=cpu` 可以不用它训练
engine-wanted-device-failed = { $device } 没有通过自检：{ $reason }；`train.device=auto` 或 `cpu` 可以不用它训练
engine-driver-so-cpu = 查询显卡驱动的设备时出错：{ $reason }；在 CPU 上训练
engine-device-failed = { $device } 没有通过自检：{ $reason }
engine-device-without-fusion = { $device } 没有通过自检：{ $reason }。逐个执行算子时可以通过，因此按此方式训练：较慢，但结果正确
engine-no-gpu-passed = 没有 GPU 通过自检；在 CPU 上训练
engine-only-software-gpu = 没有找到 GPU，只有在 CPU 上计算的驱动（{ $name }），它比直接用 CPU 还慢，也未经检查；在 CPU 上训练
engine-no-gpu = 没有找到 GPU；在 CPU 上训练

## 训练过程
engine-changed-data = 这次训练的数据或设置与原来不同：{ $changes }。请恢复原样，或明确选择：保留权重在现有数据上继续，或重新开始并把原来的另存
engine-network-does-not-fit = 这次训练的网络与现有数据不符，无法保留：{ $changes }。可以重新开始，并把原来的另存
engine-other-protocol = 客户端使用协议 { $client }，本引擎使用协议 { $engine }：两端请用同一版本的 trainscope
engine-stopped-before-training = 训练开始前已停止
engine-other-channels = 变换链之后图像有 { $found } 个通道，而网络是为 { $needed } 个通道建立的：重新训练才可以
engine-no-sample = 前 { $images } 张图像都没有通过变换链；最后一张的原因：{ $last }
engine-images-too-small = 变换链之后图像为 { $height } x { $width }，而 { $model } 至少需要 { $needed } x { $needed }：增大 Resize 的 spatial_size，或换一个模型
engine-unknown-network = 没有名为 `{ $name }` 的网络：可能来自另一版本的 trainscope，或拼写有误
engine-too-few-classes = 只找到 { $classes } 个类别，分类至少需要两个：请选择每个类别各有一个子文件夹的文件夹
engine-no-batch = { $images } 张训练图像不足一批（{ $batch_size }）：减小 loader.batch_size，或设 loader.drop_last=false
engine-class-weights = train.class_weight_values 有 { $given } 个数，而数据集有 { $classes } 个类别：请按类别名称顺序每类给一个数，或把 train.class_weights 设为 none 或 balanced
engine-no-images = 没有图像
engine-recorder-gone = 记录线程已退出
engine-record-too-slow = 磁盘在 { $time }内没有写完
engine-run-under-way = 本引擎中已有训练在进行：请先停止它
engine-devices-not-listed = 训练进行中不列出设备
engine-no-telemetry = 没有硬件读数
engine-no-thread-beside = { $without }：无法启动线程 { $name }：{ $error }
engine-record-written-again = 训练记录恢复写入
engine-record-tried-again = 训练继续进行，每秒重试写入记录
engine-folder-held = 训练目录仍被占用，正在等待
engine-folder-held-by = 训练目录仍被占用（{ $who }），正在等待
engine-no-locks = 训练目录所在的文件系统不支持锁：请确保没有别的程序在此目录训练
engine-other-data = 在不同的数据上继续（{ $what }）：前后的数字含义不同
engine-no-identity = 训练目录没有记录所用的数据（data.json）：无法判断数据是否变化
engine-checkpoint-passed-over = { $why }；改从 { $checkpoint } 继续
engine-epoch-anew = 第 { $epoch } 轮重新开始
engine-run-anew = 训练重新开始；原来的内容在 { $folder }
engine-events-lost = 训练的 { $events } 个事件没能写入记录
engine-last-events-missing = 训练最后的事件没有写入记录：{ $why }
engine-end-missing = 训练的结束没有写入记录：{ $why }
engine-no-recorder = 无法启动记录线程：{ $error }
engine-steps-missing = 第 { $first } 到 { $last } 步不在记录中，因为检查点比记录更新
engine-many-sizes = 图像尺寸不一，也没有变换把它们统一：与批中第一张不同的会被略去；请加入 Resize
engine-frozen-without-weights = model.freeze = body 而没有 model.weights：除最后一层外，各层保持随机初始化的权重不变，最后一层只能从随机特征中学习。请在 model.weights 中指定权重文件，或设 model.freeze=none
engine-no-door = 无法接入这次训练：{ $error }
engine-file-left-out = 已略去：{ $reason }：{ $file }
engine-files-left-out = 还略去了 { $files } 个文件；{ $list }
engine-bisect-whole-chain = 逐项排查：完整的变换链
engine-bisect-off = 逐项排查：关闭 { $transforms }
engine-training-ended = 训练结束
engine-slow-up-to = 不超过 { $side } x { $side }

## 训练中的改动
engine-trial-too-slow = 试验已超过 { $time }，批中每张图像都要这么久；请先让它变快（{ $change }）
engine-change-not-made = 变换的改动没有生效：{ $why }
engine-a-change = 一次改动（{ $change }）
engine-change-workers = 加载线程 { $before } → { $after }
engine-change-not-written = 改动已生效，但继续训练时不会包含它
engine-change-added = 加入 { $transform }
engine-change-removed = 移除 { $transform }
engine-change-order = 变换顺序
engine-change-on = 打开 { $transform }
engine-change-off = 关闭 { $transform }
engine-change-parameter = { $transform } { $key } { $old } → { $value }
engine-change-parameter-set = { $transform } { $key } → { $value }
engine-change-parameter-default = { $transform } { $key } 恢复默认值
engine-trial-panicked = 某个变换意外出错
engine-no-trial-thread = 无法启动线程来试它：{ $error }
engine-bisect-under-way = 逐项排查正在进行：请先停止它
engine-not-switched-off = 网络训练时不关闭：{ $transforms }；没有它们，数值的范围会不同
engine-nothing-to-bisect = 变换链中没有可以关闭的变换：无从逐项排查
engine-bisect-waits = 变换的改动试验完成或撤回后，逐项排查才会开始
engine-ceilings-in-bisect = 逐项排查进行中无法测量上限：请先停止它
engine-ceilings-failed = 无法测量上限：{ $error }
engine-change-not-believed = { $change }：改动前后其他程序占用的核心有变化，因此不采用测得的效果
engine-cache-full = 缓存已满，{ $limit } MiB 中用了 { $used } MiB：未缓存的图像每次都要重新加载；上限是 loader.cache_mb
engine-not-pinned = 无法把加载线程绑定到核心：系统拒绝
engine-bytes-refused = 虽然设置了 loader.bytes_to_device，批仍以浮点数上传：最后的缩放和平移之前有变换需要浮点数，批是混合的，或文件不是 8 位
engine-priority-not-lowered = 无法降低加载线程的优先级：系统拒绝
engine-image-left-out = 已从批中略去（{ $stage }）：{ $reason }：{ $file }
engine-more-left-out = 还有图像无法加载；结束时会计数并列出
engine-validation-partial = { $images } 张验证图像中只有 { $loaded } 张可以加载：这次验证的结果只用于显示，不用于判定最佳轮、早停和学习率调整
engine-validation-first-partial = { $images } 张验证图像中只有 { $loaded } 张可以加载：首次验证仅按这些图像评判
engine-test-partial = { $images } 张测试图像中只有 { $loaded } 张可以加载：测试只针对这些图像
engine-checkpoints-again = 检查点恢复写入
engine-best-gone = 最佳轮（第 { $epoch } 轮）的检查点已不可用（{ $why }）：改用最后的权重测试
engine-checkpoint-tried-again = 训练继续进行，下次再写检查点
engine-missing-because = { $missing }：{ $why }
engine-last-step-not-saved = 最后一步（第 { $step } 步）没有检查点
engine-best-not-saved = 最佳轮（第 { $epoch } 轮）的权重没有写入磁盘
engine-nothing-runs = 还没有训练在运行：请先开始
engine-trial-unfinished = 训练结束时它还在试验中

## 训练好的网络
engine-image-other-channels = 变换链之后它有 { $channels } 个通道，而网络是为 { $wanted } 个通道建立的
engine-image-too-small = 变换链之后它为 { $height } x { $width }，而网络至少需要 { $least } x { $least }
engine-no-network-yet = 这次训练还没有网络：没有开始过，或记录已损坏：{ $path }
engine-no-weights = 这次训练没有完好的权重（{ $reasons }）：{ $path }
engine-unknown-classes = { $count ->
   *[other] 文件夹中有网络不认识的类别（{ $unknown }）；它认识的是 { $known }
}
engine-no-checkpoint = 没有检查点
engine-not-the-best = 最佳轮（第 { $epoch } 轮，第 { $best } 步）的检查点无法使用（{ $why }）：改用第 { $step } 步之后的权重
engine-no-best = 使用第 { $step } 步之后的权重：没有任何一轮被评为最佳
engine-best-of-a-part = 只能根据部分记录判断哪一轮最佳：{ $missing }
engine-nothing-to-judge = 没有可用来评判预测的图像
engine-logits-do-not-fit = { $logits } 个 logit 与 { $classes } 个类别的 { $labels } 个标签不符
engine-label-beyond-classes = 标签 { $label } 超出了 { $classes } 个类别的范围
engine-on-request = 请求
engine-no-threads = 引擎无法启动线程：{ $error }
engine-no-signals = 信号会直接结束引擎而不写检查点：{ $error }
engine-note-again = { $version }；再次运行：trainscope train --config run.toml --run NEWDIR
engine-note-device = 设备：{ $id }（{ $name }，{ $driver }）
engine-note-data = { $classes } 个类别的图像：训练 { $train }，验证 { $val }，测试 { $test }；样本 { $shape }；{ $parameters } 个参数
engine-all-listed = 全部列在 { $file } 中
engine-no-list = 无法写出列表：{ $error }
engine-images-left-out = 已略去 { $images } 张无法加载的图像；{ $list }
engine-precision = { $device } 不支持 train.precision = "{ $precision }"：{ $why }。请保持 f32，所有设备都支持
engine-precision-cpu = CPU 的运算只支持单精度
engine-precision-f16 = f16 范围小，没有损失缩放时梯度会下溢，而这里没有损失缩放
engine-precision-bf16 = 其驱动只能转换和相乘 bf16，没有 bf16 的算术运算（Vulkan 没有）
engine-precision-gpu = 半精度训练没有通过它的自检
engine-memory-short = 该网络以 { $batch } 张图像为一批，每步约需 { $needed }，而 { $device } 只剩 { $free }：训练可能因内存不足而中止。请减小批大小（loader.batch_size = { $half }，配合 optimizer.accumulate_batches = 2 可保持每步的图像数），或改用更小的图像或网络
engine-memory-short-of-one = 该网络以 1 张图像为一批，每步约需 { $needed }，而 { $device } 只剩 { $free }：训练可能因内存不足而中止。请改用更小的图像或网络
engine-exception = 发生异常 { $number }
engine-exception-access = 发生异常 { $number }，访问冲突，常见于驱动
engine-exception-file-gone = 发生异常 { $number }，读取时文件或网络驱动器消失
engine-exception-memory = 发生异常 { $number }，内存不足
engine-exception-page-file = 发生异常 { $number }，内存不足：页面文件无法增大
engine-exception-instruction = 发生异常 { $number }，CPU 不支持的指令
engine-exception-stack = 发生异常 { $number }，栈溢出
engine-exception-division = 发生异常 { $number }，除以零
engine-exception-dll-missing = 发生异常 { $number }，缺少 DLL
engine-exception-dll-version = 发生异常 { $number }，DLL 缺少函数：版本不符
engine-exception-dll-start = 发生异常 { $number }，DLL 无法启动
engine-exception-ctrl-c = 发生异常 { $number }，Ctrl-C，或控制台被关闭
engine-exception-heap = 发生异常 { $number }，内存损坏，常见于驱动
engine-exception-abort = 发生异常 { $number }，主动中止
engine-exception-denied = 发生异常 { $number }，访问被拒：杀毒软件或策略
engine-loss-not-a-number = 损失不是数字
engine-weights-not-numbers = 权重不是数字
engine-divergence-goes-on = 训练继续进行（train.on_divergence）
engine-more-files = 另外 { $more } 个
engine-checkpoint-before = 此前最后的检查点在第 { $step } 步
engine-no-checkpoint-before = 此前没有检查点
engine-diverged = 从第 { $step } 步起{ $what }，该步的批为 { $files }；{ $checkpoint }。请减小 optimizer.lr（现为 { $lr }），使用预热（schedule.warmup_steps）或梯度裁剪（optimizer.clip_norm）
engine-stopped-early = 训练提前结束：连续 { $validations } 次验证都没有超过第 { $epoch } 轮（train.early_stopping）
