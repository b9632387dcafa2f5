### A run, from its start to its end.

## Connections
engine-connection-closed = the other side closed the connection
engine-connection-broke = the connection broke: { $error }
engine-frame-too-long = a frame of { $bytes } bytes is longer than the protocol allows; both sides must be the same trainscope version
engine-frame-malformed = a frame that is not of this protocol: { $error }; both sides must be the same trainscope version

## Phases of a step, stretches of a run
engine-phase-wait = wait for data
engine-phase-upload = upload
engine-phase-forward = forward
engine-phase-backward = backward
engine-phase-optimizer = optimiser
engine-phase-read-back = read back
engine-phase-step = step
engine-phase-validation = validation
engine-phase-test = test
engine-phase-checkpoint = checkpoint
engine-span-bisect = bisect
engine-span-paused = paused
engine-span-diverged = loss is not a number

## Stalls
engine-seconds = { $secs } s
engine-stall-trainer = the trainer
engine-stall-scan = the scan
engine-stall = { $thread } has been in { $stage } for { $time }
engine-stall-usual = { $thread } has been in { $stage } for { $time } ({ $usual })
engine-stall-file = { $thread } has been in { $stage } for { $time }: { $file }
engine-stall-usual-file = { $thread } has been in { $stage } for { $time } ({ $usual }): { $file }
engine-stall-longest = the longest so far took { $time }
engine-stall-most-images = 99.9 % of { $images } images take under { $time }
engine-stall-slowest-image = the slowest of { $images } images took { $time }
engine-doing-trial = trying the transforms on one image, { $file }
engine-doing-scan = reading the dataset
engine-doing-scan-of = reading the folder { $path }
engine-doing-device = preparing the device
engine-doing-first-step = the first step, which compiles and tunes
engine-doing-step = step { $step }
engine-doing-checkpoint = writing a checkpoint
engine-doing-test = testing
engine-doing-validation = validating
engine-thread-not-replaced = { $thread } was not replaced: { $error }
engine-quarantined-here-only = The file is quarantined in this run only: { $file }
engine-quarantine-unknown = data.quarantine names a file that the dataset does not have, which changes nothing: { $name }
engine-quarantine-unknown-more = { $more ->
    [one] data.quarantine names { $more } more file that the dataset does not have
   *[other] data.quarantine names { $more } more files that the dataset does not have
}
engine-no-watchdog = nobody watches for threads that hang
engine-stall-over = what hung has moved on by itself: nothing was done
engine-stall-trainer-stays = the trainer's own thread cannot be replaced: end the engine and go on from the last checkpoint
engine-stall-folder-stays = a folder cannot be left out: wait, or stop the run and look at its disk
engine-stall-scan-anew = the dataset is read anew without the file: { $file }
engine-stall-tried-again = { $thread } was left behind in { $stage } and a new thread took its place; the sample is tried again: { $file }
engine-stall-quarantined = { $thread } was left behind in { $stage } and a new thread took its place; the file is quarantined: { $file }
engine-stall-skipped = { $thread } was left behind in { $stage } and a new thread took its place; the sample is skipped: { $file }
engine-stall-worker-advice = Training waits for it; the sample can be skipped, tried again by another thread, or its file quarantined
engine-stall-caller-advice = With loader.workers=0 nobody can take its place: end the engine and go on from the last checkpoint, with a worker
engine-stall-trainer-advice = If it does not come back, end the engine and go on from the last checkpoint
engine-stall-scan-advice = The run cannot begin before; the file can be left out, or the run stopped
engine-stall-folder-advice = The run cannot begin before; it can be stopped

## Processes and devices
engine-program-not-found = this program was not found: { $error }
engine-child-not-started = a process for it could not be started: { $error }
engine-no-thread = no thread could be started: { $error }
engine-child-no-answer = it did not answer within { $time }
engine-child-given-up = it was given up
engine-child-crashed = it crashed ({ $signal })
engine-exit-code = exit code { $code }
engine-child-failed = it failed ({ $code })
engine-child-failed-saying = it failed ({ $code }): { $said }
engine-signal = signal { $number }
engine-signal-ill = signal { $number }, SIGILL: an instruction this CPU lacks
engine-signal-abort = signal { $number }, SIGABRT: it gave up
engine-signal-bus = signal { $number }, SIGBUS
engine-signal-kill = signal { $number }, SIGKILL: by hand, or for want of memory
engine-signal-segv = signal { $number }, SIGSEGV: a crash, often in a driver
engine-signal-term = signal { $number }, SIGTERM
engine-no-reason = no reason was given
engine-child-not-understood = its answer was not understood
engine-only-cpu-listed = the graphics driver was asked for its devices: { $reason }; only the CPU is listed
engine-driver-gave-no-devices = the graphics driver was asked for its devices: { $reason }; `train.device=cpu` trains without it
engine-wanted-device-failed = { $device } failed its self-check: { $reason }; `train.device=auto` or `cpu` trains without it
engine-driver-so-cpu = the graphics driver was asked for its devices: { $reason }; training on the CPU
engine-device-failed = { $device } failed its self-check: { $reason }
engine-device-without-fusion = { $device } failed its self-check: { $reason }. With operations run one by one it passes, so that is how it trains: slower, and right
engine-no-gpu-passed = no GPU passed its self-check; training on the CPU
engine-only-software-gpu = no GPU was found, only a driver that computes on the CPU ({ $name }), which is slower than the CPU used directly and was not checked; training on the CPU
engine-no-gpu = no GPU was found; training on the CPU

## The run
engine-changed-data = the run's data or settings are not what they were: { $changes }. Put them back, or go on knowingly: with its weights over what is there now, or anew, with what it was kept aside
engine-network-does-not-fit = the run's network does not fit what is there now, so that it cannot be kept: { $changes }. It can be begun anew, with what it was kept aside
engine-other-protocol = the client speaks protocol { $client } and this engine { $engine }: use the same trainscope on both sides
engine-stopped-before-training = stopped before the training began
engine-other-channels = the images have { $found ->
    [one] 1 channel
   *[other] { $found } channels
 } at the end of the chain, and the network was made for { $needed }: a new run can
engine-no-sample = { $images ->
    [one] the first image did not go through the chain: { $last }
   *[other] none of the first { $images } images went through the chain; the last said: { $last }
}
engine-images-too-small = the images are { $height } x { $width } at the end of the chain, and { $model } needs at least { $needed } x { $needed }: raise Resize's spatial_size, or choose another model
engine-unknown-network = no network is called `{ $name }`: it was asked for by another version of trainscope, or is misspelt
engine-too-few-classes = { $classes ->
    [one] { $classes } class was found and a classifier needs at least two: choose the folder that holds one folder per class
   *[other] { $classes } classes were found and a classifier needs at least two: choose the folder that holds one folder per class
}
engine-no-batch = { $images } training images do not fill one batch of { $batch_size }: lower loader.batch_size, or set loader.drop_last=false
engine-class-weights = train.class_weight_values has { $given } numbers and the dataset { $classes } classes: give one a class, in the order of their names, or set train.class_weights to none or balanced
engine-no-images = there are no images
engine-recorder-gone = the recorder's thread is gone
engine-record-too-slow = the disk took more than { $time } over it
engine-run-under-way = a run is under way in this engine: stop it first
engine-devices-not-listed = devices are not listed while a run is under way
engine-no-telemetry = no hardware readings
engine-no-thread-beside = { $without }: the thread { $name } could not be started: { $error }
engine-record-written-again = the run's record is written again
engine-record-tried-again = Training goes on; recording is tried again every second
engine-folder-held = the run's folder is still held; waiting for its end
engine-folder-held-by = the run's folder is still held ({ $who }); waiting for its end
engine-no-locks = the run's file system knows no locks: see to it that nothing else trains in this folder
engine-other-data = gone on with over other data ({ $what }): figures before and after are of different things
engine-no-identity = the run does not say what it was trained on (data.json): nobody can tell whether that has changed
engine-checkpoint-passed-over = { $why }; gone on with from { $checkpoint }
engine-epoch-anew = epoch { $epoch } begins anew
engine-run-anew = the run begins anew; what it was lies in { $folder }
engine-events-lost = { $events ->
    [one] { $events } event of the run found no room and is not in its record
   *[other] { $events } events of the run found no room and are not in its record
}
engine-last-events-missing = the last events of the run are not in its record: { $why }
engine-end-missing = the run's end is not in its record: { $why }
engine-no-recorder = the recorder's thread could not be started: { $error }
engine-steps-missing = steps { $first } to { $last } are not in the record, as the checkpoint was ahead of it
engine-many-sizes = the images differ in size and no transform brings them to one: those that differ from the first of a batch are left out; add Resize
engine-frozen-without-weights = model.freeze = body without model.weights: all layers but the last keep the weights that were drawn at random, so that the last layer learns from random features alone. Name a file in model.weights, or set model.freeze=none
engine-no-door = nobody can attach to this run: { $error }
engine-file-left-out = left out: { $reason }: { $file }
engine-files-left-out = { $files ->
    [one] left out: { $files } more file; { $list }
   *[other] left out: { $files } more files; { $list }
}
engine-bisect-whole-chain = bisect: the whole chain
engine-bisect-off = bisect: { $transforms } off
engine-training-ended = the end of the training
engine-slow-up-to = up to { $side } x { $side }

## Changes while it trains
engine-trial-too-slow = trying it takes more than { $time }, and each image of a batch would take that; make it faster first ({ $change })
engine-change-not-made = the change of transforms was not made: { $why }
engine-a-change = a change ({ $change })
engine-change-workers = workers { $before } → { $after }
engine-change-not-written = The change holds; a resume would go on without it
engine-change-added = { $transform } added
engine-change-removed = { $transform } removed
engine-change-order = order of transforms
engine-change-on = { $transform } on
engine-change-off = { $transform } off
engine-change-parameter = { $transform } { $key } { $old } → { $value }
engine-change-parameter-set = { $transform } { $key } → { $value }
engine-change-parameter-default = { $transform } { $key } default
engine-trial-panicked = a transform failed in a way that it should not
engine-no-trial-thread = no thread could be started to try it: { $error }
engine-bisect-under-way = a bisect is under way: stop it first
engine-not-switched-off = not switched off while the network trains: { $transforms }; without it the values would be in another range
engine-nothing-to-bisect = the chain has no transform that could be switched off: there is nothing to bisect
engine-bisect-waits = the bisect begins once the change of transforms has been tried, or was taken back
engine-ceilings-in-bisect = the ceilings cannot be measured while a bisect is under way: stop it first
engine-ceilings-failed = the ceilings could not be measured: { $error }
engine-change-not-believed = { $change }: what it did to the speed is not counted, as other programs took more or less of the cores after it than before
engine-cache-full = the cache is full with { $used } of its { $limit } MiB: the images not kept are loaded each time; loader.cache_mb is its limit
engine-not-pinned = workers could not be pinned to cores: the system refuses
engine-bytes-refused = batches go to the device as floats though loader.bytes_to_device is set: a transform before the last scale and shift needs floats, batches are mixed, or the files are not of 8 bits
engine-priority-not-lowered = the workers' priority could not be lowered: the system refuses
engine-image-left-out = left out of its batch in { $stage }: { $reason }: { $file }
engine-more-left-out = more images could not be loaded; at the end they are counted and listed
engine-validation-partial = only { $loaded } of { $images } validation images could be loaded: the figures of this validation are shown, and no best epoch, early stopping or learning rate comes of them
engine-validation-first-partial = only { $loaded } of { $images } validation images could be loaded: this first validation is judged by these alone
engine-test-partial = only { $loaded } of { $images } test images could be loaded: the test is of these alone
engine-checkpoints-again = checkpoints are written again
engine-best-gone = the checkpoint of the best epoch, { $epoch }, is gone ({ $why }): the last weights are tested
engine-checkpoint-tried-again = Training goes on; a checkpoint is tried again the next time
engine-missing-because = { $missing }: { $why }
engine-last-step-not-saved = there is no checkpoint of the last step, { $step }
engine-best-not-saved = the weights of the best epoch, { $epoch }, are not on the disk
engine-nothing-runs = nothing runs yet: start a run first
engine-trial-unfinished = it was still being tried when training ended

## A trained network
engine-image-other-channels = it has { $channels ->
    [one] 1 channel
   *[other] { $channels } channels
 } at the chain's end, and the network was made for { $wanted }
engine-image-too-small = it is { $height } x { $width } at the chain's end, and the network needs { $least } x { $least }
engine-no-network-yet = the run has no network yet: it was not begun, or its record is damaged: { $path }
engine-no-weights = the run has no weights that are as they were written ({ $reasons }): { $path }
engine-unknown-classes = { $count ->
    [one] the folder has a class that the run's network does not know ({ $unknown }); it knows { $known }
   *[other] the folder has classes that the run's network does not know ({ $unknown }); it knows { $known }
}
engine-no-checkpoint = there is no checkpoint
engine-not-the-best = the checkpoint of the best epoch, { $epoch } (step { $best }), cannot be used ({ $why }): the weights are those after step { $step }
engine-no-best = the weights are those after step { $step }: no epoch was judged the best
engine-best-of-a-part = which epoch is the best is known of a part of the record: { $missing }
engine-nothing-to-judge = no image to judge the predictions by
engine-logits-do-not-fit = { $logits } logits do not fit { $labels } labels of { $classes } classes
engine-label-beyond-classes = label { $label } is not below the { $classes } classes
engine-on-request = request
engine-no-threads = the engine could not start its threads: { $error }
engine-no-signals = signals end the engine without a checkpoint: { $error }
engine-note-again = { $version }; start it again with: trainscope train --config run.toml --run NEWDIR
engine-note-device = device: { $id } ({ $name }, { $driver })
engine-note-data = { $train } training, { $val } validation and { $test } test images of { $classes } classes; sample { $shape }; { $parameters } parameters
engine-all-listed = all are listed in { $file }
engine-no-list = no list of them could be written: { $error }
engine-images-left-out = { $images ->
    [one] left out: { $images } image that could not be loaded; { $list }
   *[other] left out: { $images } images that could not be loaded; { $list }
}
engine-precision = train.precision = "{ $precision }" is not available on { $device }: { $why }. Leave it at f32, which every device has
engine-precision-cpu = the CPU's operations are made for single precision
engine-precision-f16 = gradients vanish in its small range without a scaling of the loss, which there is not
engine-precision-bf16 = its driver converts to bf16 and multiplies in it, but has no arithmetic in it (Vulkan has none)
engine-precision-gpu = training in half precision passes no self-check on it
engine-memory-short = A step of this network with { $batch } images takes about { $needed } on { $device }, which has { $free } left: training may end for want of memory. Take a smaller batch (loader.batch_size = { $half }, and optimizer.accumulate_batches = 2 for the same step), smaller images or a smaller network
engine-memory-short-of-one = A step of this network with one image takes about { $needed } on { $device }, which has { $free } left: training may end for want of memory. Take smaller images or a smaller network
engine-exception = exception { $number }
engine-exception-access = exception { $number }, access violation: a crash, often in a driver
engine-exception-file-gone = exception { $number }, a file or a network drive went away while it was read
engine-exception-memory = exception { $number }, memory was wanting
engine-exception-page-file = exception { $number }, memory was wanting: the page file cannot grow
engine-exception-instruction = exception { $number }, an instruction this CPU lacks
engine-exception-stack = exception { $number }, stack overflow
engine-exception-division = exception { $number }, a division by zero
engine-exception-dll-missing = exception { $number }, a DLL is missing
engine-exception-dll-version = exception { $number }, a DLL lacks a function: it is of another version
engine-exception-dll-start = exception { $number }, a DLL could not be started
engine-exception-ctrl-c = exception { $number }, Ctrl-C, or its console was closed
engine-exception-heap = exception { $number }, damaged memory: a crash, often in a driver
engine-exception-abort = exception { $number }, it gave up
engine-exception-denied = exception { $number }, access denied: a virus scanner or a policy
engine-loss-not-a-number = the loss is not a number
engine-weights-not-numbers = weights are not numbers
engine-divergence-goes-on = Training goes on (train.on_divergence)
engine-more-files = { $more } more
engine-checkpoint-before = the last checkpoint from before is of step { $step }
engine-no-checkpoint-before = there is no checkpoint from before
engine-diverged = { $what } from step { $step } on, whose batch was { $files }; { $checkpoint }. Try a smaller optimizer.lr (it is { $lr }), a warm-up (schedule.warmup_steps) or clipping (optimizer.clip_norm)
engine-stopped-early = { $validations ->
    [one] training ends early: { $validations } validation was no better than that of epoch { $epoch } (train.early_stopping)
   *[other] training ends early: { $validations } validations in a row were no better than that of epoch { $epoch } (train.early_stopping)
}
