### Hardware readings.

## What cannot be read
telemetry-no-nvidia-on-macos = GPU readings come from NVIDIA's driver, which macOS does not have
telemetry-no-nvidia-driver = no NVIDIA driver: { $error }
telemetry-nvidia-not-loaded = NVIDIA's library is installed, but its kernel driver is not loaded; nvidia-smi says more
telemetry-nvidia-versions = NVIDIA's library and kernel driver are of different versions; a restart of the machine mends that
telemetry-nvidia-no-permission = the NVIDIA driver is there, but this user may not ask it
telemetry-nvidia-no-answer = the NVIDIA driver does not answer: { $error }
telemetry-no-gpu = the NVIDIA driver is installed, but it lists no GPU
telemetry-gpus-not-listed = the NVIDIA driver could not list its GPUs: { $why }
telemetry-gpu-field-missing = GPU { $index } ({ $gpu }) does not give { $field }: { $why }
telemetry-gpu-gone = GPU { $index } ({ $gpu }) no longer answers: { $why }
telemetry-field-gpu = the GPU itself
telemetry-field-name = its name
telemetry-field-memory = memory
telemetry-field-utilisation = utilisation
telemetry-field-power = power
telemetry-field-power-limit = its power limit
telemetry-field-temperature = temperature
telemetry-field-sm-clock = the SM clock
telemetry-field-memory-clock = the memory clock
telemetry-field-pcie-in = PCIe traffic in
telemetry-field-pcie-out = PCIe traffic out
telemetry-field-throttle = what holds its clocks down
telemetry-no-host = CPU and memory cannot be read here: { $error }
telemetry-no-own-memory-error = the engine's own memory cannot be read here: { $error }
telemetry-cpu-load-wrong = the system says that no core computes while this program does: the load of the CPU's cores is not known here
telemetry-no-cpu-load = the load of the CPU's cores cannot be read here
telemetry-no-memory = the machine's memory cannot be read here
telemetry-no-own-memory = the engine's own memory cannot be read here
telemetry-folder-not-read = the dataset's folder cannot be read: { $error }
telemetry-no-file = there is no file below the dataset's folder to be read
telemetry-file-not-read = a file of the dataset cannot be read: { $error }: { $path }
