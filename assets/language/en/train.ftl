### Networks, devices, weights.

## Names and devices
train-unknown-network = no network is called `{ $name }`
train-unknown-optimizer = no optimiser is called `{ $name }`
train-unknown-schedule = no schedule is called `{ $name }`
train-unknown-device = no device is called `{ $id }`; there is: { $known }. The doctor lists them with name and driver
train-cpu-driver = { $threads ->
    [one] burn-flex, 1 thread
   *[other] burn-flex, { $threads } threads
}
train-cpu-driver-with = { $threads ->
    [one] burn-flex, 1 thread, { $features }
   *[other] burn-flex, { $threads } threads, { $features }
}
train-device-not-opened = the device { $id } could not be opened: { $reason }. Try `train.device=cpu`
train-device-failed = the device failed while it computed: { $reason }
train-step-unfinished = an earlier step did not end
train-no-gradient = no gradient came back
train-no-threads = the threads that compute could not be started: { $error }
train-checkpoint-not-read = the checkpoint could not be read: { $reason }: { $path }

## Does a device compute rightly?
train-check-matmul = a matrix product
train-check-step = a training step
train-check-losses = the loss in some twenty training steps
train-check-logits = what a network says after them
train-check-wrong = { $what } came out wrong by { $difference } of its largest value
train-check-not-numbers = { $what } came out wrong: it holds values that are no numbers (NaN or infinity)
train-check-memory-grew = its memory in use grew from { $before } to { $after } in { $epochs } epochs

## Weights of others
train-weights-taken = { $tensors ->
    [one] weights: { $tensors } tensor was taken
   *[other] weights: { $tensors } tensors were taken
}
train-weights-first-convolution = { $there ->
    [one] weights: the first convolution was made from { $there } channel for { $here }
   *[other] weights: the first convolution was made from { $there } channels for { $here }
}
train-weights-last-layer = weights: the last layer is a new one, for { $here } classes; the file has { $there }
train-weights-not-found = weights: not found, and drawn anew: { $names }
train-weights-left = weights: left, as the network has none of that name: { $names }
train-weights-more = { $more } more
train-weights-not-taken = the weights could not be taken: { $reason }: { $path }
train-weights-folder = this is a folder; name a .pt, .pth or .safetensors file
train-weights-no-file = it is no file; name a .pt, .pth or .safetensors file
train-weights-too-large = it has { $size }, and files of up to { $most } are read
train-weights-header = its safetensors header is not what the file holds ({ $error }); fetch it again
train-weights-format = it is neither of safetensors nor one that torch.save wrote ({ $error })
train-weights-empty = it holds no tensor; choose the file that holds the weights
train-weights-too-few = { $taken ->
    [one] { $taken } of the { $parameters } parameters of { $model } is in it; what it holds begins with { $first }. Choose the model that the weights are of
   *[other] { $taken } of the { $parameters } parameters of { $model } are in it; what it holds begins with { $first }. Choose the model that the weights are of
}
train-weights-other-shape = { $there } is { $stored } in the file and { $name } { $shape } in { $model }; choose the model that the weights are of
train-weights-tensor-missing = { $name } is not there
train-weights-tensor-type = { $name } is of type { $kind }; save it as float32 and take that
train-weights-tensor-size = { $values ->
    [one] { $name } has { $values } value for shape { $shape }
   *[other] { $name } has { $values } values for shape { $shape }
}
train-weights-tensor-not-numbers = { $name } holds values that are no numbers (NaN or infinity)

## Files for others
train-file-exists = there is a file already; name another one, or add --overwrite: { $path }
train-weights-not-written = the weights could not be written: { $reason }: { $path }
train-onnx-no-graph = { $name } has no graph for ONNX: { $unmatched }
train-onnx-weight-missing = it has no weight { $name }
train-onnx-weight-unused = its weight { $name } has no place in the graph
