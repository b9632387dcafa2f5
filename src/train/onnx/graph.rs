//! A graph of ONNX operators over weights by PyTorch's names.

use super::proto::{Attribute, FLOAT, INT64, Node, Tensor};
use crate::language::Message;
use crate::train::model::same_zeros;
use std::collections::{BTreeMap, BTreeSet};

/// A weight as PyTorch has it.
pub(super) struct Weight {
    pub shape: Vec<usize>,
    pub values: Vec<f32>,
}

/// What flows between operators: `[N, ..shape]`.
#[derive(Debug, Clone)]
pub(super) struct Value {
    pub name: String,
    /// Without the batch's axis.
    pub shape: Vec<usize>,
}

/// Zeros around an image.
#[derive(Debug, Clone, Copy)]
pub(super) enum Padding {
    None,
    /// Half the kernel on every side.
    Half,
    /// As TensorFlow puts them.
    Same,
}

/// A graph in the making.
pub(super) struct Graph<'a> {
    weights: &'a BTreeMap<String, Weight>,
    pub nodes: Vec<Node>,
    /// What each node's output has behind the batch's axis.
    pub shapes: Vec<Vec<usize>>,
    pub initializers: BTreeMap<String, Tensor>,
    used: BTreeSet<String>,
    /// Weights that were asked for and are not there.
    missing: Vec<String>,
}

impl<'a> Graph<'a> {
    pub fn new(weights: &'a BTreeMap<String, Weight>) -> Self {
        Self {
            weights,
            nodes: Vec::new(),
            shapes: Vec::new(),
            initializers: BTreeMap::new(),
            used: BTreeSet::new(),
            missing: Vec::new(),
        }
    }

    /// Whether the network has such a weight.
    pub fn has(&self, name: &str) -> bool {
        self.weights.contains_key(name)
    }

    /// Weights that the graph wanted and the network has not, or the reverse.
    pub fn unmatched(&self) -> Option<Message> {
        if let Some(missing) = self.missing.first() {
            return Some(msg!("train-onnx-weight-missing", name = missing));
        }
        let unused = self.weights.keys().find(|name| !self.used.contains(*name));
        unused.map(|name| msg!("train-onnx-weight-unused", name))
    }

    /// The weight, as it is read by operators of this module.
    pub fn values(&mut self, name: &str) -> (Vec<usize>, &'a [f32]) {
        match self.weights.get(name) {
            Some(weight) => {
                self.used.insert(name.to_owned());
                (weight.shape.clone(), &weight.values)
            }
            None => {
                self.missing.push(name.to_owned());
                // As many axes as any has: what is made of it is never written.
                (vec![1; 4], &[0.0])
            }
        }
    }

    /// Puts a weight into the file under its own name.
    fn weight(&mut self, name: &str) -> String {
        let (shape, values) = self.values(name);
        self.floats(name, &shape, values)
    }

    pub fn floats(&mut self, name: &str, shape: &[usize], values: &[f32]) -> String {
        let raw_data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initializer(name, shape, FLOAT, raw_data)
    }

    fn ints(&mut self, name: &str, values: &[i64]) -> String {
        let raw_data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.initializer(name, &[values.len()], INT64, raw_data)
    }

    fn initializer(&mut self, name: &str, shape: &[usize], data_type: i32, raw_data: Vec<u8>) -> String {
        let dims = shape.iter().map(|side| *side as i64).collect();
        self.initializers.insert(name.to_owned(), Tensor { dims, data_type, name: name.to_owned(), raw_data });
        name.to_owned()
    }

    /// Adds an operator; its output has that shape behind the batch's axis.
    pub fn add(&mut self, op: &str, inputs: &[&str], attributes: Vec<Attribute>, shape: Vec<usize>) -> Value {
        let name = format!("{}_{}", op.to_lowercase(), self.nodes.len());
        self.nodes.push(Node {
            input: inputs.iter().map(|input| (*input).to_owned()).collect(),
            output: vec![name.clone()],
            name: name.clone(),
            op_type: op.to_owned(),
            attribute: attributes,
        });
        self.shapes.push(shape.clone());
        Value { name, shape }
    }

    fn like(&mut self, op: &str, inputs: &[&str], attributes: Vec<Attribute>, x: &Value) -> Value {
        self.add(op, inputs, attributes, x.shape.clone())
    }

    /// A convolution over `[N, C, H, W]`; kernel, groups and bias are the weight's.
    pub fn conv(&mut self, x: &Value, name: &str, stride: usize, padding: Padding) -> Value {
        let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        let (shape, _) = self.values(&weight);
        let kernel = [shape[2], shape[3]];
        let groups = x.shape[0] / shape[1].max(1);
        let zeros = |axis: usize| -> [usize; 2] {
            let (side, kernel) = (x.shape[1 + axis], kernel[axis]);
            match padding {
                Padding::None => [0, 0],
                Padding::Half => [kernel / 2; 2],
                Padding::Same => same_zeros(side, kernel, stride),
            }
        };
        let (rows, columns) = (zeros(0), zeros(1));
        let side = |axis: usize, zeros: [usize; 2]| {
            (x.shape[1 + axis] + zeros[0] + zeros[1]).saturating_sub(kernel[axis]) / stride + 1
        };
        let out = vec![shape[0], side(0, rows), side(1, columns)];
        let attributes = vec![
            Attribute::ints("kernel_shape", &kernel),
            Attribute::ints("strides", &[stride; 2]),
            Attribute::ints("pads", &[rows[0], columns[0], rows[1], columns[1]]),
            Attribute::int("group", groups as i64),
        ];
        let weight = self.weight(&weight);
        if self.has(&bias) {
            let bias = self.weight(&bias);
            self.add("Conv", &[&x.name, &weight, &bias], attributes, out)
        } else {
            self.add("Conv", &[&x.name, &weight], attributes, out)
        }
    }

    pub fn batch_norm(&mut self, x: &Value, name: &str, epsilon: f32) -> Value {
        let parts =
            ["weight", "bias", "running_mean", "running_var"].map(|part| self.weight(&format!("{name}.{part}")));
        let inputs = [&x.name, &parts[0], &parts[1], &parts[2], &parts[3]].map(String::as_str);
        self.like("BatchNormalization", &inputs, vec![Attribute::float("epsilon", epsilon)], x)
    }

    /// Over the last axis.
    pub fn layer_norm(&mut self, x: &Value, name: &str, epsilon: f32) -> Value {
        let parts = ["weight", "bias"].map(|part| self.weight(&format!("{name}.{part}")));
        let attributes = vec![Attribute::int("axis", -1), Attribute::float("epsilon", epsilon)];
        self.like("LayerNormalization", &[&x.name, &parts[0], &parts[1]], attributes, x)
    }

    /// Over the last axis.
    pub fn linear(&mut self, x: &Value, name: &str) -> Value {
        let (weight, bias) = (format!("{name}.weight"), format!("{name}.bias"));
        let (shape, values) = self.values(&weight);
        let (outputs, inputs) = (shape[0], shape[1]);
        let mut out = x.shape.clone();
        if let Some(last) = out.last_mut() {
            *last = outputs;
        }
        let bias = self.weight(&bias);
        if x.shape.len() == 1 {
            let weight = self.weight(&weight);
            return self.add("Gemm", &[&x.name, &weight, &bias], vec![Attribute::int("transB", 1)], out);
        }
        let turned: Vec<f32> = (0..values.len()).map(|i| values[(i % outputs) * inputs + i / outputs]).collect();
        let weight = self.floats(&weight, &[inputs, outputs], &turned);
        let product = self.add("MatMul", &[&x.name, &weight], Vec::new(), out);
        self.like("Add", &[&product.name, &bias], Vec::new(), &product)
    }

    pub fn relu(&mut self, x: &Value) -> Value {
        self.like("Relu", &[&x.name], Vec::new(), x)
    }

    pub fn relu6(&mut self, x: &Value) -> Value {
        let (zero, six) = (self.floats("zero", &[], &[0.0]), self.floats("six", &[], &[6.0]));
        self.like("Clip", &[&x.name, &zero, &six], Vec::new(), x)
    }

    pub fn sigmoid(&mut self, x: &Value) -> Value {
        self.like("Sigmoid", &[&x.name], Vec::new(), x)
    }

    pub fn silu(&mut self, x: &Value) -> Value {
        let gate = self.sigmoid(x);
        self.product(x, &gate)
    }

    /// x / 2 (1 + erf(x / √2)).
    pub fn gelu(&mut self, x: &Value) -> Value {
        let scaled = self.times(x, "root_half", std::f32::consts::FRAC_1_SQRT_2);
        let erf = self.like("Erf", &[&scaled.name], Vec::new(), x);
        let one = self.floats("one", &[], &[1.0]);
        let sum = self.like("Add", &[&erf.name, &one], Vec::new(), x);
        let product = self.product(x, &sum);
        self.times(&product, "half", 0.5)
    }

    /// Times a number, which is kept under that name.
    pub fn times(&mut self, x: &Value, name: &str, number: f32) -> Value {
        let number = self.floats(name, &[], &[number]);
        self.like("Mul", &[&x.name, &number], Vec::new(), x)
    }

    /// The shape is the first one's.
    pub fn product(&mut self, a: &Value, b: &Value) -> Value {
        self.like("Mul", &[&a.name, &b.name], Vec::new(), a)
    }

    pub fn sum(&mut self, a: &Value, b: &Value) -> Value {
        self.like("Add", &[&a.name, &b.name], Vec::new(), a)
    }

    /// Times a weight that fits behind the batch's axis.
    pub fn times_weight(&mut self, x: &Value, name: &str) -> Value {
        let weight = self.weight(name);
        self.like("Mul", &[&x.name, &weight], Vec::new(), x)
    }

    /// Features behind each other, or tokens: along the first axis behind the batch's.
    pub fn concat(&mut self, a: &Value, b: &Value) -> Value {
        let mut shape = a.shape.clone();
        shape[0] += b.shape[0];
        self.add("Concat", &[&a.name, &b.name], vec![Attribute::int("axis", 1)], shape)
    }

    pub fn max_pool(&mut self, x: &Value, kernel: usize, stride: usize, padding: usize) -> Value {
        self.pool("MaxPool", x, [kernel, stride, padding])
    }

    pub fn avg_pool(&mut self, x: &Value, side: usize) -> Value {
        self.pool("AveragePool", x, [side, side, 0])
    }

    fn pool(&mut self, op: &str, x: &Value, [kernel, stride, padding]: [usize; 3]) -> Value {
        let side = |side: usize| (side + 2 * padding).saturating_sub(kernel) / stride + 1;
        let attributes = vec![
            Attribute::ints("kernel_shape", &[kernel; 2]),
            Attribute::ints("strides", &[stride; 2]),
            Attribute::ints("pads", &[padding; 4]),
        ];
        self.add(op, &[&x.name], attributes, vec![x.shape[0], side(x.shape[1]), side(x.shape[2])])
    }

    /// The mean over an image: `[N, C, H, W]` to `[N, C]`, or to `[N, C, 1, 1]`.
    pub fn pooled(&mut self, x: &Value, keep: bool) -> Value {
        let attributes = vec![Attribute::ints("axes", &[2, 3]), Attribute::int("keepdims", i64::from(keep))];
        let shape = if keep { vec![x.shape[0], 1, 1] } else { vec![x.shape[0]] };
        self.add("ReduceMean", &[&x.name], attributes, shape)
    }

    /// `axes` count the batch's as 0, which stays first.
    pub fn transpose(&mut self, x: &Value, axes: &[usize]) -> Value {
        let shape = axes.iter().skip(1).map(|axis| x.shape[axis - 1]).collect();
        self.add("Transpose", &[&x.name], vec![Attribute::ints("perm", axes)], shape)
    }

    /// To another shape behind the batch's axis.
    pub fn reshape(&mut self, x: &Value, shape: &[usize]) -> Value {
        let name = format!("shape_{}", shape.iter().map(usize::to_string).collect::<Vec<_>>().join("x"));
        let sides: Vec<i64> = std::iter::once(0).chain(shape.iter().map(|side| *side as i64)).collect();
        let sides = self.ints(&name, &sides);
        self.add("Reshape", &[&x.name, &sides], Vec::new(), shape.to_vec())
    }

    /// Of the first axis behind the batch's, the one at that place.
    pub fn pick(&mut self, x: &Value, place: i64) -> Value {
        let name = format!("place_{place}");
        let raw_data = place.to_le_bytes().to_vec();
        let place = self.initializer(&name, &[], INT64, raw_data);
        self.add("Gather", &[&x.name, &place], vec![Attribute::int("axis", 1)], x.shape[1..].to_vec())
    }

    pub fn softmax(&mut self, x: &Value) -> Value {
        self.like("Softmax", &[&x.name], vec![Attribute::int("axis", -1)], x)
    }

    pub fn matmul(&mut self, a: &Value, b: &Value) -> Value {
        let mut shape = a.shape.clone();
        if let (Some(last), Some(columns)) = (shape.last_mut(), b.shape.last()) {
            *last = *columns;
        }
        self.add("MatMul", &[&a.name, &b.name], Vec::new(), shape)
    }

    /// Zeros on the right of and below an image.
    pub fn pad(&mut self, x: &Value, right: usize, below: usize) -> Value {
        let pads = self.ints("pads", &[0, 0, 0, 0, 0, 0, below as i64, right as i64]);
        let shape = vec![x.shape[0], x.shape[1] + below, x.shape[2] + right];
        self.add("Pad", &[&x.name, &pads], Vec::new(), shape)
    }

    /// A weight `[1, ..shape]` once for every image of `of`.
    pub fn for_each_of(&mut self, of: &Value, name: &str) -> Value {
        let (shape, _) = self.values(name);
        let weight = self.weight(name);
        let attributes = vec![Attribute::int("start", 0), Attribute::int("end", 1)];
        let count = self.add("Shape", &[&of.name], attributes, Vec::new());
        let sides: Vec<i64> = shape.iter().skip(1).map(|side| *side as i64).collect();
        let sides = self.ints(&format!("sides_of_{name}"), &sides);
        let to = self.add("Concat", &[&count.name, &sides], vec![Attribute::int("axis", 0)], Vec::new());
        self.add("Expand", &[&weight, &to.name], Vec::new(), shape[1..].to_vec())
    }
}
