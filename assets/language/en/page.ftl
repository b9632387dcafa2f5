## Pages

page-plots = Plots
page-plots-what = The curves of the run
page-inspect = Inspect
page-inspect-what = The images, and what the chain makes of them
page-diagnosis = Diagnosis
page-diagnosis-what = What holds training back, and what would change it
page-timeline = Timeline
page-timeline-what = What every thread did in the last seconds
page-doctor = Doctor
page-doctor-what = What is wrong with this machine for training
page-sweeps = Sweeps
page-sweeps-what = Several values of one setting, trained in turns and compared
page-settings = Settings
page-settings-what = Everything that can be set
page-results = Results
page-results-what = How good the network is: confusion matrix, classes, mistakes
page-runs = Runs
page-runs-what = All runs: search, compare, go on

## Plots

page-plots-all-hidden = Every plot is hidden: tick some under Plots.
page-plots-over = x:
page-plots-over-hint = What the curves are drawn over
page-plots-axis = { $axis ->
    [time] Time
    [step] Step
   *[epoch] Epoch
 }
page-plots-log = log y
page-plots-log-hint = y by its logarithm; values not above 0 are marked at the lower edge
page-plots-smooth = Smooth
page-plots-smooth-hint = How much of a point is what came before it, as in TensorBoard; the raw line stays faintly behind
page-plots-in-view = { $n }
page-plots-in-view-any = what fits
page-plots-in-view-hint = How many plots are in view at once
page-plots-in-view-label = In view:
page-plots-zoom-hint =
    Drag moves all plots, { $key } and wheel zooms them, the right button draws a box to zoom to.
    A double click or Live shows the whole run again. Training goes on meanwhile.
    A click in the legend hides a curve, a double click shows it alone, the right button renames it.
    Drag a title onto another plot to reorder.
page-plots-overlaid = { $run }  ×
page-plots-overlaid-hint = Laid over the plots; a click takes it away
page-plot-named = { $title }: { $what }
page-plot-menu = Menu of plot { $title }
page-plot-all = Show all
page-plot-all-hint = Show all plots (Esc)
page-plot-all-named = Show all plots (Esc): { $title }
page-plot-alone-hint = Show this plot alone
page-plot-alone-named = Show this plot alone: { $title }
page-plot-title-hint = { $hint }; drag it onto another plot to reorder
page-plot-save = Save as PNG or CSV…
page-plot-copy-picture = Copy picture
page-plot-copy-values = Copy values
page-plot-forward = Move forward
page-plot-back = Move back
page-plot-pin = Pin to the front
page-plot-as-table = As table
page-plot-as-curves = As curves
page-plot-as-table-hint = The numbers behind the curves, the newest first, and those at the cursor of the other plots
page-plot-unpin = Unpin
page-plot-pinned = Pinned to the front
page-plot-hide = Hide
page-plot-hide-hint = Bring it back under Plots

## Results

page-results-none = There is no run yet.
page-results-no-epoch = No epoch has ended yet.
page-results-no-test = The test part is judged when the last epoch has ended.
page-results-not-tested = This run has no test: none was held out, or it ended before it came to it.
page-results-tested-now = The run itself made no test: what stands here was judged now.
page-results-of-folder = On { $folder }
page-results-own-test = Back to the run's own test
page-results-figure = { $figure ->
    [accuracy] accuracy
    [loss] loss
    [auc] ROC AUC
    [average-precision] average precision
    [f1] F1
    [balanced-accuracy] balanced accuracy
    [kappa] kappa
    [mcc] MCC
   *[calibration-error] calibration error
 }
page-results-figure-meaning = { $figure ->
    [accuracy] Share of images that were taken for what they are
    [loss] Cross-entropy, a mean over the images
    [auc] Area under the ROC curve, each class against the rest, a mean over classes
    [average-precision] Area under the precision-recall curve, a mean over classes
    [f1] Harmonic mean of precision and recall, a mean over classes
    [balanced-accuracy] Mean of the classes' recalls
    [kappa] Cohen's kappa: agreement beyond chance
    [mcc] Matthews correlation coefficient, of all classes
   *[calibration-error] How far confidence is from what comes true: 0 where 80 % sure is right 80 % of the time
 }
page-results-top-k = top { $k }
page-results-top-k-meaning = Share of images whose class is among the { $k } most probable
page-results-ask = Ask the network
page-results-folder = Evaluate another folder…
page-results-folder-hint = Judges all images of a folder of class folders that the network knows, or of some of them: figures, matrix and mistakes are of it then
page-results-images = Predict images…
page-results-images-hint = Says what the network takes images of no known class for
page-results-drop = Images dropped on this page are predicted; a folder dropped on it is evaluated.
page-results-path = Folder or image to ask about
page-results-path-folder = Evaluate
page-results-path-images = Predict
page-results-predicted = { $images ->
    [one] 1 image predicted
   *[other] { $images } images predicted
 }
page-results-forget = Clear
page-results-validation = Validation
page-results-test = Test, with the best epoch's network
page-results-test-of-others = Test
page-results-head = { $head ->
    [epoch] Epoch
    [train-loss] Training loss
    [val-loss] Loss
    [accuracy] Accuracy
    [auc] ROC AUC
    [class] Class
    [precision] Precision
    [recall] Recall
    [f1] F1
    [average-precision] AP
    [support] Images
    [image] Image
    [predicted] Predicted
    [confidence] Confidence
   *[other] { $head }
 }
page-results-by-class = Leaves the classes in their own order
page-results-sort = Sorts by this, the worst first
page-results-epoch = { $which ->
    [best] { $epoch } (best)
   *[last] { $epoch } (last)
 }
page-results-confusion = Confusion matrix
page-results-cell-hint = True classes down, predicted across; a click lists the images
page-results-cell-record = True classes down, predicted across; judge the images to see which they are
page-results-cell = { $class } taken for { $predicted }: { $images ->
    [one] 1 image
   *[other] { $images } images
 }, { $percent } % of the class
page-results-judge = Find the mistakes
page-results-judge-again = Judge again
page-results-judge-hint = Has the best network judge each test image, on the CPU, in a process of its own
page-results-judge-busy = When the run has ended
page-results-judging = { $done } of { $total } images judged
page-results-judging-begins = the network is being loaded
page-results-cancel = Cancel
page-results-mistakes = { $mistakes ->
    [0] No mistakes
    [one] 1 mistake
   *[other] { $mistakes } mistakes
 } in { $images ->
    [one] 1 image
   *[other] { $images } images
 }, the most confident first
page-results-of-cell = { $class } taken for { $predicted }: { $images ->
    [one] 1 image
   *[other] { $images } images
 }
page-results-all-mistakes = All mistakes
page-results-own-confidence = { $own } for its own class
page-results-more = and { $more } more
page-results-not-in-dataset = The image is not in the dataset that is open: { $path }
page-judge-no-data = the run names no dataset; give one with --data
page-judge-empty = there is no image to judge
page-judge-left-out = left out: { $reason }: { $path }
page-judge-not-started = The program could not be started: { $error }
page-judge-failed = The images could not be judged: { $reason }

## Runs

page-runs-none = No runs yet. They are kept in { $folder }
page-runs-not-found = No run is like that.
page-runs-search = Search
page-runs-search-hint = Search: name, dataset, tag, note…
page-runs-figures = Figures:
page-runs-best = best
page-runs-best-hint = Those of the epoch whose network was kept as the best: by its ROC AUC, or where there is none by its accuracy
page-runs-last = last
page-runs-last-hint = Those of the last epoch
page-runs-read = Refresh
page-runs-folder = Open folder
page-runs-column = { $column ->
    [name] Run
    [state] State
    [dataset] Dataset
    [model] Model
    [device] Device
    [epochs] Epochs
    [loss] Training loss
    [val-loss] Validation loss
    [accuracy] Accuracy
    [auc] ROC AUC
    [test] Test accuracy
    [rate] Images/s
   *[tags] Tags
 }
page-runs-column-hint = { $column ->
    [name] Sorts by name: the newest first, as names begin with the time
    [rate] Over the last steps
    [test] Of the best epoch's network
   *[other] Sorts by this; runs without it come last
 }
page-runs-state = { $state ->
    [running] training
    [completed] completed
    [stopped] stopped
    [failed] failed
   *[died] cut off
 }
page-runs-own = The run shown in this window
page-runs-overlay = Overlay in plots
page-runs-overlay-hint = Lays its curves over those of this window's run
page-runs-overlay-of = { $run } in the plots
page-runs-busy = A run is active: stop it first
page-runs-show = Show
page-runs-show-hint = Its curves and results in this window
page-runs-resume = Resume
page-runs-resume-hint = Goes on from its last checkpoint
page-runs-no-resume = It is complete, or has nothing to go on from
page-runs-duplicate = Duplicate
page-runs-duplicate-hint = Its settings become those of the next run
page-runs-open-folder = Open folder
page-runs-trash = To the trash
page-runs-trash-hint = The folder goes into the system's trash and can be taken back from there
page-runs-trash-sure = Move its folder to the trash?
page-runs-trash-yes = Move
page-runs-trash-no = Keep
page-runs-name = Name
page-runs-name-hint = The folder's name
page-runs-rename = Rename
page-runs-tags = Tags
page-runs-tags-hint = Words with commas between them
page-runs-note = Note
page-runs-note-hint = Kept with the run
page-runs-compare = Compare with
page-runs-compare-hint = Settings in which they differ
page-runs-compare-none = choose a run
page-runs-no-config = One of them has no settings that can be read.
page-runs-same-config = Both have the same settings, and nothing was changed while they ran.
page-runs-key = Setting
page-runs-changed = Changed while it ran
page-runs-changed-hint = By hand, in the order it came; a bisect's own changes are left out
page-runs-changes = { $count }: { $list }
page-runs-unreadable = The folder of runs cannot be read: { $error }: { $folder }
page-runs-not-begun = Nothing was trained in this run yet.
page-run-held = It is being trained: stop it first.
page-run-bad-name = A folder cannot be called "{ $name }".
page-run-name-taken = There is one called "{ $name }" already.
page-run-io = The folder could not be changed: { $error }
page-run-no-trash = It was not moved to the trash: { $error }
page-run-trashed = moved to the trash: { $run }; the system's trash can put it back
page-run-trashed-to = moved to the trash: { $run }; it lies in { $place }, and the system's trash can put it back

## Reports and exports

page-export-nothing = the record holds no numbers yet
page-export-failed = could not be written: { $error }: { $path }
page-export-exists = there is a file already; --overwrite replaces it: { $path }
page-export-written = { $values ->
    [one] 1 value
   *[other] { $values } values
 }: { $path }
page-export-changes-written = { $changes ->
    [one] 1 change
   *[other] { $changes } changes
 }: { $path }
page-report-written = written: { $path }
page-report-title = Training run { $run }
page-report-state = State
page-report-dataset = Dataset
page-report-images = Images
page-report-image-counts = { $images } in { $classes } classes: { $train } for training, { $validation } for validation, { $test } for the test
page-report-network = Network
page-report-network-figures = { $network }, { $parameters } parameters
page-report-device = Device
page-report-time = Time
page-report-steps = Steps
page-report-step-counts = { $steps } in { $epochs ->
    [one] 1 epoch
   *[other] { $epochs } epochs
 }
page-report-best-auc = Validation ROC AUC, best weights
page-report-best-accuracy = Validation accuracy, best weights
page-report-verdict = What held training back, in its last steps
page-report-ceilings = What each part could do alone with all cores free, in images a second; the lowest is marked
page-report-predictions = What each change would bring, as predicted from these steps or measured by an experiment; what is worth it is marked
page-report-change = Change
page-report-rate = Images a second
page-report-range = Range
page-report-next-limit = Then the limit is
page-report-bisect = What each transform costs, measured
page-report-bisect-head = { $head ->
    [transform] Transform
    [effect] Faster with it off
    [interval] Interval
   *[standing] Standing
 }
page-report-trial-standing = { $decision ->
    [undecided] undecided
    [cannot-switch] cannot be switched off
   *[decided] decided
 }
page-report-trial-standing-without = { $decision ->
    [undecided] undecided, with { $without } off
    [cannot-switch] cannot be switched off, with { $without } off
   *[decided] decided, with { $without } off
 }
page-report-percent = { $percent } %
page-report-from-to = { $low } to { $high } %
page-report-plots = Curves
page-report-epochs = Epochs
page-report-changes = Changes while it trained
page-report-when = When
page-report-did = What it did to the speed
page-report-at = step { $step }, after { $time }
page-report-machine = Machine
page-report-cores = Logical cores
page-report-memory = Memory
page-report-program = Program
page-report-configuration = Configuration
page-report-made = Made by { $version } on { $date }

## Doctor

page-doctor-about = The doctor looks for what holds this machine back: GPUs that no driver reaches, devices that compute wrongly, heat and power saving, narrow links, containers with few cores, short memory, slow disks. Each device is checked and measured in a process of its own, so that a driver that crashes costs one sentence.
page-doctor-cancel = Cancel the examination
page-doctor-examine = Examine this machine
page-doctor-again = Examine again
page-doctor-examine-hint = Some seconds without a GPU, a minute or two with one that was never used
page-doctor-copy = Copy report
page-doctor-copy-hint = All of it as text, to be sent to somebody who helps
page-doctor-run-active = A run is active: drivers and system are asked, but neither devices nor disk are measured.
page-doctor-no-dataset = With a dataset chosen its disk is measured too.
page-doctor-all-well = Nothing wrong was found.
page-doctor-all-well-unmeasured = Nothing wrong was found; nothing was checked or measured.
page-doctor-findings = { $findings ->
    [one] 1 finding
   *[other] { $findings } findings
 }
page-doctor-what-to-do = What to do: { $advice }
page-doctor-problem = Problem
page-doctor-warning = Warning
page-doctor-hint = Hint
page-doctor-machine = Machine
page-doctor-devices = Devices
page-doctor-disk = The dataset's disk
page-doctor-row = { $name ->
    [program] Program
    [backends] Trains on
    [system] System
    [cpu] CPU
    [cores] Cores
    [vectors] Vector instructions
    [governor] CPU governor
    [power] Power
    [memory] Memory available
    [container] Container's memory used
    [swap] Swap used
    [graphics] Graphics on the bus
    [vulkan] Vulkan
    [nvidia] NVIDIA
    [driver] Driver
    [video-memory] Memory used
    [power-limit] Power limit
    [at-rest] At rest
    [busy] While measured
    [persistent] Driver stays loaded
    [folder] Folder
    [file-system] File system
    [free] Free
    [files] Files
    [first] First reading
    [again] From memory
    [uncached] From the disk
    [trouble] Trouble
   *[other] { $name }
 }
page-doctor-of = { $part } of { $whole }
page-doctor-kernel = { $os }, kernel { $kernel }
page-doctor-guest = { $system }, in a virtual machine
page-doctor-cores = { $physical } physical, { $logical } logical
page-doctor-threads = { $threads ->
    [one] 1 thread
   *[other] { $threads } threads
 } for this program
page-doctor-quota = quota of { $quota }
page-doctor-load = load average { $load }
page-doctor-no-vectors = none that matters here
page-doctor-profile = profile { $profile }
page-doctor-on-battery = on battery
page-doctor-plugged-in = plugged in
page-doctor-battery = battery { $percent } %
page-doctor-graphics = { $name } at { $address }, driver { $driver }
page-doctor-graphics-bare = { $name } at { $address }, no driver
page-doctor-vulkan = loader found
page-doctor-no-vulkan = no loader in the usual folders
page-doctor-no-driver-files = no driver files
page-doctor-restricted = restricted by { $by }
page-doctor-yes = yes
page-doctor-no = no
page-doctor-board-at = { $name } at { $address }
page-doctor-figure = { $figure } { $unit }
page-doctor-usually = { $limit } (usually { $usual })
page-doctor-busy = { $percent } % busy
page-doctor-held-down = clocks held down by { $reasons }
page-doctor-link = PCIe generation { $generation } with { $lanes } lanes
page-doctor-throttle = { $reason ->
    [thermal] the driver for heat
    [hardware-thermal] the board for heat
    [hardware-slowdown] the board for heat, current or supply
    [power-brake] the power supply
    [power-cap] the power limit
    [clocks-setting] a setting
   *[sync-boost] another board of its group
 }
page-doctor-file-system-on = { $kind ->
    [network] { $system } on { $source }, over a network
    [plates] { $system } on { $source }, a spinning disk according to the system
    [no-plates] { $system } on { $source }, a solid-state disk
   *[unknown] { $system } on { $source }
 }
page-doctor-file-system = { $kind ->
    [network] { $system }, over a network
    [plates] { $system }, a spinning disk according to the system
    [no-plates] { $system }, a solid-state disk
   *[unknown] { $system }
 }
page-doctor-or-more = { $files } or more
page-doctor-uncached = { $reading }, past the page cache
page-doctor-no-uncached = N/A: this system or file system does not read past its page cache
page-doctor-reading = { $rate } files/s, { $megabytes } MB/s ({ $files ->
    [one] 1 file
   *[other] { $files } files
 }, one thread)
page-doctor-origin-unknown = unknown: from disk or from memory
page-doctor-origin-disk = from the disk
page-doctor-origin-memory = from memory, where they lay already
page-doctor-origin-both = { $percent } % from the disk, the rest from memory
page-doctor-column = { $column ->
    [id] id
    [device] device
    [check] check
    [tflops] TFLOP/s
    [memory] memory GB/s
    [upload] upload GB/s
    [launch] launch μs
   *[round-trip] round trip μs
 }
page-doctor-column-hint = { $column ->
    [id] What train.device names
    [device] Name, kind and driver
    [check] A matrix product and a training step, compared with the CPU's
    [tflops] An f32 matrix product
    [memory] An addition in place: bytes read and written
    [upload] From the host's memory to the device
    [launch] Of the host, for one small kernel among many
   *[round-trip] Until one small kernel is known to be done
 }
page-doctor-not-checked = not checked
page-doctor-check-failed = failed
page-doctor-right = right
page-doctor-right-without-fusion = right, operations one by one
page-doctor-right-after = right, { $time }
page-doctor-chosen = { $id } (chosen)
page-doctor-device = { $id }: { $device }; { $check }
page-doctor-finding-head = { $severity }:{ " " }
page-doctor-no-speed = speed N/A

## Settings

page-settings-search = Search
page-settings-search-named = Search settings
page-settings-search-hint = In names, keys and meanings
page-settings-changed-only = Changed only ({ $changed })
page-settings-changed-only-hint = Only what is not at its default
page-settings-none = No setting is like that.
page-settings-is-changed = { $key } is changed
page-settings-not-default = Not the default
page-settings-live = live
page-settings-live-hint = Takes effect in a run that is active

## Diagnosis

page-diagnosis-none = Start a run: after twenty steps, or ten seconds of slow ones, this page says what holds it back, and what would change it.
page-diagnosis-too-short = The run was over before there were steps enough for a verdict (some 20): train for more epochs, or with smaller batches.
page-diagnosis-old = From before the last change; some twenty steps after it this is said anew.
page-change-off = { $name } off
page-change-workers = { $workers ->
    [one] 1 worker
   *[other] { $workers } workers
 }
page-change-cache = with a cache (next run)
page-change-batch = batches of { $size } (next run)
page-from-to = { $low } to { $high }
page-measured-from-to = measured, { $low } to { $high }
page-interval = { $value } ({ $low } to { $high })
page-percent = { $percent } %
page-percent-from-to = { $percent } % ({ $low } to { $high } %)
page-rate = { $rate } images/s
page-effects = What your changes did
page-effects-hint = Steps before the change against steps after it, { $steps } of each at least. Not randomised as a test of transforms is: whatever else changed at that moment is in it too.
page-effect = { $measured } images/s
page-effect-none = no change of speed that matters
page-effect-measuring = still measuring
page-effect-measuring-left = still measuring, about { $left }
page-effect-so-far = { $measured }: still measuring
page-effect-so-far-left = { $measured }: still measuring, about { $left }
page-effect-open = { $measured }: not resolved
page-effect-too-few = not resolved: too few steps, as it takes { $steps } before the change and as many after it
page-effect-with-next = measured together with the next change
page-effect-rates = { $before } → { $after } images/s; { $blocks ->
    [one] 1 block
   *[other] { $blocks } blocks
 } of steps compared
page-effect-more = more than predicted: { $said }
page-effect-less = less than predicted: { $said }
page-effect-as = as predicted: { $said }
page-effect-predicted = predicted: { $said }
page-effect-doubtful = other programs may have done it: switch back and forth to be sure
page-ceilings = What each part could do alone with all cores free
page-ceilings-scale = images/s, on a logarithmic scale; the line is what training does now
page-ceilings-unknown = Not measured yet, or cannot be measured here
page-ceilings-measuring = Measuring; training waits
page-ceilings-measure = Measure the ceilings
page-ceilings-hint = Trains a fresh copy of the network on one batch again and again, then on files that are in memory: about 15 s, in which the run waits; its weights are not touched
page-ceilings-not-now = A run must be training, and no transforms being tested
page-ceiling-of = { $name ->
    [nothing] nothing to load
    [cached] files in memory
    [now] as it was
   *[loader] the loader alone
 }
page-ceilings-cost-both = Preparing data costs { $preparing } % of what the trainer could do, fetching it from the disk { $fetching } %.
page-ceilings-cost = Preparing data costs { $preparing } % of what the trainer could do.
page-predictions = What would change it
page-predictions-hint = Images/s, estimated or as an experiment measured them, with range; green is worth it for sure
page-prediction-limit = { $band }; then the limit is { $limit }
page-do-it = Do it
page-do-it-named = Do it: { $change }
page-do-it-hint = Takes effect at the next batch not yet begun
page-slow-files = Slowest files, by size
page-slow-draws = Slowest transforms on single images
page-slow-hint = Show it in Inspect, with this draw
page-evidence = The numbers behind it
page-bisect = Which transform holds training back?
page-bisect-about = Switches transforms off and on in short segments drawn by lot while training goes on, and compares the step times. Every change is undone at the end.
page-bisect-underway-all = Testing transforms: { $spent } of { $budget } s, now with the whole chain; training goes on
page-bisect-underway = Testing transforms: { $spent } of { $budget } s, now with { $off } off; training goes on
page-bisect-export = Export…
page-bisect-export-hint = As a picture and as CSV
page-bisect-more = { $secs } s more
page-bisect-more-hint = Goes on with what is undecided, from where it stands
page-bisect-old = The run was changed since it began: this is of the run as it was.
page-bisect-stop = Stop the bisect
page-bisect-stop-hint = The whole chain is restored; what is open stays undecided
page-bisect-start = Find the culprit
page-bisect-start-hint = Training goes on meanwhile; the record says which batches were made with what
page-bisect-not-now = A run must be training, past its first twenty steps (or ten seconds, where they are slow)
page-bisect-all = test every transform
page-bisect-all-hint = Go on until each transform is decided, not only until the costliest is known
page-bisect-budget = Budget of the bisect
page-bisect-budget-hint = Seconds after which what is open stays undecided
page-bisect-noise = Noise here is { $noise } %; smaller effects are ignored
page-bisect-noise-coming = The noise here is being measured
page-bisect-noise-unknown = The noise here was not measured
page-bisect-rule = A transform is decided when its interval (95 %, all at once, at any moment) leaves 0 out and it is larger than the noise, or lies within ±{ $margin } %. { $noise }. { $steps } steps.
page-bisect-most-by-waiting = The trainer waits for data { $percent } % of each step: no transform can cost more of its time than that.
page-bisect-after = After a change it is measured whether the gain came: see below.
page-trial = { $transform }: { $words }; { $rounds ->
    [one] 1 round
   *[other] { $rounds } rounds
 }
page-trial-without = { $transform }: { $words }; { $rounds ->
    [one] 1 round
   *[other] { $rounds } rounds
 }, with { $off } off
page-trial-no-round = no round yet
page-trial-nothing = { $measured }: costs nothing
page-trial-undecided = { $measured }: undecided
page-trial-cannot = cannot be switched off
page-switch-off = Switch { $transform } off
page-switch-all-off = Switch all of them off
page-switch-all-off-brings = up to { $times } times as fast
page-set-change = Use { $change }
page-use-cache = Use a cache (next run)
page-restore = Restore all
page-restore-hint = what was found and switched off, on again
page-gain = { $times } times as fast ({ $low } to { $high })
page-gain-measured = { $brings }, measured
page-gain-uncertain = { $brings }, uncertain

## Sweeps

page-sweep-about = Several values of one setting, trained in turns with the same seed, and so with the same images in the same order.
page-sweep-choice = { $choice ->
    [threads] Workers
    [batch-size] Batch size
    [prefetch] Prefetch
   *[learning-rate] Learning rate
 }
page-sweep-choice-named = { $choice ->
    [threads] Sweep workers
    [batch-size] Sweep batch size
    [prefetch] Sweep prefetch
   *[learning-rate] Sweep learning rate
 }
page-sweep-choice-hint = { $choice ->
    [threads] Numbers of loader threads, changed while one run trains: the predicted curve first, then what comes of it
    [batch-size] Images in a batch: the time an image, and the loss after as many images
    [prefetch] Full batches that may wait: the step time
   *[learning-rate] The step time, which it should not change, and the loss after as many steps
 }
page-sweep-run-active = a run is active, and both would compete for the machine: stop the run first
page-sweep-failed = The sweep came to nothing: { $error }
page-sweep-values = Values
page-sweep-values-named = Values to sweep
page-sweep-values-hint = The others are compared with the first
page-sweep-values-threads = All are compared with the number that is set now
page-sweep-budget = Budget
page-sweep-budget-named = Sweep budget
page-sweep-budget-hint = Seconds for all of it, the engines' start included; what is open then is undecided
page-sweep-steps = Losses after
page-sweep-steps-suffix = {" "}steps
page-secs-suffix = {" "}s
page-sweep-steps-named = Sweep steps
page-sweep-steps-hint = Of the first value; 0 compares the speed only
page-sweep-cancel = Cancel
page-sweep-cancel-named = Cancel sweep
page-sweep-start = Start sweep
page-sweep-not-now = Not now: { $why_not }
page-sweep-stopping = stopping: the engines write their checkpoints
page-sweep-left = { $now }, up to { $left } left
page-sweep-starting = starting
page-sweep-spent = The budget was spent before everything was decided.
page-sweep-cancelled = It was cancelled; what was found until then stands.
page-sweep-folder = Open the sweep's folder
page-sweep-loss-after = loss after { $steps } steps
page-sweep-column = { $column ->
    [loss] loss
    [steps] steps
    [rate] images/s
    [image-time] time an image
    [step-time] step time
    [predicted] predicted
   *[rounds] rounds
 }
page-sweep-use = Use
page-sweep-use-named = Use { $key }={ $value }
page-sweep-use-hint = Put this value into the settings
page-sweep-other-dataset = Measured on another dataset than the one that is open: { $dataset }
page-sweep-standing = { $standing ->
    [waiting] waiting
    [measuring] still measuring
    [baseline] the baseline
    [faster] faster
    [slower] slower
    [same] the same
    [undecided] undecided
   *[failed] failed
 }

## Timeline

page-timeline-take = Take the last { $secs } s
page-timeline-secs = { $secs } s
page-timeline-take-hint = Asks the engine for what it did; the training is not held up
page-timeline-no-run = No run is active
page-timeline-live = Live
page-timeline-live-hint = Takes the last { $secs } s again, about once a second
page-timeline-zoom-in = Zoom in
page-timeline-zoom-out = Zoom out
page-timeline-zoom-hint = { $name } (also with the wheel)
page-timeline-all = All
page-timeline-all-hint = All of the trace (also with a double click)
page-timeline-save = Save for Perfetto…
page-timeline-save-hint = A JSON file that ui.perfetto.dev opens
page-timeline-asked = The engine is asked for what it did last.
page-timeline-off = Nothing was recorded: the run was started with loader.instrument = false.
page-timeline-empty = Nothing happened in those seconds.
page-timeline-none-active = Take the last seconds to see what each worker, the queue and the trainer did.
page-timeline-none = Start a run: this page then shows what each worker, the queue and the trainer did in the last seconds.
page-timeline-about = { $spans ->
    [one] 1 span
   *[other] { $spans } spans
 } of { $threads ->
    [one] 1 thread
   *[other] { $threads } threads
 }, up to { $to } s of the run.
page-timeline-whole = Whole for the last { $secs } s: more than that is not kept of threads this busy.
page-timeline-use = Wheel: zoom; drag: move; click: keep a span's details.
page-timeline-loading = loading:
page-timeline-trainer = trainer:
page-timeline-show = Show in Inspect
page-timeline-show-same = This image with these draws, step by step
page-timeline-show-other = This image, step by step; the draws will differ, as the seed in the settings is another now
page-timeline-put-away = Put away
page-timeline-canvas = Canvas of the timeline
page-timeline-queue = full batches
page-timeline-waiting = full batches that wait: { $len } of { $most }
page-timeline-between = between two steps
page-timeline-idle = idle: nothing to load, or no room for more
page-span-done = { $name }: { $took }
page-span-open = { $name }: for { $took } so far
page-span-failed = { $name }: failed after { $took }
page-span-file = file: { $path }
page-span-class = class: { $class }
page-span-batch = epoch { $epoch }, batch { $batch }, settings { $settings }
page-span-draw = drawn from seed { $seed }, epoch { $epoch }, image { $image }
page-span-step = step { $step }: { $images ->
    [one] 1 image
   *[other] { $images } images
 }
page-span-host = the host's time only: it did not wait for the device in this step
page-span-at = at { $secs } s

## Images

page-part = { $part ->
    [train] train
    [validation] validation
   *[test] test
 }
page-inspect-chain = Step by step
page-inspect-images = Images
page-inspect-dataset = Whole dataset
page-inspect-scanning = The dataset is being read.
page-inspect-drawing = The sample images are being drawn.
page-inspect-failed = The dataset could not be read.
page-inspect-empty = The dataset holds no image.
page-inspect-none = Choose a folder of images on the left to look at them here.
page-inspect-all-classes = All classes
page-inspect-class = Class shown
page-inspect-class-hint = Show one class
page-inspect-all-parts = All parts
page-inspect-part = Part shown
page-inspect-part-hint = Show the images of one part of the split
page-inspect-size = Thumbnail size
page-inspect-size-hint = Size of the thumbnails
page-inspect-count = { $images ->
    [one] 1 image
   *[other] { $images } images
 }
page-inspect-shown = { $shown } of { $images ->
    [one] 1 image
   *[other] { $images } images
 }
page-inspect-show-all = Show all
page-inspect-image = Image
page-inspect-previous = Previous image shown
page-inspect-next = Next image shown
page-inspect-index = Image index
page-inspect-index-hint = Its index in the dataset, from 0: drag, or click and type
page-inspect-draw = Draw
page-inspect-previous-draw = Previous draw
page-inspect-next-draw = Next draw
page-inspect-draw-number = Draw number
page-inspect-draw-hint = A run with this seed draws this for the image in the epoch of that number
page-inspect-new-draw = New draw
page-inspect-new-draw-hint = The same image with random draws not looked at yet
page-inspect-caption = { $caption }, { $part }
page-inspect-total = { $time } an image on one thread
page-inspect-head = { $head ->
    [step] Step
    [before] Before
    [after] After
   *[difference] Difference
 }
page-inspect-stretched = Black is the least value and white the largest
page-inspect-no-difference = none
page-inspect-shape = { $numbers ->
    [bytes] { $shape }, 8-bit
   *[float] { $shape }, float
 }
page-inspect-difference-hint = |after - before|, made brighter by this factor; the largest in the step's own values
page-inspect-time-hint = Milliseconds for this image, on one thread: the median of some runs
page-grid-none = No image passes the filter.
page-grid-image = Image { $image }, { $class }
page-grid-no-part = in no part
page-grid-class = { $class }, { $part }
page-grid-size = { $width } × { $height }, index { $index }
page-grid-reading = being read
page-grid-unreadable = unreadable
page-figures-classes = Classes
page-figures-class = { $name }: train { $train }, validation { $validation }, test { $test }
page-figures-class-rest = { $name }: train { $train }, validation { $validation }, test { $test }, not used { $rest }
page-figures-ratio = The largest class has { $ratio } times the images of the smallest.
page-figures-equal = All classes have the same number of images.
page-figures-about-equal = All classes have about the same number of images.
page-figures-sizes = Sizes
page-figures-more-sizes = and { $images ->
    [one] 1 image
   *[other] { $images } images
 } of other sizes
page-measure = Measure the dataset
page-measure-again = Measure again
page-measure-hint = Reads every image, on all cores
page-measure-hint-active = Reads every image, on all cores: the run will be slower meanwhile
page-measure-what = Mean and deviation, histograms, duplicates, leakage between the parts, conflicting labels, blank and unreadable files
page-measure-reading = reading: { $done } of { $total }
page-measure-comparing = comparing: { $done } of { $total }
page-measure-starting = starting
page-measure-cancel = Cancel
page-measure-old = The split or the limit has changed since: measure again.
page-measure-head = { $head ->
    [mean] mean
    [std] std
    [unit-mean] mean, 0 to 1
   *[unit-std] std, 0 to 1
 }
page-measure-channel = { $channel ->
    [gray] gray
    [red] red
    [green] green
   *[blue] blue
 }
page-measure-normalize = Add { $step } with these
page-measure-normalize-hint = { $step ->
    [Normalize] Puts it behind the step that makes the values floats (with ToDtype, where there is none), or in place of the one there is
   *[other] Puts it behind EnsureChannelFirst, or in place of the one there is; ScaleIntensity, which would undo it, is switched off
 }
page-measure-all-images = all images
page-measure-values = Values of { $whose }
page-measure-x = value (0 black to 1 white)
page-measure-x-own = value (16 bits or float, as in the files)
page-measure-y = log10 pixels
page-findings = Findings
page-findings-none = None: no duplicates, leakage, conflicting labels, blank or unreadable files.
page-finding-count = { $title } ({ $total })
page-finding-more = and { $more } more
page-finding-show = Show image { $index }
page-finding-show-hint = Show this image among the thumbnails
page-finding = { $kind ->
    [leakage-equal] Leakage: equal images in different parts
    [leakage-similar] Leakage: similar images in different parts
    [conflicting-equal] Conflicting labels: equal images
    [conflicting-similar] Conflicting labels: similar images
    [blank] Blank images
    [nearly-blank] Nearly blank images
    [equal] Equal images
    [similar] Similar images
    [outliers] Outliers in brightness
   *[unreadable] Files that cannot be read
 }
page-finding-hint = { $kind ->
    [leakage-equal] The same picture stands in two parts: metrics on the held-out part look better than they are. Keep one of them.
    [leakage-similar] Pictures that look alike stand in two parts: of one patient, one scene, or saved twice?
    [conflicting-equal] The same picture has two labels: at most one is right.
    [conflicting-similar] Pictures that look alike have different labels.
    [blank] Every pixel has one value: nothing can be learned from them.
    [nearly-blank] All values lie within 4/255 of each other; in files of 16 bits or of floats, of what the others span.
    [equal] Copies cost time and weigh their picture more; one of each is enough.
    [similar] Perceptual hashes and small pictures of them agree.
    [outliers] Much darker or brighter than the images of their class.
   *[unreadable] They are left out of training; mend or remove them.
 }
page-finding-outlier = { $path }: mean { $mean }, the class's median { $median }
page-finding-unreadable = { $path }: { $reason }
page-finding-group = { $what ->
    [blank] { $images } × blank: { $whose }
    [files] { $images } × equal files: { $whose }
   *[pixels] { $images } × equal pixels: { $whose }
 }
page-finding-pair = correlation { $correlation }: { $whose }
page-finding-classes = { $classes }
page-finding-whose = { $classes } in { $parts }

## Export of plots

page-export-title = Export plots
page-export-do = Export
page-export-not-yet = Name a file first, and choose a plot that shows something
page-export-copy = Copy
page-export-copy-hint = The picture, to be pasted elsewhere
page-export-close = Close
page-export-drawing = drawing
page-export-plots = Plots
page-export-plots-hint = What the picture holds
page-export-all = all shown
page-export-none = none
page-export-picked = { $plots ->
    [one] { $plots } plot
   *[other] { $plots } plots
}
page-export-each = a picture each
page-export-each-hint = Not all in one picture: files beside each other, named after the plots
page-export-size = Size
page-export-size-hint = Width and height
page-export-height = Height
page-export-pixels = pixels
page-export-inches = inches
page-export-dpi-hint = Pixels to the inch: more make type and lines larger in pixels
page-export-in-pixels = { $width } × { $height } pixels
page-export-theme = Theme
page-export-theme-hint = Light prints well
page-export-light = light
page-export-dark = dark
page-export-transparent = transparent
page-export-transparent-hint = Without a background of its own
page-export-format = Format
page-export-format-hint = SVG can be made larger and changed in a program for drawing
page-export-csv = a CSV file beside each picture
page-export-csv-hint = The points that are drawn, as text
page-export-caption = caption
page-export-caption-hint = A line below that names run, dataset and day
page-export-file = File
page-export-file-hint = Where the picture goes
page-export-choose = Choose…
page-export-path = Export file
page-export-empty = There is nothing to show in these plots yet.
page-export-too-large = A picture of this size cannot be made.
page-export-preview = Preview of the picture
page-export-done = Written: { $files ->
    [one] 1 file
   *[other] { $files } files
 }
page-export-open-folder = Open folder
