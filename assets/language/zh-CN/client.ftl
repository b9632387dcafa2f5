### 客户端关于引擎与训练的消息

## 引擎进程
client-no-pipe = 缺少管道
client-other-protocol = 引擎是 trainscope { $version }，使用协议 { $theirs }，本程序使用协议 { $ours }：两端请用同一版本
client-no-engine = 应答的不是 trainscope 的引擎
client-ended-on-request = 按要求结束
client-ended-by-force = 没有自行退出，已强制结束
client-ended-from-outside = { $how }，可能是被其他程序（如任务管理器）结束
client-ended-not-understood = 无法理解它的消息，已结束
client-end-unknown = 无法得知它如何结束：{ $error }
client-ended-by-signal = { $signal }
client-engine-not-started = 无法启动引擎：{ $error }
client-engine-gone = 引擎已退出
client-command-not-written = 无法向引擎发送命令：{ $reason }
client-no-thread = 无法为引擎启动线程：{ $error }
client-trace-not-written = 无法写入轨迹：{ $error }：{ $path }；请换一个位置，或腾出空间
client-trace-batch-made = 批制作中
client-trace-batch-waits = 批等待中
client-trace-engine = trainscope 引擎
client-thread-trainer = 训练线程
client-thread-loading-on-trainer = 训练线程上的加载
client-thread-of-validation = { $thread }（验证）
client-thread-of-test = { $thread }（测试）
client-quarantined = 已隔离：{ $file }
client-resumed = 从第 { $step } 步继续

## 参数对比
client-sweep-too-few = 参数对比至少需要 `{ $key }` 的两个值：请给出两个或更多，以逗号分隔
client-sweep-twice = `{ $key }`：值 { $value } 给出了两次
client-sweep-not-swept = `{ $key }` 不能用于参数对比：对比中的各次训练种子相同，训练多久由对比决定
client-sweep-exists = 这里已有一次参数对比；请换一个目录：{ $path }
client-sweep-not-written = 无法写入参数对比的目录：{ $error }：{ $path }
client-sweep-all-failed = 没有一个值可以训练：{ $why }
client-sweep-engine-silent = 它的引擎 { $time }没有动静
client-sweep-engine-died = 它的引擎意外退出：{ $how }
client-sweep-engine-died-saying = 它的引擎意外退出：{ $how }；最后的输出：{ $words }
client-sweep-run-stopped = 它的训练被他人停止
client-sweep-run-ended = 它的训练已结束
client-sweep-little-memory = 剩余内存可能不够再开一个引擎
client-sweep-baseline-lost = { $lost } 的引擎已退出：尚未判定的改为与 { $now } 比较
client-sweep-training = 把 { $value } 训练到第 { $step } 步
client-sweep-starting = 正在启动
client-sweep-predicting = 以 { $workers } 个加载线程为基础进行预测
client-sweep-no-prediction = 这次训练没有预测其他加载线程数的速度
client-sweep-measuring = 测量 { $workers } 个加载线程
client-sweep-ratio-open = { $what }为 { $times } 倍（还没有区间）
client-sweep-ratio = { $what }为 { $times } 倍（{ $low } 到 { $high }）
client-sweep-image-time = 每张图像用时
client-sweep-step-time = 每步用时
client-sweep-no-engine = 没有引擎
client-sweep-not-measured = 无法测量 { $key }={ $value }：{ $why }
client-sweep-faster = { $key }={ $value } 比 { $against } 快 { $percent } %：{ $times }
client-sweep-slower = { $key }={ $value } 比 { $against } 慢：{ $times }
client-sweep-same = { $key }={ $value } 不比 { $against } 快：{ $times }
client-sweep-undecided = { $key }={ $value } 是否比 { $against } 快尚无定论：{ $rounds } 次对照后{ $times }
client-sweep-no-time = 没有时间比较 { $key }={ $value } 与 { $against }
client-sweep-unproved = { $key }={ $value } 的{ $what }约为 { $against } 的 { $times } 倍，但时间不够，未能证实
client-sweep-needs = { $values } 个值差别较大时约需 { $needed }
client-sweep-needs-for-losses = { $values } 个值约需 { $needed }
client-sweep-too-short = { $values } 个值约需 { $needed }，超过了 { $budget } 的预算
client-sweep-would-do = 若各值差别较大，约 { $needed } 的预算就够了
client-sweep-would-do-for-losses = 约 { $needed } 的预算就够了
client-sweep-loss = { $steps } 步后损失为 { $loss }，对照为 { $baseline }
client-sweep-accuracy = { $steps } 步后验证准确率为 { $accuracy } %，对照为 { $baseline } %
client-sweep-accuracies-instead = 没有比较损失，改为比较验证准确率：`{ $key }` 会改变损失的含义，损失更低还不代表网络更好
client-sweep-no-accuracies = 没有比较损失：`{ $key }` 会改变损失的含义，损失更低还不代表网络更好；本可比较验证准确率，但没有各值都完成了的验证（train.validate_every_steps）
client-sweep-beside = { $value } 与 { $against } 相比：{ $loss }
client-sweep-lowest-loss = { $title }：{ $steps } 步后 { $value } 的损失最低，为 { $loss }
client-sweep-next-loss = { $value } 为 { $loss }
client-sweep-loss-grows = { $value } 使损失变大：{ $loss }
client-sweep-hardly-learns = { $value } 几乎没有学到东西：{ $loss }
client-sweep-diverged = { $value } 已发散：从第 { $step } 步起损失不再是数值
client-sweep-no-losses = { $title }：步数太少，无法比较损失
client-sweep-same-speed = 速度本来就相同
client-sweep-with-note = { $words }（{ $note }）
client-sweep-workers = { $workers } 个加载线程
client-sweep-nothing-measured = 这段时间内没有测到结果；请延长预算
client-sweep-measured = 实测 { $rate }
client-sweep-unmeasured = 未测
client-sweep-predicted = 预测 { $rate }（{ $low } 到 { $high }）
client-sweep-rate = { $rate } 张/秒
client-sweep-rate-within = { $rate } 张/秒（{ $low } 到 { $high }）
client-sweep-no-clear-winner = 没有明显的胜者；测得最快的是 { $workers }：{ $rate }
client-sweep-fastest = 最快的是 { $workers }：{ $rate }
client-sweep-fewer-come-near = { $workers }与之相差不到 { $percent } %（{ $rate } 张/秒）
client-sweep-prediction-error = 用 { $workers }作出的预测，误差的中位数为 { $median } %，最大为 { $worst } %（{ $worst_workers }）；{ $counts } 个测得的速度中有 { $in_band } 个在预测范围内
client-sweep-starting-value = 正在启动 { $value }
client-sweep-measuring-value = 测量 { $value }
client-lr-range = 学习率为 { $steepest } 时损失下降最快；损失最低处学习率的十分之一为 { $tenth }：可在两者之间尝试
client-lr-range-too-few = 未给出学习率：{ $steps } 步太少，因为损失按 { $window } 步平滑，学习率每升高十倍需要同样多的步数；请用 --steps { $needed }
client-lr-range-too-soon = 未给出学习率：损失在 { $steps } 步后就爆炸；请从更低的学习率开始：--from { $from } --steps { $needed }
client-lr-range-never = 损失没有下降：请扩大范围，或检查数据
