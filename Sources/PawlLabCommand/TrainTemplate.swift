/// The baseline: decent, readable, and not tuned.
let trainTemplate = #"""
  // pawl-lab: train.swift
  // The one file to change: model, optimiser, schedule and loop of a byte-level GPT. See program.md.
  import PawlLab

  // Model
  let moreDepth = 0  // pawl: -2...3
  let widthScale = 1.0  // pawl: choices 0.5, 0.75, 1.0, 1.5, 2.0
  let headWidth = 0  // pawl: choices 0, 16, 32, 64
  let mlpRatio = 4  // pawl: 1...6
  let norm = "layer"  // pawl: choices "layer", "rms"
  let activation = "gelu"  // pawl: choices "gelu", "relu2", "swiglu"
  let positions = "learned"  // pawl: choices "learned", "rotary"
  let tiedHead = true  // pawl: choices true, false
  let initialScale = 0.02  // pawl: log 5e-3...0.2
  let logitCap = 0.0  // pawl: choices 0.0, 15.0, 30.0

  // Optimiser and schedule
  let optimiser = "adamw"  // pawl: choices "adamw", "muon"
  let batch = 8  // pawl: pow2 4...64
  let learningRate = 1e-3  // pawl: log 1e-4...3e-2
  let muonLearningRate = 0.02  // pawl: log 2e-3...0.1
  let warmupFraction = 0.05  // pawl: 0.0...0.3
  let decayFraction = 0.5  // pawl: 0.0...1.0
  let weightDecay = 0.1  // pawl: log 1e-3...0.5
  let beta1 = 0.9  // pawl: 0.8...0.98
  let beta2 = 0.95  // pawl: 0.9...0.999
  let gradientClip = 1.0  // pawl: log 0.1...10.0

  let lab = Lab.start()
  // The rung recommends a size, so that a change that helps here can be tried at larger scales.
  let depth = max(1, lab.size.depth + moreDepth)
  let width = Int(Double(lab.size.width) * widthScale)
  let heads = headWidth > 0 ? max(1, width / headWidth) : lab.size.heads
  if width % heads != 0 || (positions == "rotary" && width % (2 * heads) != 0) {
    lab.fail("width \(width) does not split over \(heads) heads")
  }

  /// A gain, and a bias where the norm has one.
  struct Norm {
    let gain, bias: Tensor
    init(_ name: String, _ parameters: Parameters) {
      gain = parameters.vector(name + ".gain", columns: width, value: 1)
      bias = parameters.vector(name + ".bias", columns: norm == "layer" ? width : 1, value: 0)
    }
    func callAsFunction(_ x: Tensor) -> Tensor { norm == "layer" ? x.layerNorm(gain, bias) : x.rmsNorm(gain) }
  }

  /// Attention and a multilayer perceptron, each added to the stream.
  struct Block {
    let norm1, norm2: Norm
    let query, key, value, project, up, gate, down: Tensor
    init(_ name: String, _ parameters: Parameters) {
      let scale = Float(initialScale)
      let last = scale / Float(2 * depth).squareRoot()
      func matrix(_ part: String, _ inputs: Int, _ outputs: Int, _ deviation: Float) -> Tensor {
        parameters.matrix(name + part, inputs: inputs, outputs: outputs, deviation: deviation)
      }
      norm1 = Norm(name + "norm1", parameters)
      norm2 = Norm(name + "norm2", parameters)
      query = matrix("query", width, width, scale)
      key = matrix("key", width, width, scale)
      value = matrix("value", width, width, scale)
      project = matrix("project", width, width, last)
      up = matrix("up", width, mlpRatio * width, scale)
      gate = activation == "swiglu" ? matrix("gate", width, mlpRatio * width, scale) : up
      down = matrix("down", mlpRatio * width, width, last)
    }
    func callAsFunction(_ input: Tensor, length: Int) -> Tensor {
      let x = norm1(input)
      var (q, k) = (x.linear(query), x.linear(key))
      if positions == "rotary" {
        q = q.rotary(heads: heads, length: length)
        k = k.rotary(heads: heads, length: length)
      }
      let attended = causalAttention(q, k, x.linear(value), heads: heads, length: length)
      let middle = input + attended.linear(project)
      let y = norm2(middle)
      let hidden =
        switch activation {
        case "relu2": y.linear(up).reluSquared()
        case "swiglu": y.linear(gate).swiglu(y.linear(up))
        default: y.linear(up).gelu()
        }
      return middle + hidden.linear(down)
    }
  }

  struct Model {
    let table, place, head: Tensor
    let blocks: [Block]
    let lastNorm: Norm
    init(_ parameters: Parameters) {
      let scale = Float(initialScale)
      table = parameters.embedding("table", rows: 256, columns: width, deviation: scale)
      place = parameters.embedding("place", rows: positions == "learned" ? lab.context : 1, columns: width, deviation: scale)
      blocks = (0..<depth).map { Block("block\($0).", parameters) }
      lastNorm = Norm("norm", parameters)
      head = tiedHead ? table : parameters.embedding("head", rows: 256, columns: width, deviation: scale)
    }
    /// Scores for the byte after each byte of windows of `length` bytes.
    func logits(_ tape: Tape, _ bytes: Bytes, length: Int) -> Tensor {
      var x = tape.embedding(table, bytes)
      if positions == "learned" { x = x.addingPositions(place, length: length) }
      for block in blocks { x = block(x, length: length) }
      let scores = lastNorm(x).linear(head, transposed: true)
      return logitCap > 0 ? scores.softCapped(Float(logitCap)) : scores
    }
  }

  /// Warm up, hold, then down to zero: the share of the learning rate at a fraction of the budget.
  func schedule(_ fraction: Double) -> Double {
    if fraction < warmupFraction { return (fraction + 0.005) / (warmupFraction + 0.005) }
    return min(1, (1 - fraction) / max(decayFraction, 1e-9))
  }

  let parameters = Parameters(seed: lab.seed)
  let model = Model(parameters)
  let usesMuon = optimiser == "muon"
  let decay = Float(weightDecay)
  let muon = Muon(parameters.all.filter { usesMuon && $0.kind == .matrix }, weightDecay: decay)
  let adamW = AdamW(
    parameters.all.filter { !usesMuon || $0.kind != .matrix }, beta1: Float(beta1), beta2: Float(beta2), weightDecay: decay)

  while let step = lab.nextStep() {
    lab.gradients(of: parameters, sequences: batch) { tape, text in
      model.logits(tape, text.inputs, length: text.length).crossEntropy(text.targets)
    }
    parameters.clipGradients(to: Float(gradientClip))
    let share = schedule(step.fraction)
    adamW.update(rate: Float(learningRate * share))
    muon.update(rate: Float(muonLearningRate * share))
  }
  lab.finish(parameters) { tape, windows in model.logits(tape, windows, length: lab.context) }

  """#
