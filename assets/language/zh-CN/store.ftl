### 训练目录

## 训练目录
store-record-not-opened = 无法打开训练记录：{ $error }：{ $path }
store-record-not-read = 无法读取训练记录：{ $error }：{ $path }
store-record-not-written = 无法写入训练记录：{ $error }：{ $path }
store-record-not-cut-back = 无法截短训练记录：{ $error }：{ $path }
store-record-unreadable = 无法读取训练记录：{ $error }：{ $path }
store-folder-refused = 无法写入训练目录：{ $error }：{ $path }
store-no-run = 这里没有训练：需要其中有 run.toml 和 run.sqlite 的目录：{ $path }
store-no-record = 这不是训练记录，没有 events 表：{ $path }
store-run-exists = 这里已有一次训练；请换一个目录，或继续这次训练：{ $path }
store-locked = { $holder }正在进行这次训练；请停止它，或等它结束：{ $path }
store-locked-by-another = 另一个进程正在进行这次训练；请停止它，或等它结束：{ $path }
store-newer = 这次训练由更新版本的 trainscope 写出（记录版本 { $found }，本程序能读 { $known }）：{ $path }
store-config-not-read = 无法读取 run.toml：{ $error }：{ $path }
store-config-wrong = run.toml：{ $error }：{ $path }
store-folder-gone = 训练目录已被移动或删除，此后不再保存任何内容：{ $path }
store-checkpoint-not-written = 无法写入检查点：{ $reason }：{ $path }
store-no-whole-checkpoint = 这次训练没有完好的检查点，无法继续（{ $reasons }）；记录保持原样。请用它的 run.toml 开始新的训练，或重新开始这次训练，现有内容会保留：{ $path }
store-events-left-out = 记录中有 { $events } 个事件无法读取，已略去
store-record-cut-short = 记录只能读取一部分：{ $why }
store-training-images-changed = 训练图像不同
store-validation-images-changed = 验证图像不同
store-test-images-changed = 测试图像不同
store-as-many-images = { $changed }：数量与之前相同（{ $count }）
store-other-number = { $changed }：现有 { $count } 张，之前有 { $before } 张
store-setting-changed = `{ $key }` 为 { $value }，之前为 { $before }
store-classes-gone = { $count ->
   *[other] 缺少类别：{ $classes }
}
store-classes-new = { $count ->
   *[other] 新增类别：{ $classes }
}
store-classes-reordered = 类别的编号顺序不同
store-class-number = { $class } 有 { $count } 张图像，之前有 { $before } 张
store-class-images = { $class } 的 { $count } 张图像不同
store-more-classes = 还有 { $more } 个类别
store-images-changed = 图像：{ $classes }
store-more-names = 另外 { $more } 个
store-holder = 进程 { $pid }（已有 { $time }）
store-holder-ending = 进程 { $pid }（已有 { $time }，即将结束）
store-holder-on-host = { $host } 上的进程 { $pid }（已有 { $time }）
store-holder-on-host-ending = { $host } 上的进程 { $pid }（已有 { $time }，即将结束）
store-refused-held = { $error }；另一个程序（如 Excel 或杀毒软件）正打开着它，请在那里关闭
store-refused-held-or-forbidden = { $error }；另一个程序（如 Excel 或杀毒软件）正打开着它，请在那里关闭；也可能是此帐户没有权限
store-refused-name = { $error }；名称中不能有 < > : " | ? *
store-refused-reserved = { $error }；{ $name } 是 Windows 保留的名称
store-refused-full = { $error }；磁盘已满
store-refused-forbidden = { $error }；此帐户没有权限，或磁盘是只读的
store-disk-refused = { $error }（磁盘是否已满，或目录是否只读？）
store-checkpoint-not-there = 它不存在
store-checkpoint-other-step = 其状态属于另一步
store-checkpoint-no-folder = 它不是目录
store-checkpoint-other-run = { $checkpoint } 属于另一次训练
store-checkpoint-damaged = { $checkpoint } 已损坏：{ $why }
store-checkpoint-file-missing = 缺少 { $file }
store-checkpoint-file-refused = { $file }：{ $error }
store-checkpoint-file-changed = { $file } 与写入时不同
store-no-whole-checkpoints = 没有完好的检查点：{ $why }
store-no-text = 不是文本
store-no-file = 不是文件
store-too-long = 超过 { $mib } MiB
