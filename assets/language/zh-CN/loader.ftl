### 加载器及其线程

## 阶段
loader-stage-read = 读取
loader-stage-decode = 解码
loader-stage-cache = 缓存
loader-stage-collate = 组批
# 图像不在任何阶段而被略去之处
loader-place-quarantine = 隔离
loader-place-thread = 加载器

## 为什么没有批或样本
loader-no-images = 没有可加载的图像：数据集的这一部分是空的
loader-no-full-batch = { $images } 张图像不足一批（{ $batch_size }）：减小 loader.batch_size，或设 loader.drop_last=false
loader-no-such-image = 请求的是第 { $index } 张图像，而数据集只有 { $len } 张
loader-nothing-loaded = 第 { $epoch } 轮的 { $images } 张图像都无法加载；第一张失败于“{ $stage }”：{ $reason }：{ $path }
loader-no-thread = 无法启动线程 loader-{ $worker }：{ $reason }；请减少 loader.workers
loader-moved-on = 该线程已自行恢复
loader-hangs-on-caller = 正在加载的是训练线程自身（loader.workers=0），没有线程可以接替：结束引擎，从最近的检查点继续，并至少用一个加载线程
loader-too-many-hang = 已有 { $hanging } 个线程卡住，原因不在个别文件：请检查图像所在的磁盘或网络，以及各变换
loader-hung-skipped = 已跳过：线程 loader-{ $worker } 在此卡住 { $time }，已被接替
loader-hung-quarantined = 已隔离：线程 loader-{ $worker } 在此卡住 { $time }，已被接替
loader-quarantined = 已隔离（data.quarantine）
loader-floats-in-bytes = 它是浮点数，而所在的批是字节：请设 loader.bytes_to_device=false
loader-nothing-left = 变换链之后什么也没有剩下
loader-panicked = 它崩溃了，没有说明
loader-panicked-saying = 它崩溃了：{ $words }
loader-other-size = 变换链之后它为 { $channels } x { $height } x { $width }，而批中第一张为 { $first }：请在变换中加入 Resize
loader-thread-died = 线程 loader-{ $worker } 在处理它时崩溃，已被接替
loader-no-cache-dir = loader.cache_dir 没有指定目录
loader-not-cached = 图像没有缓存到磁盘：{ $reason }
loader-cache-dir-refused = { $error }（loader.cache_dir 为 { $dir }）
loader-cache-in-use = 另一次训练正在使用同一文件
loader-cache-stopped = 不再把图像缓存到磁盘：{ $error }；已缓存的继续使用，请腾出空间或更改 loader.cache_dir
loader-no-memory = 没有内存再缓存图像：请减小 loader.cache_mb
