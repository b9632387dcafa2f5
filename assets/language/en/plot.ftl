## What is drawn

plot-metric-title = { $name ->
    [loss] Loss
    [metrics] Validation metrics
    [images_per_sec] Images per second
    [data_wait] Data wait
    [phases] Phases of a step
    [stages] Loader stages
    [queue] Loader queue
    [cpu] CPU use by core
    [memory] Memory
    [gpu_util] GPU utilisation
    [gpu_memory] GPU memory
    [gpu_power] GPU power
    [gpu_temperature] GPU temperature
    [gpu_clocks] GPU clocks
    [gpu_pcie] PCIe traffic
    [val] Validation loss
    [bisect] Faster with it off
   *[other] { $name }
 }
plot-metric-doc = { $name ->
    [loss] training and validation loss
    [metrics] validation accuracy and macro ROC AUC
    [images_per_sec] training speed in images a second
    [data_wait] share of each step spent waiting for data
    [phases] what a step's time is spent on, by phase
    [stages] what each of the loader's steps costs, by image
    [queue] full batches waiting for the trainer
    [cpu] how busy each core is
    [memory] RAM in use
    [gpu_util] how busy the GPU is
    [gpu_memory] video RAM in use
    [gpu_power] what the GPU draws
    [gpu_temperature] how warm the GPU is
    [gpu_clocks] clock rates of the GPU
    [gpu_pcie] what crosses the bus to the GPU
    [val] loss of the validation images alone
    [bisect] what each transform costs, by the last test
   *[other] { $name }
 }
plot-title-of-run = { $title } of { $run }
plot-title-with-unit = { $title } ({ $unit })
plot-of-run = { $run }: { $name }
plot-run-number = run { $number }
plot-caption = { $runs } · { $dataset } · { $model } · { $device } · { $date }

plot-training = training
plot-validation = validation
plot-validating = validating
plot-validation-loss = validation loss
plot-accuracy = accuracy
plot-auc = macro ROC AUC
plot-waiting-for-data = waiting for data
plot-batches-ready = batches ready
plot-whole-machine = whole machine
plot-engine = training engine
plot-core = core { $number }
plot-cores-mean = mean of { $cores } cores
plot-cores-busiest = busiest core
plot-cores-idlest = idlest core
plot-clock-sm = SM
plot-clock-memory = memory
plot-pcie-to = to the GPU
plot-pcie-from = from the GPU

## Axes

plot-x-secs = time (s)
plot-x-minutes = time (min)
plot-x-hours = time (h)
plot-x-step = step
plot-x-epoch = epoch
plot-x-workers = workers
plot-x-transform = transform (1 is the first of the chain)
plot-y-loss = cross-entropy
plot-y-losses-differ = loss, another for each value: not to be compared
plot-y-share = share (0 to 1)
plot-y-rate = images/s
plot-y-share-of-step = % of step
plot-y-us-per-image = μs/image
plot-y-ms-per-image = ms/image
plot-y-secs-per-image = s/image
plot-y-batches = batches
plot-y-faster = % faster

## Marks and bands

plot-epoch = epoch { $epoch } ended, checkpoint
plot-epoch-best = epoch { $epoch } ended, checkpoint, best so far
plot-turn-resumed = resumed
plot-turn-stopped = stopped
plot-turn-completed = completed
plot-turn-failed = failed
plot-mark-at = { $name } (at { $at } { $unit })
plot-band-from-to = { $name } (from { $from } to { $to } { $unit })
plot-reading = { $name }: { $value }
plot-no-number = not a number (NaN)
plot-not-measured = not measured
plot-and-more = and { $more } more

## Without data

plot-waiting = waiting for data
plot-after-epoch = waiting for the first validation, at the end of an epoch
plot-no-timed-step = waiting for a step that was timed phase by phase
plot-no-reading = N/A: { $reason }
plot-no-gpu = N/A: no GPU with readable sensors was found
plot-no-such-reading = N/A: the driver gives no such reading

## Legend and zoom

plot-live = Live
plot-live-hint = Shows the whole run and what comes (double click)
plot-live-of = Live: { $plot }
plot-legend-hint = Click hides or shows it, a double click shows it alone, the right button gives it another name
plot-legend-more = +{ $more } more
plot-series-missing = { $name } (N/A)
plot-series-show = Show
plot-series-hide = Hide
plot-series-alone = Show it alone
plot-series-all = Show all
plot-series-name = Name
plot-series-own-name = Its own name
plot-table = { $unit }, the newest first
plot-table-newest = { $unit }, the newest { $shown } of { $all } rows; the CSV has all

## Sweeps and bisects

plot-loss-by-step = Loss by step
plot-loss-by-time = Loss by time
plot-measured = measured
plot-predicted-from = predicted from { $workers }
plot-rate-by-workers = Images per second by workers
plot-rate-by-key = Images per second by { $key }
plot-prediction-comes = the first seconds of training give the prediction
plot-bisect = Faster with it off
plot-no-bisect = the transforms of this run were not tested
plot-trial-together = { $count } together
plot-trial = { $transform }: { $effect } % ({ $low } to { $high })
plot-trial-undecided = { $transform }: { $effect } % ({ $low } to { $high }), undecided

## Errors

plot-error-nothing = there is no plot to write; choose at least one metric
plot-error-size = a picture of { $width } x { $height } points at scale { $scale } cannot be made; each side must be 64 to 16384 pixels and the whole at most 100 million
plot-error-text-key = the picture cannot carry a text named `{ $key }`; names are 1 to 79 Latin letters
plot-error-encode = the picture could not be encoded: { $error }
plot-error-write = could not write the file ({ $error }); check that the folder exists, may be written and has room: { $path }

## `trainscope plot`

plot-command-size = `{ $size }` is no size; give pixels as 1600x900, or inches as 6x4in
plot-command-smooth = --smooth { $smooth }: a number from 0 to below 1
plot-command-dpi = --dpi { $dpi }: a number from 24 to 1200
plot-command-empty = none of these plots has anything to show: { $names }
plot-command-left-out = left out, as there is nothing to show: { $names }

## Learning-rate range test

plot-range = Learning-rate range test
plot-range-x = log10 of the learning rate
plot-range-loss = loss
plot-range-smoothed = smoothed
plot-range-steepest = falls fastest: { $rate }
plot-range-tenth = a tenth of the lowest: { $rate }
