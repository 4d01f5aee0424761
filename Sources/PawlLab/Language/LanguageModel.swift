#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A byte-level transformer for studies of data: the model is fixed but for its shape, what it learns from changes.
package final class LanguageModel {
  package private(set) var shape: LanguageShape
  package let parameters: Parameters
  let table: Tensor
  let place: Tensor?
  let blocks: [LanguageBlock]
  let lastGain: Tensor
  let head: Tensor

  /// Draws fresh weights from a seed.
  package init(_ shape: LanguageShape, seed: UInt64) {
    if let problem = shape.problem { refuse(problem) }
    self.shape = shape
    parameters = Parameters(seed: seed)
    let width = shape.width
    table = parameters.embedding("table", rows: 256, columns: width, deviation: 0.05)
    place =
      shape.position == .digits
      ? parameters.embedding("place", rows: LanguageShape.places, columns: width, deviation: 0.05) : nil
    if let place { Self.wave(place) }
    let parameters = parameters
    blocks = (0..<shape.depth).map { LanguageBlock("block\($0).", shape, parameters) }
    lastGain = parameters.vector("norm", columns: width, value: 1)
    head = parameters.embedding("head", rows: 256, columns: width, deviation: 0.02)
  }

  /// Begins the vectors of places as waves of many lengths, so that the next place is a turn of each (Vaswani et al. 2017, arXiv 1706.03762).
  private static func wave(_ table: Tensor) {
    let pairs = table.columns / 2
    for row in 0..<table.rows {
      for pair in 0..<pairs {
        let angle = Float(row) * powf(Float(LanguageShape.places), -Float(pair) / Float(pairs))
        table.values[row * table.columns + pair] = 0.07 * cosf(angle)
        table.values[row * table.columns + pairs + pair] = 0.07 * sinf(angle)
      }
    }
  }

  /// Reads a model with its shape from a file.
  package convenience init(file: String) {
    self.init(Checkpoint.shape(of: file), seed: 0)
    load(file)
  }

  /// Writes the weights and the shape, as safetensors.
  package func save(_ file: String) { Checkpoint.save(parameters, to: file, shape: shape) }

  /// Takes over the weights of a file; what they mean must be the same.
  package func load(_ file: String) {
    let stored = Checkpoint.shape(of: file)
    guard stored.heads == shape.heads, stored.position == shape.position else {
      refuse("the model `\(file)` has other heads or positions than the settings describe")
    }
    Checkpoint.load(file, into: parameters, shape: stored)
    reaches(stored.reach)
  }

  /// Takes note that it was trained on documents of such a size.
  package func reaches(_ size: Int) { shape.reach = max(shape.reach, size) }

  /// The stream after the last block and its norm, a row for each byte of sequences of `length`.
  func stream(_ tape: Tape, _ bytes: Bytes, places: Bytes?, length: Int) -> Tensor {
    var x = tape.embedding(table, bytes)
    if let place, let places { x = x + tape.embedding(place, places) }
    for block in blocks { x = block(x, length: length) }
    return x.rmsNorm(lastGain)
  }
}

/// Attention and a multilayer perceptron, each added to the stream.
struct LanguageBlock {
  let gain1, gain2: Tensor
  let query, key, value, project, up, down: Tensor
  let heads: Int
  let isRotary: Bool

  init(_ name: String, _ shape: LanguageShape, _ parameters: Parameters) {
    let width = shape.width
    let scale = 0.5 / Float(width).squareRoot()
    let last = scale / Float(2 * shape.depth).squareRoot()
    func matrix(_ part: String, _ inputs: Int, _ outputs: Int, _ deviation: Float) -> Tensor {
      parameters.matrix(name + part, inputs: inputs, outputs: outputs, deviation: deviation)
    }
    gain1 = parameters.vector(name + "norm1", columns: width, value: 1)
    gain2 = parameters.vector(name + "norm2", columns: width, value: 1)
    query = matrix("query", width, width, scale)
    key = matrix("key", width, width, scale)
    value = matrix("value", width, width, scale)
    project = matrix("project", width, width, last)
    up = matrix("up", width, LanguageShape.ratio * width, scale)
    down = matrix("down", LanguageShape.ratio * width, width, last)
    heads = shape.heads
    isRotary = shape.position == .rotary
  }

  func callAsFunction(_ input: Tensor, length: Int) -> Tensor {
    let x = input.rmsNorm(gain1)
    var (q, k) = (x.linear(query), x.linear(key))
    if isRotary {
      q = q.rotary(heads: heads, length: length)
      k = k.rotary(heads: heads, length: length)
    }
    let middle = input + causalAttention(q, k, x.linear(value), heads: heads, length: length).linear(project)
    return middle + middle.rmsNorm(gain2).linear(up).reluSquared().linear(down)
  }
}
