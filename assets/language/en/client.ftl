### What a client says of its engine and its runs.

## The engine as a process
client-no-pipe = a pipe is missing
client-other-protocol = the engine is trainscope { $version } and speaks protocol { $theirs }, this one speaks { $ours }: use the same version on both sides
client-no-engine = what answers is no engine of trainscope
client-ended-on-request = ended on request
client-ended-by-force = ended, as it did not go by itself
client-ended-from-outside = { $how }; another program (such as Task Manager) may have ended it
client-ended-not-understood = ended, as it was not understood
client-end-unknown = its end could not be read: { $error }
client-ended-by-signal = ended by { $signal }
client-engine-not-started = the engine could not be started: { $error }
client-engine-gone = the engine is gone
client-command-not-written = the engine cannot be told what to do: { $reason }
client-no-thread = no thread could be started for the engine: { $error }
client-trace-not-written = the trace could not be written: { $error }: { $path }; choose another place, or make room
client-trace-batch-made = batch is made
client-trace-batch-waits = batch waits
client-trace-engine = trainscope engine
client-thread-trainer = trainer
client-thread-loading-on-trainer = loading on the trainer's thread
client-thread-of-validation = { $thread } (validation)
client-thread-of-test = { $thread } (test)
client-quarantined = quarantined: { $file }
client-resumed = resumed at step { $step }

## Sweeps
client-sweep-too-few = a sweep compares at least two values of `{ $key }`: name two or more, with commas between them
client-sweep-twice = `{ $key }`: the value { $value } is named twice
client-sweep-not-swept = `{ $key }` cannot be swept: all runs of a sweep have the same seed, and train for as long as the sweep needs them
client-sweep-exists = a sweep is here already; name another folder: { $path }
client-sweep-not-written = the sweep's folder could not be written: { $error }: { $path }
client-sweep-all-failed = no value could be trained with: { $why }
client-sweep-engine-silent = its engine gave no sign of life for { $time }
client-sweep-engine-died = its engine died: { $how }
client-sweep-engine-died-saying = its engine died: { $how }; its last words: { $words }
client-sweep-run-stopped = its run was stopped by somebody else
client-sweep-run-ended = its run came to its end
client-sweep-little-memory = The memory that is left may not hold a second engine
client-sweep-baseline-lost = The engine of { $lost } is gone: what was not decided is compared with { $now }
client-sweep-training = training { $value } to step { $step }
client-sweep-starting = starting
client-sweep-predicting = predicting from { $workers ->
    [one] 1 worker
   *[other] { $workers } workers
 }
client-sweep-no-prediction = The run made no prediction for other numbers of workers
client-sweep-measuring = measuring { $workers ->
    [one] { $workers } worker
   *[other] { $workers } workers
}
client-sweep-ratio-open = { $times } times { $what } (no interval yet)
client-sweep-ratio = { $times } times { $what } ({ $low } to { $high })
client-sweep-image-time = the time an image
client-sweep-step-time = the step time
client-sweep-no-engine = no engine
client-sweep-not-measured = { $key }={ $value } could not be measured: { $why }
client-sweep-faster = { $key }={ $value } is { $percent } % faster than { $against }: { $times }
client-sweep-slower = { $key }={ $value } is slower than { $against }: { $times }
client-sweep-same = { $key }={ $value } is not faster than { $against }: { $times }
client-sweep-undecided = { $rounds ->
    [one] Whether { $key }={ $value } is faster than { $against } is undecided: { $times } after { $rounds } round
   *[other] Whether { $key }={ $value } is faster than { $against } is undecided: { $times } after { $rounds } rounds
}
client-sweep-no-time = There was no time to compare { $key }={ $value } with { $against }
client-sweep-unproved = { $key }={ $value } took about { $times } times { $what } of { $against }, but there was no time to prove it
client-sweep-needs = { $values } values need about { $needed } where they differ much
client-sweep-needs-for-losses = { $values } values need about { $needed }
client-sweep-too-short = { $values } values need about { $needed }, more than the budget of { $budget }
client-sweep-would-do = A budget of about { $needed } would do where values differ much
client-sweep-would-do-for-losses = A budget of about { $needed } would do
client-sweep-loss = { $steps ->
    [one] after { $steps } step its loss is { $loss } against { $baseline }
   *[other] after { $steps } steps its loss is { $loss } against { $baseline }
}
client-sweep-accuracy = { $steps ->
    [one] after { $steps } step its validation accuracy is { $accuracy } % against { $baseline } %
   *[other] after { $steps } steps its validation accuracy is { $accuracy } % against { $baseline } %
}
client-sweep-accuracies-instead = Losses are not compared, validation accuracies are: `{ $key }` changes what a loss measures, and a lower one is not yet a better network
client-sweep-no-accuracies = Losses are not compared: `{ $key }` changes what a loss measures, and a lower one is not yet a better network; validation accuracies would be, but no validation came that they have in common (train.validate_every_steps)
client-sweep-beside = { $value } beside { $against }: { $loss }
client-sweep-lowest-loss = { $steps ->
    [one] { $title }: { $value } has the lowest loss after { $steps } step, { $loss }
   *[other] { $title }: { $value } has the lowest loss after { $steps } steps, { $loss }
}
client-sweep-next-loss = { $value } comes to { $loss }
client-sweep-loss-grows = { $value } makes the loss grow: { $loss }
client-sweep-hardly-learns = { $value } hardly learns: { $loss }
client-sweep-diverged = { $value } diverged: its loss is no number from step { $step } on
client-sweep-no-losses = { $title }: too few steps were made to compare losses
client-sweep-same-speed = the speed is the same by construction
client-sweep-with-note = { $words } ({ $note })
client-sweep-workers = { $workers ->
    [one] { $workers } worker
   *[other] { $workers } workers
}
client-sweep-nothing-measured = Nothing could be measured in that time; a longer budget tells
client-sweep-measured = measured { $rate }
client-sweep-unmeasured = not measured
client-sweep-predicted = predicted { $rate } ({ $low } to { $high })
client-sweep-rate = { $rate } images/s
client-sweep-rate-within = { $rate } images/s ({ $low } to { $high })
client-sweep-no-clear-winner = No clear winner; { $workers } measured fastest: { $rate }
client-sweep-fastest = Fastest with { $workers }: { $rate }
client-sweep-fewer-come-near = { $workers } come within { $percent } % of that ({ $rate } images/s)
client-sweep-prediction-error = The prediction made with { $workers } was off by { $median } % in the median and by { $worst } % at worst (with { $worst_workers }); { $in_band } of { $counts } measured rates lie in its band
client-sweep-starting-value = starting { $value }
client-sweep-measuring-value = measuring { $value }
client-lr-range = the loss falls fastest at a rate of { $steepest }; a tenth of the rate where it is lowest is { $tenth }: try rates between them
client-lr-range-too-few = no rate is named: { $steps ->
    [one] 1 step is
   *[other] { $steps } steps are
 } too few, as the loss is smoothed over { $window } and a tenfold rise of the rate takes as many; give --steps { $needed }
client-lr-range-too-soon = no rate is named: the loss exploded after { $steps ->
    [one] 1 step
   *[other] { $steps } steps
 }; begin lower, with --from { $from } --steps { $needed }
client-lr-range-never = the loss never falls: try a wider range, or look at the data
