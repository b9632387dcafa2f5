### The window's frame: bars, panels, dialogs, notices.

## The window: state, phases, title

window-phase = { $phase ->
        [scanning] reading the dataset
        [probing] trying the transforms
        [checking-device] checking the device
        [warming-up] warming up
        [training] training
        [validating] validating
        [testing] testing
        [paused] paused
        [measuring] measuring
       *[stopping] stopping
    }
window-phase-in-full = { $phase ->
        [scanning] reading the dataset
        [probing] trying the transforms on a first image
        [checking-device] checking the device
        [warming-up] warming up: compiling shaders and tuning kernels
        [training] training
        [validating] validating
        [testing] testing
        [paused] paused
        [measuring] measuring what loader and trainer can do alone; training waits
       *[stopping] stopping: finishing the step and writing a checkpoint
    }
window-state-idle = no run yet
window-state-sweeping = sweep under way
window-state-starting = starting
window-state-finished = finished
window-state-stopped = stopped
window-state-failed = failed
window-state-died = engine died
window-title-epoch = { $state }, epoch { $epoch }
window-device-kind = { $kind ->
        [discrete] discrete GPU
        [integrated] integrated GPU
        [virtual] virtual GPU
        [software] software GPU, computes on the CPU
        [cpu] CPU
       *[other] other
    }
window-device = { $name } ({ $kind }; { $driver })

## Colours and language

window-theme = Theme
window-theme-hint = Colours of the window
window-theme-system = As the system
window-theme-light = Light
window-theme-dark = Dark
window-language = Language
window-language-hint = Language of the window; takes effect at once
window-language-system = As the system
window-language-no-font = Simplified Chinese (no font for it is installed)
window-no-font = No font for Chinese is installed
window-no-font-more = The window speaks English until there is one. Debian, Ubuntu: sudo apt install fonts-noto-cjk. Windows: Settings, Optional features, Chinese (Simplified) Supplemental Fonts. Then start trainscope again.

## Commands

window-action-palette = Commands
window-action-palette-hint = Finds any command by a part of its name
window-action-dataset = Choose a dataset
window-action-dataset-hint = Chooses the dataset's folder
window-action-start = Start
window-action-start-hint = Starts a run with these settings
window-action-pause-or-resume = Pause, resume
window-action-pause-or-resume-hint = Waits after this step, or goes on
window-action-stop = Stop
window-action-stop-hint = Finishes this step, writes a checkpoint and stops
window-action-redo = Redo
window-action-redo-hint = Makes the change again that was last taken back
window-action-undo = Undo
window-action-undo-hint = Takes back the last change of settings, transforms or dataset
window-action-export = Export plots…
window-action-export-hint = Writes plots as PNG and CSV
window-action-all-plots = All plots again
window-action-all-plots-hint = From one plot alone back to all of them
window-action-paste-chain = Paste a chain…
window-action-paste-chain-hint = A chain of MONAI's or torchvision's in Python, or one in TOML
window-action-more-workers = One worker more
window-action-fewer-workers = One worker fewer
window-action-find-culprit = Find the culprit
window-action-workers-hint = Takes effect in a run that is active
window-action-keys = Keys
window-action-keys-hint = What can be done by keys
window-action-about = About trainscope
window-action-about-hint = Version, licence, where runs are kept
window-action-theme = Theme: { $theme }
window-action-language = Language: { $language }
window-action-run-folder = Open this run's folder
window-action-run-folder-hint = In the system's file manager
window-action-runs-folder = Open the folder of all runs
window-action-runs-folder-hint = Where the window keeps its runs
window-action-labels = Choose a table of labels
window-action-read-again = Read the dataset again
window-action-save-chain = Save the chain as TOML…
window-action-chain-preset = Chain: { $title }
window-action-training = Training: { $title }
window-action-devices = Refresh the devices
window-action-cancel-sweep-hint = What was found until then stands
window-action-close = Close the window
window-action-close-hint = Asks first while a run is active
window-hint-with-keys = { $hint } ({ $keys })
window-hint-with-edit = { $hint }: { $edit }
window-not-dataset = Stop the run to choose another dataset
window-not-start = Cannot start: { $reason }
window-not-pause = No run is training
window-not-stop = No run is active
window-not-redo = Nothing to redo that may be changed now
window-not-undo = Nothing to undo that may be changed now
window-not-export = There is nothing to export before the first run
window-not-all-plots = All plots are shown
window-not-workers = The number of workers is at its limit
window-not-run-folder = No run is shown
window-not-read-again = There is no dataset to read again, or a run trains on it
window-not-measure = No dataset is read yet, or it is being measured
window-not-examine = This machine is being examined
window-not-stop-bisect = No bisect is under way
window-not-cancel-sweep = No sweep is under way
window-palette-search = Search commands
window-palette-nothing = No such command
window-palette-line = Command: { $command }
window-start-run-active = a run is active
window-start-sweep-busy = a sweep is running: cancel it or wait for its end
window-start-no-dataset = choose a dataset first
window-start-scanning = the dataset is still being read
window-start-writing-samples = the sample images are still being drawn
window-start-dataset-failed = the dataset could not be read
window-start-chain = the transforms cannot run: { $error }

## The bar at the top

window-menu = Menu
window-menu-hint = Theme, language, runs, undo, keys, about
window-plots-menu = Plots ▾
window-plots-menu-hint = Which plots are shown
window-column-fold = Fold the settings away
window-column-unfold = Show the settings
window-size-keys = Size: { $larger } and { $smaller }
window-ready = ready: press Start
window-on-device = on { $device }
window-pause = Pause
window-resume-paused = Resume
window-end-now = End now
window-end-now-hint = Ends the engine without waiting; the last checkpoint is kept
window-plan = Next run: { $network }, { $epochs ->
        [one] 1 epoch
       *[other] { $epochs } epochs
    } of { $images ->
        [one] 1 image
       *[other] { $images } images
    }, { $workers ->
        [one] 1 worker
       *[other] { $workers } workers
    }, on { $device }
window-plan-device-auto = a device chosen automatically
window-progress = { $done } of { $total }
window-progress-images = { $total ->
    [one] { $done } of { $total } image
   *[other] { $done } of { $total } images
 }
window-progress-epoch = epoch { $epoch } of { $epochs }, step { $step } of { $total }
window-time-left = { $time } left
window-past-hint = { $hint }; as it was at the last step: none is made now
window-loss = loss
window-loss-hint = Training loss of the last step read back
window-rate = images/s
window-rate-hint = Images trained a second, lately
window-data-wait = data wait
window-data-wait-hint = Share of the step that the trainer waits for its batch: high means that the loader holds training back

## The line of the hardware

window-hardware-cpu = CPU
window-hardware-cpu-hint = CPU use, { $cores ->
        [one] of 1 core
       *[other] mean of { $cores } cores
    }
window-hardware-memory = RAM
window-hardware-memory-hint = Memory in use
window-hardware-memory-of = { $used } / { $total } GiB
window-hardware-disk = Disk
window-hardware-disk-hint = Read from the disk by the engine; what the page cache holds is not in it
window-hardware-per-second = { $amount }/s
window-hardware-queue = Queue
window-hardware-queue-hint = Batches ready for the trainer; an empty queue means that it waits for the loader
window-hardware-queue-of = { $ready } / { $capacity }
window-hardware-gpu = GPU
window-hardware-video-memory = VRAM
window-hardware-video-memory-hint = Video memory in use on { $name }
window-hardware-power = Power
window-hardware-power-hint = Power draw of { $name }
window-hardware-watts = { $watts } W
window-hardware-percent = { $value } %
window-hardware-none = N/A
window-hardware-no-gpu = no NVIDIA GPU
window-hardware-gauge = { $name } { $value }
window-hardware-gauge-last = { $name } { $value }, last reading
window-hardware-last-hint = Last reading of the training: { $what }
window-hardware-hint = { $what }. Click for the plot.

## Verdict

window-preparing = Preparing: { $phase }
window-collecting = Collecting { $wanted } steps ({ $done } of { $wanted })
window-verdict-old = Before the last change: { $sentence }
window-why = Why, and what would help
window-switch-off = Switch { $transform } off (+{ $percent } %)
window-switch-off-hint = What the bisect measured; undo with { $keys }
window-use-workers = Use { $workers ->
        [one] 1 worker
       *[other] { $workers } workers
    } (+{ $percent } %)
window-try-workers = Try { $workers ->
        [one] 1 worker
       *[other] { $workers } workers
    } (+{ $percent } %, uncertain)
window-predicted-rate = Estimated { $rate } images/s ({ $band })
window-measured-rate = { $rate } images/s ({ $band })
window-find-culprit = Find the culprit (60 s)
window-find-culprit-hint = Switches transforms off and on in turns while training goes on, and undoes every change
window-last-change = Last change: { $change }
window-last-change-faster = Last change: { $change }, { $percent } % faster
window-last-change-slower = Last change: { $change }, { $percent } % slower
window-last-change-nothing = Last change: { $change }, no difference in speed
window-last-change-measuring = Last change: { $change }, measuring
window-last-change-doubtful = { $words }, perhaps by other programs
window-last-change-hint = What your changes did

## Notices

window-silence = No sign of life from the engine for { $lasted }
window-may-hang = It may hang in a driver or wait for a disk. Its last checkpoint is kept.
window-end-engine = End the engine
window-end-engine-hint = At once; what the last checkpoint holds is kept
window-restart = End the engine and resume
window-restart-hint = Ends it at once; another one goes on from the last checkpoint, or from the beginning where there is none
window-restart-with-worker = End the engine, resume with 1 worker
window-restart-with-worker-hint = The image is tried again by a thread that can be replaced
window-restart-without-file = End the engine, resume without this file
window-restart-without-file-hint = Quarantines the file for this run and its resumptions
window-stall = { $thread } has been in { $stage } for { $lasted }
window-stall-trainer = The trainer has been in { $stage } for { $lasted }
window-stall-scan = The scan has been in { $stage } for { $lasted }
window-stall-worker-meaning = Training waits for this sample. A thread cannot be killed: it is left behind, another takes its place.
window-stall-caller-meaning = There are 0 workers: the trainer loads by itself, and nobody can take its place. With a worker such a sample can be skipped while training goes on.
window-stall-scan-meaning = The run cannot begin before all files were read: wait for this one, leave it out, or stop.
window-stall-folder-meaning = The run cannot begin before this folder was read: wait, or stop and look at its disk.
window-stall-more = { $threads ->
        [one] 1 thread hangs
       *[other] { $threads } threads hang
    } more
window-stall-left-behind = { $threads ->
        [one] 1 loader thread
       *[other] { $threads } loader threads
    } left behind earlier: each ends itself when it comes back
window-stall-usual-and-draw = { $usual }; epoch { $epoch }, seed { $seed }
window-stall-draw = epoch { $epoch }, seed { $seed }
window-stall-button = { $button } ({ $thread })
window-stall-wait = Keep waiting
window-stall-wait-hint = Say no more of it until it has taken twice as long
window-stall-skip = Skip this sample
window-stall-skip-hint = Leave this image out of its batch, this once; a new thread goes on
window-stall-replace = Replace the worker
window-stall-replace-hint = A new thread tries this image again: where the disk is back, or the file was mended
window-stall-quarantine = Quarantine the file
window-stall-quarantine-hint = Leave this image out from now on: in this run, its resumption and those started from its run.toml
window-stall-folder = Open its folder
window-unscaled = The values are not scaled
window-change-chain = Change the chain
window-leave-it = Keep it as it is
window-goes-on = A run goes on in the background
window-attach = Attach
window-attach-hint = Shows it here, to watch and to steer
window-attach-to = Attach to { $run }
window-died = The engine died: { $how }
window-died-before = it was still training when the program or the computer ended
window-died-before-first-step = It was before its first step. The window is unharmed.
window-died-at = It was in epoch { $epoch }, after step { $step }, training on { $device }. The window and the curves so far are unharmed.
window-driver-reset = { $text } Windows resets a graphics driver whose kernel runs for more than two seconds (TDR): a smaller batch or smaller images make kernels shorter; the registry's TdrDelay gives them longer
window-killed-and-not-gone = it was killed and has not gone: it hangs in the system itself, as on a network disk that is dead
window-engine-ended-by-hand = the engine was ended by hand; another one goes on from the last checkpoint
window-failed-config = The settings cannot be used
window-failed-data = The dataset cannot be used
window-failed-device = The device failed
window-failed-changed-data = The run was begun with other data
window-failed-other = The run failed
window-only-anew = No checkpoint of this run is as it was written, so that it can only be begun anew: { $why }.
window-last-words = Its last words ▾
window-copy = Copy
window-start-on-cpu = Start again on the CPU
window-start-on-cpu-hint = Sets the device to CPU and starts
window-start-again = Start again
window-resume-keep = Go on all the same
window-resume-keep-hint = With its weights, over what is there now: figures before and after are of different things
window-begin-anew = Begin this run anew
window-begin-anew-hint = What it was is kept in a folder within its own
window-resume = Resume from last checkpoint
window-resume-same-data = Once data and settings are as they were
window-resume-nothing = There is nothing of this run to go on from
window-open-run-folder = Open run folder
window-dismiss = Dismiss
window-finished-test = Finished: test accuracy { $accuracy } %, AUC { $auc }
window-stopped-after = Stopped after { $steps ->
        [one] 1 step
       *[other] { $steps } steps
    }; the checkpoint is kept
window-finished = Finished
window-missing = Missing: { $what }
window-steps-in = { $steps ->
        [one] 1 step
       *[other] { $steps } steps
    } in { $time }
window-best-epoch = best epoch { $epoch } (validation AUC { $auc })
window-test-results = Test results…
window-not-resumed-sweep = the run was not resumed: a sweep is running; cancel it or wait for its end
window-record-not-whole = the record of { $run } is not whole: { $missing }
window-last-run-unread = the newest run was cut off and cannot be shown: { $error }
window-not-kept-awake = the system refuses to be kept awake and may fall asleep while training goes on: { $why }

## Before the first run

window-welcome = See what holds your training back
window-plots-come = Plots appear with the first step.
window-step-dataset = Choose a folder of images
window-step-dataset-more = One subfolder for each class, or a table with labels. Drop it anywhere on this window.
window-step-transforms = Set transforms and workers
window-step-transforms-more = At the left; both may change while training runs.
window-step-start = Start, and watch
window-step-start-more = Loss, speed and hardware draw themselves; a sentence says what holds training back.
window-start-training = Start training
window-recent-datasets = Recent datasets
window-recent-runs = Recent runs
window-show-run-hint = Show its curves
window-resume-run = Resume
window-resume-run-hint = From its last checkpoint, with its own settings
window-resume-run-named = Resume { $run }
window-run-words = { $dataset }, { $epochs ->
        [one] 1 epoch
       *[other] { $epochs } epochs
    }
window-run-words-auc = { $dataset }, { $epochs ->
        [one] 1 epoch
       *[other] { $epochs } epochs
    }, best AUC { $auc }

## Log, about, closing

window-log = { $entries ->
        [0] Log
       *[other] { $warnings ->
            [0] Log ({ $entries })
            [one] Log: 1 warning
           *[other] Log: { $warnings } warnings
        }
    }
window-log-empty = Warnings and live changes of the run appear here.
window-about = Trains image classifiers and shows what holds training back.
window-licence = Licence: MIT or Apache-2.0
window-runs-kept = Runs are kept in { $folder }
window-select-to-copy = Select to copy
window-close = Close
window-larger-smaller = Larger, smaller
window-closing = A run is active
window-closing-question = What becomes of it when the window closes?
window-closing-after-epoch = The window closes when epoch { $epoch } has ended.
window-closing-after-step = It finishes its step and writes a checkpoint; the window closes then.
window-close-at-once = Close at once
window-close-at-once-hint = Ends the engine; the last checkpoint is kept
window-close-go-on = Go on in the background
window-close-go-on-hint = The next window offers to attach to it
window-close-after-epoch = Stop after this epoch
window-close-after-epoch-hint = The window stays until then
window-close-stop = Stop now
window-close-stop-hint = Finishes this step and keeps a checkpoint
window-keep-training = Keep training
window-keep-training-hint = The window stays open
window-notify-finished = Training finished
window-notify-stopped = Training stopped
window-notify-failed = Training failed
window-notify-died = The training engine died
window-notify-stall = Training hangs
window-notify-stall-body = A thread takes far longer than usual: the window says which, and what can be done.
window-notify-test = Test accuracy { $accuracy } %
window-no-display = there is no display to open the window on (neither DISPLAY nor WAYLAND_DISPLAY is set); without one, use `trainscope train`, `scan`, `bench-loader`, `plot` or `doctor` (see `trainscope --help`)
window-not-opened-at-all = the window could not be opened: { $why }; without one, use `trainscope train`, `scan`, `bench-loader`, `plot` or `doctor` (see `trainscope --help`)

## Dataset

window-dataset = Dataset
window-dataset-summary = { $name }: { $images }
window-images-in-classes = { $images ->
        [one] 1 image
       *[other] { $images } images
    } in { $classes ->
        [one] 1 class
       *[other] { $classes } classes
    }
window-dataset-remarks = { $count ->
        [one] 1 note
       *[other] { $count } notes
    }
window-dataset-what = A folder with one subfolder of images for each class, with train, val and test folders of such, or with a table that names images and their labels. Drop it on the window, paste its path, or draw six classes of sample images.
window-dataset-folder = Dataset folder
window-not-opened = Not opened: { $folder }: { $error } The dataset before stays.
window-path-no-text = its path is no text (UTF-8), so that no setting can hold it; rename the folder.
window-path = path of a folder
window-open-path = Open
window-open-path-hint = Read the folder of this path (Enter)
window-choose-folder = Choose folder…
window-labels = Labels…
window-labels-hint = A table (.csv, .tsv, .json, .jsonl, .txt) that names images and their labels
window-recent = Recent ▾
window-forget = Forget { $folder }
window-forget-hint = Forget this folder
window-sample = Try with sample images
window-sample-hint = Draws a small dataset of six classes, nothing is downloaded
window-cancel = Cancel
window-reading = Reading: { $images ->
        [one] 1 image
       *[other] { $images } images
    }, { $bad } bad
window-reading-folder = Reading the folder
window-waiting = No answer for { $lasted } from { $path }
window-leave-out = Leave this file out
window-leave-out-hint = The images are read anew without it, and no run uses it from now on (data.quarantine)
window-drawing-samples = drawing samples
window-read-again = Read again
window-read-again-hint = Reads the folder anew
window-one-size = all { $width } × { $height }
window-sizes = { $sizes ->
        [one] 1 size
       *[other] { $sizes } sizes
    }
window-dataset-facts = { $formats }; { $size }; { $colour ->
        [gray] gray
       *[colour] colour
    }
window-left-out = { $files ->
        [one] 1 file
       *[other] { $files } files
    } left out
window-bad-file = { $name }: { $reason }
window-quarantined = { $files ->
        [one] 1 file
       *[other] { $files } files
    } quarantined
window-quarantined-hint = Left out of every batch, as they hung once: { $names }
window-use-again = Use again
window-use-again-hint = From the next run on they are read again
window-stop-to-use-again = Stop the run to use them again
window-split-given = The split is by folders or a table
window-split-drawn = The split is drawn with a seed, even over the classes
window-split-parts = Train { $train }, validation { $val }, test { $test }
window-split-and-limit = Split and limit
window-no-limit = (all)
window-classes-from = Classes from
window-classes-from-hint = Folders, or a table that names images and their labels
window-automatic = automatic
window-automatic-as = automatic ({ $choice })
window-stop-to-read-otherwise = Stop the run to read the dataset another way
window-top-folders = top folders
window-inner-folders = folders inside the top ones
window-table = table { $name }
window-images-in = Images in
window-images-in-hint = The column that names the files
window-labels-in = Labels in
window-labels-in-hint = The column with the classes
window-parts-in = Parts in
window-parts-in-hint = The column that says train, val or test
window-no-column = no column
window-first-rows = First rows of { $table }
window-more-columns = and { $columns ->
        [one] 1 more column
       *[other] { $columns } more columns
    }
window-drop-chain = Drop a chain (.py, .ipynb, .toml) to read it; stop the run to open another dataset
window-drop-results = Images to predict, or a folder to evaluate
window-drop-dataset-or-chain = Drop a folder of images, or a chain (.py, .ipynb, .toml)

## Workers, transforms

window-of-cores = { $cores ->
        [one] of 1 core
       *[other] of { $cores } cores
    }
window-too-many-workers = More workers than cores seldom help
window-transforms = Transforms
window-no-chain = A chain appears here once a dataset is read.
window-pinned = Every chain needs this one
window-more-for = More for { $transform }
window-parameters-of = Parameters of { $transform }
window-parameters = Parameters
window-cost-hint = Measured milliseconds an image, on one thread; the bar shows it beside the costliest
window-off-now = off now
window-off-now-hint = Off in this bisect segment: the bisect puts it back, and what this box says stays
window-move-up = Move up
window-move-down = Move down
window-default-parameters = Default parameters
window-remove = Remove
window-many-sizes = the images differ in size and no step of the chain brings them to one: those that differ from the first of a batch are left out. Resize, or a crop of one size, puts it right.
window-trying = Trying { $change } on one image, for { $lasted }; training goes on without it.
window-take-back = Take it back
window-take-back-hint = The chain stays as it is in training
window-drag = Drag to reorder
window-unknown-transform = Not a transform of this version
window-add-transform = Add transform ▾
window-chain-menu = Chain ▾
window-save-chain = Save as TOML…
window-save-chain-hint = To be read here again, or by a run from the command line
window-copy-chain = Copy as TOML
window-search = Search
window-search-transforms = Search transforms
window-no-such-transform = No transform of that name.
window-resize-put-in = the images differ in size: Resize to { $size } was put into the chain
window-preview = Preview
window-preview-image = Image
window-previous-image = Previous image
window-next-image = Next image
window-new-draw = New draw
window-new-draw-hint = The same image with other random draws
window-step-by-step = Step by step
window-step-by-step-hint = This image after every transform
window-before = before
window-after = after
window-preview-costs = { $image }; read { $read }, decode { $decode }, chain { $chain }
window-paste-title = Paste a chain
window-paste-what = Compose([...]) of MONAI, torchvision or albumentations, or layers of Keras, with all around it if you like; or TOML. Nothing of it is run. Files (.py, .ipynb, .toml) can be dropped on the window.
window-paste-field = Chain as text
window-use-chain = Use this chain
window-read-file = Read a file…
window-which-chain = Which chain
window-whose-transforms = Whose transforms they are
window-values-from-elsewhere = Values that the text takes from elsewhere, as Python has them:
window-value-of = Value of { $name }
window-nothing-read = No transform could be read.
window-chain-read = { $steps } read: { $names }

## Loader, training, forms

window-loader = Loader
window-loader-summary = batches of { $batch }
window-training = Training
window-training-summary = { $network }, { $epochs ->
        [one] 1 epoch
       *[other] { $epochs } epochs
    }
window-cache-stands = { $images ->
        [one] 1 image
       *[other] { $images } images
    } kept, { $used } of { $limit }; { $percent } % of images came from it{ $full ->
        [yes] ; it is full
       *[no] {""}
    }
window-cache-unknown = What a cache would take is unknown: { $error }
window-cache-range = { $low } to { $high }
window-cache-takes = All { $images ->
        [one] 1 image
       *[other] { $images } images
    } would take { $takes } { $place ->
        [disk] on disk
       *[memory] of memory
    }
window-cache-takes-too-much = All { $images ->
        [one] 1 image
       *[other] { $images } images
    } would take { $takes } { $place ->
        [disk] on disk
       *[memory] of memory
    }; beyond the limit images are loaded each time
window-cache-failure = { $reason } in { $stage }
window-device-heading = Device
window-training-presets = Presets ▾
window-step-cost-heading = A step takes
window-step-cost = { $parameters } parameters; { $adds } multiply-adds for an image of { $sides }; about { $memory } of memory with { $batch } images
window-step-cost-hint = Weights { $weights }, gradients { $gradients }, the optimiser's own { $optimizer }, what lies between layers { $activations }. Estimated from the network's operators
window-step-cost-too-much = { $device } has { $has } of memory: take a smaller batch, smaller images or a smaller network
window-device-auto = Automatic
window-device-auto-detail = a GPU whose self-check passes, else the CPU
window-device-detail = { $kind }; { $driver } ({ $id })
window-device-always = always there
window-device-gone = chosen before, not found now
window-device-refresh = Refresh
window-device-refresh-hint = Looks for devices again
window-device-looking = looking for devices
window-devices-ended = Looking for devices ended early: { $how }. The CPU can be chosen.
window-devices-silent = No answer about devices within { $secs } s. The CPU can be chosen.
window-fixed-while-running = Fixed while a run is active: stop it to change this
window-more-settings = { $changed ->
        [0] More
       *[other] More ({ $changed } changed)
    }
window-more-of = More of { $section }
window-no-value = none
window-hint-with-default =
    { $meaning }
    Default: { $default }
window-value-refused = { $typed } was not taken: expected { $bounds }
window-reset-key = Reset { $key }
window-reset-hint = Back to the default, { $default }

## Results and export

window-export-exists = { $files ->
        [one] The file is there already.
       *[other] { $files } files are there already.
    }
window-export-overwrite = Overwrite

## What background work says

window-image-of-class = { $name }, class { $class }
window-chain-gave-nothing = the chain gave no image
window-image-values = { $shape }, values { $range }
window-no-finite-value = no finite value
window-range = { $low } to { $high }
window-range-not-finite = { $low } to { $high }, some not finite
window-size-became = { $before } became { $after }
window-channels-became = { $before ->
    [one] 1 channel
   *[other] { $before } channels
 } became { $after }
window-difference = × { $factor }, largest { $largest }
window-no-answer = no answer for { $lasted }
window-no-such-image = there is no such image
window-not-shrunk = it cannot be made smaller: { $error }
window-no-trace = The engine gave no answer within { $secs } s. Try again, or end the engine.
window-trace-saved = the trace was saved: { $file }; https://ui.perfetto.dev opens it
window-no-thumbnail-thread = no thread could be started for thumbnails: { $error }
window-no-thread = no thread could be started for this: { $error }
window-remembered-left-out = of what this window remembered these could not be read and are as at a first start: { $names }
window-remembered-not-read = what this window remembered could not be read, and all is as at a first start: { $error }
window-chain-saved = the chain was saved: { $file }
window-dialog-open = a file dialog is open already, maybe behind this window: answer it first
window-use-path = Use this path
window-file-exists = there is a file already; take another name: { $file }
window-no-file-dialog = the system showed no file dialog (on Linux it needs a desktop portal or zenity): type or paste the path
window-written = written: { $file }
window-undone = undone: { $edit }
window-redone = redone: { $edit }
window-folder-not-made = the folder cannot be made: { $error }: { $folder }
window-chain-file-too-large = it has { $size }, too much for a chain
window-chain-not-read = The chain could not be read: { $error }: { $file }
window-chain-not-saved = The chain could not be saved: { $error }: { $file }
window-no-file-manager = No file manager opened ({ $why }); the folder is { $folder }
window-no-folder-yet = There is no such folder yet: { $folder }
window-opener-failed = { $program }: { $error }
window-pick-chain = Read a chain
window-pick-chain-kinds = Python, notebook or TOML
window-pick-chain-file = Save the chain as
window-pick-trace-file = Save the trace as
window-pick-labels = Choose a table of labels
window-pick-labels-kinds = Labels
window-pick-dataset = Choose the dataset's folder
window-pick-judge-folder = Folder to evaluate
window-pick-judge-images = Images to predict
window-pick-export = Save plots as
