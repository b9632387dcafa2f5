### 窗口框架：工具栏、面板、对话框、提示。

## The window: state, phases, title

window-phase = { $phase ->
        [scanning] 正在读取数据集
        [probing] 正在试运行变换
        [checking-device] 正在检查设备
        [warming-up] 预热中
        [training] 训练中
        [validating] 验证中
        [testing] 测试中
        [paused] 已暂停
        [measuring] 测量中
       *[stopping] 正在停止
    }
window-phase-in-full = { $phase ->
        [scanning] 正在读取数据集
        [probing] 正在第一张图像上试运行变换
        [checking-device] 正在检查设备
        [warming-up] 预热中：正在编译着色器并调优内核
        [training] 训练中
        [validating] 验证中
        [testing] 测试中
        [paused] 已暂停
        [measuring] 正在分别测量加载器和训练的极限速度，训练暂停等待
       *[stopping] 正在停止：完成当前步并写入检查点
    }
window-state-idle = 尚未训练
window-state-sweeping = 参数对比进行中
window-state-starting = 正在启动
window-state-finished = 已完成
window-state-stopped = 已停止
window-state-failed = 失败
window-state-died = 引擎异常退出
window-title-epoch = { $state }，第 { $epoch } 轮
window-device-kind = { $kind ->
        [discrete] 独立 GPU
        [integrated] 集成 GPU
        [virtual] 虚拟 GPU
        [software] 软件 GPU，在 CPU 上计算
        [cpu] CPU
       *[other] 其他
    }
window-device = { $name }（{ $kind }；{ $driver }）

## Colours and language

window-theme = 主题
window-theme-hint = 窗口的配色
window-theme-system = 跟随系统
window-theme-light = 浅色
window-theme-dark = 深色
window-language = 语言
window-language-hint = 窗口的语言，立即生效
window-language-system = 跟随系统
window-language-no-font = 简体中文（未安装可用的字体）
window-no-font = 没有安装中文字体
window-no-font-more = 安装之前窗口显示英文。Debian、Ubuntu：sudo apt install fonts-noto-cjk。Windows：设置，可选功能，简体中文补充字体。然后重新启动 trainscope。

## Commands

window-action-palette = 命令
window-action-palette-hint = 输入名称的一部分，查找任意命令
window-action-dataset = 选择数据集
window-action-dataset-hint = 选择数据集所在的文件夹
window-action-start = 开始
window-action-start-hint = 用当前设置开始训练
window-action-pause-or-resume = 暂停或继续
window-action-pause-or-resume-hint = 完成当前步后暂停，或继续
window-action-stop = 停止
window-action-stop-hint = 完成当前步，写入检查点后停止
window-action-redo = 重做
window-action-redo-hint = 重新执行上次撤销的改动
window-action-undo = 撤销
window-action-undo-hint = 撤销上次对设置、变换或数据集的改动
window-action-export = 导出图表…
window-action-export-hint = 将图表存为 PNG 和 CSV
window-action-all-plots = 显示全部图表
window-action-all-plots-hint = 从单个图表返回全部图表
window-action-paste-chain = 粘贴变换链…
window-action-paste-chain-hint = MONAI 或 torchvision 的 Python 变换链，或 TOML
window-action-more-workers = 增加一个加载线程
window-action-fewer-workers = 减少一个加载线程
window-action-find-culprit = 找出拖慢训练的变换
window-action-workers-hint = 对正在进行的训练立即生效
window-action-keys = 快捷键
window-action-keys-hint = 键盘可以完成的操作
window-action-about = 关于 trainscope
window-action-about-hint = 版本、许可证、训练目录的位置
window-action-theme = 主题：{ $theme }
window-action-language = 语言：{ $language }
window-action-run-folder = 打开本次训练的目录
window-action-run-folder-hint = 在系统的文件管理器中打开
window-action-runs-folder = 打开所有训练的目录
window-action-runs-folder-hint = 窗口保存训练的位置
window-action-labels = 选择标签表
window-action-read-again = 重新读取数据集
window-action-save-chain = 将变换链另存为 TOML…
window-action-chain-preset = 变换链：{ $title }
window-action-training = 训练：{ $title }
window-action-devices = 刷新设备列表
window-action-cancel-sweep-hint = 此前得到的结果仍然有效
window-action-close = 关闭窗口
window-action-close-hint = 训练进行时会先询问
window-hint-with-keys = { $hint }（{ $keys }）
window-hint-with-edit = { $hint }：{ $edit }
window-not-dataset = 停止训练后才能更换数据集
window-not-start = 无法开始：{ $reason }
window-not-pause = 没有正在进行的训练
window-not-stop = 没有正在进行的训练
window-not-redo = 没有现在可以重做的改动
window-not-undo = 没有现在可以撤销的改动
window-not-export = 第一次训练之前没有可导出的内容
window-not-all-plots = 已显示全部图表
window-not-workers = 加载线程数已到上限或下限
window-not-run-folder = 没有显示的训练
window-not-read-again = 没有可重新读取的数据集，或正在用它训练
window-not-measure = 尚未读取数据集，或正在测量
window-not-examine = 正在检查这台机器
window-not-stop-bisect = 没有正在进行的逐项排查
window-not-cancel-sweep = 没有正在进行的参数对比
window-palette-search = 搜索命令
window-palette-nothing = 没有这样的命令
window-palette-line = 命令：{ $command }
window-start-run-active = 训练正在进行
window-start-sweep-busy = 参数对比正在进行：请取消或等待结束
window-start-no-dataset = 请先选择数据集
window-start-scanning = 数据集仍在读取
window-start-writing-samples = 示例图像仍在生成
window-start-dataset-failed = 数据集无法读取
window-start-chain = 变换链无法运行：{ $error }

## The bar at the top

window-menu = 菜单
window-menu-hint = 主题、语言、训练目录、撤销、快捷键、关于
window-plots-menu = 图表 ▾
window-plots-menu-hint = 显示哪些图表
window-column-fold = 收起左侧设置
window-column-unfold = 展开左侧设置
window-size-keys = 界面缩放：{ $larger } 和 { $smaller }
window-ready = 就绪，请按“开始”
window-on-device = 设备：{ $device }
window-pause = 暂停
window-resume-paused = 继续
window-end-now = 立即结束
window-end-now-hint = 不再等待，直接结束引擎；保留最近的检查点
window-plan = 下次训练：{ $network }，{ $epochs } 轮，每轮 { $images } 张图像，{ $workers } 个加载线程，{ $device }
window-plan-device-auto = 自动选择设备
window-progress = { $done } / { $total }
window-progress-images = { $done } / { $total } 张
window-progress-epoch = 第 { $epoch } / { $epochs } 轮，第 { $step } / { $total } 步
window-time-left = 剩余 { $time }
window-past-hint = { $hint }；这是最后一步的值，现在没有训练步在进行
window-loss = 损失
window-loss-hint = 最近一次读回的训练损失
window-rate = 张/秒
window-rate-hint = 近期每秒训练的图像数
window-data-wait = 等待数据
window-data-wait-hint = 每步中等待数据的时间占比：过高说明加载器拖慢了训练

## The line of the hardware

window-hardware-cpu = CPU
window-hardware-cpu-hint = CPU 使用率（{ $cores } 个核心的平均）
window-hardware-memory = 内存
window-hardware-memory-hint = 已用内存
window-hardware-memory-of = { $used } / { $total } GiB
window-hardware-disk = 磁盘
window-hardware-disk-hint = 引擎从磁盘读取的数据量，不含页面缓存命中的部分
window-hardware-per-second = { $amount }/秒
window-hardware-queue = 队列
window-hardware-queue-hint = 已准备好的批次；队列为空说明训练在等待加载器
window-hardware-queue-of = { $ready } / { $capacity }
window-hardware-gpu = GPU
window-hardware-video-memory = 显存
window-hardware-video-memory-hint = { $name } 的已用显存
window-hardware-power = 功耗
window-hardware-power-hint = { $name } 的功耗
window-hardware-watts = { $watts } W
window-hardware-percent = { $value } %
window-hardware-none = N/A
window-hardware-no-gpu = 无 NVIDIA GPU
window-hardware-gauge = { $name } { $value }
window-hardware-gauge-last = { $name } { $value }（最后读数）
window-hardware-last-hint = 训练时的最后读数：{ $what }
window-hardware-hint = { $what }。点击查看图表。

## Verdict

window-preparing = 准备中：{ $phase }
window-collecting = 正在收集 { $wanted } 步的数据（{ $done } / { $wanted }）
window-verdict-old = 上次改动之前：{ $sentence }
window-why = 原因和改进办法
window-switch-off = 关闭 { $transform }（+{ $percent } %）
window-switch-off-hint = 逐项排查的实测结果；可用 { $keys } 撤销
window-use-workers = 使用 { $workers } 个加载线程（+{ $percent } %）
window-try-workers = 试用 { $workers } 个加载线程（+{ $percent } %，不确定）
window-predicted-rate = 预计 { $rate } 张/秒（{ $band }）
window-measured-rate = { $rate } 张/秒（{ $band }）
window-find-culprit = 找出拖慢训练的变换（60 秒）
window-find-culprit-hint = 训练不中断，轮流关闭和打开各变换，结束后全部恢复
window-last-change = 上次改动：{ $change }
window-last-change-faster = 上次改动：{ $change }，快 { $percent } %
window-last-change-slower = 上次改动：{ $change }，慢 { $percent } %
window-last-change-nothing = 上次改动：{ $change }，速度无差别
window-last-change-measuring = 上次改动：{ $change }，测量中
window-last-change-doubtful = { $words }，可能是其他程序造成的
window-last-change-hint = 各次改动的效果

## Notices

window-silence = 引擎已有 { $lasted } 没有响应
window-may-hang = 可能卡在驱动中，或在等待磁盘。最近的检查点已保留。
window-end-engine = 结束引擎
window-end-engine-hint = 立即结束；保留最近检查点的内容
window-restart = 结束引擎并继续训练
window-restart-hint = 立即结束；新的引擎从最近的检查点继续，没有检查点则从头开始
window-restart-with-worker = 结束引擎，用 1 个加载线程继续
window-restart-with-worker-hint = 由可以替换的线程重试该图像
window-restart-without-file = 结束引擎，略去此文件继续
window-restart-without-file-hint = 在本次训练及其后续中隔离该文件
window-stall = { $thread } 停在 { $stage } 已 { $lasted }
window-stall-trainer = 训练线程停在 { $stage } 已 { $lasted }
window-stall-scan = 扫描停在“{ $stage }”已有 { $lasted }
window-stall-worker-meaning = 训练在等待这个样本。线程无法强行终止：它会被搁置，由新线程接替。
window-stall-caller-meaning = 加载线程数为 0：由训练线程自己加载，无法替换。有加载线程时，可以在训练不中断的情况下跳过这样的样本。
window-stall-scan-meaning = 读完所有文件后训练才能开始：可以等待此文件、略去它或停止训练。
window-stall-folder-meaning = 读完此文件夹后训练才能开始：可以等待，或停止训练并检查其磁盘。
window-stall-more = 另有 { $threads } 个线程卡住
window-stall-left-behind = 此前搁置了 { $threads } 个加载线程：恢复响应后会自行结束
window-stall-usual-and-draw = { $usual }；第 { $epoch } 轮，种子 { $seed }
window-stall-draw = 第 { $epoch } 轮，种子 { $seed }
window-stall-button = { $button }（{ $thread }）
window-stall-wait = 继续等待
window-stall-wait-hint = 用时再翻一倍之前不再提示
window-stall-skip = 跳过这个样本
window-stall-skip-hint = 仅这一次从批中跳过该图像，由新线程继续
window-stall-replace = 替换加载线程
window-stall-replace-hint = 新线程重试该图像：适用于磁盘已恢复或文件已修复
window-stall-quarantine = 隔离该文件
window-stall-quarantine-hint = 今后不再使用该图像：包括本次训练、继续训练以及由其 run.toml 开始的训练
window-stall-folder = 打开所在文件夹
window-unscaled = 像素值未归一化
window-change-chain = 修改变换链
window-leave-it = 保持不变
window-goes-on = 有训练在后台进行
window-attach = 接入
window-attach-hint = 在此显示，可以查看和控制
window-attach-to = 接入 { $run }
window-died = 引擎异常退出：{ $how }
window-died-before = 程序或计算机关闭时训练仍在进行
window-died-before-first-step = 当时第一步尚未完成。窗口不受影响。
window-died-at = 当时在第 { $epoch } 轮第 { $step } 步之后，设备：{ $device }。窗口和已有曲线不受影响。
window-driver-reset = { $text } Windows 会重置内核运行超过两秒的显卡驱动（TDR）：减小批大小或图像可缩短内核时间；注册表中的 TdrDelay 可延长限时
window-killed-and-not-gone = 已强行终止但仍未退出：卡在系统内部，例如失去响应的网络磁盘
window-engine-ended-by-hand = 已手动结束引擎；新的引擎从最近的检查点继续
window-failed-config = 设置无法使用
window-failed-data = 数据集无法使用
window-failed-device = 设备出错
window-failed-changed-data = 这次训练开始时用的是别的数据
window-failed-other = 训练失败
window-only-anew = 这次训练没有完好的检查点，只能从头开始：{ $why }。
window-last-words = 最后的输出 ▾
window-copy = 复制
window-start-on-cpu = 改用 CPU 重新开始
window-start-on-cpu-hint = 将设备设为 CPU 并开始
window-start-again = 重新开始
window-resume-keep = 仍然继续
window-resume-keep-hint = 保留权重，用现在的数据继续：前后的指标不可比
window-begin-anew = 从头开始这次训练
window-begin-anew-hint = 原有内容保存在其目录内的子目录中
window-resume = 从最近的检查点继续
window-resume-same-data = 数据和设置恢复原样后可用
window-resume-nothing = 这次训练没有可以继续的检查点
window-open-run-folder = 打开训练目录
window-dismiss = 关闭提示
window-finished-test = 已完成：测试准确率 { $accuracy } %，AUC { $auc }
window-stopped-after = 已在 { $steps } 步后停止；检查点已保留
window-finished = 已完成
window-missing = 缺失：{ $what }
window-steps-in = { $steps } 步，用时 { $time }
window-best-epoch = 最佳为第 { $epoch } 轮（验证 AUC { $auc }）
window-test-results = 测试结果…
window-not-resumed-sweep = 未继续训练：参数对比正在进行，请取消或等待结束
window-record-not-whole = { $run } 的记录不完整：{ $missing }
window-last-run-unread = 最近一次训练曾意外中断，无法显示：{ $error }
window-not-kept-awake = 系统拒绝保持唤醒，训练期间可能会进入睡眠：{ $why }

## Before the first run

window-welcome = 找出拖慢训练的原因
window-plots-come = 第一步完成后显示图表。
window-step-dataset = 选择图像文件夹
window-step-dataset-more = 每个类别一个子文件夹，或附带标签表格。可拖放到窗口任意位置。
window-step-transforms = 设置变换和加载线程
window-step-transforms-more = 在左侧；训练过程中也可以更改。
window-step-start = 开始训练并观察
window-step-start-more = 自动绘制损失、速度和硬件曲线，并用一句话说明拖慢训练的原因。
window-start-training = 开始训练
window-recent-datasets = 最近的数据集
window-recent-runs = 最近的训练
window-show-run-hint = 显示其曲线
window-resume-run = 继续训练
window-resume-run-hint = 从最近的检查点继续，使用其原有设置
window-resume-run-named = 继续训练 { $run }
window-run-words = { $dataset }，{ $epochs } 轮
window-run-words-auc = { $dataset }，{ $epochs } 轮，最佳 AUC { $auc }

## Log, about, closing

window-log = { $entries ->
        [0] 日志
       *[other] { $warnings ->
            [0] 日志（{ $entries }）
           *[other] 日志：{ $warnings } 条警告
        }
    }
window-log-empty = 训练的警告和改动显示在这里。
window-about = 训练图像分类模型，并指出拖慢训练的原因。
window-licence = 许可证：MIT 或 Apache-2.0
window-runs-kept = 训练目录：{ $folder }
window-select-to-copy = 选中即可复制
window-close = 关闭
window-larger-smaller = 放大、缩小
window-closing = 训练正在进行
window-closing-question = 关闭窗口后如何处理？
window-closing-after-epoch = 第 { $epoch } 轮结束后关闭窗口。
window-closing-after-step = 正在完成当前步并写入检查点，随后关闭窗口。
window-close-at-once = 立即关闭
window-close-at-once-hint = 结束引擎；保留最近的检查点
window-close-go-on = 在后台继续
window-close-go-on-hint = 下次打开窗口时可以接入
window-close-after-epoch = 本轮结束后停止
window-close-after-epoch-hint = 在此之前窗口保持打开
window-close-stop = 立即停止
window-close-stop-hint = 完成当前步并保留检查点
window-keep-training = 继续训练
window-keep-training-hint = 窗口保持打开
window-notify-finished = 训练完成
window-notify-stopped = 训练已停止
window-notify-failed = 训练失败
window-notify-died = 训练引擎异常退出
window-notify-stall = 训练卡住
window-notify-stall-body = 有线程远超正常用时：窗口中说明了是哪个线程以及可以怎么处理。
window-notify-test = 测试准确率 { $accuracy } %
window-no-display = 没有可以打开窗口的显示器（未设置 DISPLAY 和 WAYLAND_DISPLAY）；没有显示器时请用 `trainscope train`、`scan`、`bench-loader`、`plot` 或 `doctor`（见 `trainscope --help`）
window-not-opened-at-all = 窗口无法打开：{ $why }；没有窗口时请用 `trainscope train`、`scan`、`bench-loader`、`plot` 或 `doctor`（见 `trainscope --help`）

## Dataset

window-dataset = 数据集
window-dataset-summary = { $name }：{ $images }
window-images-in-classes = { $images } 张图像，{ $classes } 个类别
window-dataset-remarks = { $count } 条提示
window-dataset-what = 每个类别一个图像子文件夹；或含 train、val、test 文件夹；或附带列出图像和标签的表格。可拖放到窗口、粘贴路径，或生成六类示例图像。
window-dataset-folder = 数据集文件夹
window-not-opened = 未打开：{ $folder }：{ $error } 原数据集保持不变。
window-path-no-text = 路径不是文本（UTF-8），设置无法保存它；请重命名该文件夹。
window-path = 文件夹路径
window-open-path = 打开
window-open-path-hint = 读取此路径的文件夹（Enter）
window-choose-folder = 选择文件夹…
window-labels = 标签…
window-labels-hint = 列出图像及其标签的表格（.csv、.tsv、.json、.jsonl、.txt）
window-recent = 最近 ▾
window-forget = 忘记 { $folder }
window-forget-hint = 忘记此文件夹
window-sample = 用示例图像试用
window-sample-hint = 生成一个六类的小数据集，无需下载
window-cancel = 取消
window-reading = 正在读取：{ $images } 张图像，{ $bad } 个损坏
window-reading-folder = 正在读取文件夹
window-waiting = { $path } 已有 { $lasted }没有响应
window-leave-out = 略去该文件
window-leave-out-hint = 略去它重新读取图像，今后的训练也不再使用它（data.quarantine）
window-drawing-samples = 正在生成示例
window-read-again = 重新读取
window-read-again-hint = 重新读取文件夹
window-one-size = 均为 { $width } × { $height }
window-sizes = { $sizes } 种尺寸
window-dataset-facts = { $formats }；{ $size }；{ $colour ->
        [gray] 灰度
       *[colour] 彩色
    }
window-left-out = 略去 { $files } 个文件
window-bad-file = { $name }：{ $reason }
window-quarantined = 已隔离 { $files } 个文件
window-quarantined-hint = 曾经卡住，不再用于任何批：{ $names }
window-use-again = 恢复使用
window-use-again-hint = 从下次训练起重新读取
window-stop-to-use-again = 停止训练后才能恢复使用
window-split-given = 按文件夹或表格划分
window-split-drawn = 按随机种子划分，各类别比例一致
window-split-parts = 训练集 { $train }，验证集 { $val }，测试集 { $test }
window-split-and-limit = 划分与数量上限
window-no-limit = （全部）
window-classes-from = 类别来源
window-classes-from-hint = 文件夹，或列出图像及其标签的表格
window-automatic = 自动
window-automatic-as = 自动（{ $choice }）
window-stop-to-read-otherwise = 停止训练后才能换一种方式读取数据集
window-top-folders = 顶层文件夹
window-inner-folders = 顶层文件夹内的文件夹
window-table = 表格 { $name }
window-images-in = 图像列
window-images-in-hint = 列出文件名的列
window-labels-in = 标签列
window-labels-in-hint = 列出类别的列
window-parts-in = 划分列
window-parts-in-hint = 标明 train、val 或 test 的列
window-no-column = 无
window-first-rows = { $table } 的前几行
window-more-columns = 另有 { $columns } 列
window-drop-chain = 拖放变换链（.py、.ipynb、.toml）以读取；停止训练后才能打开其他数据集
window-drop-results = 拖入图像进行预测，或拖入文件夹进行评估
window-drop-dataset-or-chain = 拖放图像文件夹或变换链（.py、.ipynb、.toml）

## Workers, transforms

window-of-cores = 共 { $cores } 个核心
window-too-many-workers = 加载线程多于核心数很少有帮助
window-transforms = 变换
window-no-chain = 读取数据集后显示变换链。
window-pinned = 每个变换链都需要它
window-more-for = { $transform } 的更多操作
window-parameters-of = { $transform } 的参数
window-parameters = 参数
window-cost-hint = 单线程下每张图像的实测毫秒数；底色条的长度以最耗时的变换为准
window-off-now = 暂时关闭
window-off-now-hint = 在本段排查中关闭：排查会恢复它，复选框保持不变
window-move-up = 上移
window-move-down = 下移
window-default-parameters = 恢复默认参数
window-remove = 删除
window-many-sizes = 图像尺寸不一，变换链中没有统一尺寸的步骤：与批中第一张尺寸不同的图像会被略去。加入 Resize 或固定尺寸的裁剪即可。
window-trying = 正在一张图像上试运行 { $change }，已 { $lasted }；训练暂不使用它，继续进行。
window-take-back = 撤回
window-take-back-hint = 保持训练中的变换链
window-drag = 拖动以调整顺序
window-unknown-transform = 此版本没有这个变换
window-add-transform = 添加变换 ▾
window-chain-menu = 变换链 ▾
window-save-chain = 另存为 TOML…
window-save-chain-hint = 之后可在此再次读取，也可供命令行的训练使用
window-copy-chain = 复制为 TOML
window-search = 搜索
window-search-transforms = 搜索变换
window-no-such-transform = 没有这个名称的变换。
window-resize-put-in = 图像尺寸不一：已在变换链中加入 Resize（{ $size }）
window-preview = 预览
window-preview-image = 图像
window-previous-image = 上一张
window-next-image = 下一张
window-new-draw = 重新随机抽取
window-new-draw-hint = 同一图像，换一组随机参数
window-step-by-step = 逐步查看
window-step-by-step-hint = 查看每个变换之后的图像
window-before = 变换前
window-after = 变换后
window-preview-costs = { $image }；读取 { $read }，解码 { $decode }，变换链 { $chain }
window-paste-title = 粘贴变换链
window-paste-what = MONAI、torchvision 或 albumentations 的 Compose([...])，或 Keras 的层，可以连同前后代码一起粘贴；也可以是 TOML。不会执行其中任何代码。文件（.py、.ipynb、.toml）可拖放到窗口。
window-paste-field = 变换链文本
window-use-chain = 使用此变换链
window-read-file = 读取文件…
window-which-chain = 哪个变换链
window-whose-transforms = 变换属于哪个库
window-values-from-elsewhere = 文本中引用的外部值，按 Python 写法填写：
window-value-of = { $name } 的值
window-nothing-read = 没有读到任何变换。
window-chain-read = 读到 { $steps } 个：{ $names }

## Loader, training, forms

window-loader = 加载器
window-loader-summary = 批大小 { $batch }
window-training = 训练
window-training-summary = { $network }，{ $epochs } 轮
window-cache-stands = 已缓存 { $images } 张图像，{ $used } / { $limit }；命中率 { $percent } %{ $full ->
        [yes] ，已满
       *[no] {""}
    }
window-cache-unknown = 缓存所需空间未知：{ $error }
window-cache-range = { $low } 至 { $high }
window-cache-takes = 缓存全部 { $images } 张图像约需 { $takes } { $place ->
        [disk] 磁盘空间
       *[memory] 内存
    }
window-cache-takes-too-much = 缓存全部 { $images } 张图像约需 { $takes } { $place ->
        [disk] 磁盘空间
       *[memory] 内存
    }；超出上限的图像每次重新加载
window-cache-failure = { $stage } 出错：{ $reason }
window-device-heading = 设备
window-training-presets = 预设 ▾
window-step-cost-heading = 每步的开销
window-step-cost = { $parameters } 个参数；{ $sides } 的图像每张 { $adds } 次乘加；每批 { $batch } 张图像约需 { $memory } 内存
window-step-cost-hint = 权重 { $weights }，梯度 { $gradients }，优化器状态 { $optimizer }，层间激活 { $activations }。根据网络的算子估算
window-step-cost-too-much = { $device } 的内存为 { $has }：请减小批大小，或改用更小的图像或网络
window-device-auto = 自动
window-device-auto-detail = 通过自检的 GPU，否则用 CPU
window-device-detail = { $kind }；{ $driver }（{ $id }）
window-device-always = 始终可用
window-device-gone = 以前选过，现在未找到
window-device-refresh = 刷新
window-device-refresh-hint = 重新查找设备
window-device-looking = 正在查找设备
window-devices-ended = 查找设备提前结束：{ $how }。可以选择 CPU。
window-devices-silent = { $secs } 秒内没有得到设备信息。可以选择 CPU。
window-fixed-while-running = 训练进行时不可更改，停止后才能修改
window-more-settings = { $changed ->
        [0] 更多
       *[other] 更多（{ $changed } 项已改动）
    }
window-more-of = { $section } 的更多设置
window-no-value = 无
window-hint-with-default =
    { $meaning }
    默认：{ $default }
window-value-refused = 未采用 { $typed }，应为：{ $bounds }
window-reset-key = 重置 { $key }
window-reset-hint = 恢复默认值 { $default }

## Results and export

window-export-exists = { $files } 个文件已存在。
window-export-overwrite = 覆盖

## What background work says

window-image-of-class = { $name }，类别 { $class }
window-chain-gave-nothing = 变换链没有输出图像
window-image-values = { $shape }，值域 { $range }
window-no-finite-value = 没有有限值
window-range = { $low } 至 { $high }
window-range-not-finite = { $low } 至 { $high }，含非有限值
window-size-became = { $before } 变为 { $after }
window-channels-became = { $before } 个通道变为 { $after } 个
window-difference = × { $factor }，最大 { $largest }
window-no-answer = 已有 { $lasted }没有响应
window-no-such-image = 没有这张图像
window-not-shrunk = 无法缩小：{ $error }
window-no-trace = 引擎在 { $secs } 秒内没有回应。请重试，或结束引擎。
window-trace-saved = 轨迹已保存：{ $file }；可用 https://ui.perfetto.dev 打开
window-no-thumbnail-thread = 无法启动缩略图线程：{ $error }
window-no-thread = 无法为此启动线程：{ $error }
window-remembered-left-out = 本窗口记住的内容中，以下各项无法读取，已恢复为首次启动时的值：{ $names }
window-remembered-not-read = 本窗口记住的内容无法读取，全部恢复为首次启动时的值：{ $error }
window-chain-saved = 变换链已保存：{ $file }
window-dialog-open = 已有一个文件对话框打开，可能在本窗口后面：请先处理它
window-use-path = 使用此路径
window-file-exists = 文件已存在，请换一个名称：{ $file }
window-no-file-dialog = 系统没有显示文件对话框（Linux 上需要桌面门户或 zenity）：请输入或粘贴路径
window-written = 已写入：{ $file }
window-undone = 已撤销：{ $edit }
window-redone = 已重做：{ $edit }
window-folder-not-made = 无法创建文件夹：{ $error }：{ $folder }
window-chain-file-too-large = 文件为 { $size }，对变换链来说过大
window-chain-not-read = 无法读取变换链：{ $error }：{ $file }
window-chain-not-saved = 无法保存变换链：{ $error }：{ $file }
window-no-file-manager = 没有打开文件管理器（{ $why }）；文件夹为 { $folder }
window-no-folder-yet = 文件夹尚不存在：{ $folder }
window-opener-failed = { $program }：{ $error }
window-pick-chain = 读取变换链
window-pick-chain-kinds = Python、笔记本或 TOML
window-pick-chain-file = 变换链另存为
window-pick-trace-file = 轨迹另存为
window-pick-labels = 选择标签表格
window-pick-labels-kinds = 标签
window-pick-dataset = 选择数据集文件夹
window-pick-judge-folder = 选择要评估的文件夹
window-pick-judge-images = 选择要预测的图像
window-pick-export = 图表另存为
