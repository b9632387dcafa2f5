//! The Python around a chain: what its names, functions, choices and loops come to, and what is asked for.

use super::ImportOptions;
use super::tests::{RESIZED, line, notes, python, reads, with};

fn given(values: &[&str]) -> ImportOptions {
    let mut options = ImportOptions::default();
    values.iter().for_each(|value| options.give(value).unwrap());
    options
}

/// Python has the last of an entry that is given twice.
#[test]
fn dictionaries_and_chains_are_put_together_as_python_does() {
    reads(
        "cfg = {'size': 96}\nkwargs = {'size': 224, **cfg}\nT.Compose([T.RandomCrop(**kwargs)])",
        "RandomCrop(size=96)",
    );
    reads(
        "cfg = {'size': 96}\nkwargs = {**cfg, 'size': 224}\nT.Compose([T.RandomCrop(**kwargs)])",
        "RandomCrop(size=224)",
    );
    reads(
        "base = T.Compose(transforms=[T.RandomCrop(96)])\ntrain = T.Compose(base.transforms + [T.ToTensor()])",
        "RandomCrop(size=96) ToTensor()",
    );
}

/// Each as people have it, and what Python makes of it.
#[test]
fn forms_of_python_are_read() {
    for text in [
        "H, W = 64, 48\nT.Compose([T.Resize((H, W))])",
        "(H, W) = (64, 48)\nT.Compose([T.Resize((H, W))])",
        "SIZE: Tuple[int, int] = (64, 48)\ntf: T.Compose = T.Compose([T.Resize(SIZE)])",
        "size = 128\nT.Compose([T.Resize((size // 2, int(size * 0.375)))])",
        "T.Compose([T.Resize((round(63.6), math.floor(48.9)))])",
        "T.Compose([T.Resize(tuple([64, 48]))])",
        "class CFG:\n    size = 64\n    width: int = 48\nT.Compose([T.Resize((CFG.size, CFG.width))])",
        "cfg = dict(size=(64, 48))\nT.Compose([T.Resize(cfg['size'])])",
        "cfg = {\"data\": {\"size\": [64, 48]}}\nT.Compose([T.Resize(cfg['data']['size'])])",
        "cfg = EasyDict(size=[64, 48])\nT.Compose([T.Resize(cfg.size)])",
        "args.size = (64, 48)\nT.Compose([T.Resize(args.size)])",
        "steps = [T.Resize((64, 48))]\nT.Compose(steps)",
        "steps = []\nsteps.append(T.Resize((64, 48)))\nT.Compose(steps)",
        "steps = []\nsteps += [T.Resize((64, 48))]\nT.Compose(steps)",
        "steps = []\nsteps.extend([T.Resize((64, 48))])\nT.Compose(transforms=steps)",
        "tf = T.Compose([])\ntf.transforms.insert(0, T.Resize((64, 48)))",
        "T.Compose([*[T.Resize((64, 48))]])",
        "kwargs = dict(size=(64, 48))\nT.Compose([T.Resize(**kwargs)])",
        "def resize(h, w=48):\n    return T.Resize((h, w))\nT.Compose([resize(64)])",
        "def build(size=64):\n    \"\"\"A chain.\"\"\"\n    steps = [T.Resize((size, 48))]\n    return T.Compose(steps)\n",
        "def build(train):\n    if train:\n        return T.Compose([T.Resize((64, 48))])\n    return T.Compose([T.CenterCrop(3)])\ntrain = build(True)",
        "class Tf(T.Compose):\n    def __init__(self):\n        super().__init__([T.Resize((64, 48))])\n",
        "class Data(Dataset):\n    def __init__(self, root):\n        self.root = root\n        self.tf = T.Compose([T.Resize((64, 48))])\n",
        "if True:\n    tf = T.Compose([T.Resize((64, 48))])\nelse:\n    tf = None",
        "ds = ImageFolder('x', transform=T.Compose([T.Resize((64, 48))]))",
        "nn.Sequential(T.Resize((64, 48)), nn.Identity())",
        "T.Compose([T.Resize((64, 48)) if True else T.CenterCrop(3)])",
        ">>> tf = T.Compose([\n...     T.Resize((64, 48)),\n... ])\n>>> tf\nCompose(\n    Resize(size=9)\n)",
        "In [3]: tf = T.Compose([\n   ...:     T.Resize((64, 48)),\n   ...: ])\nOut[3]: Compose([Resize(9)])",
        "```python\nT.Compose([T.Resize((64, 48))])\n```",
        "\u{a0}\u{a0}T.Compose([\u{a0}T.Resize((64,\u{3000}48))])",
        "T．Compose（［T．Resize（（64，48））］）",
        "T.Compose([T.Resize((６４, ４８), interpolation=“bilinear”)])",
        "T.Compose([T.Resize((64, 48), interpolation=2)])",
        "T.Compose([T.Resize((64, 48), interpolation=T.InterpolationMode.BILINEAR)])",
        "T.Compose([T.Resize((64, 48), interpolation=Image.BILINEAR, antialias=True)])",
        "T.Compose([\n    T.Resize((64, 48)),  # it’s a “comment\n])",
        "text = 'don\nT.Compose([T.Resize((64, 48))])",
        "x = T.Compose([T.Resize((64, 48))])(image)",
        "tf = nn.Sequential(T.Resize((64, 48))).to(device)",
        "model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())\ntf = T.Compose([T.Resize((64, 48))])",
    ] {
        let imported = with(text, &ImportOptions::default());
        let read = line(&imported.specs);
        let defaults = [", interpolation=\"bilinear\"", "antialias=true, ", "interpolation=\"bilinear\", "];
        let read = defaults.iter().fold(read, |read, part| read.replace(part, ""));
        assert_eq!(read, RESIZED, "{text}\n{imported:?}");
        assert!(imported.asks.is_empty() && imported.notes.iter().all(|note| !note.lost), "{text}\n{imported:?}");
    }
    let normalize = "Normalize(mean=[0.5, 0.5, 0.5], std=[0.25, 0.25, 0.25])";
    for text in [
        "T.Compose([T.Normalize([0.5] * 3, 3 * [0.25])])",
        "stats = ([0.5, 0.5, 0.5], [0.25, 0.25, 0.25])\nT.Compose([T.Normalize(*stats)])",
        "T.Compose([T.Normalize(np.array([0.5, 0.5, 0.5]), np.array([127.5] * 3) / 510)])",
        "T.Compose([T.Normalize(mean=[x / 255.0 for x in [127.5, 127.5, 127.5]], std=torch.tensor([0.25] * 3).tolist())])",
        "mean = std = [0.5, 0.5, 0.5]\nstd = [s / 2 for s in std]\nT.Compose([T.Normalize(mean, std)])",
        "norms = {'a': ([0.5] * 3, [0.25] * 3)}\nmean, std = norms['a']\nT.Compose([T.Normalize(mean, std)])",
    ] {
        reads(text, normalize);
    }
    reads(
        "T.Compose([T.PILToTensor(), T.ConvertImageDtype(torch.float)])",
        "PILToTensor() ConvertImageDtype(dtype=\"float32\")",
    );
    reads(
        "v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])",
        "ToImage() ToDtype(dtype=\"float32\", scale=true)",
    );
    reads("[T.RandomRotation(math.degrees(np.pi) / 12)]", "RandomRotation(degrees=15)");
}

/// A list that a loop, a choice or an `except` puts something into keeps what it had, and what is not known is named.
#[test]
fn what_may_have_been_put_in_is_named_and_the_rest_stays() {
    let flip = "T.RandomHorizontalFlip()";
    for (text, words, left) in [
        (
            format!(
                "ops = []\nops.append(T.Resize(64))\nfor n in names:\n    if n == 'flip':\n        ops.append({flip})\n\
                 ops += [T.ToTensor()]\nT.Compose(ops)"
            ),
            ["ops", "the loop in line 3", "puts in"],
            "torchvision.Resize(size=64) ToTensor()",
        ),
        (
            format!("ops = [T.Resize(64)]\nwhile more():\n    ops.insert(0, {flip})\n"),
            ["ops", "the loop in line 2", "puts in"],
            "torchvision.Resize(size=64)",
        ),
        // What is taken out once may be taken out again.
        (
            format!("ops = [T.Resize(64), {flip}]\nfor i in range(n):\n    ops.pop()\nT.Compose(ops + [T.ToTensor()])"),
            ["ops", "the loop in line 2", "neither what it was before"],
            "ToTensor()",
        ),
        (
            format!(
                "ops = [T.Resize(64)]\ntry:\n    import x\nexcept ImportError:\n    ops.append({flip})\n\
                 ops.append(T.ToTensor())\nT.Compose(ops)"
            ),
            ["ops", "line 4", "done or not"],
            "torchvision.Resize(size=64) ToTensor()",
        ),
    ] {
        let imported = notes(&text, &[&words[..]]);
        assert_eq!(line(&imported.specs), left, "{text}: {imported:?}");
        assert!(imported.asks.is_empty() && imported.notes.iter().any(|note| note.lost), "{text}: {imported:?}");
    }
    let text = format!("t = [T.Resize(64)]\nif args.flip:\n    t += [{flip}]\nt.append(T.ToTensor())\nT.Compose(t)");
    let imported = python(&text);
    assert_eq!(line(&imported.specs), "torchvision.Resize(size=64) ToTensor()");
    assert_eq!(imported.asks.iter().map(|ask| ask.name.as_str()).collect::<Vec<_>>(), ["args.flip"]);
}

#[test]
fn a_value_that_is_not_known_takes_its_step_along_where_the_library_has_no_default() {
    let chance = "random.random() > .5";
    for (text, words) in [
        (
            "s = 64\ntry:\n    import x\nexcept ImportError:\n    s = 32\nT.Compose([T.Resize(s), T.ToTensor()])"
                .to_owned(),
            ["`s`", "line 4", "left out"],
        ),
        (
            format!("T.Compose([T.Resize(256 if {chance} else 128), T.ToTensor()])"),
            ["`256 if random.random() > .5 else 128`", "condition", "left out"],
        ),
        (
            "T.Compose([T.Resize(int(random.random() * 100)), T.ToTensor()])".to_owned(),
            ["`random.random(…)`", "not a value", "left out"],
        ),
        ("T.Compose([T.Resize('large'), T.ToTensor()])".to_owned(), ["Resize(size=…)", "large", "left out"]),
    ] {
        let imported = notes(&text, &[&words[..]]);
        assert_eq!(line(&imported.specs), "ToTensor()", "{text}: {imported:?}");
        assert!(imported.notes.iter().all(|note| !note.to_string().contains("224")), "{text}: {imported:?}");
    }
    let text = format!("T.Compose([T.RandomHorizontalFlip(p=0.3 if {chance} else 0.4)])");
    let imported = notes(&text, &[&["`0.3 if", "condition", "default 0.5 stands"]]);
    assert_eq!(line(&imported.specs), "RandomHorizontalFlip()");
}

#[test]
fn a_function_changes_the_names_that_it_declares_global() {
    let small = "size = 64\ndef small():\n    global size\n    size = 32\n";
    reads(&format!("{small}small()\nT.Compose([T.Resize(size)])"), "torchvision.Resize(size=32)");
    // One that nothing calls changes nothing.
    reads(&format!("{small}def train():\n    return T.Compose([T.Resize(size)])"), "torchvision.Resize(size=64)");
}

#[test]
fn comprehensions_are_gone_through_and_named_where_they_cannot_be() {
    reads(
        "Compose([LoadImage(), *[RandGaussianNoise(prob=0.1*i) for i in range(1,3)]])",
        "LoadImage() RandGaussianNoise(prob=0.1) RandGaussianNoise(prob=0.2)",
    );
    reads(
        "T.Compose([T.RandomRotation(a) for a in range(30, 0, -15)])",
        "RandomRotation(degrees=30) RandomRotation(degrees=15)",
    );
    notes(
        "T.Compose([T.ToTensor(), *[T.RandomErasing(p) for p in zip(a)]])",
        &[&["T.RandomErasing(p) for p in zip(a)", "no call of a transform"]],
    );
}

/// Never guessed: each is asked for by the name that the text has for it.
#[test]
fn values_from_elsewhere_are_asked_for_by_name() {
    for (text, asks, values) in [
        ("T.Compose([T.Resize((cfg[\"size\"], 48))])", vec!["cfg[\"size\"]"], vec!["cfg['size']=64"]),
        ("T.Compose([T.Resize((args.size, 48))])", vec!["args.size"], vec!["args.size=64"]),
        ("T.Compose([T.Resize((int(args.size * 0.5), W))])", vec!["args.size", "W"], vec!["args.size=128", "W = 48"]),
        ("T.Compose([T.Resize((int(os.environ['S']), 48))])", vec!["os.environ[\"S\"]"], vec!["os.environ[\"S\"]=64"]),
        ("h = CFG.SIZE\nT.Compose([T.Resize((h, 48))])", vec!["CFG.SIZE"], vec!["CFG.SIZE=64"]),
        ("T.Compose([T.Resize((64 if big else 32, 48))])", vec!["big"], vec!["big=True"]),
        (
            "t = [T.Resize((64, 48))]\nif args.augment:\n    t.append(T.RandomHorizontalFlip())\nT.Compose(t)",
            vec!["args.augment"],
            vec!["args.augment=False"],
        ),
        (
            "T.Compose([T.Resize((64, 48)), T.RandomHorizontalFlip() if opt.flip else nn.Identity()])",
            vec!["opt.flip"],
            vec!["opt.flip=0"],
        ),
        ("def build(size):\n    return T.Compose([T.Resize((size, 48))])", vec!["size"], vec!["size=64"]),
        (
            "def build(train):\n    if train:\n        return T.Compose([T.Resize((64, 48))])\n    return T.Compose([T.CenterCrop(3)])",
            vec!["train"],
            vec!["train=True"],
        ),
        ("h, w = load()\nT.Compose([T.Resize((h, w))])", vec!["h", "w"], vec!["h=64", "w=48"]),
    ] {
        let imported = python(text);
        let names: Vec<&str> = imported.asks.iter().map(|ask| ask.name.as_str()).collect();
        assert_eq!(names, asks, "{text}: {imported:?}");
        let told = with(text, &given(&values));
        assert!(told.asks.is_empty(), "{text}: {told:?}");
        assert_eq!(line(&told.specs), RESIZED, "{text}: {told:?}");
    }
    // What nothing hangs on is not asked for.
    reads("T.Compose([T.Normalize(0.5, 0.5, inplace=cfg.inplace)])", "Normalize(mean=0.5, std=0.5)");
    for wrong in ["224", "cfg[size", "=3", "1=2"] {
        assert!(ImportOptions::default().give(wrong).unwrap_err().to_string().contains("NAME=VALUE"), "{wrong}");
    }
}
