/// Returns what each position reads from those up to itself: softmax(q kT / sqrt(width)) v for each head (Vaswani et al. 2017).
///
/// All three are sequences of `length` rows, one after the other; `heads` must divide their columns.
public func causalAttention(_ queries: Tensor, _ keys: Tensor, _ values: Tensor, heads: Int, length: Int) -> Tensor {
  let tape = queries.activeTape
  let (rows, columns) = (queries.rows, queries.columns)
  guard heads > 0, columns % heads == 0, length > 0, rows % length == 0 else {
    refuse("attention cannot split `\(columns)` columns over `\(heads)` heads, and `\(rows)` rows into `\(length)`")
  }
  guard keys.rows == rows, values.rows == rows, keys.columns == columns, values.columns == columns else {
    refuse("attention needs queries, keys and values of one shape")
  }
  let result = tape.tensor(rows, columns)
  let shape = AttentionShape(sequences: rows / length, heads: heads, length: length, columns: columns)
  let weights = tape.arena.allocate(shape.sequences * heads * length * shape.stride)
  shape.forEachBlock { block in
    let start = block.start(of: columns)
    let own = weights + block.weights
    multiply(
      queries.values + start, columns, .plain, keys.values + block.sequenceStart, columns, .transposed,
      into: own, shape.stride, m: block.rows, n: block.reach, k: shape.width)
    causalSoftmax(own, shape, block)
    multiply(
      own, shape.stride, .plain, values.values + block.sequenceStart, columns, .plain,
      into: result.values + start, columns, m: block.rows, n: shape.width, k: block.reach)
  }
  tape.record {
    guard let flow = result.gradient else { return }
    let queryGradient = queries.gradientToFill()
    let keyGradient = keys.gradientToFill()
    let valueGradient = values.gradientToFill()
    let scratch = tape.arena.allocate(AttentionShape.blockRows * shape.stride)
    shape.forEachBlock { block in
      let start = block.start(of: columns)
      let own = weights + block.weights
      multiply(
        flow + start, columns, .plain, values.values + block.sequenceStart, columns, .transposed,
        into: scratch, shape.stride, m: block.rows, n: block.reach, k: shape.width)
      multiply(
        own, shape.stride, .transposed, flow + start, columns, .plain,
        into: valueGradient + block.sequenceStart, columns, m: block.reach, n: shape.width, k: block.rows, beta: 1)
      softmaxBackward(scratch, own, shape, block)
      multiply(
        scratch, shape.stride, .plain, keys.values + block.sequenceStart, columns, .plain,
        into: queryGradient + start, columns, m: block.rows, n: shape.width, k: block.reach, beta: 1)
      multiply(
        scratch, shape.stride, .transposed, queries.values + start, columns, .plain,
        into: keyGradient + block.sequenceStart, columns, m: block.reach, n: shape.width, k: block.rows, beta: 1)
    }
  }
  return result
}

/// How the rows of an attention split into heads and blocks of queries.
struct AttentionShape {
  /// Queries handled at once: a block sees no keys after its last row, which saves near half of the work.
  static let blockRows = 64
  let sequences: Int
  let heads: Int
  let length: Int
  let columns: Int
  var width: Int { columns / heads }
  /// Floats from one row of weights to the next: whole vectors, so that row loops need no special end.
  var stride: Int { (length + 15) & ~15 }
  var scale: Float { 1 / Float(width).squareRoot() }

  /// Some queries of one head of one sequence.
  struct Block {
    let first: Int
    let rows: Int
    /// The offset of the head's first value in the sequence.
    let sequenceStart: Int
    /// The offset of the block's first weight.
    let weights: Int
    /// The keys that the last row sees.
    var reach: Int { first + rows }
    func start(of columns: Int) -> Int { sequenceStart + first * columns }
  }

  func forEachBlock(_ body: (Block) -> Void) {
    for sequence in 0..<sequences {
      for head in 0..<heads {
        var first = 0
        while first < length {
          let rows = min(Self.blockRows, length - first)
          body(
            Block(
              first: first, rows: rows, sequenceStart: sequence * length * columns + head * width,
              weights: ((sequence * heads + head) * length + first) * stride))
          first += rows
        }
      }
    }
  }
}

/// Turns scores into weights in place: row `r` of the block keeps keys up to its own position, the others get 0.
private func causalSoftmax(_ scores: Floats, _ shape: AttentionShape, _ block: AttentionShape.Block) {
  let stride = shape.stride
  let scale = Vector(repeating: shape.scale)
  let nothing = Vector(repeating: -1e30)
  let end = (block.reach + 15) & ~15
  Meter.charge(20 * block.rows * block.reach)
  for row in 0..<block.rows {
    let p = scores + row &* stride
    let count = block.first &+ row &+ 1
    let full = count & ~15
    let mask = Vector.lanes .< SIMD16<Int32>(repeating: Int32(truncatingIfNeeded: count &- full))
    let hasTail = count > full
    var peak = nothing
    var index = 0
    while index < full {
      peak = peak.atLeast(load(p, index, stride))
      index &+= 16
    }
    if hasTail { peak = peak.atLeast(nothing.replacing(with: load(p, index, stride), where: mask)) }
    let most = Vector(repeating: peak.greatest) * scale
    var sum = Vector.zero
    index = 0
    while index < full {
      let value = exponential(load(p, index, stride) * scale - most)
      sum += value
      store(value, p, index, stride)
      index &+= 16
    }
    if hasTail {
      let value = Vector.zero.replacing(with: exponential(load(p, index, stride) * scale - most), where: mask)
      sum += value
      store(value, p, index, stride)
      index &+= 16
    }
    let inverse = Vector(repeating: 1 / sum.total)
    for step in Swift.stride(from: 0, to: index, by: 16) {
      store(load(p, step, stride) * inverse, p, step, stride)
    }
    while index < end {
      store(.zero, p, index, stride)
      index &+= 16
    }
  }
}

/// Turns gradients of weights into gradients of scores, in place: `w (g - sum(w g))`, times the scale.
private func softmaxBackward(
  _ gradients: Floats, _ weights: Floats, _ shape: AttentionShape, _ block: AttentionShape.Block
) {
  let stride = shape.stride
  let scale = Vector(repeating: shape.scale)
  Meter.charge(5 * block.rows * block.reach)
  for row in 0..<block.rows {
    let w = weights + row &* stride
    let g = gradients + row &* stride
    let end = min((block.first &+ row &+ 16) & ~15, stride)
    let reach = block.reach
    var sum = Vector.zero
    var index = 0
    while index < end {
      sum += load(w, index, reach) * load(g, index, reach)
      index &+= 16
    }
    let mean = Vector(repeating: sum.total)
    index = 0
    while index < end {
      store(load(w, index, reach) * (load(g, index, reach) - mean) * scale, g, index, reach)
      index &+= 16
    }
    while index < reach {
      store(.zero, g, index, reach)
      index &+= 16
    }
  }
}
