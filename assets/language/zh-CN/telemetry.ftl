### 硬件读数

## 读不到的内容
telemetry-no-nvidia-on-macos = GPU 读数来自 NVIDIA 驱动，macOS 上没有
telemetry-no-nvidia-driver = 没有 NVIDIA 驱动：{ $error }
telemetry-nvidia-not-loaded = 已安装 NVIDIA 的库，但内核驱动没有加载；nvidia-smi 会说明原因
telemetry-nvidia-versions = NVIDIA 的库与内核驱动版本不一致；重启机器即可解决
telemetry-nvidia-no-permission = NVIDIA 驱动存在，但当前用户无权查询
telemetry-nvidia-no-answer = NVIDIA 驱动没有响应：{ $error }
telemetry-no-gpu = 已安装 NVIDIA 驱动，但没有列出 GPU
telemetry-gpus-not-listed = NVIDIA 驱动无法列出 GPU：{ $why }
telemetry-gpu-field-missing = GPU { $index }（{ $gpu }）不提供{ $field }：{ $why }
telemetry-gpu-gone = GPU { $index }（{ $gpu }）不再响应：{ $why }
telemetry-field-gpu = GPU 本身
telemetry-field-name = 名称
telemetry-field-memory = 显存
telemetry-field-utilisation = 占用率
telemetry-field-power = 功耗
telemetry-field-power-limit = 功耗上限
telemetry-field-temperature = 温度
telemetry-field-sm-clock = SM 频率
telemetry-field-memory-clock = 显存频率
telemetry-field-pcie-in = PCIe 入流量
telemetry-field-pcie-out = PCIe 出流量
telemetry-field-throttle = 降频原因
telemetry-no-host = 无法读取 CPU 和内存：{ $error }
telemetry-no-own-memory-error = 无法读取引擎自身的内存：{ $error }
telemetry-cpu-load-wrong = 本程序正在计算，系统却说没有核心在工作：无法得知 CPU 核心的占用率
telemetry-no-cpu-load = 无法读取 CPU 核心的占用率
telemetry-no-memory = 无法读取机器的内存
telemetry-no-own-memory = 无法读取引擎自身的内存
telemetry-folder-not-read = 无法读取数据集文件夹：{ $error }
telemetry-no-file = 数据集文件夹下没有可读取的文件
telemetry-file-not-read = 无法读取数据集的文件：{ $error }：{ $path }
