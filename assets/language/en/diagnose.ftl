### The verdict, bisects, predictions.

## What a run is bound by
diagnose-bound-input = input-bound
diagnose-bound-transfer = transfer-bound
diagnose-bound-compute = compute-bound
diagnose-bound-launch = launch-bound
diagnose-bound-stalled = stalled
diagnose-bound-balanced = balanced
diagnose-bound-not-enough = too few steps

## The verdict, clause by clause
diagnose-stalled = Stalled: nothing has moved for { $time }
diagnose-collecting-steps = Collecting { $needed } steps ({ $done } of { $needed })
diagnose-input-in-turns = Input-bound: loading takes { $percent } % of each step, as loading and training take turns without workers
diagnose-input = Input-bound: the trainer waits for data { $percent } % of each step
diagnose-transfer = Transfer-bound: uploads take most of the trainer's time
diagnose-launch = Launch-bound: the host hands out work more slowly than the device does it
diagnose-balanced-both = Balanced: loader and training are about equally fast, and only both together can be faster
diagnose-balanced = Balanced: loader and training are about equally fast
diagnose-compute-in-turns = Compute-bound: training takes { $percent } % of each step, loading the rest
diagnose-compute = Compute-bound: training takes { $percent } % of each step
diagnose-costliest-stage = { $stage } is { $percent } % of the loader's time
diagnose-shared-cores = { $cores ->
    [one] loader and training share { $cores } core
   *[other] loader and training share { $cores } cores
}
diagnose-others-take = { $cores ->
    [one] other programs take { $taken } of { $cores } core
   *[other] other programs take { $taken } of { $cores } cores
}
diagnose-training-would-be = training would be { $changes }
diagnose-brings = { $times } times as fast ({ $low } to { $high }) { $change }
diagnose-brings-uncertain = about { $times } times as fast ({ $low } to { $high }, uncertain) { $change }
diagnose-brings-measured = { $times } times as fast ({ $low } to { $high }, measured) { $change }
diagnose-with-transform-off = with { $transform } off
diagnose-with-workers = { $workers ->
    [0] without workers
    [one] with { $workers } worker
   *[other] with { $workers } workers
}
diagnose-with-cache = with a cache
diagnose-with-batch-size = with batches of { $size }
diagnose-nothing-changes-much = no transform, cache or number of workers would change much
diagnose-cores-full = { $cores ->
    [one] loading keeps { $cores } core busy, and no change of the chain or the workers is known to help
   *[other] loading keeps { $cores } cores busy, and no change of the chain or the workers is known to help
}
diagnose-no-known-help = no change of the chain or the workers is known to help
diagnose-loaders-own-work = the loader's own work is the limit ({ $stages }), and no change is known to help

## What limits training after a change
diagnose-limit-loader = the loader
diagnose-limit-loader-stage = the loader, { $stage } first
diagnose-limit-cpu = training on the CPU
diagnose-limit-device = the device
diagnose-limit-loader-in-turns = { $loader }, in turns with { $device }
diagnose-limit-device-in-turns = { $device }, in turns with the loader
diagnose-limit-alike-in-turns = { $loader }, and { $device } alike, in turns
diagnose-limit-alike = { $loader }, and { $device } alike

## The numbers behind the verdict
diagnose-evidence-steps = steps looked at
diagnose-evidence-training = training
diagnose-evidence-waiting = waiting for data
diagnose-evidence-queue = batches waiting
diagnose-evidence-trainer-time = trainer's time
diagnose-evidence-trainer-alone = { $beside ->
    [others] trainer alone, beside the other programs
   *[nobody] trainer alone
}
diagnose-evidence-workers = workers
diagnose-evidence-cores = cores
diagnose-evidence-busy-cores = cores that are busy
diagnose-evidence-others-cores = cores that other programs take
diagnose-evidence-loader-cpu-time = loader's CPU time
diagnose-evidence-loader-time = loader's time
diagnose-evidence-loader-alone = { $beside ->
    [others] loader alone, beside the other programs
   *[nobody] loader alone
}
diagnose-evidence-host-waiting = host waiting for the device
diagnose-unit-images-per-sec = images/s
diagnose-unit-us-per-image = μs/image
diagnose-unit-percent-of-step = % of a step
diagnose-unit-percent-of-trainer = % of the trainer's time

## What is wrong around a run
diagnose-cores-oversubscribed = The cores are oversubscribed: they are { $busy } % busy, and in { $percent } % of the time some thread waits for one; { $why }.
diagnose-cores-taken = { $taking }: end them or let them wait, or expect their share to be missing
diagnose-cores-own = the run's own threads want more of them than there are
diagnose-cores-other-programs = other programs work on this machine too: end them, or expect their share to be missing
diagnose-cores-many-threads = { $workers ->
    [one] { $workers } worker and the trainer are more threads than its { $cores ->
        [one] { $cores } core
       *[other] { $cores } cores
    }
   *[other] { $workers } workers and the trainer are more threads than its { $cores ->
        [one] { $cores } core
       *[other] { $cores } cores
    }
}
diagnose-cores-own-or-others = the loader's threads or other programs want more of them than there are
diagnose-cores-shared = workers, a training on the CPU and other programs share them
diagnose-cpu-hot = The CPU slows down because it is hot: everything measured here is slower than it could be; see to its cooling.
diagnose-swapping = The machine swaps ({ $mb } MB/s): memory is short; use a shorter prefetch, smaller batches or a smaller cache.
diagnose-memory-short = Memory is short: in { $percent } % of the time some thread waits for it; use a shorter prefetch, smaller batches or a smaller cache.
diagnose-disk-saturated-at = The disk is saturated: it is busy { $percent } % of the time at { $mb } MB/s read; copy the images to a faster one, or keep them in memory (loader.cache).
diagnose-disk-saturated = The disk is saturated: it is busy { $percent } % of the time; copy the images to a faster one, or keep them in memory (loader.cache).
diagnose-page-cache-misses = { $percent } % of what is read comes from the disk, as the page cache does not hold it yet ({ $mb } MB/s): reading is slower while that lasts, which is always where the images are more than memory.
diagnose-gpu-hot-at = { $gpu }'s clocks are held down by its heat ({ $celsius } °C): see to its cooling.
diagnose-gpu-hot = { $gpu }'s clocks are held down by its heat: see to its cooling.
diagnose-gpu-power-supply = { $gpu }'s clocks are held down by its power supply: check supply and cables.
diagnose-gpu-slowdown = { $gpu }'s clocks are held down by the board itself, for heat, current or supply: the doctor says more.
diagnose-gpu-power-limit-at = { $gpu }'s clocks are held down by its power limit ({ $watts } W): usual under full load; where the board allows more, raise it (nvidia-smi -pl).
diagnose-gpu-power-limit = { $gpu }'s clocks are held down by its power limit: usual under full load; where the board allows more, raise it (nvidia-smi -pl).

## What a bisect found
diagnose-of-training = training
diagnose-of-loader-alone = the loader alone
diagnose-ended-by = Ended after { $time } by { $why }
diagnose-no-single-culprit = No single culprit: no transform costs { $what } more than { $most } %
diagnose-none-alone-found = No single culprit was found
diagnose-none-found = No culprit was found, and none costs { $what } more than { $most } %
diagnose-suspected = Not decided: with { $transform } off, { $what } seems to be { $share }
diagnose-not-decided = Not decided
diagnose-only-undecided = Not decided in this time: { $transforms }
diagnose-culprit = { $transform } holds { $what } back: off, { $what } is { $share }
diagnose-culprits-in-turn = { $transform } holds { $what } back: off, { $what } is { $share }; with that off, { $rest }; with all of them off, about { $times } times as fast
diagnose-culprit-too = { $transform } too: { $share }
diagnose-culprits = With each off by itself, { $what } is: { $list }; with all of them off, up to { $times } times as fast
diagnose-culprit-share = { $transform } { $share }
diagnose-all-off = with all { $count } off at once, { $what } is { $share }
diagnose-others-off = with the other { $count } off at once, { $what } is { $share }
diagnose-all-cost-at-most = all { $count } together cost at most { $most } %
diagnose-others-cost-at-most = the other { $count } together cost at most { $most } %
diagnose-spares-time = without { $transform }, { $what } is { $percent } % slower ({ $low } to { $high })
diagnose-costs-little = { $transform } costs { $percent } % ({ $low } to { $high }), too little to matter
diagnose-undecided = undecided: { $transforms }
diagnose-not-measured = not measured: { $transforms }
diagnose-expected = by the predictions, training would be { $list }
diagnose-expected-share = { $share } with { $transform } off
diagnose-so-far = So far: with { $transform } off, training is { $share }, at least { $least } times as fast
diagnose-trying-seems = { $rounds ->
    [one] Trying { $transform }: with it off, training seems to be { $share } ({ $rounds } round)
   *[other] Trying { $transform }: with it off, training seems to be { $share } ({ $rounds } rounds)
}
diagnose-trying = Trying { $transform }
diagnose-none-stands-out = No transform stands out so far
diagnose-faster = { $percent } % faster
diagnose-slower = { $percent } % slower
diagnose-no-faster = no faster
diagnose-by-cpu-time = { $share } by its CPU time
diagnose-faster-within = { $percent } % faster ({ $low } to { $high })
diagnose-as-fast = { $times } times as fast
diagnose-as-fast-within = { $times } times as fast ({ $low } to { $high })
