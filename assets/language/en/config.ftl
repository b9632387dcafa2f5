### Settings: what is wrong with a value.

config-did-you-mean = { " " }(did you mean `{ $name }`?)
config-not-toml = not valid TOML: { $reason }
config-not-written = the settings cannot be written as TOML: { $reason }
config-unknown-key = unknown key `{ $key }`{ $hint }; known here: { $known }
config-bad-value = `{ $key }` = { $value }: expected { $expected }{ $hint }
config-bad-set = `{ $set }`: expected KEY=VALUE, such as loader.workers=2
config-nothing-to-train = `data.val_frac` + `data.test_frac` = { $held_out }: together they must stay below 1
config-no-such-transform = { $count ->
    [0] `{ $key }`: there is no transform in the chain; a new one is added by name in the file
    [one] `{ $key }`: the chain has 1 transform, so the position must be { $last }; a new one is added by name in the file
   *[other] `{ $key }`: the chain has { $count } transforms, so the position must be 0 to { $last }; a new one is added by name in the file
 }
config-expected = expected { $what }
config-expected-section = a section, written [{ $name }]
config-expected-value = a value
config-expected-chain = a list of [[transform]] tables, each with a name
config-expected-in-unit = { $kind }, in { $unit }
config-described = { $meaning }: { $expected }
config-hint =
    { $meaning }
    { $kind }; default { $default }

## Changes by hand

config-change = { $title } { $old } → { $new }
config-change-to-preset = preset { $title }
config-change-to-run = the settings of { $name }
config-change-of-chain = the chain of transforms

## What a value may be

config-kind-number = a number
config-kind-number-up = a number from { $min } up
config-kind-number-between = a number from { $min } to { $max }
config-kind-bool = true or false
config-kind-whole-up = a whole number from { $min } up
config-kind-whole-between = a whole number from { $min } to { $max }
config-kind-one-of = one of { $names }
config-kind-one-or-another = { $others } or { $last }
config-kind-text = a text in quotes
config-kind-texts = a list of texts in quotes, such as ["class/image.png"]
config-kind-optional-bool = true, false or "{ $none }"
config-kind-optional-number = { $number } or "{ $none }"
config-kind-optional-numbers = { $number }, a list with one a channel, or "{ $none }"
config-kind-range = { $number } (r means -r to r), or [low, high]
config-kind-ranges-of-one = { $number } (r means -r to r), [[low, high]], or "{ $none }"
config-kind-ranges = { $number } (r means -r to r), a list with r or [low, high] an axis, or "{ $none }"
config-kind-per-axis = { $number }, or [H, W]
config-kind-axes = 0 (H), 1 (W), [0, 1] or "{ $none }" (both)
config-kind-size = [H, W] in pixels, 1 to { $max } or -1 (as it is), or one number for both
config-kind-wholes = a whole number from { $min } to { $max }, or a list of { $least } to { $most }
config-kind-numbers = { $number }, or a list of { $least } to { $most }
config-kind-rows = a list of lists of numbers
config-kind-or = { $kind }, or "{ $other }"
config-unit = { $unit ->
    [images] images
    [pixels] pixels
    [threads] threads
    [batches] batches
    [epochs] epochs
    [steps] steps
    [features] features
    [validations] validations
    [times] times
   *[other] { $unit }
 }

## The settings in writing

config-docs-columns = key | default | may be | unit | meaning
config-docs-live = { $meaning } Takes effect in a run that is active.
config-docs-item = `{ $key } = "{ $item }"`: { $meaning }
config-docs-with-item = With `name = "{ $item }"` also:
