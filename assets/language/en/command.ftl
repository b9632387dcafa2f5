### The command line.

command-folder-and-command = a dataset's folder opens the window; it cannot be given together with a command

## Help

command-heading-usage = Usage:
command-heading-commands = Commands
command-heading-arguments = Arguments
command-heading-options = Options
command-print-help = Print help
command-print-help-of-command = Print this message or the help of a command
command-print-version = Print version
command-option-with-default = { $text } [default: { $default }]
command-option-with-values = { $text } [possible values: { $values }]
command-value = - { $name }: { $meaning }

## What is wrong with a command line

command-line-refused = error: { $said }
command-line-refused-with-usage =
    error: { $said }

    Usage: { $usage }

    For more information, try '--help'.
command-unknown-argument = unexpected argument { $argument }{ $near }
command-unknown = there is no command { $name }{ $near }
command-value-missing = a value is required for { $argument }
command-value-unknown = invalid value { $value } for { $argument }{ $near }; possible values: { $known }
command-value-refused = invalid value { $value } for { $argument }: { $reason }
command-argument-missing = required: { $arguments }
command-arguments-conflict = { $argument } cannot be used with { $other }
command-value-count = wrong number of values for { $argument }

## What commands say

command-warning = warning: { $message }
command-at-path = { $what }: { $path }
command-output-is-folder = this is a folder, and a file is to be written: { $path }
command-left-out = left out: { $reason }: { $path }
command-output-lost = the output could not be written; is the disk full?
command-doctor-step = { $step } of { $steps }: { $what }
command-no-dataset = no dataset: name its folder with --data DIR, or `dir` under [data]
command-path-no-text = --data: the path is no text
command-config-not-read = the configuration could not be read: { $reason }: { $path }
command-chain-not-read = the chain could not be read: { $reason }: { $path }
command-chain-too-long = it has more than { $mib } MiB, too many for a chain
command-no-preset = no preset is called `{ $key }`{ $near }; known: { $known }
command-add-value = { $ask }: add --value '{ $name }=…'
command-no-transform-read = no transform could be read
command-result-not-written = the result could not be written: { $reason }: { $path }
command-array-not-read = the array could not be read: { $reason }: { $path }
command-array-shape = its shape is { $shape }, expected [C,H,W]
command-array-order = it is in Fortran order, expected C order (numpy.ascontiguousarray)
command-array-kind = its values are neither float32, float64, uint8 nor uint16
command-array-values = it holds { $count } values for shape { $shape }
command-channels-make-no-image = { $channels } channels do not make an image; write .npy instead
command-connection-broke = the connection to the run broke: { $reason }
command-nothing-trains = nothing trains in this folder: { $path }; to go on with the run in it: { $command }
command-not-detached = the run was not begun with --detached, or is another user's
command-engine-silent = the engine that trains here does not answer: { $reason }
command-engine-gone = the engine is gone: { $how }
command-engine-gone-with-words = the engine is gone: { $how }; its last words: { $words }
command-engine-gone-resume = { $gone }; to go on from the last checkpoint: { $command }
command-connection-lost = the connection to { $host } is lost: { $how }; the run stops there with a checkpoint, and to go on with it: { $command }
command-connection-lost-goes-on = the connection to { $host } is lost: { $how }; the run goes on, and to watch it again: { $command }
command-engine-heard-again = the engine is heard again
command-engine-not-heard = nothing was heard of the engine for { $secs } s: it may hang in a driver, or the connection is dead
command-bench-workers = { $workers ->
    [one] 1 worker
   *[other] { $workers } workers
 }: { $rate } images/s of { $size }, first batch after { $first_ms } ms
command-bench-progress = workers { $workers }: { $loaded } of { $total } images
command-bench-later = { $rate } images/s after the first pass
command-bench-cache = cache: { $count ->
    [one] 1 image
   *[other] { $count } images
 } kept in { $mib } MiB
command-bench-cache-trouble = cache: { $trouble }
command-bench-stage = { $name } { $wall } us wall { $cpu } us CPU an image
command-nothing-to-switch = the chain has no transform that could be switched off: give it one, with --config F.toml or --preset tutorial
command-nothing-left-to-switch = the chain has no transform that could be switched off; off already: { $transforms }; to compare one: { $set }
command-budget-spent = the budget was spent before the first block was measured
command-bisect-bound = Training was { $bound }. With a transform off it is faster by:
command-bisect-loader = The loader takes { $wall_us } us an image ({ $cpu_us } us of CPU). With a transform off it is faster by, on the clock and in CPU time:
command-bisect-unbound = With a transform off training is faster by:
command-bisect-confirmed = Confirmed: switched off, training is { $times } times as fast ({ $low } to { $high }) as before
command-bisect-confirming = checking what it brings to switch { $transforms } off, for up to { $limit } more
command-bisect-not-confirmed-slow = Not confirmed: that takes { $steps } steps before and as many after, { $time }, and it may take { $limit }
command-bisect-not-confirmed-late = Not confirmed: too few steps to compare were made within { $limit }
command-bisect-not-confirmed-interrupted = Not confirmed: interrupted
command-no-run-folder = no folder could be made for the run: { $reason }
command-bisect-not-begun = stopped before the bisect began
command-bisect-without-verdict = the bisect ended without a verdict
command-bisect-started = { $model } on { $device }: { $images } images; the experiment takes up to { $secs } s
command-bisect-progress = { $spent } of { $budget } s, { $blocks }. { $so_far }
command-images-of = { $images } of { $total } images
command-confusion = confusion (rows are the true classes):
command-column-class = class
command-column-precision = precision
command-column-recall = recall
command-column-images = images
command-column-name = name
command-column-parameters = parameters
command-column-smallest-side = smallest side
command-column-side = side
command-column-multiply-adds = multiply-adds
command-column-memory = memory
command-column-images-per-sec = images/s
command-column-time-ratio = time x
command-column-predicted = predicted
command-column-rounds = rounds
command-column-loss = loss
command-column-steps = steps
command-column-accuracy = accuracy
command-column-standing = standing
command-models-of = ({ $channels ->
    [one] 1 channel
   *[other] { $channels } channels
 }, { $classes ->
    [one] 1 class
   *[other] { $classes } classes
 }; memory: a step with { $batch } images, Adam, on the CPU)
command-exported = { $path }: { $model }, { $classes ->
    [one] 1 class
   *[other] { $classes } classes
 }
command-no-interrupt = Ctrl-C cannot be heeded: { $reason }
command-scanning = scanning: { $files } files
command-waiting-for-file = no answer for { $lasted } from { $path }; data.quarantine leaves it out, by the name { $name }
command-waiting-for-folder = no answer for { $lasted } from { $path }
command-inspect-reading = reading: { $done } of { $total } images
command-inspect-comparing = comparing: { $done } of { $total } images
command-stall-of-trainer = to go on from the last checkpoint: { $command }
command-stall-of-caller = with loader.workers=0 nobody can take its place; to go on: { $command }
command-stall-of-worker = look at the file and its disk; to go on: { $command }
command-stall-of-scan = look at the file and its disk, or leave it out with --on-stall quarantine
command-stall-ended-run = the run was ended (--on-stall): { $stall }; { $advice }
command-no-run-named = no run was named
command-no-metric = no metric is called `{ $name }`{ $near }; there is: all, { $known }
command-scale-expected = --scale { $given }: a number from 0.25 to 8
command-picture-ending = a picture is written as PNG or SVG, and its name is to end in .png or .svg: { $path }
command-not-read = it cannot be read: { $reason }: { $path }
command-no-image-in-folder = there is no image in the folder: { $path }
command-table-not-written = the table could not be written: { $reason }: { $path }
command-runs-not-read = the folder of runs cannot be read: { $reason }: { $path }
command-no-runs = no runs in { $path }
command-run-running = running
command-run-completed = completed
command-run-stopped = stopped
command-run-failed = failed
command-run-died = died
command-run-figures = { $count ->
    [one] { $epochs } epoch,  AUC { $auc }, { $rate } images/s
   *[other] { $epochs } epochs, AUC { $auc }, { $rate } images/s
}
command-run-figures-resumable = { $count ->
    [one] { $epochs } epoch,  AUC { $auc }, { $rate } images/s, can be resumed
   *[other] { $epochs } epochs, AUC { $auc }, { $rate } images/s, can be resumed
}
command-run-by = by { $who }
command-sample-written = { $images } images of { $classes } classes: { $path }
command-scan-images-of-classes = { $images ->
    [one] 1 image
   *[other] { $images } images
 } of { $classes ->
    [one] 1 class
   *[other] { $classes } classes
 }
command-scan-formats = formats: { $formats }
command-scan-sizes = sizes: { $sizes }
command-scan-unusable = cannot be used: { $reason }: { $path }
command-sweep-started = sweeping { $key } over { $values } into { $path }
command-sweep-now = { $now } ({ $secs } s left)
command-budget-expected = --budget { $given }: a number of seconds from 1 to 86400
command-sweep-band = ({ $low } to { $high })
command-sweep-baseline = the baseline
command-sweep-failed = failed
command-sweep-undecided = undecided
command-sweep-faster = faster
command-sweep-slower = slower
command-sweep-same = the same
command-no-trace-folder = there is no folder for the trace: { $path }; make it, or choose another
command-trace-written = trace of the last seconds: { $spans } spans in { $path }; https://ui.perfetto.dev opens it
command-no-trace = there is no trace: the run ended before its training did
command-train-no-interrupt = Ctrl-C ends the run without a checkpoint: { $reason }
command-run-goes-on = the run goes on; to watch it again: { $watch }; to stop it: { $stop }
command-stopping = stopping after this step; Ctrl-C again ends it at once
command-train-started = { $model } on { $device } ({ $driver }): { $train } training, { $val } validation, { $test } test images of { $classes } classes
command-train-step = epoch { $epoch } step { $step }: loss { $loss }, { $rate } images/s, { $waiting } % waiting for data
command-train-epoch = epoch { $epoch }: train loss { $train_loss }, val loss { $val_loss }, accuracy { $accuracy }, AUC { $auc }, { $secs } s
command-trying = trying { $label } on one image; training goes on as it was
command-changed-data = { $error }. To keep the weights: { $keep }; to begin anew: { $restart }
command-begin-anew = { $error }; to begin anew and keep what was: { $command }
command-run-exists = { $error }; to go on with that run: { $command }
command-train-finished = finished after { $steps ->
    [one] 1 step
   *[other] { $steps } steps
 }, { $secs } s
command-train-nothing-left = nothing is left to train: { $done } of { $epochs } epochs are done ({ $steps ->
    [one] 1 step
   *[other] { $steps } steps
 }, { $secs } s); to train on: { $command }
command-train-stopped-early-before = nothing is left to train: it was ended early, after { $done } of { $epochs } epochs ({ $steps ->
    [one] 1 step
   *[other] { $steps } steps
 }, { $secs } s), as train.early_stopping says; to train on: { $command }
command-train-verdict = verdict: { $sentence }
command-train-try-set = to try next: { $command }
command-train-try-bisect = to try next, as it measures what each transform costs: { $command }
command-train-go-on = to go on: { $command }
command-train-stopped = stopped after { $steps ->
    [one] 1 step
   *[other] { $steps } steps
 }, { $secs } s
command-missing = missing: { $what }
command-phase-checking = checking that the device computes rightly
command-phase-warming-up = warming up: the first step compiles and tunes
command-phase-testing = testing the best checkpoint
command-bench-failures = { $count ->
    [one] 1 image could not be loaded
   *[other] { $count } images could not be loaded
 }
command-evaluated = { $images ->
    [one] 1 image, weights of step { $step }
   *[other] { $images } images, weights of step { $step }
 }
command-no-usable-file = { $count ->
    [one] the one file could not be used; nothing was written
   *[other] none of the { $count } files could be used; nothing was written
 }
command-predicted = { $left_out ->
    [0] { $images } images: { $path }
   *[other] { $images } images: { $path }, { $left_out } left out
 }
command-bisect-gain = { $percent } %  ({ $low } to { $high } %)
command-bisect-gain-and-cpu = { $gain }; CPU { $cpu }
command-bisect-not-measured = not measured
command-bisect-no-interval = no interval yet
command-bisect-blocks = { $blocks ->
    [one] 1 block
   *[other] { $blocks } blocks
 }
command-bisect-trial = { $decision ->
    [undecided] { $name } { $gain }, { $blocks }, undecided
    [cannot-switch] { $name } { $gain }, { $blocks }, cannot be switched off
   *[decided] { $name } { $gain }, { $blocks }
 }
command-bisect-trial-without = { $decision ->
    [undecided] { $name } { $gain }, { $blocks }, undecided, with { $without } off
    [cannot-switch] { $name } { $gain }, { $blocks }, cannot be switched off, with { $without } off
   *[decided] { $name } { $gain }, { $blocks }, with { $without } off
 }
command-file-too-long = it is longer than { $mib } MiB
command-rates-expected = --from { $from } and --to { $to }: the first is to be the smaller, and above 0
command-lr-steps-expected = --steps { $given }: for these rates a number of steps from { $fewest } to { $most }
command-lr-range-progress = { $done } of { $steps } steps, at a rate of { $lr }
command-train-validation = step { $step }: val loss { $loss }, accuracy { $accuracy }, AUC { $auc }
command-test = test:
command-report-figures = accuracy { $accuracy }, loss { $loss }, AUC { $auc }, average precision { $average_precision }, F1 { $f1 }, balanced accuracy { $balanced_accuracy }
command-report-more-figures = kappa { $kappa }, MCC { $mcc }, calibration error { $calibration_error }
command-report-top-k = top { $k } { $share }
command-step-too-small = { $model } takes images of at least { $smallest } x { $smallest }: `--side { $smallest }`
command-step-speed = { $model } on { $device }, { $batch } images of { $channels } x { $side } x { $side } a step: { $rate } images/s
command-step-phases = forward { $forward } ms, backward { $backward } ms, optimiser { $optimizer } ms; { $cpu } ms of CPU time
command-step-memory = at most { $bytes } of memory
