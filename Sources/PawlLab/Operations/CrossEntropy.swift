#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

extension Tensor {
  /// Returns the mean over the rows of -ln softmax(row)[target], in nats, as a tensor of one value.
  public func crossEntropy(_ targets: [UInt8]) -> Tensor {
    let tape = activeTape
    guard targets.count == rows, rows > 0, columns == 256 else {
      refuse("`crossEntropy` got `\(rows)` x `\(columns)` logits for `\(targets.count)` bytes; it needs 256 columns")
    }
    let result = tape.tensor(1, 1)
    let (rows, columns, input) = (rows, columns, values)
    let probabilities = tape.arena.allocate(count)
    Meter.charge(20 * count)
    var total = 0.0
    for row in 0..<rows {
      let p = input + row &* columns
      let q = probabilities + row &* columns
      let peak = greatest(p, columns)
      let most = Vector(repeating: peak)
      var sum = Vector.zero
      for index in stride(from: 0, to: columns, by: 16) {
        let value = exponential(load(p, index, columns) - most)
        sum += value
        store(value, q, index, columns)
      }
      let all = sum.total
      total += Double(logf(all) + peak - p[Int(targets[row])])
      let inverse = Vector(repeating: 1 / all)
      for index in stride(from: 0, to: columns, by: 16) { store(load(q, index, columns) * inverse, q, index, columns) }
    }
    result.values[0] = Float(total / Double(rows))
    tape.record { [self] in
      guard let flow = result.gradient else { return }
      Meter.charge(2 * rows * columns)
      let own = gradientToFill()
      let share = flow[0] / Float(rows)
      let lanes = Vector(repeating: share)
      for row in 0..<rows {
        let target = own + row &* columns
        for index in stride(from: 0, to: columns, by: 16) {
          let added = load(probabilities + row &* columns, index, columns) * lanes
          store(load(target, index, columns) + added, target, index, columns)
        }
        target[Int(targets[row])] -= share
      }
    }
    return result
  }

  /// Returns the logarithm of the softmax of each row, row after row, in nats.
  public func logProbabilities() -> [Float] {
    var result = copy()
    for row in 0..<rows {
      let p = values + row * columns
      let peak = greatest(p, columns)
      var sum = 0.0
      for index in stride(from: 0, to: columns, by: 16) {
        sum += Double(exponential(load(p, index, columns, fill: -1e30) - Vector(repeating: peak)).total)
      }
      let shift = peak + Float(log(sum))
      for column in 0..<columns { result[row * columns + column] -= shift }
    }
    return result
  }
}

/// Returns the greatest of `count` values.
@inline(__always) private func greatest(_ p: Floats, _ count: Int) -> Float {
  var peak = Vector(repeating: -1e30)
  var index = 0
  while index < count {
    peak = peak.atLeast(load(p, index, count, fill: -1e30))
    index &+= 16
  }
  return peak.greatest
}
