### Datasets and files.
data-bmp-compression = a BMP of the compression { $name }, which is not supported
data-bmp-depth = a BMP of { $bits } bits a pixel, which is not supported
data-bmp-negative-width = a BMP of a negative width
data-gif-damaged = the gif file is damaged: { $error }
data-gif-codes = the gif file is damaged: codes of { $bits } bits
data-too-many-pixels = { $width } x { $height } is { $pixels } pixels, more than `data.max_pixels` = { $most } allows
data-no-pixels-of-size = it has no pixels ({ $width } x { $height })
data-huffman-missing = it lacks a Huffman table
data-code-damaged = a code in it is damaged
data-jpeg-chroma = a JPEG whose chroma lies at odd fractions, which is not supported
data-larger-than-said = it is larger than it should be
data-no-pixels = it has no pixels
data-jpeg-depth = a JPEG of { $bits } bits a channel, which is not supported (8 is)
data-size-missing = its size is missing
data-tiff-one-colour-channels = a TIFF of { $samples } channels of one colour each, which is not supported
data-tiff-kind-unsupported = { $name }, which is not supported; save it as gray or RGB
data-tiff-kind-photometric = a TIFF of the photometric interpretation { $photometric }
data-tiff-kind-raw = a TIFF of a camera's raw values
data-tiff-kind-logluv = a TIFF of LogLuv colours
data-tiff-kind-mosaic = a TIFF of a camera's raw mosaic
data-tiff-kind-lab = a TIFF of CIE L*a*b* colours
data-tiff-kind-ycbcr = a TIFF of YCbCr of { $bits } bits
data-tiff-kind-mask = a TIFF that is a mask
data-tiff-kind-palette = a TIFF with a palette of { $bits } bits
data-tiff-lzma-filter = a TIFF of LZMA with a filter that is not supported
data-tiff-damaged = the tiff file is damaged: { $error }
data-tiff-compression-of-pixels = a compression that stands for pixels
data-tiff-compression = a TIFF of the compression { $name }, which is not supported; save it with LZW, Deflate or none
data-tiff-fax-code = the tiff file is damaged: a code that fax has not
data-tiff-predicted-depth = a TIFF of { $bits } bits with a predictor, which is not supported
data-tiff-jpeg-size = the tiff file is damaged: a jpeg in it has another size
data-tiff-jpeg = a jpeg in the tiff file: { $reason }
data-tiff-strips = the tiff file is cut off or damaged: strips or tiles are missing
data-tiff-palette = the tiff file is damaged: its palette is not whole
data-tiff-predictor = a TIFF of { $bit } bits with predictor { $predictor }, which is not supported
data-tiff-planar-ycbcr = a TIFF of YCbCr in planes, which is not supported
data-tiff-subsampling = a TIFF of an unknown YCbCr subsampling
data-tiff-compressed-depth = a TIFF of { $bit } bits in a compression that has no such, which is not supported
data-tiff-sample-format = a TIFF of the sample format { $other }, which is not supported
data-tiff-complex = a TIFF of complex numbers, which is not supported
data-tiff-mixed-depths = a TIFF whose channels have different depths, which is not supported
data-tiff-channels = a TIFF of { $samples } channels, which is not supported
data-webp-canvas = the webp file is damaged: its first frame lies beyond its canvas
data-kind-special = something special
data-kind-link = a symbolic link
data-kind-fifo = a FIFO (named pipe)
data-jpeg-components = a JPEG of { $n } components, which is not supported (1, 3 and 4 are)
data-not-an-image = not an image: it holds { $seen }; expected jpeg, png, tiff, bmp, webp, gif, pnm, dicom or nifti
data-seen-unknown = unknown bytes
data-seen-zeros = only zeros
data-seen-numpy = a NumPy array
data-seen-pdf = a PDF file
data-seen-archive = a compressed archive
data-seen-mp4 = an MP4, AVIF or HEIC file
data-header-damaged = the { $format } file is cut off or damaged: its header is not whole
data-empty-file = the file is empty (0 bytes)
data-too-large-for-machine = too large for this machine
data-more-than-max-pixels = { $width } x { $height } is more than `data.max_pixels` allows
data-file-cut-off-or-damaged = the { $name } file is cut off or damaged: { $e }
data-file-damaged = the { $name } file is damaged: { $e }
data-kind-unsupported = a kind of { $name } that is not supported; save it as gray or RGB of 8 or 16 bit
data-memory-limit = it needs more memory than its size limit allows
data-file-cut-off-early = the { $name } file is cut off: its data end early
data-webp-cut-off = the webp file is cut off: its first frame is not whole
data-decoder-failed = the { $format } decoder failed on it, which is trainscope's fault; please report it with the file
data-too-many-bytes = the file has { $bytes } bytes, too many for an image of that size limit
data-no-longer-several = it no longer holds several pictures
data-samples-unsupported = samples of the kind { $other } are not supported
data-ends-early = its data end early
data-dicom-jpeg-2000-header = the dicom file is damaged: the JPEG 2000 in it has no whole header
data-dicom-jpeg-2000 = damaged or unsupported JPEG 2000 in a dicom file: { $e }
data-dicom-lossless-jpeg = damaged or unsupported lossless jpeg in a dicom file: { $e }
data-dicom-jpeg = damaged or unsupported jpeg in a dicom file: { $e }
data-dicom-channels-differ = the dicom file is damaged: the picture in it has another number of channels
data-dicom-size-differs = the dicom file is damaged: the picture in it is { $width } x { $height }, its header says otherwise
data-dicom-run-lengths = the dicom file is cut off or damaged: its run lengths do not fit its size
data-dicom-samples-end = the dicom file is cut off or damaged: its samples end early
data-dicom-palette = the dicom file is damaged: its palette is not whole
data-dicom-segmented-palette = a dicom file with a segmented palette, which is not supported; save it as RGB
data-dicom-photometric = a dicom file whose samples are { $shown }, which is not supported; save it as RGB
data-dicom-no-photometric = the dicom file is damaged: it does not say what its samples are
data-dicom-odd-columns = the dicom file is damaged: YBR_FULL_422 needs an even number of columns
data-dicom-12-bit-jpeg = a dicom file whose pixels are JPEG of 12 bits, which is not supported; save it uncompressed
data-dicom-depth-of = a dicom file of { $photometric } with { $allocated } bits a sample, which is not supported
data-dicom-too-many-frames = the dicom file says { $count } frames; up to { $most } are read
data-dicom-frame-count = the dicom file is damaged: it says it has { $n } frames
data-dicom-samples-differ = the dicom file is damaged: { $samples } samples a pixel and { $photometric } do not fit
data-dicom-no-pixels = a dicom file without pixels (such as a report, a plan or a directory)
data-dicom-syntax = a dicom file of the transfer syntax { $shown }, which is not supported; save it uncompressed or as JPEG 2000
data-dicom-packing = a dicom file whose pixels are { $name }, which is not supported; save it uncompressed or as JPEG 2000
data-dicom-no-syntax = the dicom file does not say how it is written (it has no transfer syntax)
data-dicom-inflate = the dicom file is cut off or damaged: it cannot be inflated
data-dicom-pixels-missing = the dicom file is cut off: its pixels are { $wanted } bytes and it has { $len }
data-dicom-no-fragments = the dicom file is damaged: its pixels are compressed and stand in no fragments
data-dicom-frames-missing = the dicom file is cut off: it says { $frames } frames and has { $pixels }
data-dicom-pieces = the dicom file has its pixels in more than { $most } pieces
data-dicom-damaged = the dicom file is damaged: its elements cannot be told apart
data-dicom-cut-off = the dicom file is cut off: its data end early
data-dicom-depth-of-nesting = the dicom file nests sequences deeper than { $most }
data-dicom-elements = the dicom file has more than { $most } elements before its pixels
data-dicom-frames = the dicom file is damaged: its frames cannot be told apart
data-dicom-big-endian = a big-endian dicom file with frames of an odd size, which is not supported
data-dicom-no-frame = it has no frame { $frame }: there are { $frames }, counted from 0
data-dicom-no-slices = a dicom file has frames and no slices
data-nifti-no-slice = it has no slice { $index } along { $axis }: there are { $count }, counted from 0
data-nifti-no-frames = a nifti file has slices and no frames
data-nifti-slope = the nifti file is damaged: it has a slope and no intercept
data-nifti-offset = the nifti file is damaged: it says its values begin at byte { $at }
data-nifti-volumes = a nifti file of { $n } volumes or channels, which is not supported; save each as a file of its own
data-nifti-size = the nifti file is damaged: it says { $size } values
data-nifti-dimensions = the nifti file is damaged: it says { $count } dimensions
data-nifti-pair = a nifti header whose values stand in another file (.hdr and .img); save it as .nii
data-nifti-bytes = the nifti file is cut off: its header asks for { $wanted } bytes, it has up to { $most }
data-nifti-cut-off = the nifti file is cut off or damaged: its data end early
data-nifti-slices = the nifti file says { $count } slices along { $axis }; up to { $most } are read
data-nifti-kind = a nifti file of { $name }, which is not supported; save it as int16 or float32
data-nifti-kind-other = data type { $other }
data-nifti-kind-floats = 128-bit floats
data-nifti-kind-complex = complex numbers
data-nifti-kind-bits = single bits
data-group-unknown = it is no column of the table of labels, nor folder, patient_id or an expression with a group such as (patient\d+)
data-group-no-patient = the table has no such column, and no image is a DICOM file that names a patient
data-group-no-table = the classes are the folders, and no table is read: `data.labels` = "{ $table }" takes one
data-group-fits-none = it fits no file's name (such as { $first })
data-group-groups = a regular expression needs one group in parentheses, the patient's name; this one has { $n }
data-group-no-expression = it is no regular expression ({ $reason })
data-file-cut-off = the { $format } file is cut off: its data end early
data-segment-damaged = a segment of it is damaged
data-tiff-not-xz = the tiff file is damaged: its LZMA data are no xz stream
data-header-not-whole = its header is not whole
data-dicom-depth = a dicom file of { $allocated } bits a sample, which is not supported (8, 16 and 32 are)
data-window-expected = expected full, file or a centre and a width of at least 1 such as 40,400, got { $given }
data-kind-folder = a folder
data-seen-text = text
data-dicom-missing = { $what ->
    [rows] the dicom file is damaged: it does not say how many rows it has
    [columns] the dicom file is damaged: it does not say how many columns it has
   *[bits] the dicom file is damaged: it does not say how many bits a sample has
 }
data-tiff-depth = { $kind ->
    [float] a TIFF of { $bit } bits floating point, which is not supported
   *[whole] a TIFF of { $bit } bits a channel, which is not supported
 }
data-dead-link = a symbolic link that leads nowhere
data-not-a-file = it is { $kind }, not a file
data-folder-not-read-to-end = the folder cannot be read to its end: { $reason }
data-too-many-images = there is no room for so many images in one dataset
data-folder-cannot-be-read = the folder cannot be read: { $reason }
data-folder-already-read = a folder already read, or too deep: links that lead in a circle?
data-note-no-test-row = no row is for test: there will be no test at the end
data-note-no-val-row = no row is for val: validation images are cut from train
data-note-all-rows-train = all rows are for train: validation and test images are cut from them
data-note-no-train-row = no row is for train: the parts in the file are left aside
data-note-parts-of-folders = the parts are those of the folders that the images lie in
data-note-same-numbers = labels that are the same number are one class: { $names }
data-note-of-table = { $table }: { $note }
data-note-classes-from = the classes are read from { $tables }
data-note-one-folder = the classes are the folders inside { $folder }, the one folder there
data-note-outer-taken = two readings: the classes are { $names }, which is taken; or the folders that are in all of them ({ $inside }): `data.labels` = "subfolders" takes those
data-note-inner-taken = two readings: the classes are the folders that are in all of { $names } ({ $inside }), which is taken; or { $names } themselves: `data.labels` = "folders" takes those
data-note-parts-in-classes = each class folder holds the parts as folders ({ $parts })
data-note-innermost = { $names } hold train, val or test folders of folders: the classes are the innermost
data-note-pieces = { $names } are taken for pieces of one dataset: the classes are the folders inside them
data-note-no-class-by-name = left out beside the class folders: { $left }, by the name no class
data-note-classes-in-images = the classes are the folders in { $images }; left out beside it: { $others }
data-note-no-test-folder = no test folder beside train: there will be no test at the end
data-note-no-val-folder = no val folder beside train: validation images are cut from train
data-note-no-train-folder = no train folder beside { $names }: all are taken together, and parts are drawn
data-note-beside-parts = folders beside train, val and test are left out: { $others }
data-note-parts-left-out = the folders { $left } hold no class folders and are left out: parts rather than classes
data-note-folder-is-class = the folder { $name } is taken for a class, as { $others } beside it are none of its parts
data-note-monochrome1 = { $inverted } of { $all } gray DICOM files are MONOCHROME1 (high is dark), the others not: their values are kept as pydicom gives them; `data.dicom_window` = "file" shows all alike
data-miss-leads-out = it leads out of the folder; move the images into it, or open the folder above
data-miss-several-folders = { $count } folders have a file of that name: { $names }
data-miss-not-there = it is not there
data-miss-no-folder = it is not there: there is no folder { $dirs }
data-miss-absolute = an absolute path that does not lie in this folder, and no file here fits its end
data-miss-no-name = it names no file
data-miss-several-files = it may be any of { $count } files: { $names }
data-table-too-large = it has { $len } bytes; tables of up to { $most } are read
data-no-kind-of-table = it is none of .csv, .tsv, .json, .jsonl and .txt
data-note-folders-taken = two readings: the folders are the classes, which is taken; or the labels in { $table } ({ $labels }): `data.labels` = "{ $table }" takes those
data-note-table-taken = two readings: the labels of the table, which are taken, as they cut across the folders; or the folders { $names }: `data.labels` = "folders" takes those
data-note-table-names-few = { $table } also says parts or groups, but not for all images: it is left aside, and the folders are the classes; `data.labels` = "{ $table }" takes it
data-note-table-says-more = the folders and the table name nearly the same classes; the table is taken, as it says parts or groups besides: `data.labels` = "folders" does without it
data-table-unused = { $names } is not used as labels: { $reason }
data-note-tables-without-labels = { $names } without labels: not used
data-several-tables = several files could hold labels: choose one of them as the dataset, or as `data.labels`: { $names }
data-note-names-more = { $table } names more images than { $others }, which is not used
data-note-table-beside = the table lies beside the folder, not in it
data-spreadsheet = { $name } is a spreadsheet, which is not read: save it as CSV
data-labels-not-usable-note = the table of labels cannot be used: { $reason }: { $shown }
data-no-train-image = no readable image in the train folder
data-row-no-utf8 = row { $line } is no UTF-8
data-row-open-quote = row { $row }: a quote that begins there is not closed, and would swallow the rows after it; close it or take it out
data-row-too-many-cells = row { $line } has more than { $most } cells
data-several-classes-set = the columns { $names } set several classes of an image, or none: one class an image is trained on; `data.label_column` names one of them
data-no-label-column = no column of labels: expected one named label, class, target, category or diagnosis, or one column a class; found { $there }. `data.label_column` names it
data-one-column-only = no column of labels beside the files: it has one column only
data-no-file-column = no column of files: expected one named file, filename, path, image or id, or one whose cells name images that are there; found { $there }. `data.image_column` names it
data-no-such-column = `{ $key }` = "{ $told }" names no column of it; there are { $there }
data-json-not-read = { $at } is no JSON: { $e }
data-json-no-labels = it is no JSON of labels: { $e }
data-json-no-object = { $at } is no object: expected { "{" }"file": "a.png", "label": "cat"{ "}" }
data-table-names-nothing = it names no image
data-note-encoding = it is read as { $name }, not as UTF-8
data-note-encoding-doubtful = it is read as UTF-8 and could as well be GBK: where its names come out wrong, save it as UTF-8
data-text-unknown = it is neither UTF-8, UTF-16 nor GBK; save it as UTF-8
data-text-row-damaged = row { $row } is damaged: it is no UTF-8, as the rest is
data-text-no-encoding = it is no text: neither UTF-8 nor UTF-16
data-text-zero-bytes = it is no text: it holds zero bytes
data-inspect-no-split = the images cannot be split, so no leakage was looked for: { $error }
data-inspect-quarantined = quarantined (data.quarantine): not opened
data-jpeg-damaged = the jpeg file is damaged: { $reason }
data-kind-socket = a socket
data-kind-device = a device
data-not-there = it is not there, or no longer
data-no-permission = no permission to read it
data-file-not-folder = it is a file, not a folder
data-link-to-itself = a symbolic link that leads back to itself
data-few = { $shown } and { $more } more

## What is wrong with a dataset

data-cancelled = the scan was cancelled
data-folder-not-read = the folder cannot be read: { $reason }; choose a folder that exists and may be read: { $path }
data-labels-not-usable = the table of labels cannot be used: { $reason }: { $path }
data-no-class-folders = no class folders: { $found }; expected one folder per class with the images inside, or a table of files and labels: { $path }
data-nothing-to-train = nothing to train on: { $found }; expected images in every class folder: { $path }
data-limit-too-small = `data.limit` = { $limit } is fewer than the { $classes } classes; use 0 (all images) or at least { $classes }
data-group-not-usable = `data.group` = "{ $group }" cannot be used: { $reason }
data-window-not-usable = `data.dicom_window`: { $reason }
data-image-not-read = the image cannot be read: { $reason }: { $path }
data-sample-not-empty = the sample images need an empty or new folder, this one holds files; name another: { $path }
data-sample-not-written = the sample images cannot be written: { $reason }: { $path }
data-no-folder-nor-table = it is not a folder, nor a table of labels (.csv, .tsv, .json, .jsonl, .txt; save a spreadsheet as CSV)
data-folders-all-the-same = { $found }; `data.labels` = "folders" takes them for classes all the same
data-no-image-either = no image is there either
data-found-and-table-unused = { $found }, and { $why }
data-no-image-anywhere = no image in any folder

## What a scan notes

data-note-one-class = one class only ({ $only }): there is nothing to tell apart; expected two or more class folders
data-note-one-class-with-folders = one class only ({ $only }): there is nothing to tell apart; expected two or more class folders; if the classes are the folders inside it, open that folder
data-note-mixed-depths = mixed bit depths ({ $depths }): their values differ in scale, use ScaleIntensity
data-note-system = left out, as they are the system's, hidden or of a run of this program: { $both }
data-different-labels = { $first } and { $second } give it different labels ({ $a }, { $b }); keep the right one
data-different-parts = { $first } and { $second } put it into different parts; keep one of them
data-reason-of-row = { $reason } ({ $place } names it)
data-labels-in-column = labels in { $column }
data-one-column-a-class = one column a class ({ $names })
data-place-in-table = { $at } of { $table }
data-doubt-no-val-part = the validation part is empty: nothing will show how the network does on images that it does not train on; put images into a val folder, or mark rows as val
data-doubt-no-val-share = the validation part is empty: nothing will show how the network does on images that it does not train on; set `data.val_frac` above 0
data-images-directly = { $count ->
    [one] 1 image lies directly in the folder
   *[other] { $count } images lie directly in the folder
 }
data-images-beside = { $count ->
    [one] 1 image lies beside the class folders and is left out; expected images inside class folders: { $path }
   *[other] { $count } images lie beside the class folders and are left out; expected images inside class folders: { $path }
 }
data-note-empty-classes = { $count ->
    [one] 1 class folder holds no image and is left out: { $names }
   *[other] { $count } class folders hold no image and are left out: { $names }
 }
data-note-nested = { $count ->
    [one] 1 image in folders inside class folders; it counts to the class around it (such as { $first })
   *[other] { $count } images in folders inside class folders; they count to the class around them (such as { $first })
 }
data-note-masks = { $count ->
    [one] 1 folder of masks, labels and the like inside class folders left out (such as { $first })
   *[other] { $count } folders of masks, labels and the like inside class folders left out (such as { $first })
 }
data-note-wrong-extensions = { $count ->
    [one] 1 file has an extension that does not fit the content ({ $first }); it is read by content
   *[other] { $count } files have an extension that does not fit the content ({ $first }); they are read by content
 }
data-images-of-depth = { $count ->
    [one] 1 image of { $bits } bit
   *[other] { $count } images of { $bits } bit
 }
data-note-turned = { $count ->
    [one] 1 photograph was taken with the camera turned (EXIF orientation); it is read as stored, as Pillow does, unless `data.orientation` = "upright"
   *[other] { $count } photographs were taken with the camera turned (EXIF orientation); they are read as stored, as Pillow does, unless `data.orientation` = "upright"
 }
data-note-many-pictures = { $count ->
    [one] 1 file holds several pages or frames; the first is taken
   *[other] { $count } files hold several pages or frames; the first is taken
 }
data-note-gray-among-colour = { $gray ->
    [one] 1 gray image among { $colour } in colour: all are read as colour unless `data.channels` = 1
   *[other] { $gray } gray images among { $colour } in colour: all are read as colour unless `data.channels` = 1
 }
data-note-like-names = { $count ->
    [one] 1 set of classes differs by upper and lower case only and is kept apart: { $names }
   *[other] { $count } sets of classes differ by upper and lower case only and are kept apart: { $names }
 }
data-system-folders = { $count ->
    [one] 1 folder ({ $names })
   *[other] { $count } folders ({ $names })
 }
data-system-files = { $count ->
    [one] 1 file
   *[other] { $count } files
 }
data-note-class-without-part = { $count ->
    [one] 1 class has no image in { $part }: { $names }
   *[other] { $count } classes have no image in { $part }: { $names }
 }
data-rows-without-file-or-label = { $rows ->
    [one] not its one row has both a file and a label
   *[other] none of its { $rows } rows has both a file and a label
 }
data-rows-name-nothing = { $rows ->
    [one] not its one row names a file that is there, such as { $misses }
   *[other] none of its { $rows } rows names a file that is there, such as { $misses }
 }
data-note-several-labels = { $count ->
    [one] 1 row gives several labels at once: each combination is a class of its own (such as { $first })
   *[other] { $count } rows give several labels at once: each combination is a class of its own (such as { $first })
 }
data-note-many-classes = { $images ->
    [one] 1 image of { $classes } classes: is { $column } the column of labels? `data.label_column` names another
   *[other] { $images } images of { $classes } classes: is { $column } the column of labels? `data.label_column` names another
 }
data-note-empty-labels = { $count ->
    [one] 1 label left out for want of an image that can be read: { $names }
   *[other] { $count } labels left out for want of an image that can be read: { $names }
 }
data-note-named-in-other-case = { $count ->
    [one] 1 file is named in other case or another Unicode form (such as { $first })
   *[other] { $count } files are named in other case or another Unicode form (such as { $first })
 }
data-note-named-with-other-extension = { $count ->
    [one] 1 file is named with another extension (such as { $first })
   *[other] { $count } files are named with another extension (such as { $first })
 }
data-note-named-by-end = { $count ->
    [one] 1 file is named by a path whose beginning is none of this folder; its end fits (such as { $first })
   *[other] { $count } files are named by paths whose beginning is none of this folder; the ends fit (such as { $first })
 }
data-note-named-by-bare-name = { $count ->
    [one] 1 file is named by a bare name; the only file of this name lies in a folder inside (such as { $first })
   *[other] { $count } files are named by bare names; the only files of these names lie in folders inside (such as { $first })
 }
data-note-unlabelled = { $count ->
    [one] 1 image beside the labelled ones without a label is left out: { $first }
   *[other] { $count } images beside the labelled ones without a label are left out: { $first }
 }
data-note-rows-without-label = { $count ->
    [one] 1 row without a file or a label: left out (the first: { $first })
   *[other] { $count } rows without a file or a label: left out (the first: { $first })
 }
data-note-rows-of-unknown-part = { $count ->
    [one] 1 row with a part that is none of train, val and test: read as without (the first: { $first })
   *[other] { $count } rows with a part that is none of train, val and test: read as without (the first: { $first })
 }
data-note-rows-without-part = { $count ->
    [one] 1 row without a part: taken for train (the first: { $first })
   *[other] { $count } rows without a part: taken for train (the first: { $first })
 }
data-note-rows-repeated = { $count ->
    [one] 1 row naming a file again, with the same label: counted once (the first: { $first })
   *[other] { $count } rows naming a file again, with the same label: counted once (the first: { $first })
 }
data-note-rows-not-listed = { $count ->
    [one] 1 row more left out that cannot be used, not listed
   *[other] { $count } rows more left out that cannot be used, not listed
 }
data-folders-are-parts = { $count ->
    [one] the folder { $names } is a part of a dataset rather than a class
   *[other] the folders { $names } are parts of a dataset rather than classes
 }
data-folders-hold-images = { $count ->
    [one] the folder { $names } holds images or what goes with them, not classes
   *[other] the folders { $names } hold images and what goes with them, not classes
 }
data-folders-are-pieces = { $count ->
    [one] the folder { $names } is a piece of a dataset rather than a class
   *[other] the folders { $names } are pieces of one dataset rather than classes
 }
data-note-volumes = { $volumes ->
    [one] 1 volume taken as { $slices } slices along { $axis } (`data.slice_axis`); its slices stay in one part
   *[other] { $volumes } volumes taken as { $slices } slices along { $axis } (`data.slice_axis`); one's slices stay in one part
 }
data-note-packed-volumes = { $count ->
    [one] 1 volume is packed (.nii.gz): each slice is had by unpacking those before it; unpack the file to .nii, or use `loader.cache`
   *[other] { $count } volumes are packed (.nii.gz): each slice is had by unpacking those before it; unpack the files to .nii, or use `loader.cache`
 }
data-note-films = { $files ->
    [one] 1 DICOM file of several frames: each of the { $frames } is an image; they stay in one part
   *[other] { $files } DICOM files of several frames: each of the { $frames } is an image; one file's stay in one part
 }
data-doubt-untrained = { $count ->
    [one] the training part has no image of 1 class: { $names }; it cannot be learnt
   *[other] the training part has no image of { $count } classes: { $names }; they cannot be learnt
 }
data-doubt-unseen = { $count ->
    [one] the validation part has no image of 1 class: { $names }; its figures say nothing of it
   *[other] the validation part has no image of { $count } classes: { $names }; its figures say nothing of them
 }
data-leak-groups = { $count ->
    [one] 1 group of `data.group` in more than one of the parts that the dataset itself has: validation may look better than it is (leakage)
   *[other] { $count } groups of `data.group` in more than one of the parts that the dataset itself has: validation may look better than it is (leakage)
 }
data-leak-patients = { $count ->
    [one] 1 patient of the DICOM files in more than one part: validation may look better than it is (leakage); `data.group` = "patient_id" keeps each in one
   *[other] { $count } patients of the DICOM files in more than one part: validation may look better than it is (leakage); `data.group` = "patient_id" keeps each in one
 }
data-leak-names = { $count ->
    [one] 1 patient by its name (such as { $example }) in more than one part: validation may look better than it is (leakage); `data.group` = { $key } keeps each in one
   *[other] { $count } patients by their names (such as { $example }) in more than one part: validation may look better than it is (leakage); `data.group` = { $key } keeps each in one
 }
data-only-bad-files = { $count ->
    [one] no readable image, but 1 bad file (the first: { $first })
   *[other] no readable image, but { $count } bad files (the first: { $first })
 }
data-note-comments = { $count ->
    [one] 1 line that begins with # is left out as a comment
   *[other] { $count } lines that begin with # are left out as comments
 }
data-jpeg-coding = { $coding ->
    [lossless] a lossless JPEG, which is not supported; save it as a baseline or progressive one
    [hierarchical] a hierarchical JPEG, which is not supported; save it as a baseline or progressive one
    [arithmetic] an arithmetic-coded JPEG, which is not supported; save it as a baseline or progressive one
   *[many-framed] a many-framed JPEG, which is not supported; save it as a baseline or progressive one
 }
data-columns = { $told ->
    [name] { $names }: files in { $files }, { $labels }
   *[content] { $names }: files in { $files }, { $labels }, told by what stands in them
 }
data-columns-with-parts = { $told ->
    [name] { $names }: files in { $files }, { $labels }, parts in { $parts }
   *[content] { $names }: files in { $files }, { $labels }, parts in { $parts }, told by what stands in them
 }

## What an inspection found

data-report-images-of-classes = { $images } of { $classes }
data-report-images-of-classes-in-parts = { $images } of { $classes }: { $train } to train on, { $val } for validation, { $test } for the test
data-report-nothing-found = Nothing needs action.
data-report-outlier = { $path }: mean { $mean }, the class's median { $median } (robust z { $z })
data-report-leakage = LEAKAGE: the same or similar images stand in different parts; held-out metrics look too good
data-report-seen-in-training = { $part }: of { $of }, training has an equal one of { $equal } and a similar one of { $similar } more ({ $percent } %)
data-report-similar = SIMILAR IMAGES: { $images } in { $groups }, pairs: { $pairs } (hashes within { $bits } of 64 bits, correlation of at least { $correlation })
data-report-equal = EQUAL IMAGES: { $images } in { $groups }, { $of_equal_files } of them of equal files; { $redundant } could go
data-report-similar-pair = similar: { $a } ~ { $b } (correlation { $correlation })
data-report-more = and { $count } more
data-report-balance = Classes: imbalance { $imbalance } to 1, entropy { $entropy } bits ({ $evenness } % of even)
data-report-means = mean { $means }
data-report-sizes = Sizes: { $sizes }
data-report-sizes-and-others = Sizes: { $sizes }, and others
data-report-aspect-between = { $from } to { $to }: { $count }
data-report-aspect-from = { $from } and more: { $count }
data-report-aspects = Width by height: { $aspects }
data-report-file-sizes = Files: { $total } bytes in all; smallest { $least }, median { $median }, largest { $most }
data-report-pixel-values = Pixel values over { $count } pixels:
data-report-channel = mean { $mean }, std { $std } as decoded; mean { $unit_mean }, std { $unit_std } on 0..1
data-channel-gray = gray
data-channel-red = red
data-channel-green = green
data-channel-blue = blue
data-report-for-decoded = For the values as decoded, before any scaling:
data-report-for-scaled = For values scaled to 0..1 by their type:
data-report-in-torchvision = In torchvision: { $code }
data-report-images = { $count ->
    [one] 1 image
   *[other] { $count } images
 }
data-report-classes = { $count ->
    [one] 1 class
   *[other] { $count } classes
 }
data-report-groups = { $count ->
    [one] 1 group
   *[other] { $count } groups
 }
data-report-unreadable = { $count ->
    [one] UNREADABLE: 1 file
   *[other] UNREADABLE: { $count } files
 }
data-report-blank = { $count ->
    [one] BLANK: 1 image has one value everywhere: nothing can be learned from it
   *[other] BLANK: { $count } images have one value everywhere: nothing can be learned from them
 }
data-report-nearly-blank = { $count ->
    [one] NEARLY BLANK: 1 image is within 4/255 of one value (in files of 16 bits or of floats, 4/255 of what the others span)
   *[other] NEARLY BLANK: { $count } images are within 4/255 of one value (in files of 16 bits or of floats, 4/255 of what the others span)
 }
data-report-outliers = { $count ->
    [one] OUTLIERS: 1 image is far darker or brighter than its class
   *[other] OUTLIERS: { $count } images are far darker or brighter than their class
 }
data-report-conflicts = { $count ->
    [one] LABEL CONFLICTS: 1 group of equal images has more than one class: at most one label is right
   *[other] LABEL CONFLICTS: { $count } groups of equal images have more than one class: at most one label is right
 }
data-report-possible-conflicts = { $count ->
    [one] POSSIBLE LABEL CONFLICTS: 1 pair of similar images has different classes
   *[other] POSSIBLE LABEL CONFLICTS: { $count } pairs of similar images have different classes
 }
data-report-cut-short = { $count ->
    [one] 1 image resembles so many others that not all were compared: there are more pairs
   *[other] { $count } images resemble so many others that not all were compared: there are more pairs
 }
data-report-not-finite = { $count ->
    [one] 1 value is infinite or NaN and in no figure
   *[other] { $count } values are infinite or NaN and in no figure
 }
data-report-pairs-of-parts = { $a } and { $b }: { $equal ->
    [one] 1 equal pair
   *[other] { $equal } equal pairs
 }, { $similar ->
    [one] 1 similar pair
   *[other] { $similar } similar pairs
 }
data-report-equal-group = { $kind ->
    [blank] equal (blank)
   *[equal] equal
 }: { $names }{ $others ->
    [0] { "" }
   *[other] { " " }and { $others } more
 }
data-place-row = row { $n }
data-place-entry = entry { $n }
data-name-is-format = { $name } is { $format }
data-name-is-path = { $name } is { $path }
data-at-reason = { $at }: { $reason }
data-too-many-bytes-to-decode = { $width } x { $height } pixels of that depth take { $bytes } bytes to decode, more than `data.max_pixels` = { $most } allows
