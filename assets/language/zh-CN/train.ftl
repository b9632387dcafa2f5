### 网络、设备、权重

## 名称与设备
train-unknown-network = 没有名为 `{ $name }` 的网络
train-unknown-optimizer = 没有名为 `{ $name }` 的优化器
train-unknown-schedule = 没有名为 `{ $name }` 的学习率策略
train-unknown-device = 没有名为 `{ $id }` 的设备，可用的有：{ $known }。机器检查会列出它们的名称和驱动
train-cpu-driver = burn-flex，{ $threads } 个线程
train-cpu-driver-with = burn-flex，{ $threads } 个线程，{ $features }
train-device-not-opened = 无法打开设备 { $id }：{ $reason }。可以改用 `train.device=cpu`
train-device-failed = 设备计算时出错：{ $reason }
train-step-unfinished = 此前的一步没有完成
train-no-gradient = 没有得到梯度
train-no-threads = 无法启动计算线程：{ $error }
train-checkpoint-not-read = 无法读取检查点：{ $reason }：{ $path }

## 设备的计算是否正确
train-check-matmul = 矩阵乘法
train-check-step = 一步训练
train-check-losses = 二十步左右训练中的损失
train-check-logits = 训练之后网络的输出
train-check-wrong = { $what }计算有误：误差为最大值的 { $difference } 倍
train-check-not-numbers = { $what }计算有误：其中有非数字的值（NaN 或无穷大）
train-check-memory-grew = { $epochs } 轮之后，占用的内存从 { $before } 增加到 { $after }

## 外部权重
train-weights-taken = 权重：已载入 { $tensors } 个张量
train-weights-first-convolution = 权重：第一层卷积由 { $there } 个通道改为 { $here } 个通道
train-weights-last-layer = 权重：最后一层重新初始化，共 { $here } 个类别；文件中是 { $there } 个
train-weights-not-found = 权重：文件中没有，改为随机初始化：{ $names }
train-weights-left = 权重：网络中没有同名张量，未使用：{ $names }
train-weights-more = 另外 { $more } 个
train-weights-not-taken = 无法载入权重：{ $reason }：{ $path }
train-weights-folder = 这是文件夹；请指定 .pt、.pth 或 .safetensors 文件
train-weights-no-file = 这不是普通文件；请指定 .pt、.pth 或 .safetensors 文件
train-weights-too-large = 文件大小为 { $size }，最多读取 { $most } 的文件
train-weights-header = safetensors 文件头与文件内容不符（{ $error }）；请重新下载
train-weights-format = 既不是 safetensors 文件，也不是 torch.save 保存的文件（{ $error }）
train-weights-empty = 文件中没有张量；请选择含有权重的文件
train-weights-too-few = { $model } 的 { $parameters } 个参数张量中，文件里只有 { $taken } 个；文件内容以 { $first } 开头。请选择与这些权重对应的模型
train-weights-other-shape = { $there } 在文件中的形状为 { $stored }，而 { $model } 中 { $name } 的形状为 { $shape }；请选择与这些权重对应的模型
train-weights-tensor-missing = 缺少 { $name }
train-weights-tensor-type = { $name } 的类型为 { $kind }；请另存为 float32 后再使用
train-weights-tensor-size = { $name } 有 { $values } 个值，与形状 { $shape } 不符
train-weights-tensor-not-numbers = { $name } 中有非数字的值（NaN 或无穷大）

## 写出的文件
train-file-exists = 文件已存在；请换一个名称，或加上 --overwrite：{ $path }
train-weights-not-written = 无法写入权重：{ $reason }：{ $path }
train-onnx-no-graph = { $name } 没有 ONNX 计算图：{ $unmatched }
train-onnx-weight-missing = 缺少权重 { $name }
train-onnx-weight-unused = 权重 { $name } 在计算图中没有位置
