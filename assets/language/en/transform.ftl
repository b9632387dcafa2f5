### Transforms and chains.

transform-own = trainscope's own
transform-source-with-note = { $whose }; { $note }

## Families

transform-family-input = Input
transform-family-spatial = Spatial
transform-family-size = Size
transform-family-deformation = Deformation
transform-family-intensity = Intensity
transform-family-smoothing = Smoothing
transform-family-colour = Colour
transform-family-noise = Noise
transform-family-erasing = Erasing
transform-family-policy = Policy
transform-family-batch = Batch
transform-family-utility = Utility

## What a sample's draw came to

transform-draw-fixed = always the same
transform-draw-skip = left out
transform-draw-done = done

## The catalogue in writing

transform-docs-source = Source: { $source }.
transform-docs-about = { $meaning } ({ $family }; { $source }.)
transform-docs-columns = parameter | default | unit | may be | meaning

## What parameters have to be together

transform-expected-low-high = [low, high]
transform-expected-low-first = [low, high], the low one first
transform-expected-not-negative-or-low-high = a number of at least 0, or [low, high]
transform-expected-steps = a list of { $rows } numbers for H and one of { $columns } for W
transform-expected-whole-or-two = a whole number, or two as [H, W]
transform-expected-both-above-0-or-0 = two numbers above 0, or 0 for both
transform-expected-at-least = at least { $name }
transform-expected-more-than = more than { $name }
transform-expected-less-than = less than { $name }
transform-expected-low-high-or-above-half = [low, high], or one number above 0.5
transform-expected-one-or-channel-wise = one number, or channel_wise = true for a list with one number a channel
transform-expected-not-relative = false, as b_min or b_max is none
transform-expected-a-percentage = a percentage here or for upper
transform-expected-a-range = a range whose low is below its high
transform-expected-two-wholes = two whole numbers, as [H, W]
transform-expected-not-0 = numbers other than 0
transform-expected-as-many = as many numbers as { $name } has, { $count }
transform-expected-as-many-as = as many numbers as { $name } has
transform-expected-one-not-channel-wise = one number, as channel_wise is false
transform-expected-one-or-each-place = one number, or { $count }, one for each place
transform-expected-places = a list of [H, W] or [C, H, W] in whole numbers
transform-expected-low-high-by-channel = [low, high], or low and high of each channel in turn
transform-expected-low-high-not-channel-wise = [low, high] or "none", as channel_wise is false
transform-expected-below-bins = less than num_magnitude_bins, { $bins }
transform-expected-one-fill = one number, as padding_mode is not constant
transform-expected-region = roi_center and roi_size, or roi_start and roi_end
transform-expected-one-two-or-four = one, two or four numbers
transform-expected-smallest-first = the smallest first, then the largest
transform-expected-0-unless-constant = 0, as it counts only where mode is constant
transform-expected-antialias = true, as interpolation is lanczos
transform-expected-no-corners = "none" unless mode is bilinear or bicubic
transform-expected-one-size = one number of pixels, as size_mode is longest
transform-expected-one-or-two = one number, or two as [H, W]
transform-expected-no-max-size = "none", as size gives both sides
transform-expected-a-size = one or two numbers, or "none" with a max_size
transform-expected-odd = an odd number
transform-expected-odds = odd numbers
transform-expected-one-of = one of { $values }
transform-expected-indices = [0, 2, 1] or [0, 1, 2], as the number of channels is to stay
transform-expected-matrix = three rows of three numbers, the last [0, 0, 1]
transform-expected-two = two numbers
transform-expected-no-three-in-line = no three of them in one line
transform-expected-left-out-with-coefficients = to be left out where coefficients are given
transform-expected-eight = eight numbers
transform-expected-four-points = four points [x, y]

## Why a transform fails on an image

transform-channels-of-colour = the image has { $channels } channels and this takes 1 or 3: leave it out of the chain
transform-too-many-channels = the image has { $channels } channels and this takes at most { $most }
transform-threshold-beyond = threshold = { $threshold } is more than this image's values reach: give at most { $bound }
transform-value-for-channels = { $given } numbers are given to fill { $channels ->
    [one] 1 channel
   *[other] { $channels } channels
 }; give one, or { $channels }
transform-not-finite = the values are not all finite numbers, and a histogram has no place for others
transform-numbers-for-channels = the image has { $channels ->
    [one] 1 channel
   *[other] { $channels } channels
 } and `{ $name }` has { $given } numbers
transform-one-or-each-channel = `{ $name }` has { $given } numbers, the image { $channels ->
    [one] 1 channel
   *[other] { $channels } channels
 }; give one, or one for each
transform-needs-floats = the image holds bytes and this needs floats: put ToDtype with scale = true before it
transform-jpeg-side = a side of { $side } pixels is more than JPEG can hold, 65535
transform-jpeg-not-written = it cannot be written as JPEG: { $reason }
transform-jpeg-not-read = its JPEG cannot be read: { $reason }
transform-place-outside = [{ $place }] of `loc` lies outside of an image of { $from }
transform-range-for-channels = `intensity_range` is for { $given ->
    [one] 1 channel
   *[other] { $given } channels
 }, the image has { $channels }
transform-no-pixel-left = an image of { $from } would be left with no pixel
transform-no-channel = there is no channel { $channel } in an image of { $channels ->
    [one] 1 channel
   *[other] { $channels } channels
 }
transform-no-foreground = no value is above 0, so there is no foreground to cut out
transform-region-turned-about = for an image of { $from } the smallest region, { $least }, is larger than the largest, { $most }
transform-smaller-than-crop = the image of { $from } is smaller than the crop of { $crop }: resize or pad before it
transform-crop-beyond-padding = a crop of { $crop } is larger than the image, { $from } with its padding; `pad_if_needed` pads it
transform-would-become = an image of { $from } would become { $to }
transform-too-large = the result would be { $size } pixels; at most { $most } a side and { $millions } million (2^20) in all are made
transform-field-size = the field is { $field } and the image { $from }: set `spatial_size` to -1, or resize before
transform-would-have-channels = the image would have { $channels } channels, more than { $most }; take a step out
transform-turned-to-nothing = the turned image would have no pixel
transform-corners-in-line = the four corners lie in one line
transform-too-far = it would look more than { $most } pixels away; make its figures smaller
transform-not-recorded = nothing was recorded of this image
transform-value-count = { $count } values do not make an image of { $size }

## What is wrong with a chain

transform-unknown = `{ $key }` = "{ $name }": no such transform{ $hint }; known: { $known }
transform-unknown-parameter = `{ $key }`: { $name } has no such parameter{ $hint }; known: { $known }
transform-without-parameter = `{ $key }`: { $name } does without this parameter of { $library }'s, as { $reason }; leave it out
transform-pinned = `{ $key }` = false: every chain needs { $name }, it cannot be switched off
transform-load-image-first = `{ $key }`: LoadImage must come first, before { $before }
transform-its-default = its default
transform-failed = { $step }: { $reason }

## Values as files have them

transform-remedy-scale-at-the-end = bring them there at the chain's end, with { $step } for one
transform-remedy-put-before = put { $step } before { $next }
transform-remedy-put-at-the-end = put { $step } at the chain's end
transform-remedy-set-scale = set scale = true in ToDtype
transform-remedy-switch-on = switch { $step } on
transform-unscaled = { $images ->
    [one] images enter the network with values from { $low } to { $high } (measured on one image), and networks are made for about 0 to 1: { $remedy }
   *[other] images enter the network with values from { $low } to { $high } (measured on { $images } images), and networks are made for about 0 to 1: { $remedy }
 }
transform-step-with = { $name } with { $parameter } = { $value }

## Chains in Python

transform-import-ask = line { $line }: { $what } needs a value for { $name }, which the text does not hold
transform-import-note = line { $line }: { $what }: { $reason }
transform-import-call-in-line = { $name } in line { $line }
transform-import-the-text = the text
transform-import-the-chain = the chain
transform-import-nothing-found = no Compose([...]) and no transform is in it
transform-import-no-assignment = `{ $assignment }` is no value for a name: write NAME=VALUE, as in 'cfg["size"]=224'
transform-import-too-long = the text has { $found_kib } KiB, and at most { $most_kib } are read: leave only the chain in it
transform-import-notebook = the notebook cannot be read: { $reason }
transform-import-several-chains = { $count } chains are in the text; this one was read, beside { $others }
transform-import-no-such-chain = no chain is called `{ $wanted }`{ $near }; the text has { $known }
transform-import-condition = it hangs on a condition that is not read
transform-import-changed-in-loop = the loop in line { $line } changes it, so that neither what it was before nor what the loop makes of it is known
transform-import-put-in-in-loop = what the loop in line { $line } puts in is not known
transform-import-perhaps-changed = what begins in line { $line } is done or not, and may change it
transform-import-calls-itself = it calls itself
transform-import-adds-unknown = what is added is not known
transform-import-changes-list = it changes the list in a way that is not read
transform-import-python-code = Python code is not run
transform-import-own-code = a class or function of the text's own: Python code is not run
transform-import-chain-by-chance = the chain as a whole happens by chance there, always here
transform-import-axes = MONAI's LoadImage has the axes (W, H), and here they are (H, W): an axis, or two different sides, mean the other one; `reverse_indexing = true` gives MONAI's order
transform-import-unfit = { $name } = { $value } is not { $expected }
transform-import-variable = a variable, whose value is not in the text
transform-import-no-call = no call of a transform
transform-import-needless = not needed here: left out
transform-import-foreign = { $name }'s transforms are not read
transform-import-of-module = it is `{ $module }`'s, which is not read
transform-import-chooses = it chooses among transforms while it runs, which chains here do not: add those you want one by one
transform-import-unknown-in = { $library } has no such transform{ $hint }
transform-import-unknown = no such transform{ $hint }
transform-import-no-equal = { $library } has it, trainscope has no equal
transform-import-unpacked = `**{ $text }`: its values are not in the text
transform-import-left-out = left out: { $reason }
transform-import-no-such-parameter = { $name } has no such parameter
transform-import-not-allowed = { $value } is not { $expected }; { $then }
transform-import-value-not-read = it is not a value that can be read
transform-import-not-read = `{ $text }`: { $why }; { $then }
transform-import-default-stands = its default { $default } stands
transform-import-step-left-out = it has no default there, and the step is left out

## Why a call is not translated

transform-import-too-many-values = it has more values than parameters
transform-import-no-parameter-of = { $library } has no parameter `{ $key }` of it
transform-import-parameter-not-read = its { $key }, `{ $text }`, is not a value that can be read
transform-import-no-number = { $name } = { $value } is no number
transform-import-no-numbers = { $name } is no number and no list of numbers
transform-import-no-pixels = { $name } = { $value } is no whole number of pixels
transform-import-needs = it needs { $name }
transform-import-only-weighted-average = only the weighted average of three channels has an equal here
transform-import-hue-of-opencv = its hue is OpenCV's, of 180 steps; with hue=0 and p=1 it is torchvision's ColorJitter
transform-import-warp-of-opencv = OpenCV's warp places pixels to 1/32, and what it has around the image changed between versions; near to it are RandomAffine, RandomRotation and RandAffine
transform-import-brightness-contrast = it adds a share of the whole range and multiplies by a contrast about 0; near to it is ColorJitter, which multiplies about the mean
transform-import-flips-and-turns = it draws among flips and turns together; near to it are RandFlip and RandRotate90
transform-import-transpose = nothing here swaps the axes by chance
transform-import-longest-max-size = it rounds the other side where torchvision cuts; near to it is torchvision.Resize with one number, or MONAI's Resize with size_mode = longest
transform-import-blur = it draws the size of its window; near to it are GaussianBlur of torchvision and RandGaussianSmooth
transform-import-noise = its noise is a share of the range that is drawn for each image; near to it is RandGaussianNoise
transform-import-holes = it draws number and sizes of its holes; near to it are RandCoarseDropout and RandomErasing
transform-import-field = its field is drawn otherwise; near to it are Rand2DElastic and RandGridDistortion
transform-import-histogram = its histogram is OpenCV's; near to it is RandomEqualize
transform-import-colour = nothing here draws as it does; near to it are ColorJitter and RandAdjustContrast
transform-import-by-chance = it happens to { $percent } % of the images there, and such a step always does here
transform-import-pad-if-needed = pad_if_needed has no equal here: put a SpatialPad before it
transform-import-parameter-without-equal = { $name } has no equal here
transform-import-value-without-equal = { $name } = "{ $value }" has no equal here
transform-import-interpolation-of-opencv = nothing here does OpenCV's interpolation { $name }
transform-import-normalization = normalization = "{ $value }" has no equal here; NormalizeIntensity is near to it
transform-import-divisors = divisors have no equal here; DivisiblePad is near to it
transform-import-one-fill = nothing here pads each channel with a value of its own: give one number
transform-import-only-center = only position = center has an equal here
transform-import-border-mode = without border_mode it pads with 0 or with the image's mirror, by version: say border_mode
transform-import-padding = nothing here pads so
transform-import-no-mode = it has no mode "{ $value }"
transform-import-one-scale = only one number for scale and one for offset have an equal here
transform-import-fill-mode = nothing here turns with fill_mode = "{ $value }" and that fill_value
transform-import-keras-zoom = it draws how much of the image is seen, for height and width apart; near to it is RandZoom, which draws the zoom
transform-import-keras-translation = it moves by fractions of a pixel and mirrors the edge; near to it is RandomAffine with translate
transform-import-keras-contrast = its contrast is about the mean of each channel; near to it is ColorJitter
transform-import-keras-brightness = it adds a share of the whole range; near to it is ColorJitter, which multiplies
transform-import-keras-sizes = it makes images of many sizes, which share no batch
transform-import-keras-adapt = its figures come from adapt(), which is not run: give mean and variance, or measure them in Inspect
transform-import-keras-crop = in evaluation Keras first makes the image as small as the crop allows, and here its centre is cut out as it is
transform-import-taken-as = { $more ->
    [0] taken as { $library }'s; the text does not say whether it is { $others }'s
   *[other] taken as { $library }'s, and { $more } more; the text does not say whether they are { $others }'s
 }
transform-import-no-size = size = { $value } is no [height, width]
transform-import-too-much = the text makes more values than a chain can need ({ $most } are read): leave only the chain in it
