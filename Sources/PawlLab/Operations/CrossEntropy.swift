internal import CPawlKernels

extension Tensor {
  /// Returns the mean over the rows of the negative log-probability, in nats, that the row's scores give its target.
  ///
  /// - Parameter targets: the column of the right answer for each row; there are at least 256 columns.
  public func crossEntropy(_ targets: Bytes) -> Tensor {
    guard targets.count == rows, columns >= 256, rows > 0 else {
      refuse("`crossEntropy` got `\(targets.count)` targets for `\(rows)` x `\(columns)` scores")
    }
    let tape = activeTape
    let result = tape.tensor(1, 1)
    let kept = tape.arena.keep(targets.buffer)
    let logarithms = tape.arena.allocate(rows)
    Meter.charge(15 * count)
    result.values[0] = Float(tape.kernels.rows.cross_entropy(values, kept, logarithms, rows, columns) / Double(rows))
    var node = Node(result, self) { node, flow, tape in
      guard let bytes = node.bytes, let logarithms = node.kept.0 else { return }
      Meter.charge(15 * node.input.count)
      let (rows, columns) = (node.input.rows, node.input.columns)
      let (own, isFresh) = node.input.gradientToAdd(tape)
      tape.kernels.rows.cross_entropy_backward(
        node.input.values, bytes, logarithms, flow[0] / Float(rows), own, rows, columns, isFresh ? 0 : 1)
    }
    node.bytes = kept
    node.kept.0 = logarithms
    tape.record(node)
    return result
  }

  /// Returns each row's scores as natural logarithms of probabilities, row after row.
  public func logProbabilities() -> [Float] {
    [Float](unsafeUninitializedCapacity: count) { buffer, written in
      if let start = buffer.baseAddress { writeLogProbabilities(to: start) }
      written = count
    }
  }

  func writeLogProbabilities(to output: Floats) {
    Meter.charge(15 * count)
    activeTape.kernels.rows.log_probabilities(values, output, rows, columns)
  }
}
