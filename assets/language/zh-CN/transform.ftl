### 变换与变换链

transform-own = trainscope 自有
transform-source-with-note = { $whose }；{ $note }

## 类别

transform-family-input = 输入
transform-family-spatial = 空间
transform-family-size = 尺寸
transform-family-deformation = 形变
transform-family-intensity = 强度
transform-family-smoothing = 平滑
transform-family-colour = 颜色
transform-family-noise = 噪声
transform-family-erasing = 擦除
transform-family-policy = 策略
transform-family-batch = 批
transform-family-utility = 工具

## 一个样本的抽取结果

transform-draw-fixed = 固定不变
transform-draw-skip = 跳过
transform-draw-done = 已执行

## 变换目录

transform-docs-source = 来源：{ $source }。
transform-docs-about = { $meaning }（{ $family }；{ $source }。）
transform-docs-columns = 参数 | 默认值 | 单位 | 取值 | 含义

## 参数之间的要求

transform-expected-low-high = [下限, 上限]
transform-expected-low-first = [下限, 上限]，下限在前
transform-expected-not-negative-or-low-high = 不小于 0 的数字，或 [下限, 上限]
transform-expected-steps = H 方向 { $rows } 个数、W 方向 { $columns } 个数的列表
transform-expected-whole-or-two = 一个整数，或 [H, W] 两个
transform-expected-both-above-0-or-0 = 两个大于 0 的数，或两个都为 0
transform-expected-at-least = 不小于 { $name }
transform-expected-more-than = 大于 { $name }
transform-expected-less-than = 小于 { $name }
transform-expected-low-high-or-above-half = [下限, 上限]，或一个大于 0.5 的数
transform-expected-one-or-channel-wise = 一个数；设 channel_wise = true 后可给每个通道一个数的列表
transform-expected-not-relative = false，因为 b_min 或 b_max 为 none
transform-expected-a-percentage = 一个百分位，此处或 upper 至少给一个
transform-expected-a-range = 下限小于上限的范围
transform-expected-two-wholes = 两个整数，即 [H, W]
transform-expected-not-0 = 不为 0 的数
transform-expected-as-many = 与 { $name } 同样多的数，即 { $count } 个
transform-expected-as-many-as = 与 { $name } 同样多的数
transform-expected-one-not-channel-wise = 一个数，因为 channel_wise 为 false
transform-expected-one-or-each-place = 一个数，或每个位置一个，共 { $count } 个
transform-expected-places = 由整数 [H, W] 或 [C, H, W] 组成的列表
transform-expected-low-high-by-channel = [下限, 上限]，或依次给出每个通道的下限和上限
transform-expected-low-high-not-channel-wise = [下限, 上限] 或 "none"，因为 channel_wise 为 false
transform-expected-below-bins = 小于 num_magnitude_bins，即 { $bins }
transform-expected-one-fill = 一个数，因为 padding_mode 不是 constant
transform-expected-region = roi_center 与 roi_size，或 roi_start 与 roi_end
transform-expected-one-two-or-four = 一个、两个或四个数
transform-expected-smallest-first = 最小值在前，最大值在后
transform-expected-0-unless-constant = 0，因为它只在 mode 为 constant 时有效
transform-expected-antialias = true，因为 interpolation 为 lanczos
transform-expected-no-corners = "none"，除非 mode 为 bilinear 或 bicubic
transform-expected-one-size = 一个像素数，因为 size_mode 为 longest
transform-expected-one-or-two = 一个数，或 [H, W] 两个
transform-expected-no-max-size = "none"，因为 size 已给出两边
transform-expected-a-size = 一个或两个数，或给出 max_size 并设为 "none"
transform-expected-odd = 奇数
transform-expected-odds = 奇数
transform-expected-one-of = 以下之一：{ $values }
transform-expected-indices = [0, 2, 1] 或 [0, 1, 2]，因为通道数不能变
transform-expected-matrix = 三行三列的数，最后一行为 [0, 0, 1]
transform-expected-two = 两个数
transform-expected-no-three-in-line = 任意三点不共线
transform-expected-left-out-with-coefficients = 不填，因为已给出 coefficients
transform-expected-eight = 八个数
transform-expected-four-points = 四个点 [x, y]

## 变换在图像上失败的原因

transform-channels-of-colour = 图像有 { $channels } 个通道，此变换只接受 1 个或 3 个：请从变换链中去掉
transform-too-many-channels = 图像有 { $channels } 个通道，此变换最多接受 { $most } 个
transform-threshold-beyond = threshold = { $threshold } 超出了此图像的取值：最多为 { $bound }
transform-value-for-channels = 给了 { $given } 个数来填充 { $channels } 个通道；应给 1 个或 { $channels } 个
transform-not-finite = 取值不全是有限数，无法计算直方图
transform-numbers-for-channels = 图像有 { $channels } 个通道，而 `{ $name }` 有 { $given } 个数
transform-one-or-each-channel = `{ $name }` 有 { $given } 个数，图像有 { $channels } 个通道；应给 1 个，或每个通道 1 个
transform-needs-floats = 图像为字节，此变换需要浮点数：请在它之前加入 scale = true 的 ToDtype
transform-jpeg-side = 边长 { $side } 像素超过了 JPEG 的上限 65535
transform-jpeg-not-written = 无法写成 JPEG：{ $reason }
transform-jpeg-not-read = 无法读回其 JPEG：{ $reason }
transform-place-outside = `loc` 中的 [{ $place }] 在 { $from } 的图像之外
transform-range-for-channels = `intensity_range` 针对 { $given } 个通道，图像有 { $channels } 个
transform-no-pixel-left = { $from } 的图像将不剩任何像素
transform-no-channel = 图像只有 { $channels } 个通道，没有通道 { $channel }
transform-no-foreground = 没有大于 0 的值，因此没有可裁剪的前景
transform-region-turned-about = 对 { $from } 的图像，最小区域 { $least } 大于最大区域 { $most }
transform-smaller-than-crop = { $from } 的图像小于裁剪尺寸 { $crop }：请先缩放或填充
transform-crop-beyond-padding = 裁剪尺寸 { $crop } 大于填充后的图像 { $from }；`pad_if_needed` 可补足
transform-would-become = { $from } 的图像会变成 { $to }
transform-too-large = 结果为 { $size } 像素；每边最多 { $most }，总数最多 { $millions } × 2^20
transform-field-size = 随机场为 { $field }，图像为 { $from }：请将 `spatial_size` 设为 -1，或先缩放
transform-would-have-channels = 图像将有 { $channels } 个通道，超过 { $most } 个；请去掉一步
transform-turned-to-nothing = 旋转后的图像将没有像素
transform-corners-in-line = 四个角点在一条直线上
transform-too-far = 取样点超出 { $most } 像素之外；请调小参数
transform-not-recorded = 此图像没有记录
transform-value-count = { $count } 个值无法组成 { $size } 的图像

## 变换链的错误

transform-unknown = `{ $key }` = "{ $name }"：没有这个变换{ $hint }，可用的有：{ $known }
transform-unknown-parameter = `{ $key }`：{ $name } 没有这个参数{ $hint }，可用的有：{ $known }
transform-without-parameter = `{ $key }`：{ $name } 不支持 { $library } 的这个参数（{ $reason }），请去掉
transform-pinned = `{ $key }` = false：每个变换链都需要 { $name }，不能关闭
transform-load-image-first = `{ $key }`：LoadImage 必须在最前面，先于 { $before }
transform-its-default = 默认值
transform-failed = { $step }：{ $reason }

## 未缩放的取值

transform-remedy-scale-at-the-end = 请在变换链末尾缩放，例如用 { $step }
transform-remedy-put-before = 在 { $next } 之前加入 { $step }
transform-remedy-put-at-the-end = 在变换链末尾加入 { $step }
transform-remedy-set-scale = 在 ToDtype 中设 scale = true
transform-remedy-switch-on = 启用 { $step }
transform-unscaled = 输入网络的图像取值为 { $low } 到 { $high }（由 { $images } 张图像测得），而网络适合约 0 到 1 的取值：{ $remedy }
transform-step-with = { $name }（{ $parameter } = { $value }）

## Python 变换链

transform-import-ask = 第 { $line } 行：{ $what } 需要 { $name } 的值，文本中没有
transform-import-note = 第 { $line } 行：{ $what }：{ $reason }
transform-import-call-in-line = 第 { $line } 行的 { $name }
transform-import-the-text = 文本
transform-import-the-chain = 变换链
transform-import-nothing-found = 其中没有 Compose([...])，也没有变换
transform-import-no-assignment = `{ $assignment }` 不是给名称的取值：应写 NAME=VALUE，例如 'cfg["size"]=224'
transform-import-too-long = 文本有 { $found_kib } KiB，最多读取 { $most_kib } KiB：请只保留变换链
transform-import-notebook = 无法读取笔记本：{ $reason }
transform-import-several-chains = 文本中有 { $count } 个变换链；读取了这一个，另有 { $others }
transform-import-no-such-chain = 没有名为 `{ $wanted }` 的变换链{ $near }；文本中有 { $known }
transform-import-condition = 取决于无法读取的条件
transform-import-changed-in-loop = 第 { $line } 行的循环改变了它，因此之前的内容和循环得到的内容都未知
transform-import-put-in-in-loop = 第 { $line } 行的循环加入的内容未知
transform-import-perhaps-changed = 第 { $line } 行开始的部分不一定执行，而它可能改变此值
transform-import-calls-itself = 它调用了自身
transform-import-adds-unknown = 添加的内容未知
transform-import-changes-list = 以无法读取的方式更改了列表
transform-import-python-code = 不运行 Python 代码
transform-import-own-code = 文本自己的类或函数：不运行 Python 代码
transform-import-chain-by-chance = 原链整体按概率执行，这里总是执行
transform-import-axes = MONAI 的 LoadImage 给出的轴为 (W, H)，这里为 (H, W)：轴的编号或两个不同的边长指的是另一边；`reverse_indexing = true` 采用 MONAI 的顺序
transform-import-unfit = { $name } = { $value } 不可用，应为：{ $expected }
transform-import-variable = 变量，其值不在文本中
transform-import-no-call = 不是变换调用
transform-import-needless = 这里不需要，已略去
transform-import-foreign = 不读取 { $name } 的变换
transform-import-of-module = 属于 `{ $module }`，不读取
transform-import-chooses = 它在运行时从多个变换中选择，这里的变换链不支持：请逐个添加需要的变换
transform-import-unknown-in = { $library } 没有这个变换{ $hint }
transform-import-unknown = 没有这个变换{ $hint }
transform-import-no-equal = { $library } 有，trainscope 没有等价的变换
transform-import-unpacked = `**{ $text }`：其值不在文本中
transform-import-left-out = 已略去：{ $reason }
transform-import-no-such-parameter = { $name } 没有这个参数
transform-import-not-allowed = { $value } 不可用，应为：{ $expected }；{ $then }
transform-import-value-not-read = 不是可读取的值
transform-import-not-read = `{ $text }`：{ $why }；{ $then }
transform-import-default-stands = 改用默认值 { $default }
transform-import-step-left-out = 原库中它没有默认值，此步已略去

## 调用无法转换的原因

transform-import-too-many-values = 值比参数多
transform-import-no-parameter-of = { $library } 中它没有参数 `{ $key }`
transform-import-parameter-not-read = 它的 { $key }（`{ $text }`）不是可读取的值
transform-import-no-number = { $name } = { $value } 不是数字
transform-import-no-numbers = { $name } 既不是数字，也不是数字列表
transform-import-no-pixels = { $name } = { $value } 不是整数像素
transform-import-needs = 缺少 { $name }
transform-import-only-weighted-average = 只有三通道加权平均有等价的变换
transform-import-hue-of-opencv = 其色相按 OpenCV 的 180 级计；hue=0 且 p=1 时等同 torchvision 的 ColorJitter
transform-import-warp-of-opencv = OpenCV 的几何变换精度为 1/32 像素，图像外的填充随版本而变；相近的有 RandomAffine、RandomRotation 和 RandAffine
transform-import-brightness-contrast = 它加上整个取值范围的一部分，并以 0 为中心调整对比度；相近的是 ColorJitter，它以均值为中心
transform-import-flips-and-turns = 它在翻转和旋转中随机选择；相近的有 RandFlip 和 RandRotate90
transform-import-transpose = 这里没有按概率交换轴的变换
transform-import-longest-max-size = 另一边它四舍五入，torchvision 则截断；相近的是只给一个数的 torchvision.Resize，或 size_mode = longest 的 MONAI Resize
transform-import-blur = 它随机选取窗口大小；相近的有 torchvision 的 GaussianBlur 和 RandGaussianSmooth
transform-import-noise = 其噪声为取值范围的一部分，每张图像随机；相近的是 RandGaussianNoise
transform-import-holes = 它随机选取孔洞的数量和大小；相近的有 RandCoarseDropout 和 RandomErasing
transform-import-field = 其随机场的抽取方式不同；相近的有 Rand2DElastic 和 RandGridDistortion
transform-import-histogram = 它用 OpenCV 的直方图；相近的是 RandomEqualize
transform-import-colour = 这里没有同样抽取方式的变换；相近的有 ColorJitter 和 RandAdjustContrast
transform-import-by-chance = 原变换作用于 { $percent } % 的图像，而这里此步总是执行
transform-import-pad-if-needed = pad_if_needed 没有等价项：请在它之前加入 SpatialPad
transform-import-parameter-without-equal = { $name } 没有等价项
transform-import-value-without-equal = { $name } = "{ $value }" 没有等价项
transform-import-interpolation-of-opencv = 这里没有 OpenCV 的插值方式 { $name }
transform-import-normalization = normalization = "{ $value }" 没有等价项；相近的是 NormalizeIntensity
transform-import-divisors = 除数没有等价项；相近的是 DivisiblePad
transform-import-one-fill = 这里不能为各通道填充不同的值：请只给一个数
transform-import-only-center = 只有 position = center 有等价项
transform-import-border-mode = 不写 border_mode 时，按版本用 0 或镜像填充：请写明 border_mode
transform-import-padding = 这里没有这种填充方式
transform-import-no-mode = 没有模式 "{ $value }"
transform-import-one-scale = scale 和 offset 只有各给一个数时才有等价项
transform-import-fill-mode = 这里没有 fill_mode = "{ $value }" 加此 fill_value 的旋转
transform-import-keras-zoom = 它分别抽取高和宽方向可见的比例；相近的是 RandZoom，它抽取缩放倍数
transform-import-keras-translation = 它按亚像素平移并镜像边缘；相近的是带 translate 的 RandomAffine
transform-import-keras-contrast = 其对比度以各通道均值为中心；相近的是 ColorJitter
transform-import-keras-brightness = 它加上整个取值范围的一部分；相近的是 ColorJitter，它做乘法
transform-import-keras-sizes = 它产生多种尺寸的图像，无法组成一批
transform-import-keras-adapt = 其数值来自 adapt()，这里不运行：请给出 mean 和 variance，或在数据检查中测量
transform-import-keras-crop = 评估时 Keras 先把图像缩小到裁剪所容许的大小，这里直接裁剪其中心
transform-import-taken-as = { $more ->
    [0] 按 { $library } 的变换处理；文本没有说明是否属于 { $others }
   *[other] 按 { $library } 的变换处理，另有 { $more } 个同样；文本没有说明是否属于 { $others }
 }
transform-import-no-size = size = { $value } 不是 [高, 宽]
transform-import-too-much = 文本产生的值超出变换链所需（最多读取 { $most } 个）：请只保留变换链
