## Pages

page-plots = 曲线
page-plots-what = 这次训练的曲线
page-inspect = 数据
page-inspect-what = 图像，以及变换链对它们做了什么
page-diagnosis = 诊断
page-diagnosis-what = 什么在拖慢训练，怎样改变
page-timeline = 时间线
page-timeline-what = 最近几秒每个线程在做什么
page-doctor = 机器检查
page-doctor-what = 这台机器哪里不利于训练
page-sweeps = 参数对比
page-sweeps-what = 同一设置取多个值，轮流训练并比较
page-settings = 设置
page-settings-what = 全部设置项
page-results = 结果
page-results-what = 网络的效果：混淆矩阵、各类别、错误样本
page-runs = 训练记录
page-runs-what = 所有训练：搜索、比较、继续

## Plots

page-plots-all-hidden = 所有图都已隐藏：请在“图表”菜单中勾选。
page-plots-over = 横轴：
page-plots-over-hint = 曲线的横轴
page-plots-axis = { $axis ->
    [time] 时间
    [step] 步
   *[epoch] 轮
 }
page-plots-log = 对数纵轴
page-plots-log-hint = 纵轴取对数；不大于 0 的值标在下边缘
page-plots-smooth = 平滑
page-plots-smooth-hint = 每点中历史值的占比，与 TensorBoard 相同；原曲线淡显在后面
page-plots-in-view = { $n } 张
page-plots-in-view-any = 自动
page-plots-in-view-hint = 同时显示多少张图
page-plots-in-view-label = 同屏：
page-plots-zoom-hint =
    拖动可平移所有图，{ $key } 加滚轮缩放，右键拖框放大。
    双击或点“实时”恢复全程。期间训练继续进行。
    单击图例隐藏曲线，双击只看它，右键改名。
    将标题拖到另一张图上可调整顺序。
page-plots-overlaid = { $run }  ×
page-plots-overlaid-hint = 已叠加到图中；点击移除
page-plot-named = { $title }：{ $what }
page-plot-menu = { $title }的菜单
page-plot-all = 显示全部
page-plot-all-hint = 显示所有图（Esc）
page-plot-all-named = 显示所有图（Esc）：{ $title }
page-plot-alone-hint = 只看这张图
page-plot-alone-named = 只看这张图：{ $title }
page-plot-title-hint = { $hint }；拖到另一张图上可调整顺序
page-plot-save = 存为 PNG 或 CSV…
page-plot-copy-picture = 复制图片
page-plot-copy-values = 复制数值
page-plot-forward = 前移
page-plot-back = 后移
page-plot-pin = 固定在最前
page-plot-as-table = 显示为表格
page-plot-as-curves = 显示为曲线
page-plot-as-table-hint = 曲线背后的数值，最新的在最上面；光标在其他图上时还会显示该处的值
page-plot-unpin = 取消固定
page-plot-pinned = 已固定在最前
page-plot-hide = 隐藏
page-plot-hide-hint = 可在“图表”菜单中恢复

## Results

page-results-none = 还没有训练。
page-results-no-epoch = 还没有完成一轮。
page-results-no-test = 最后一轮结束后评估测试集。
page-results-not-tested = 本次训练没有测试结果：未划分测试集，或未进行到测试就已结束。
page-results-tested-now = 训练本身没有做测试：以下是刚才评估的结果。
page-results-of-folder = 在 { $folder } 上
page-results-own-test = 返回本次训练的测试结果
page-results-figure = { $figure ->
    [accuracy] 准确率
    [loss] 损失
    [auc] ROC AUC
    [average-precision] 平均精度
    [f1] F1
    [balanced-accuracy] 平衡准确率
    [kappa] kappa
    [mcc] MCC
   *[calibration-error] 校准误差
 }
page-results-figure-meaning = { $figure ->
    [accuracy] 预测正确的图像所占比例
    [loss] 交叉熵，对图像取平均
    [auc] ROC 曲线下面积，每类对其余各类，对类别取平均
    [average-precision] 精确率-召回率曲线下面积，对类别取平均
    [f1] 精确率与召回率的调和平均，对类别取平均
    [balanced-accuracy] 各类别召回率的平均
    [kappa] Cohen's kappa：超出随机的一致程度
    [mcc] 马修斯相关系数，涵盖所有类别
   *[calibration-error] 置信度与实际正确率的差距：八成把握恰好八成正确时为 0
 }
page-results-top-k = top-{ $k }
page-results-top-k-meaning = 真实类别在概率最高的 { $k } 类之中的图像所占比例
page-results-ask = 用这个网络预测或评估
page-results-folder = 评估另一个文件夹…
page-results-folder-hint = 评估一个按类别分子文件夹存放的图像文件夹（类别须为网络已知类别的全部或一部分）；各项指标、混淆矩阵和错误样本随之换成它的结果
page-results-images = 预测图像…
page-results-images-hint = 给出网络对类别未知的图像的预测
page-results-drop = 将图像拖到本页可进行预测，将文件夹拖到本页可进行评估。
page-results-path = 要评估的文件夹，或要预测的图像
page-results-path-folder = 评估
page-results-path-images = 预测
page-results-predicted = 已预测 { $images } 张图像
page-results-forget = 清除
page-results-validation = 验证集
page-results-test = 测试集（最佳轮的网络）
page-results-test-of-others = 测试集
page-results-head = { $head ->
    [epoch] 轮
    [train-loss] 训练损失
    [val-loss] 损失
    [accuracy] 准确率
    [auc] ROC AUC
    [class] 类别
    [precision] 精确率
    [recall] 召回率
    [f1] F1
    [average-precision] AP
    [support] 图像数
    [image] 图像
    [predicted] 预测
    [confidence] 置信度
   *[other] { $head }
 }
page-results-by-class = 按类别本身的顺序排列
page-results-sort = 按此排序，最差的在前
page-results-epoch = { $which ->
    [best] { $epoch }（最佳）
   *[last] { $epoch }（最后）
 }
page-results-confusion = 混淆矩阵
page-results-cell-hint = 行为真实类别，列为预测类别；点击列出图像
page-results-cell-record = 行为真实类别，列为预测类别；评估后可查看具体图像
page-results-cell = { $class } 判为 { $predicted }：{ $images } 张，占该类 { $percent } %
page-results-judge = 找出错误样本
page-results-judge-again = 重新评估
page-results-judge-hint = 用最佳网络在 CPU 上逐张评估测试集，使用独立进程
page-results-judge-busy = 训练结束后可用
page-results-judging = 已评估 { $done } / { $total } 张
page-results-judging-begins = 正在加载网络
page-results-cancel = 取消
page-results-mistakes = { $images } 张中有 { $mistakes } 张判错，置信度高的在前
page-results-of-cell = { $class } 判为 { $predicted }：{ $images } 张
page-results-all-mistakes = 全部错误
page-results-own-confidence = 真实类别的概率：{ $own }
page-results-more = 另有 { $more } 张
page-results-not-in-dataset = 当前打开的数据集中没有这张图像：{ $path }
page-judge-no-data = 这次训练没有记录数据集；请用 --data 指定
page-judge-empty = 没有可评估的图像
page-judge-left-out = 已略去：{ $reason }：{ $path }
page-judge-not-started = 程序无法启动：{ $error }
page-judge-failed = 评估失败：{ $reason }

## Runs

page-runs-none = 还没有训练记录。它们存放在 { $folder }
page-runs-not-found = 没有符合的训练。
page-runs-search = 搜索
page-runs-search-hint = 搜索：名称、数据集、标签、备注…
page-runs-figures = 指标：
page-runs-best = 最佳
page-runs-best-hint = 最佳轮（其网络作为最佳被保留）的各项值：按 ROC AUC 判定，没有时按准确率
page-runs-last = 最后
page-runs-last-hint = 最后一轮的值
page-runs-read = 刷新
page-runs-folder = 打开文件夹
page-runs-column = { $column ->
    [name] 训练
    [state] 状态
    [dataset] 数据集
    [model] 模型
    [device] 设备
    [epochs] 轮数
    [loss] 训练损失
    [val-loss] 验证损失
    [accuracy] 准确率
    [auc] ROC AUC
    [test] 测试准确率
    [rate] 张/秒
   *[tags] 标签
 }
page-runs-column-hint = { $column ->
    [name] 按名称排序：名称以时间开头，最新的在前
    [rate] 最近若干步的平均
    [test] 最佳轮的网络
   *[other] 按此排序；没有该值的排在最后
 }
page-runs-state = { $state ->
    [running] 训练中
    [completed] 已完成
    [stopped] 已停止
    [failed] 失败
   *[died] 中断
 }
page-runs-own = 本窗口显示的训练
page-runs-overlay = 叠加到图中
page-runs-overlay-hint = 将其曲线叠加到本窗口的图中
page-runs-overlay-of = { $run } 叠加到图中
page-runs-busy = 训练进行中：请先停止
page-runs-show = 查看
page-runs-show-hint = 在本窗口显示其曲线和结果
page-runs-resume = 继续训练
page-runs-resume-hint = 从最后的检查点继续
page-runs-no-resume = 已经完成，或没有可继续的检查点
page-runs-duplicate = 复制设置
page-runs-duplicate-hint = 将其设置用于下一次训练
page-runs-open-folder = 打开文件夹
page-runs-trash = 移到回收站
page-runs-trash-hint = 训练目录移入系统回收站，可从那里恢复
page-runs-trash-sure = 将训练目录移到回收站？
page-runs-trash-yes = 移动
page-runs-trash-no = 保留
page-runs-name = 名称
page-runs-name-hint = 训练目录的名称
page-runs-rename = 重命名
page-runs-tags = 标签
page-runs-tags-hint = 用逗号分隔
page-runs-note = 备注
page-runs-note-hint = 与训练一同保存
page-runs-compare = 比较对象
page-runs-compare-hint = 列出不同的设置
page-runs-compare-none = 选择一次训练
page-runs-no-config = 其中一个没有可读取的设置。
page-runs-same-config = 两者设置相同，训练中也没有改动。
page-runs-key = 设置
page-runs-changed = 训练中的改动
page-runs-changed-hint = 手动的改动，按先后排列；不含逐项排查自己的改动
page-runs-changes = { $count } 项：{ $list }
page-runs-unreadable = 无法读取训练记录文件夹：{ $error }：{ $folder }
page-runs-not-begun = 这次训练还没有开始。
page-run-held = 正在训练：请先停止。
page-run-bad-name = 文件夹不能命名为“{ $name }”。
page-run-name-taken = 已有名为“{ $name }”的文件夹。
page-run-io = 无法修改文件夹：{ $error }
page-run-no-trash = 未能移到回收站：{ $error }
page-run-trashed = 已移到回收站：{ $run }，可从系统回收站恢复
page-run-trashed-to = 已移到回收站：{ $run }，位于 { $place }，可从系统回收站恢复

## Reports and exports

page-export-nothing = 记录中还没有数值
page-export-failed = 无法写入：{ $error }：{ $path }
page-export-exists = 文件已存在；--overwrite 可覆盖：{ $path }
page-export-written = { $values } 个数值：{ $path }
page-export-changes-written = { $changes } 处改动：{ $path }
page-report-written = 已写入：{ $path }
page-report-title = 训练报告：{ $run }
page-report-state = 状态
page-report-dataset = 数据集
page-report-images = 图像
page-report-image-counts = { $classes } 个类别共 { $images } 张：训练 { $train }，验证 { $validation }，测试 { $test }
page-report-network = 网络
page-report-network-figures = { $network }，{ $parameters } 个参数
page-report-device = 设备
page-report-time = 用时
page-report-steps = 步数
page-report-step-counts = { $epochs } 轮共 { $steps } 步
page-report-best-auc = 验证 ROC AUC（最佳权重）
page-report-best-accuracy = 验证准确率（最佳权重）
page-report-verdict = 拖慢训练的原因（最后若干步）
page-report-ceilings = 核心全部空闲时各部分单独能达到的速度（张/秒）；最低的有标记
page-report-predictions = 各项改动的效果，按这些步预测或由实验测得；值得做的有标记
page-report-change = 改动
page-report-rate = 张/秒
page-report-range = 范围
page-report-next-limit = 之后受限于
page-report-bisect = 各变换的实测开销
page-report-bisect-head = { $head ->
    [transform] 变换
    [effect] 关闭后加速
    [interval] 区间
   *[standing] 结论
 }
page-report-trial-standing = { $decision ->
    [undecided] 未定
    [cannot-switch] 无法关闭
   *[decided] 已定
 }
page-report-trial-standing-without = { $decision ->
    [undecided] 未定，{ $without } 已关闭
    [cannot-switch] 无法关闭，{ $without } 已关闭
   *[decided] 已定，{ $without } 已关闭
 }
page-report-percent = { $percent } %
page-report-from-to = { $low } 到 { $high } %
page-report-plots = 曲线
page-report-epochs = 各轮
page-report-changes = 训练中的改动
page-report-when = 时间
page-report-did = 对速度的影响
page-report-at = 第 { $step } 步，{ $time } 后
page-report-machine = 机器
page-report-cores = 逻辑核心数
page-report-memory = 内存
page-report-program = 程序
page-report-configuration = 配置
page-report-made = 由 { $version } 于 { $date } 生成

## Doctor

page-doctor-about = 机器检查会找出这台机器上拖慢训练的问题：驱动无法访问的 GPU、计算出错的设备、过热与省电、链路过窄、核心过少的容器、内存不足、磁盘过慢。每个设备在独立进程中检查和测速，驱动崩溃也只会多一条说明。
page-doctor-cancel = 取消检查
page-doctor-examine = 检查这台机器
page-doctor-again = 重新检查
page-doctor-examine-hint = 无 GPU 时需几秒，首次使用的 GPU 需一两分钟
page-doctor-copy = 复制报告
page-doctor-copy-hint = 全部内容的文本，可发给能帮忙的人
page-doctor-run-active = 训练进行中：只查询驱动和系统，不测设备和磁盘。
page-doctor-no-dataset = 选择数据集后还会测试其所在磁盘。
page-doctor-all-well = 未发现问题。
page-doctor-all-well-unmeasured = 未发现问题；没有进行检查或测速。
page-doctor-findings = 发现 { $findings } 项
page-doctor-what-to-do = 建议：{ $advice }
page-doctor-problem = 问题
page-doctor-warning = 警告
page-doctor-hint = 提示
page-doctor-machine = 机器
page-doctor-devices = 设备
page-doctor-disk = 数据集所在磁盘
page-doctor-row = { $name ->
    [program] 程序
    [backends] 训练后端
    [system] 系统
    [cpu] CPU
    [cores] 核心
    [vectors] 向量指令
    [governor] CPU 调频策略
    [power] 电源
    [memory] 可用内存
    [container] 容器已用内存
    [swap] 已用交换空间
    [graphics] 总线上的显卡
    [vulkan] Vulkan
    [nvidia] NVIDIA
    [driver] 驱动
    [video-memory] 已用显存
    [power-limit] 功耗上限
    [at-rest] 空闲时
    [busy] 测速时
    [persistent] 驱动常驻
    [folder] 文件夹
    [file-system] 文件系统
    [free] 剩余空间
    [files] 文件数
    [first] 首次读取
    [again] 从内存读取
    [uncached] 从磁盘读取
    [trouble] 问题
   *[other] { $name }
 }
page-doctor-of = { $part } / { $whole }
page-doctor-kernel = { $os }，内核 { $kernel }
page-doctor-guest = { $system }，虚拟机
page-doctor-cores = { $physical } 个物理核心，{ $logical } 个逻辑核心
page-doctor-threads = 本程序可用 { $threads } 个线程
page-doctor-quota = 配额 { $quota }
page-doctor-load = 平均负载 { $load }
page-doctor-no-vectors = 没有用得上的
page-doctor-profile = 模式 { $profile }
page-doctor-on-battery = 使用电池
page-doctor-plugged-in = 已接电源
page-doctor-battery = 电量 { $percent } %
page-doctor-graphics = { $name }，位于 { $address }，驱动 { $driver }
page-doctor-graphics-bare = { $name }，位于 { $address }，无驱动
page-doctor-vulkan = 已找到加载库
page-doctor-no-vulkan = 常用目录中没有加载库
page-doctor-no-driver-files = 没有驱动文件
page-doctor-restricted = 受 { $by } 限制
page-doctor-yes = 是
page-doctor-no = 否
page-doctor-board-at = { $name }，位于 { $address }
page-doctor-figure = { $figure } { $unit }
page-doctor-usually = { $limit }（通常 { $usual }）
page-doctor-busy = 使用率 { $percent } %
page-doctor-held-down = 降频原因：{ $reasons }
page-doctor-link = PCIe 第 { $generation } 代 ×{ $lanes }
page-doctor-throttle = { $reason ->
    [thermal] 驱动因过热
    [hardware-thermal] 显卡因过热
    [hardware-slowdown] 显卡因过热、电流或供电
    [power-brake] 电源
    [power-cap] 功耗上限
    [clocks-setting] 设置
   *[sync-boost] 同组的另一块显卡
 }
page-doctor-file-system-on = { $kind ->
    [network] { $system }，位于 { $source }，网络存储
    [plates] { $system }，位于 { $source }，系统识别为机械硬盘
    [no-plates] { $system }，位于 { $source }，固态硬盘
   *[unknown] { $system }，位于 { $source }
 }
page-doctor-file-system = { $kind ->
    [network] { $system }，网络存储
    [plates] { $system }，系统识别为机械硬盘
    [no-plates] { $system }，固态硬盘
   *[unknown] { $system }
 }
page-doctor-or-more = 至少 { $files }
page-doctor-uncached = { $reading }，绕过页缓存
page-doctor-no-uncached = N/A：系统或文件系统不支持绕过页缓存读取
page-doctor-reading = { $rate } 个文件/秒，{ $megabytes } MB/s（{ $files } 个文件，单线程）
page-doctor-origin-unknown = 来源未知：磁盘或内存
page-doctor-origin-disk = 来自磁盘
page-doctor-origin-memory = 来自内存（已有缓存）
page-doctor-origin-both = { $percent } % 来自磁盘，其余来自内存
page-doctor-column = { $column ->
    [id] 编号
    [device] 设备
    [check] 检查
    [tflops] TFLOP/s
    [memory] 显存 GB/s
    [upload] 上传 GB/s
    [launch] 启动 μs
   *[round-trip] 往返 μs
 }
page-doctor-column-hint = { $column ->
    [id] train.device 中的名称
    [device] 名称、类型和驱动
    [check] 一次矩阵乘法和一步训练，与 CPU 结果对比
    [tflops] f32 矩阵乘法
    [memory] 原地加法：读写的字节数
    [upload] 从主机内存到设备
    [launch] 主机启动一个小内核的耗时
   *[round-trip] 直到确认一个小内核完成
 }
page-doctor-not-checked = 未检查
page-doctor-check-failed = 失败
page-doctor-right = 正确
page-doctor-right-without-fusion = 正确（逐个执行运算）
page-doctor-right-after = 正确，{ $time }
page-doctor-chosen = { $id }（已选用）
page-doctor-device = { $id }：{ $device }；{ $check }
page-doctor-finding-head = { $severity }：
page-doctor-no-speed = 速度 N/A

## Settings

page-settings-search = 搜索
page-settings-search-named = 搜索设置
page-settings-search-hint = 搜索名称、键名和说明
page-settings-changed-only = 仅已修改（{ $changed }）
page-settings-changed-only-hint = 只显示非默认值的设置
page-settings-none = 没有符合的设置。
page-settings-is-changed = { $key } 已修改
page-settings-not-default = 非默认值
page-settings-live = 即时
page-settings-live-hint = 对进行中的训练立即生效

## Diagnosis

page-diagnosis-none = 请开始训练：二十步后（单步较慢时十秒后），这里会说明什么在拖慢训练，以及怎样改变。
page-diagnosis-too-short = 训练在步数足够（约 20 步）之前已结束，无法判断：请增加轮数或减小批大小后再试。
page-diagnosis-old = 这是上次改动之前的结论；约二十步后更新。
page-change-off = 关闭 { $name }
page-change-workers = { $workers } 个加载线程
page-change-cache = 使用缓存（下次训练）
page-change-batch = 批大小 { $size }（下次训练）
page-from-to = { $low } 到 { $high }
page-measured-from-to = 实测 { $low } 到 { $high }
page-interval = { $value }（{ $low } 到 { $high }）
page-percent = { $percent } %
page-percent-from-to = { $percent } %（{ $low } 到 { $high } %）
page-rate = { $rate } 张/秒
page-effects = 改动的效果
page-effects-hint = 改动前后的步时对比，各至少 { $steps } 步。不像逐项排查那样随机化：同一时刻的其他变化也包含在内。
page-effect = 训练速度 { $measured }
page-effect-none = 速度没有明显变化
page-effect-measuring = 测量中
page-effect-measuring-left = 测量中，约 { $left }
page-effect-so-far = { $measured }：测量中
page-effect-so-far-left = { $measured }：测量中，约 { $left }
page-effect-open = { $measured }：无定论
page-effect-too-few = 无定论：步数太少，改动前后各需 { $steps } 步
page-effect-with-next = 与下一次改动一起测量
page-effect-rates = { $before } → { $after } 张/秒；比较了 { $blocks } 组步
page-effect-more = 超过预测：{ $said }
page-effect-less = 低于预测：{ $said }
page-effect-as = 与预测一致：{ $said }
page-effect-predicted = 预测：{ $said }
page-effect-doubtful = 可能是其他程序造成的：来回切换几次才能确定
page-ceilings = 核心全部空闲时各部分单独能达到的速度
page-ceilings-scale = 张/秒，对数刻度；竖线为当前训练速度
page-ceilings-unknown = 尚未测量，或此处无法测量
page-ceilings-measuring = 测量中；训练等待
page-ceilings-measure = 测量上限
page-ceilings-hint = 用网络的副本反复训练同一批，再训练内存中的文件：约 15 秒，期间训练等待；不影响其权重
page-ceilings-not-now = 需在训练中，且没有进行逐项排查
page-ceiling-of = { $name ->
    [nothing] 无需加载
    [cached] 文件在内存
    [now] 当前
   *[loader] 仅加载器
 }
page-ceilings-cost-both = 数据准备占去训练能力的 { $preparing } %，从磁盘读取占去 { $fetching } %。
page-ceilings-cost = 数据准备占去训练能力的 { $preparing } %。
page-predictions = 怎样改变
page-predictions-hint = 预计或实测的张/秒及范围；绿色为确定值得做的
page-prediction-limit = { $band }；之后受限于 { $limit }
page-do-it = 执行
page-do-it-named = 执行：{ $change }
page-do-it-hint = 从下一个尚未开始的批起生效
page-slow-files = 最慢的文件（按尺寸）
page-slow-draws = 单张图像上最慢的变换
page-slow-hint = 在“数据”页查看这张图像的这次变换
page-evidence = 依据的数字
page-bisect = 哪个变换拖慢训练？
page-bisect-about = 训练继续进行，以随机抽取的短段关闭和打开变换，并比较步时。结束时全部复原。
page-bisect-underway-all = 逐项排查：{ $spent } / { $budget } 秒，当前使用完整变换链；训练继续
page-bisect-underway = 逐项排查：{ $spent } / { $budget } 秒，当前关闭 { $off }；训练继续
page-bisect-export = 导出…
page-bisect-export-hint = 存为图片和 CSV
page-bisect-more = 再测 { $secs } 秒
page-bisect-more-hint = 从现状继续测未定的变换
page-bisect-old = 排查开始后训练设置有改动：这是改动之前的结论。
page-bisect-stop = 停止排查
page-bisect-stop-hint = 恢复完整的变换链；未测完的仍为未定
page-bisect-start = 找出拖慢训练的变换
page-bisect-start-hint = 训练同时继续；记录会注明每批使用的变换
page-bisect-not-now = 需在训练中，且已过最初二十步（单步较慢时十秒）
page-bisect-all = 测试每个变换
page-bisect-all-hint = 直到每个变换都有定论，而不只是找出最慢的
page-bisect-budget = 排查时间
page-bisect-budget-hint = 超过该秒数，未测完的仍为未定
page-bisect-noise = 此处波动为 { $noise } %，更小的影响忽略不计
page-bisect-noise-coming = 正在测量此处的波动
page-bisect-noise-unknown = 未测量此处的波动
page-bisect-rule = 当区间（95 %，同时且随时成立）不含 0 且影响大于波动，或在 ±{ $margin } % 以内时有定论。{ $noise }。已测 { $steps } 步。
page-bisect-most-by-waiting = 每步有 { $percent } % 的时间在等数据：变换耗费的训练时间不会超过这个比例。
page-bisect-after = 改动后会测量是否达到预期：见下方。
page-trial = { $transform }：{ $words }；{ $rounds } 次对照
page-trial-without = { $transform }：{ $words }；{ $rounds } 次对照，同时关闭 { $off }
page-trial-no-round = 尚无对照
page-trial-nothing = { $measured }：没有影响
page-trial-undecided = { $measured }：未定
page-trial-cannot = 不能关闭
page-switch-off = 关闭 { $transform }
page-switch-all-off = 全部关闭
page-switch-all-off-brings = 最多快至 { $times } 倍
page-set-change = 改用 { $change }
page-use-cache = 启用缓存（下次训练）
page-restore = 全部恢复
page-restore-hint = 重新启用排查发现并关闭的步骤
page-gain = 快至 { $times } 倍（{ $low } 到 { $high }）
page-gain-measured = { $brings }，实测
page-gain-uncertain = { $brings }，不确定

## Sweeps

page-sweep-about = 同一设置取多个值，用相同的随机种子轮流训练，因此图像和顺序都相同。
page-sweep-choice = { $choice ->
    [threads] 加载线程
    [batch-size] 批大小
    [prefetch] 预取
   *[learning-rate] 学习率
 }
page-sweep-choice-named = { $choice ->
    [threads] 对比加载线程
    [batch-size] 对比批大小
    [prefetch] 对比预取
   *[learning-rate] 对比学习率
 }
page-sweep-choice-hint = { $choice ->
    [threads] 一次训练中改变加载线程数：先预测曲线，再实测
    [batch-size] 每批图像数：每张图像的耗时，以及相同图像数后的损失
    [prefetch] 可等待的完整批数：步时
   *[learning-rate] 步时（应不变），以及相同步数后的损失
 }
page-sweep-run-active = 训练进行中，两者会争用机器：请先停止训练
page-sweep-failed = 对比没有结果：{ $error }
page-sweep-values = 取值
page-sweep-values-named = 要对比的取值
page-sweep-values-hint = 其余与第一个比较
page-sweep-values-threads = 全部与当前设置的数量比较
page-sweep-budget = 时间
page-sweep-budget-named = 对比时间
page-sweep-budget-hint = 总秒数，包括启动；超时未测完的为未定
page-sweep-steps = 比较损失：
page-sweep-steps-suffix = {" "}步后
page-secs-suffix = {" "}秒
page-sweep-steps-named = 对比步数
page-sweep-steps-hint = 以第一个取值为准；0 表示只比较速度
page-sweep-cancel = 取消
page-sweep-cancel-named = 取消对比
page-sweep-start = 开始对比
page-sweep-not-now = 暂时不能：{ $why_not }
page-sweep-stopping = 正在停止：写入检查点
page-sweep-left = { $now }，最多还需 { $left }
page-sweep-starting = 正在启动
page-sweep-spent = 时间已用完，部分取值尚无定论。
page-sweep-cancelled = 已取消；此前的结果仍有效。
page-sweep-folder = 打开对比目录
page-sweep-loss-after = { $steps } 步后的损失
page-sweep-column = { $column ->
    [loss] 损失
    [steps] 步数
    [rate] 张/秒
    [image-time] 每张耗时
    [step-time] 步时
    [predicted] 预测
   *[rounds] 对照次数
 }
page-sweep-use = 采用
page-sweep-use-named = 采用 { $key }={ $value }
page-sweep-use-hint = 将该值写入设置
page-sweep-other-dataset = 以下结果来自另一个数据集：{ $dataset }
page-sweep-standing = { $standing ->
    [waiting] 等待
    [measuring] 测量中
    [baseline] 基准
    [faster] 更快
    [slower] 更慢
    [same] 相同
    [undecided] 未定
   *[failed] 失败
 }

## Timeline

page-timeline-take = 获取最近 { $secs } 秒
page-timeline-secs = { $secs } 秒
page-timeline-take-hint = 向训练进程获取；不影响训练
page-timeline-no-run = 没有进行中的训练
page-timeline-live = 实时
page-timeline-live-hint = 约每秒重新获取最近 { $secs } 秒
page-timeline-zoom-in = 放大
page-timeline-zoom-out = 缩小
page-timeline-zoom-hint = { $name }（也可用滚轮）
page-timeline-all = 全部
page-timeline-all-hint = 显示整段轨迹（也可双击）
page-timeline-save = 存为 Perfetto 文件…
page-timeline-save-hint = 可在 ui.perfetto.dev 打开的 JSON 文件
page-timeline-asked = 正在向训练进程获取。
page-timeline-off = 没有记录：训练以 loader.instrument = false 启动。
page-timeline-empty = 这几秒内没有活动。
page-timeline-none-active = 获取最近几秒，查看每个加载线程、队列和训练在做什么。
page-timeline-none = 请开始训练：这里会显示最近几秒每个加载线程、队列和训练在做什么。
page-timeline-about = { $threads } 个线程共 { $spans } 段，截至训练的第 { $to } 秒。
page-timeline-whole = 最近 { $secs } 秒完整：线程太忙，更早的没有保留。
page-timeline-use = 滚轮：缩放；拖动：平移；单击：固定一段的详情。
page-timeline-loading = 加载：
page-timeline-trainer = 训练：
page-timeline-show = 在“数据”页查看
page-timeline-show-same = 逐步查看这张图像的这次变换
page-timeline-show-other = 逐步查看这张图像；随机种子已改，变换结果会不同
page-timeline-put-away = 收起
page-timeline-canvas = 时间线画布
page-timeline-queue = 完整批
page-timeline-waiting = 等待的完整批：{ $len } / { $most }
page-timeline-between = 两步之间
page-timeline-idle = 空闲：没有可加载的，或队列已满
page-span-done = { $name }：{ $took }
page-span-open = { $name }：已 { $took }
page-span-failed = { $name }：{ $took } 后失败
page-span-file = 文件：{ $path }
page-span-class = 类别：{ $class }
page-span-batch = 第 { $epoch } 轮，第 { $batch } 批，设置版本 { $settings }
page-span-draw = 随机种子 { $seed }，第 { $epoch } 轮，图像 { $image }
page-span-step = 第 { $step } 步：{ $images } 张
page-span-host = 仅主机时间：这一步没有等待设备
page-span-at = 于 { $secs } 秒

## Images

page-part = { $part ->
    [train] 训练集
    [validation] 验证集
   *[test] 测试集
 }
page-inspect-chain = 逐步查看
page-inspect-images = 图像
page-inspect-dataset = 整个数据集
page-inspect-scanning = 正在读取数据集。
page-inspect-drawing = 正在生成示例图像。
page-inspect-failed = 无法读取数据集。
page-inspect-empty = 数据集中没有图像。
page-inspect-none = 在左侧选择图像文件夹，即可在这里查看。
page-inspect-all-classes = 所有类别
page-inspect-class = 显示的类别
page-inspect-class-hint = 只显示一个类别
page-inspect-all-parts = 所有部分
page-inspect-part = 显示的部分
page-inspect-part-hint = 只显示划分中的一部分
page-inspect-size = 缩略图大小
page-inspect-size-hint = 缩略图的大小
page-inspect-count = { $images } 张图像
page-inspect-shown = { $shown } / { $images } 张图像
page-inspect-show-all = 全部显示
page-inspect-image = 图像
page-inspect-previous = 上一张图像
page-inspect-next = 下一张图像
page-inspect-index = 图像序号
page-inspect-index-hint = 在数据集中的序号，从 0 开始：可拖动，或单击输入
page-inspect-draw = 随机抽取
page-inspect-previous-draw = 上一次随机抽取
page-inspect-next-draw = 下一次随机抽取
page-inspect-draw-number = 随机抽取序号
page-inspect-draw-hint = 使用该种子的训练在对应的那一轮对这张图像的随机结果
page-inspect-new-draw = 重新随机抽取
page-inspect-new-draw-hint = 同一图像，换一次没看过的随机结果
page-inspect-caption = { $caption }，{ $part }
page-inspect-total = 单线程每张 { $time }
page-inspect-head = { $head ->
    [step] 步骤
    [before] 之前
    [after] 之后
   *[difference] 差异
 }
page-inspect-stretched = 黑为最小值，白为最大值
page-inspect-no-difference = 无
page-inspect-shape = { $numbers ->
    [bytes] { $shape }，8 位
   *[float] { $shape }，浮点
 }
page-inspect-difference-hint = |之后 - 之前|，按该倍数增亮；最大值为该步骤自身的数值
page-inspect-time-hint = 单线程处理这张图像的毫秒数：多次的中位数
page-grid-none = 没有符合筛选的图像。
page-grid-image = 图像 { $image }，{ $class }
page-grid-no-part = 未划分
page-grid-class = { $class }，{ $part }
page-grid-size = { $width } × { $height }，序号 { $index }
page-grid-reading = 读取中
page-grid-unreadable = 无法读取
page-figures-classes = 类别
page-figures-class = { $name }：训练 { $train }，验证 { $validation }，测试 { $test }
page-figures-class-rest = { $name }：训练 { $train }，验证 { $validation }，测试 { $test }，未使用 { $rest }
page-figures-ratio = 最大类别的图像数是最小类别的 { $ratio } 倍。
page-figures-equal = 各类别图像数相同。
page-figures-about-equal = 各类别图像数几乎相同。
page-figures-sizes = 尺寸
page-figures-more-sizes = 另有 { $images } 张为其他尺寸
page-measure = 测量数据集
page-measure-again = 重新测量
page-measure-hint = 用所有核心读取每张图像
page-measure-hint-active = 用所有核心读取每张图像：期间训练会变慢
page-measure-what = 均值和标准差、直方图、重复、划分间泄漏、标签冲突、空白和无法读取的文件
page-measure-reading = 读取：{ $done } / { $total }
page-measure-comparing = 比较：{ $done } / { $total }
page-measure-starting = 正在启动
page-measure-cancel = 取消
page-measure-old = 划分或数量限制已改变：请重新测量。
page-measure-head = { $head ->
    [mean] 均值
    [std] 标准差
    [unit-mean] 均值（0 到 1）
   *[unit-std] 标准差（0 到 1）
 }
page-measure-channel = { $channel ->
    [gray] 灰度
    [red] 红
    [green] 绿
   *[blue] 蓝
 }
page-measure-normalize = 用这些值添加 { $step }
page-measure-normalize-hint = { $step ->
    [Normalize] 放在把数值变成浮点数的步骤之后（没有时连同 ToDtype 一起添加），或替换已有的
   *[other] 放在 EnsureChannelFirst 之后，或替换已有的；会抵消它的 ScaleIntensity 将被关闭
 }
page-measure-all-images = 所有图像
page-measure-values = { $whose }的像素值
page-measure-x = 像素值（0 黑到 1 白）
page-measure-x-own = 像素值（16 位或浮点文件的原始值）
page-measure-y = log10 像素数
page-findings = 发现
page-findings-none = 没有：无重复、泄漏、标签冲突、空白或无法读取的文件。
page-finding-count = { $title }（{ $total }）
page-finding-more = 另有 { $more } 项
page-finding-show = 查看图像 { $index }
page-finding-show-hint = 在缩略图中查看这张图像
page-finding = { $kind ->
    [leakage-equal] 泄漏：不同部分有相同图像
    [leakage-similar] 泄漏：不同部分有相似图像
    [conflicting-equal] 标签冲突：相同图像
    [conflicting-similar] 标签冲突：相似图像
    [blank] 空白图像
    [nearly-blank] 近似空白的图像
    [equal] 相同图像
    [similar] 相似图像
    [outliers] 亮度异常
   *[unreadable] 无法读取的文件
 }
page-finding-hint = { $kind ->
    [leakage-equal] 同一图像出现在两个部分：验证或测试指标会偏高。请只保留一张。
    [leakage-similar] 相似图像出现在两个部分：是否为同一患者、同一场景或重复保存？
    [conflicting-equal] 同一图像有两个标签：最多一个正确。
    [conflicting-similar] 相似图像的标签不同。
    [blank] 所有像素值相同：学不到东西。
    [nearly-blank] 像素值相差不超过 4/255；16 位或浮点文件则以其他图像的取值范围为准。
    [equal] 副本浪费时间，也会加大该图像的权重；每张保留一份即可。
    [similar] 感知哈希和缩略图一致。
    [outliers] 比同类图像暗得多或亮得多。
   *[unreadable] 训练时略去；请修复或删除。
 }
page-finding-outlier = { $path }：均值 { $mean }，同类中位数 { $median }
page-finding-unreadable = { $path }：{ $reason }
page-finding-group = { $what ->
    [blank] { $images } × 空白：{ $whose }
    [files] { $images } × 文件相同：{ $whose }
   *[pixels] { $images } × 像素相同：{ $whose }
 }
page-finding-pair = 相关系数 { $correlation }：{ $whose }
page-finding-classes = { $classes }
page-finding-whose = { $classes }（{ $parts }）

## Export of plots

page-export-title = 导出图表
page-export-do = 导出
page-export-not-yet = 请先填写文件，并选择有内容的图
page-export-copy = 复制
page-export-copy-hint = 复制图片，可粘贴到别处
page-export-close = 关闭
page-export-drawing = 正在绘制
page-export-plots = 图
page-export-plots-hint = 图片包含的内容
page-export-all = 全部显示的图
page-export-none = 都不选
page-export-picked = { $plots } 张图
page-export-each = 各存一张
page-export-each-hint = 不合为一张：分别存为多个文件，以图名命名
page-export-size = 尺寸
page-export-size-hint = 宽和高
page-export-height = 高
page-export-pixels = 像素
page-export-inches = 英寸
page-export-dpi-hint = 每英寸像素数：越大，文字和线条的像素越多
page-export-in-pixels = { $width } × { $height } 像素
page-export-theme = 主题
page-export-theme-hint = 浅色适合打印
page-export-light = 浅色
page-export-dark = 深色
page-export-transparent = 透明
page-export-transparent-hint = 不带背景
page-export-format = 格式
page-export-format-hint = SVG 可放大，也可在绘图软件中修改
page-export-csv = 每张图另存 CSV
page-export-csv-hint = 所画数据点的文本
page-export-caption = 说明行
page-export-caption-hint = 在下方注明训练、数据集和日期
page-export-file = 文件
page-export-file-hint = 图片的保存位置
page-export-choose = 选择…
page-export-path = 导出文件
page-export-empty = 这些图还没有内容。
page-export-too-large = 无法生成这么大的图片。
page-export-preview = 图片预览
page-export-done = 已写入 { $files } 个文件
page-export-open-folder = 打开文件夹
