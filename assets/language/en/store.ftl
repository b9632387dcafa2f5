### A run's folder.

## A run's folder
store-record-not-opened = the run's record could not be opened: { $error }: { $path }
store-record-not-read = the run's record could not be read: { $error }: { $path }
store-record-not-written = the run's record could not be written: { $error }: { $path }
store-record-not-cut-back = the run's record could not be cut back: { $error }: { $path }
store-record-unreadable = the run's record could not be read: { $error }: { $path }
store-folder-refused = the run's folder could not be written: { $error }: { $path }
store-no-run = no run is here: expected a folder with run.toml and run.sqlite: { $path }
store-no-record = this is no run's record, it has no table of events: { $path }
store-run-exists = a run is here already; name another folder, or resume it: { $path }
store-locked = the run is being trained by { $holder }; stop that one, or wait for its end: { $path }
store-locked-by-another = the run is being trained by another process; stop that one, or wait for its end: { $path }
store-newer = the run was written by a newer trainscope (record version { $found }, this one reads { $known }): { $path }
store-config-not-read = run.toml could not be read: { $error }: { $path }
store-config-wrong = run.toml: { $error }: { $path }
store-folder-gone = the run's folder was moved or deleted; nothing more is kept: { $path }
store-checkpoint-not-written = the checkpoint could not be written: { $reason }: { $path }
store-no-whole-checkpoint = no checkpoint of this run is as it was written, so that it cannot be gone on with ({ $reasons }); its record is left as it is. Start a new run from its run.toml, or begin this one anew, which keeps what is there: { $path }
store-events-left-out = { $events ->
    [one] { $events } event of the record cannot be read and is left out
   *[other] { $events } events of the record cannot be read and are left out
}
store-record-cut-short = the record could be read in part only: { $why }
store-training-images-changed = the training images are other ones
store-validation-images-changed = the validation images are other ones
store-test-images-changed = the test images are other ones
store-as-many-images = { $changed }: as many as before ({ $count })
store-other-number = { $changed }: { $count }, before they were { $before }
store-setting-changed = `{ $key }` is { $value }, before it was { $before }
store-classes-gone = { $count ->
    [one] gone: class { $classes }
   *[other] gone: classes { $classes }
}
store-classes-new = { $count ->
    [one] new: class { $classes }
   *[other] new: classes { $classes }
}
store-classes-reordered = the classes are numbered in another order
store-class-number = { $class } has { $count } images, before { $before }
store-class-images = { $class } has { $count } other images
store-more-classes = { $more ->
    [one] { $more } more class
   *[other] { $more } more classes
}
store-images-changed = images: { $classes }
store-more-names = { $more } more
store-holder = process { $pid }, for { $time }
store-holder-ending = process { $pid }, for { $time }, about to end
store-holder-on-host = process { $pid } on { $host }, for { $time }
store-holder-on-host-ending = process { $pid } on { $host }, for { $time }, about to end
store-refused-held = { $error }; another program has it open (Excel, a virus scanner): close it there
store-refused-held-or-forbidden = { $error }; another program has it open (Excel, a virus scanner): close it there; or this account has no right to it
store-refused-name = { $error }; a name may not hold < > : " | ? *
store-refused-reserved = { $error }; { $name } is a name that Windows keeps for itself
store-refused-full = { $error }; the disk is full
store-refused-forbidden = { $error }; this account has no right to it, or the disk is read-only
store-disk-refused = { $error } (is the disk full, or the folder read-only?)
store-checkpoint-not-there = it is not there
store-checkpoint-other-step = its state is another step's
store-checkpoint-no-folder = it is no folder
store-checkpoint-other-run = { $checkpoint } is another run's
store-checkpoint-damaged = { $checkpoint } is damaged: { $why }
store-checkpoint-file-missing = { $file } is missing
store-checkpoint-file-refused = { $file }: { $error }
store-checkpoint-file-changed = { $file } is not as it was written
store-no-whole-checkpoints = no checkpoint is as it was written: { $why }
store-no-text = it is no text
store-no-file = it is no file
store-too-long = it is longer than { $mib } MiB
