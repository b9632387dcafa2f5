### 诊断结论、逐项排查、预测

## 受什么限制
diagnose-bound-input = 受输入限制
diagnose-bound-transfer = 受传输限制
diagnose-bound-compute = 受计算限制
diagnose-bound-launch = 受任务下发限制
diagnose-bound-stalled = 卡住
diagnose-bound-balanced = 均衡
diagnose-bound-not-enough = 步数不足

## 结论的各个分句
diagnose-stalled = 卡住：已有 { $time }没有任何进展
diagnose-collecting-steps = 正在收集 { $needed } 步的数据（{ $done } / { $needed }）
diagnose-input-in-turns = 受输入限制：没有加载线程，加载与训练轮流进行，加载占每步的 { $percent } %
diagnose-input = 受输入限制：每步有 { $percent } % 的时间在等数据
diagnose-transfer = 受传输限制：训练时间大部分花在上传上
diagnose-launch = 受任务下发限制：主机下发任务比设备执行还慢
diagnose-balanced-both = 均衡：加载与训练速度相当，只有两者都加快，训练才会更快
diagnose-balanced = 均衡：加载与训练速度相当
diagnose-compute-in-turns = 受计算限制：训练占每步的 { $percent } %，其余为加载
diagnose-compute = 受计算限制：训练占每步的 { $percent } %
diagnose-costliest-stage = { $stage } 占加载时间的 { $percent } %
diagnose-shared-cores = 加载与训练共用 { $cores } 个核心
diagnose-others-take = 其他程序占用 { $cores } 个核心中的 { $taken } 个
diagnose-training-would-be = 预计训练速度：{ $changes }
diagnose-brings = { $change }为现在的 { $times } 倍（{ $low } 到 { $high }）
diagnose-brings-uncertain = { $change }约为现在的 { $times } 倍（{ $low } 到 { $high }，不确定）
diagnose-brings-measured = { $change }为现在的 { $times } 倍（实测 { $low } 到 { $high }）
diagnose-with-transform-off = 关闭 { $transform } 后
diagnose-with-workers = { $workers ->
    [0] 不用加载线程时
   *[other] 改用 { $workers } 个加载线程后
}
diagnose-with-cache = 启用缓存后
diagnose-with-batch-size = 批大小改为 { $size } 后
diagnose-nothing-changes-much = 关闭任何变换、启用缓存或改变加载线程数都不会有明显变化
diagnose-cores-full = 加载已占满 { $cores } 个核心，改变变换链或加载线程都没有已知的效果
diagnose-no-known-help = 改变变换链或加载线程都没有已知的效果
diagnose-loaders-own-work = 限制来自加载本身（{ $stages }），没有已知的改动能加快

## 改动之后受什么限制
diagnose-limit-loader = 加载器
diagnose-limit-loader-stage = 加载器，首先是 { $stage }
diagnose-limit-cpu = 在 CPU 上的训练
diagnose-limit-device = 设备
diagnose-limit-loader-in-turns = { $loader }，与{ $device }轮流进行
diagnose-limit-device-in-turns = { $device }，与加载轮流进行
diagnose-limit-alike-in-turns = { $loader }，与{ $device }相当，轮流进行
diagnose-limit-alike = { $loader }，与{ $device }相当

## 结论所依据的数字
diagnose-evidence-steps = 所看的步数
diagnose-evidence-training = 训练
diagnose-evidence-waiting = 等待数据
diagnose-evidence-queue = 队列中的批
diagnose-evidence-trainer-time = 训练用时
diagnose-evidence-trainer-alone = { $beside ->
    [others] 仅训练（其他程序同时运行）
   *[nobody] 仅训练
}
diagnose-evidence-workers = 加载线程
diagnose-evidence-cores = 核心
diagnose-evidence-busy-cores = 忙碌的核心
diagnose-evidence-others-cores = 其他程序占用的核心
diagnose-evidence-loader-cpu-time = 加载的 CPU 用时
diagnose-evidence-loader-time = 加载用时
diagnose-evidence-loader-alone = { $beside ->
    [others] 仅加载（其他程序同时运行）
   *[nobody] 仅加载
}
diagnose-evidence-host-waiting = 主机等待设备
diagnose-unit-images-per-sec = 张/秒
diagnose-unit-us-per-image = 微秒/张
diagnose-unit-percent-of-step = %（占每步时间）
diagnose-unit-percent-of-trainer = %（占训练用时）

## 训练之外的问题
diagnose-cores-oversubscribed = CPU 核心不够用：平均占用 { $busy } %，{ $percent } % 的时间有线程在等核心；{ $why }。
diagnose-cores-taken = { $taking }：请结束它们或让它们等待，否则它们占用的部分无法用于训练
diagnose-cores-own = 训练自身的线程多于核心
diagnose-cores-other-programs = 本机还有其他程序在运行：结束它们，否则它们占用的部分无法用于训练
diagnose-cores-many-threads = { $workers } 个加载线程加上训练线程多于 { $cores } 个核心
diagnose-cores-own-or-others = 加载线程或其他程序所需的核心多于现有的核心
diagnose-cores-shared = 加载线程、CPU 上的训练和其他程序共用这些核心
diagnose-cpu-hot = CPU 因过热而降频：这里测得的速度都低于应有水平，请检查散热。
diagnose-swapping = 系统正在使用交换分区（{ $mb } MB/s）：内存不足，请减少预取、减小批大小或缩小缓存。
diagnose-memory-short = 内存不足：{ $percent } % 的时间有线程在等内存；请减少预取、减小批大小或缩小缓存。
diagnose-disk-saturated-at = 磁盘已满负荷：{ $percent } % 的时间在忙，读取 { $mb } MB/s；请把图像复制到更快的磁盘，或保存在内存中（loader.cache）。
diagnose-disk-saturated = 磁盘已满负荷：{ $percent } % 的时间在忙；请把图像复制到更快的磁盘，或保存在内存中（loader.cache）。
diagnose-page-cache-misses = 读取的数据有 { $percent } % 来自磁盘，页缓存中还没有（{ $mb } MB/s）：在此期间读取较慢；若图像总量超过内存，则会一直如此。
diagnose-gpu-hot-at = { $gpu } 因过热（{ $celsius } °C）而降频：请检查散热。
diagnose-gpu-hot = { $gpu } 因过热而降频：请检查散热。
diagnose-gpu-power-supply = { $gpu } 因供电不足而降频：请检查电源和供电线。
diagnose-gpu-slowdown = { $gpu } 因温度、电流或供电而自行降频：机器检查会说明详情。
diagnose-gpu-power-limit-at = { $gpu } 因功耗上限（{ $watts } W）而降频：满载时属正常；若显卡允许，可以调高（nvidia-smi -pl）。
diagnose-gpu-power-limit = { $gpu } 因功耗上限而降频：满载时属正常；若显卡允许，可以调高（nvidia-smi -pl）。

## 逐项排查的结果
diagnose-of-training = 训练
diagnose-of-loader-alone = 加载器本身
diagnose-ended-by = { $time }后因{ $why }而结束
diagnose-no-single-culprit = 没有拖慢训练的变换：任何一个变换给{ $what }增加的时间都不超过 { $most } %
diagnose-none-alone-found = 没有找到单独拖慢训练的变换
diagnose-none-found = 没有找到拖慢训练的变换，任何一个给{ $what }增加的时间都不超过 { $most } %
diagnose-suspected = 尚无定论：关闭 { $transform } 后看起来{ $what }{ $share }
diagnose-not-decided = 尚无定论
diagnose-only-undecided = 时间内未能判定 { $transforms }
diagnose-culprit = { $transform } 拖慢了{ $what }：关闭后{ $what }{ $share }
diagnose-culprits-in-turn = { $transform } 拖慢了{ $what }：关闭后{ $what }{ $share }；在此基础上，{ $rest }；全部关闭后约为现在的 { $times } 倍
diagnose-culprit-too = 再关闭 { $transform } 又{ $share }
diagnose-culprits = 单独关闭时，{ $what }的变化为：{ $list }；全部关闭后最多为现在的 { $times } 倍
diagnose-culprit-share = 关闭 { $transform } { $share }
diagnose-all-off = 同时关闭全部 { $count } 个变换后，{ $what }{ $share }
diagnose-others-off = 同时关闭其余 { $count } 个变换后，{ $what }{ $share }
diagnose-all-cost-at-most = 全部 { $count } 个变换合计最多增加 { $most } % 的时间
diagnose-others-cost-at-most = 其余 { $count } 个变换合计最多增加 { $most } % 的时间
diagnose-spares-time = 去掉 { $transform } 后，{ $what }反而变慢 { $percent } %（{ $low } 到 { $high }）
diagnose-costs-little = { $transform } 增加 { $percent } % 的时间（{ $low } 到 { $high }），可以忽略
diagnose-undecided = 未能判定：{ $transforms }
diagnose-not-measured = 未测：{ $transforms }
diagnose-expected = 据预测，{ $list }
diagnose-expected-share = 关闭 { $transform } 后训练{ $share }
diagnose-so-far = 目前：关闭 { $transform } 后训练{ $share }，至少为现在的 { $least } 倍
diagnose-trying-seems = 正在试 { $transform }：关闭后看起来训练{ $share }（已测 { $rounds } 次对照）
diagnose-trying = 正在试 { $transform }
diagnose-none-stands-out = 目前没有哪个变换特别慢
diagnose-faster = 加快 { $percent } %
diagnose-slower = 变慢 { $percent } %
diagnose-no-faster = 没有变快
diagnose-by-cpu-time = { $share }（按 CPU 时间计）
diagnose-faster-within = 加快 { $percent } %（{ $low } 到 { $high }）
diagnose-as-fast = 速度达到 { $times } 倍
diagnose-as-fast-within = 速度达到 { $times } 倍（{ $low } 到 { $high }）
