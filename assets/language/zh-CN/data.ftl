### 数据集与文件
data-bmp-compression = 不支持压缩方式为 { $name } 的 BMP
data-bmp-depth = 不支持每像素 { $bits } 位的 BMP
data-bmp-negative-width = BMP 的宽度为负
data-gif-damaged = gif 文件已损坏：{ $error }
data-gif-codes = gif 文件已损坏：编码为 { $bits } 位
data-too-many-pixels = { $width } x { $height } 共 { $pixels } 像素，超过 `data.max_pixels` = { $most }
data-no-pixels-of-size = 没有像素（{ $width } x { $height }）
data-huffman-missing = 缺少哈夫曼表
data-code-damaged = 其中的编码已损坏
data-jpeg-chroma = 不支持色度采样比为非整数的 JPEG
data-larger-than-said = 比应有的尺寸大
data-no-pixels = 没有像素
data-jpeg-depth = 不支持每通道 { $bits } 位的 JPEG（只支持 8 位）
data-size-missing = 缺少尺寸
data-tiff-one-colour-channels = 不支持有 { $samples } 个单色通道的 TIFF
data-tiff-kind-unsupported = 不支持{ $name }，请保存为灰度或 RGB
data-tiff-kind-photometric = 光度解释为 { $photometric } 的 TIFF
data-tiff-kind-raw = 相机原始数据的 TIFF
data-tiff-kind-logluv = LogLuv 颜色的 TIFF
data-tiff-kind-mosaic = 相机原始马赛克数据的 TIFF
data-tiff-kind-lab = CIE L*a*b* 颜色的 TIFF
data-tiff-kind-ycbcr = { $bits } 位 YCbCr 的 TIFF
data-tiff-kind-mask = 作为掩膜的 TIFF
data-tiff-kind-palette = 使用 { $bits } 位调色板的 TIFF
data-tiff-lzma-filter = 不支持带过滤器的 LZMA TIFF
data-tiff-damaged = tiff 文件已损坏：{ $error }
data-tiff-compression-of-pixels = 压缩方式直接对应像素
data-tiff-compression = 不支持压缩方式为 { $name } 的 TIFF，请用 LZW、Deflate 或不压缩保存
data-tiff-fax-code = tiff 文件已损坏：出现传真编码中没有的码
data-tiff-predicted-depth = 不支持带预测器的 { $bits } 位 TIFF
data-tiff-jpeg-size = tiff 文件已损坏：其中的 jpeg 尺寸不符
data-tiff-jpeg = tiff 文件中的 jpeg：{ $reason }
data-tiff-strips = tiff 文件被截断或已损坏：缺少条带或图块
data-tiff-palette = tiff 文件已损坏：调色板不完整
data-tiff-predictor = 不支持预测器为 { $predictor } 的 { $bit } 位 TIFF
data-tiff-planar-ycbcr = 不支持按平面存储的 YCbCr TIFF
data-tiff-subsampling = TIFF 的 YCbCr 子采样方式未知
data-tiff-compressed-depth = 不支持以这种压缩方式存储的 { $bit } 位 TIFF
data-tiff-sample-format = 不支持样本格式为 { $other } 的 TIFF
data-tiff-complex = 不支持复数 TIFF
data-tiff-mixed-depths = 不支持各通道位深不同的 TIFF
data-tiff-channels = 不支持 { $samples } 个通道的 TIFF
data-webp-canvas = webp 文件已损坏：第一帧超出画布
data-kind-special = 特殊文件
data-kind-link = 符号链接
data-kind-fifo = 命名管道（FIFO）
data-jpeg-components = 不支持 { $n } 个分量的 JPEG（支持 1、3 和 4 个）
data-not-an-image = 不是图像：内容为{ $seen }；应为 jpeg、png、tiff、bmp、webp、gif、pnm、dicom 或 nifti
data-seen-unknown = 未知数据
data-seen-zeros = 全零数据
data-seen-numpy = NumPy 数组
data-seen-pdf = PDF 文件
data-seen-archive = 压缩包
data-seen-mp4 = MP4、AVIF 或 HEIC 文件
data-header-damaged = { $format } 文件被截断或已损坏：文件头不完整
data-empty-file = 文件为空（0 字节）
data-too-large-for-machine = 超出本机所能处理的大小
data-more-than-max-pixels = { $width } x { $height } 超过 `data.max_pixels` 的限制
data-file-cut-off-or-damaged = { $name } 文件被截断或已损坏：{ $e }
data-file-damaged = { $name } 文件已损坏：{ $e }
data-kind-unsupported = 不支持这种 { $name }，请保存为 8 位或 16 位的灰度或 RGB
data-memory-limit = 所需内存超出其尺寸上限
data-file-cut-off-early = { $name } 文件被截断：数据提前结束
data-webp-cut-off = webp 文件被截断：第一帧不完整
data-decoder-failed = { $format } 解码器在此文件上出错，这是 trainscope 的问题；请附上文件报告
data-too-many-bytes = 文件有 { $bytes } 字节，超出该尺寸上限的图像所需
data-no-longer-several = 文件中不再有多张图像
data-samples-unsupported = 不支持 { $other } 类型的样本
data-ends-early = 数据提前结束
data-dicom-jpeg-2000-header = dicom 文件已损坏：其中 JPEG 2000 的文件头不完整
data-dicom-jpeg-2000 = dicom 文件中的 JPEG 2000 已损坏或不受支持：{ $e }
data-dicom-lossless-jpeg = dicom 文件中的无损 jpeg 已损坏或不受支持：{ $e }
data-dicom-jpeg = dicom 文件中的 jpeg 已损坏或不受支持：{ $e }
data-dicom-channels-differ = dicom 文件已损坏：其中图像的通道数不符
data-dicom-size-differs = dicom 文件已损坏：其中的图像为 { $width } x { $height }，与文件头不符
data-dicom-run-lengths = dicom 文件被截断或已损坏：行程长度与尺寸不符
data-dicom-samples-end = dicom 文件被截断或已损坏：样本提前结束
data-dicom-palette = dicom 文件已损坏：调色板不完整
data-dicom-segmented-palette = 不支持带分段调色板的 dicom 文件，请保存为 RGB
data-dicom-photometric = 不支持样本为 { $shown } 的 dicom 文件，请保存为 RGB
data-dicom-no-photometric = dicom 文件已损坏：没有说明样本的含义
data-dicom-odd-columns = dicom 文件已损坏：YBR_FULL_422 要求列数为偶数
data-dicom-12-bit-jpeg = 不支持像素为 12 位 JPEG 的 dicom 文件，请保存为不压缩
data-dicom-depth-of = 不支持每样本 { $allocated } 位的 { $photometric } dicom 文件
data-dicom-too-many-frames = dicom 文件有 { $count } 帧；最多读取 { $most } 帧
data-dicom-frame-count = dicom 文件已损坏：其帧数为 { $n }
data-dicom-samples-differ = dicom 文件已损坏：每像素 { $samples } 个样本与 { $photometric } 不符
data-dicom-no-pixels = dicom 文件中没有像素（如报告、计划或目录）
data-dicom-syntax = 不支持传输语法为 { $shown } 的 dicom 文件，请保存为不压缩或 JPEG 2000
data-dicom-packing = 不支持像素为 { $name } 的 dicom 文件，请保存为不压缩或 JPEG 2000
data-dicom-no-syntax = dicom 文件没有说明编码方式（缺少传输语法）
data-dicom-inflate = dicom 文件被截断或已损坏：无法解压
data-dicom-pixels-missing = dicom 文件被截断：像素应为 { $wanted } 字节，实有 { $len } 字节
data-dicom-no-fragments = dicom 文件已损坏：像素已压缩，却不在分段中
data-dicom-frames-missing = dicom 文件被截断：应有 { $frames } 帧，实有 { $pixels } 帧
data-dicom-pieces = dicom 文件的像素分段超过 { $most } 个
data-dicom-damaged = dicom 文件已损坏：无法分辨其元素
data-dicom-cut-off = dicom 文件被截断：数据提前结束
data-dicom-depth-of-nesting = dicom 文件的序列嵌套超过 { $most } 层
data-dicom-elements = dicom 文件在像素之前的元素超过 { $most } 个
data-dicom-frames = dicom 文件已损坏：无法分辨各帧
data-dicom-big-endian = 不支持帧长度为奇数的大端 dicom 文件
data-dicom-no-frame = 没有第 { $frame } 帧：共 { $frames } 帧，从 0 数起
data-dicom-no-slices = dicom 文件有帧而没有切片
data-nifti-no-slice = 沿 { $axis } 没有第 { $index } 个切片：共 { $count } 个，从 0 数起
data-nifti-no-frames = nifti 文件有切片而没有帧
data-nifti-slope = nifti 文件已损坏：有斜率而没有截距
data-nifti-offset = nifti 文件已损坏：取值起始于第 { $at } 字节
data-nifti-volumes = 不支持含 { $n } 个体积或通道的 nifti 文件，请各存为一个文件
data-nifti-size = nifti 文件已损坏：尺寸为 { $size }
data-nifti-dimensions = nifti 文件已损坏：维数为 { $count }
data-nifti-pair = nifti 文件头，其取值在另一个文件中（.hdr 与 .img）；请保存为 .nii
data-nifti-bytes = nifti 文件被截断：文件头要求 { $wanted } 字节，最多有 { $most } 字节
data-nifti-cut-off = nifti 文件被截断或已损坏：数据提前结束
data-nifti-slices = nifti 文件沿 { $axis } 有 { $count } 个切片；最多读取 { $most } 个
data-nifti-kind = 不支持{ $name }的 nifti 文件，请保存为 int16 或 float32
data-nifti-kind-other = 数据类型 { $other }
data-nifti-kind-floats = 128 位浮点数
data-nifti-kind-complex = 复数
data-nifti-kind-bits = 单个位
data-group-unknown = 不是标签表的列，也不是 folder、patient_id 或带分组的表达式，例如 (patient\d+)
data-group-no-patient = 表中没有这一列，也没有注明病人的 DICOM 文件
data-group-no-table = 类别取自文件夹，没有读取标签表：设 `data.labels` = "{ $table }" 可改用该表
data-group-fits-none = 不匹配任何文件名（例如 { $first }）
data-group-groups = 正则表达式需要一个括号分组表示病人；这里有 { $n } 个
data-group-no-expression = 不是正则表达式（{ $reason }）
data-file-cut-off = { $format } 文件被截断：数据提前结束
data-segment-damaged = 其中的一段已损坏
data-tiff-not-xz = tiff 文件已损坏：LZMA 数据不是 xz 流
data-header-not-whole = 文件头不完整
data-dicom-depth = 不支持每样本 { $allocated } 位的 dicom 文件（支持 8、16 和 32 位）
data-window-expected = 应为 full、file，或窗位与不小于 1 的窗宽，例如 40,400；得到 { $given }
data-kind-folder = 文件夹
data-seen-text = 文本
data-dicom-missing = { $what ->
    [rows] dicom 文件已损坏：没有说明行数
    [columns] dicom 文件已损坏：没有说明列数
   *[bits] dicom 文件已损坏：没有说明每样本的位数
 }
data-tiff-depth = { $kind ->
    [float] 不支持 { $bit } 位浮点的 TIFF
   *[whole] 不支持每通道 { $bit } 位的 TIFF
 }
data-dead-link = 符号链接指向不存在的目标
data-not-a-file = 是{ $kind }，不是文件
data-folder-not-read-to-end = 文件夹未能读完：{ $reason }
data-too-many-images = 一个数据集放不下这么多图像
data-folder-cannot-be-read = 无法读取文件夹：{ $reason }
data-folder-already-read = 文件夹已读取过或层次太深：链接是否成环？
data-note-no-test-row = 没有标为 test 的行：训练结束后不做测试
data-note-no-val-row = 没有标为 val 的行：从训练集划出验证集
data-note-all-rows-train = 所有行都标为 train：从中划出验证集和测试集
data-note-no-train-row = 没有标为 train 的行：忽略文件中的划分
data-note-parts-of-folders = 划分按图像所在的文件夹
data-note-same-numbers = 数值相同的标签算作一类：{ $names }
data-note-of-table = { $table }：{ $note }
data-note-classes-from = 类别取自 { $tables }
data-note-one-folder = 类别为唯一的文件夹 { $folder } 中的文件夹
data-note-outer-taken = 两种理解：类别为 { $names }，现采用这种；或者为其中共有的文件夹（{ $inside }）：设 `data.labels` = "subfolders"
data-note-inner-taken = 两种理解：类别为 { $names } 中共有的文件夹（{ $inside }），现采用这种；或者就是 { $names }：设 `data.labels` = "folders"
data-note-parts-in-classes = 每个类别文件夹中按文件夹划分（{ $parts }）
data-note-innermost = { $names } 含有多层 train、val 或 test 文件夹：类别为最内层的文件夹
data-note-pieces = { $names } 视为同一数据集的几部分：类别为其中的文件夹
data-note-no-class-by-name = 类别文件夹旁略去的有：{ $left }，从名称看不是类别
data-note-classes-in-images = 类别为 { $images } 中的文件夹；旁边略去的有：{ $others }
data-note-no-test-folder = train 旁边没有 test 文件夹：训练结束后不做测试
data-note-no-val-folder = train 旁边没有 val 文件夹：从训练集划出验证集
data-note-no-train-folder = { $names } 旁边没有 train 文件夹：全部合并后重新划分
data-note-beside-parts = train、val、test 之外的文件夹已略去：{ $others }
data-note-parts-left-out = 文件夹 { $left } 中没有类别文件夹，已略去：是划分而不是类别
data-note-folder-is-class = 文件夹 { $name } 算作类别，因为旁边的 { $others } 不是划分
data-note-monochrome1 = { $all } 个灰度 DICOM 文件中有 { $inverted } 个为 MONOCHROME1（值大为暗），其余不是：取值保持 pydicom 给出的样子；设 `data.dicom_window` = "file" 可统一显示
data-miss-leads-out = 路径超出此文件夹；请把图像移入，或打开上一级文件夹
data-miss-several-folders = 有 { $count } 个文件夹含有同名文件：{ $names }
data-miss-not-there = 文件不存在
data-miss-no-folder = 文件不存在：没有文件夹 { $dirs }
data-miss-absolute = 绝对路径不在此文件夹中，这里也没有与其末尾相符的文件
data-miss-no-name = 没有指明文件
data-miss-several-files = 可能是 { $count } 个文件中的任一个：{ $names }
data-table-too-large = 有 { $len } 字节；最多读取 { $most } 字节的表
data-no-kind-of-table = 不是 .csv、.tsv、.json、.jsonl 或 .txt
data-note-folders-taken = 两种理解：文件夹就是类别，现采用这种；或者按 { $table } 中的标签（{ $labels }）：设 `data.labels` = "{ $table }"
data-note-table-taken = 两种理解：采用标签表中的标签，因为它们与文件夹不一致；或者按文件夹 { $names }：设 `data.labels` = "folders"
data-note-table-names-few = { $table } 还给出了划分或分组，但未涵盖所有图像：不采用它，以文件夹为类别；如要采用，设 `data.labels` = "{ $table }"
data-note-table-says-more = 文件夹与标签表的类别基本相同；标签表还给出了划分或分组，因此采用它：设 `data.labels` = "folders" 则不用
data-table-unused = { $names } 未用作标签：{ $reason }
data-note-tables-without-labels = { $names } 没有标签：未使用
data-several-tables = 有多个文件可能含有标签：请选其中一个作为数据集，或写入 `data.labels`：{ $names }
data-note-names-more = { $table } 列出的图像比 { $others } 多，后者未使用
data-note-table-beside = 标签表在文件夹旁边，不在其中
data-spreadsheet = { $name } 是电子表格，不能读取：请存为 CSV
data-labels-not-usable-note = 标签表无法使用：{ $reason }：{ $shown }
data-no-train-image = train 文件夹中没有可读取的图像
data-row-no-utf8 = 第 { $line } 行不是 UTF-8
data-row-open-quote = 第 { $row } 行：引号没有闭合，会吞掉后面的行；请补上或去掉
data-row-too-many-cells = 第 { $line } 行超过 { $most } 列
data-several-classes-set = 列 { $names } 给一张图像标了多个类别或没有类别：每张图像只能有一个类别；可用 `data.label_column` 指定其中一列
data-no-label-column = 没有标签列：应有一列名为 label、class、target、category 或 diagnosis，或每个类别一列；现有 { $there }。可用 `data.label_column` 指定
data-one-column-only = 除文件外没有标签列：表中只有一列
data-no-file-column = 没有文件列：应有一列名为 file、filename、path、image 或 id，或列出存在的图像；现有 { $there }。可用 `data.image_column` 指定
data-no-such-column = `{ $key }` = "{ $told }" 不是表中的列；现有 { $there }
data-json-not-read = { $at } 不是 JSON：{ $e }
data-json-no-labels = 不是标签 JSON：{ $e }
data-json-no-object = { $at } 不是对象：应为 { "{" }"file": "a.png", "label": "cat"{ "}" }
data-table-names-nothing = 没有列出图像
data-note-encoding = 按 { $name } 读取，不按 UTF-8
data-note-encoding-doubtful = 按 UTF-8 读取，但也可能是 GBK：如果名称有误，请将表另存为 UTF-8
data-text-unknown = 不是 UTF-8、UTF-16 或 GBK；请存为 UTF-8
data-text-row-damaged = 第 { $row } 行已损坏：不是 UTF-8，其余部分是
data-text-no-encoding = 不是文本：既不是 UTF-8，也不是 UTF-16
data-text-zero-bytes = 不是文本：含有零字节
data-inspect-no-split = 无法划分图像，因此没有检查泄漏：{ $error }
data-inspect-quarantined = 已隔离（data.quarantine），未打开
data-jpeg-damaged = jpeg 文件已损坏：{ $reason }
data-kind-socket = 套接字
data-kind-device = 设备文件
data-not-there = 不存在，或已被移走
data-no-permission = 没有读取权限
data-file-not-folder = 是文件，不是文件夹
data-link-to-itself = 符号链接指回自身
data-few = { $shown } 等，另有 { $more } 个

## 数据集的错误

data-cancelled = 已取消扫描
data-folder-not-read = 无法读取文件夹：{ $reason }；请选择存在且可读取的文件夹：{ $path }
data-labels-not-usable = 标签表无法使用：{ $reason }：{ $path }
data-no-class-folders = 没有类别文件夹：{ $found }；应为每个类别一个文件夹，图像在其中，或一张列出文件与标签的表：{ $path }
data-nothing-to-train = 没有可训练的图像：{ $found }；每个类别文件夹中应有图像：{ $path }
data-limit-too-small = `data.limit` = { $limit } 少于 { $classes } 个类别；请用 0（全部图像）或至少 { $classes }
data-group-not-usable = `data.group` = "{ $group }" 无法使用：{ $reason }
data-window-not-usable = `data.dicom_window`：{ $reason }
data-image-not-read = 无法读取图像：{ $reason }：{ $path }
data-sample-not-empty = 示例图像需要空文件夹或新文件夹，此文件夹中有文件；请另选：{ $path }
data-sample-not-written = 无法写入示例图像：{ $reason }：{ $path }
data-no-folder-nor-table = 既不是文件夹，也不是标签表（.csv、.tsv、.json、.jsonl、.txt；电子表格请存为 CSV）
data-folders-all-the-same = { $found }；设 `data.labels` = "folders" 可仍按类别处理
data-no-image-either = 其中也没有图像
data-found-and-table-unused = { $found }；{ $why }
data-no-image-anywhere = 所有文件夹中都没有图像

## 扫描说明

data-note-one-class = 只有一个类别（{ $only }），无从区分；应有两个以上类别文件夹
data-note-one-class-with-folders = 只有一个类别（{ $only }），无从区分；应有两个以上类别文件夹；如果类别是其中的文件夹，请打开该文件夹
data-note-mixed-depths = 位深不一（{ $depths }）：取值尺度不同，请用 ScaleIntensity
data-note-system = 已略去系统文件、隐藏文件或本程序的训练目录：{ $both }
data-different-labels = { $first } 与 { $second } 给出的标签不同（{ $a }、{ $b }）；请保留正确的一个
data-different-parts = { $first } 与 { $second } 把它分到不同部分；请保留一个
data-reason-of-row = { $reason }（见 { $place }）
data-labels-in-column = 标签列 { $column }
data-one-column-a-class = 每个类别一列（{ $names }）
data-place-in-table = { $table } { $at }
data-doubt-no-val-part = 验证集为空：无法得知网络在未训练图像上的表现；请把图像放入 val 文件夹，或将行标为 val
data-doubt-no-val-share = 验证集为空：无法得知网络在未训练图像上的表现；请将 `data.val_frac` 设为大于 0
data-images-directly = 文件夹中直接有 { $count } 张图像
data-images-beside = 类别文件夹旁有 { $count } 张图像，已略去；图像应在类别文件夹中：{ $path }
data-note-empty-classes = { $count } 个类别文件夹中没有图像，已略去：{ $names }
data-note-nested = { $count } 张图像在类别文件夹的子文件夹中，算作外层类别（例如 { $first }）
data-note-masks = 类别文件夹中有 { $count } 个掩膜、标签之类的文件夹，已略去（例如 { $first }）
data-note-wrong-extensions = { $count } 个文件的扩展名与内容不符（{ $first }），按内容读取
data-images-of-depth = { $bits } 位的 { $count } 张
data-note-turned = { $count } 张照片拍摄时相机有旋转（EXIF 方向），与 Pillow 一样按原样读取；设 `data.orientation` = "upright" 可转正
data-note-many-pictures = { $count } 个文件含有多页或多帧，只取第一页
data-note-gray-among-colour = { $colour } 张彩色图像中有 { $gray } 张灰度图像：全部按彩色读取，除非 `data.channels` = 1
data-note-like-names = { $count } 组类别名仅大小写不同，按不同类别处理：{ $names }
data-system-folders = { $count } 个文件夹（{ $names }）
data-system-files = { $count } 个文件
data-note-class-without-part = { $count } 个类别在 { $part } 中没有图像：{ $names }
data-rows-without-file-or-label = { $rows } 行中没有一行同时有文件和标签
data-rows-name-nothing = { $rows } 行所列的文件都不存在，例如 { $misses }
data-note-several-labels = { $count } 行同时给出多个标签：每种组合单独算一类（例如 { $first }）
data-note-many-classes = { $images } 张图像有 { $classes } 个类别：{ $column } 是标签列吗？可用 `data.label_column` 另行指定
data-note-empty-labels = { $count } 个标签没有可读取的图像，已略去：{ $names }
data-note-named-in-other-case = { $count } 个文件名的大小写或 Unicode 形式不同（例如 { $first }）
data-note-named-with-other-extension = { $count } 个文件名的扩展名不同（例如 { $first }）
data-note-named-by-end = { $count } 个文件的路径开头不在此文件夹，按末尾匹配（例如 { $first }）
data-note-named-by-bare-name = { $count } 个文件只写了名称，唯一的同名文件在子文件夹中（例如 { $first }）
data-note-unlabelled = { $count } 张图像没有标签，已略去：{ $first }
data-note-rows-without-label = { $count } 行缺少文件或标签，已略去（第一处：{ $first }）
data-note-rows-of-unknown-part = { $count } 行的划分不是 train、val 或 test，按未标处理（第一处：{ $first }）
data-note-rows-without-part = { $count } 行没有划分，归入 train（第一处：{ $first }）
data-note-rows-repeated = { $count } 行重复列出同一文件且标签相同，只计一次（第一处：{ $first }）
data-note-rows-not-listed = 另有 { $count } 行无法使用，已略去，未列出
data-folders-are-parts = { $count } 个文件夹（{ $names }）是数据集的划分，不是类别
data-folders-hold-images = { $count } 个文件夹（{ $names }）中是图像或附属文件，不是类别
data-folders-are-pieces = { $count } 个文件夹（{ $names }）是数据集的一部分，不是类别
data-note-volumes = { $volumes } 个体积沿 { $axis } 轴取为 { $slices } 个切片（`data.slice_axis`）；同一体积的切片分在一起
data-note-packed-volumes = { $count } 个体积为压缩格式（.nii.gz）：取一个切片要先解压其前面的切片；请解压为 .nii，或使用 `loader.cache`
data-note-films = { $files } 个 DICOM 文件含有多帧：共 { $frames } 帧，每帧算一张图像；同一文件的帧分在一起
data-doubt-untrained = 训练集中有 { $count } 个类别没有图像：{ $names }；无法学习
data-doubt-unseen = 验证集中有 { $count } 个类别没有图像：{ $names }；指标不反映这些类别
data-leak-groups = `data.group` 的 { $count } 个组跨越数据集自带的划分：验证结果可能偏高（数据泄漏）
data-leak-patients = DICOM 文件中有 { $count } 个病人跨越划分：验证结果可能偏高（数据泄漏）；设 `data.group` = "patient_id" 可分在一起
data-leak-names = 从文件名看（例如 { $example }）有 { $count } 个病人跨越划分：验证结果可能偏高（数据泄漏）；设 `data.group` = { $key } 可分在一起
data-only-bad-files = 没有可读取的图像，有 { $count } 个损坏的文件（第一个：{ $first }）
data-note-comments = { $count } 行以 # 开头，按注释略去
data-jpeg-coding = { $coding ->
    [lossless] 不支持无损 JPEG，请存为基线或渐进式
    [hierarchical] 不支持分层 JPEG，请存为基线或渐进式
    [arithmetic] 不支持算术编码 JPEG，请存为基线或渐进式
   *[many-framed] 不支持多帧 JPEG，请存为基线或渐进式
 }
data-columns = { $told ->
    [name] { $names }：文件列 { $files }，{ $labels }
   *[content] { $names }：文件列 { $files }，{ $labels }，由内容判断
 }
data-columns-with-parts = { $told ->
    [name] { $names }：文件列 { $files }，{ $labels }，划分列 { $parts }
   *[content] { $names }：文件列 { $files }，{ $labels }，划分列 { $parts }，由内容判断
 }

## 数据检查的结果

data-report-images-of-classes = { $classes }，{ $images }
data-report-images-of-classes-in-parts = { $classes }，{ $images }：训练集 { $train } 张，验证集 { $val } 张，测试集 { $test } 张
data-report-nothing-found = 没有需要处理的问题。
data-report-outlier = { $path }：均值 { $mean }，类别中位数 { $median }（稳健 z { $z }）
data-report-leakage = 数据泄漏：不同部分中有相同或相似的图像；验证和测试指标偏高
data-report-seen-in-training = { $part }：{ $of }中，训练集有与其中 { $equal } 张相同的图像，另有与 { $similar } 张相似的图像（{ $percent } %）
data-report-similar = 相似图像：{ $images }，{ $groups }，共 { $pairs } 对（64 位哈希相差不超过 { $bits } 位，相关系数不低于 { $correlation }）
data-report-equal = 相同图像：{ $images }，{ $groups }，其中 { $of_equal_files } 组文件完全相同；可去掉 { $redundant } 张
data-report-similar-pair = 相似：{ $a } ~ { $b }（相关系数 { $correlation }）
data-report-more = 另有 { $count } 个
data-report-balance = 类别：不平衡度 { $imbalance } 比 1，熵 { $entropy } 位（为均匀时的 { $evenness } %）
data-report-means = 均值 { $means }
data-report-sizes = 尺寸：{ $sizes }
data-report-sizes-and-others = 尺寸：{ $sizes } 等
data-report-aspect-between = { $from } 到 { $to }：{ $count }
data-report-aspect-from = { $from } 以上：{ $count }
data-report-aspects = 宽高比：{ $aspects }
data-report-file-sizes = 文件：共 { $total } 字节；最小 { $least }，中位数 { $median }，最大 { $most }
data-report-pixel-values = { $count } 个像素的取值：
data-report-channel = 解码后均值 { $mean }，标准差 { $std }；按 0..1 均值 { $unit_mean }，标准差 { $unit_std }
data-channel-gray = 灰度
data-channel-red = 红
data-channel-green = 绿
data-channel-blue = 蓝
data-report-for-decoded = 用于解码后、缩放前的取值：
data-report-for-scaled = 用于按类型缩放到 0..1 的取值：
data-report-in-torchvision = torchvision 写法：{ $code }
data-report-images = { $count } 张图像
data-report-classes = { $count } 个类别
data-report-groups = { $count } 组
data-report-unreadable = 无法读取：{ $count } 个文件
data-report-blank = 空白：{ $count } 张图像处处同值，学不到任何东西
data-report-nearly-blank = 接近空白：{ $count } 张图像的取值相差不超过 4/255（16 位或浮点文件则以其他图像的取值范围为准）
data-report-outliers = 离群：{ $count } 张图像比同类暗得多或亮得多
data-report-conflicts = 标签冲突：{ $count } 组相同图像有不止一个类别，最多一个标签正确
data-report-possible-conflicts = 可能的标签冲突：{ $count } 对相似图像的类别不同
data-report-cut-short = { $count } 张图像与太多图像相似，没有全部比较：还有更多对
data-report-not-finite = { $count } 个值为无穷或 NaN，未计入
data-report-pairs-of-parts = { $a } 与 { $b }：相同 { $equal } 对，相似 { $similar } 对
data-report-equal-group = { $kind ->
    [blank] 相同（空白）
   *[equal] 相同
 }：{ $names }{ $others ->
    [0] { "" }
   *[other] { " " }等，另有 { $others } 张
 }
data-place-row = 第 { $n } 行
data-place-entry = 第 { $n } 项
data-name-is-format = { $name } 实为 { $format }
data-name-is-path = { $name } 即 { $path }
data-at-reason = { $at }：{ $reason }
data-too-many-bytes-to-decode = { $width } x { $height } 像素按此位深解码需 { $bytes } 字节，超过 `data.max_pixels` = { $most } 的限制
