### The loader and its threads.

## Stages
loader-stage-read = read
loader-stage-decode = decode
loader-stage-cache = cache
loader-stage-collate = collate
# Where an image was left out, if in no stage
loader-place-quarantine = quarantine
loader-place-thread = loader

## Why a batch or a sample is not there
loader-no-images = there is no image to load: the part of the dataset is empty
loader-no-full-batch = { $images } images do not fill one batch of { $batch_size }: lower loader.batch_size, or set loader.drop_last=false
loader-no-such-image = image { $index } was asked for and the dataset has { $len }
loader-nothing-loaded = none of the { $images } images of epoch { $epoch } could be loaded; the first failed in { $stage }: { $reason }: { $path }
loader-no-thread = the thread loader-{ $worker } could not be started: { $reason }; use fewer loader.workers
loader-moved-on = the thread has moved on by itself
loader-hangs-on-caller = it is the trainer's own thread that loads (loader.workers=0), and nobody can take its place: end the engine and go on from the last checkpoint, with a worker or more
loader-too-many-hang = { $hanging ->
    [one] { $hanging } thread hangs already, so single files are not to blame: look at the disk or the network that the images lie on, and at the transforms
   *[other] { $hanging } threads hang already, so single files are not to blame: look at the disk or the network that the images lie on, and at the transforms
}
loader-hung-skipped = skipped: the thread loader-{ $worker } hung in it for { $time } and was replaced
loader-hung-quarantined = quarantined: the thread loader-{ $worker } hung in it for { $time } and was replaced
loader-quarantined = it is quarantined (data.quarantine)
loader-floats-in-bytes = it comes as floats and its batch is bytes: set loader.bytes_to_device=false
loader-nothing-left = nothing is left of it at the end of the chain
loader-panicked = it panicked without a word
loader-panicked-saying = it panicked: { $words }
loader-other-size = it is { $channels } x { $height } x { $width } at the end of the chain and the first of its batch { $first }: add Resize to the transforms
loader-thread-died = the thread loader-{ $worker } died over it and was replaced
loader-no-cache-dir = loader.cache_dir names no folder
loader-not-cached = images are not kept on disk: { $reason }
loader-cache-dir-refused = { $error } (loader.cache_dir is { $dir })
loader-cache-in-use = another run is using the same file
loader-cache-stopped = no more images are kept on disk: { $error }; those kept are used, free some room or change loader.cache_dir
loader-no-memory = there is no memory for more images: lower loader.cache_mb
