extension Tensor {
  /// Returns `self` times `weight`, plus `bias` on every row.
  ///
  /// - Parameter transposed: false for a weight of inputs x outputs; true for outputs x inputs, as a token table used as head.
  public func linear(_ weight: Tensor, bias: Tensor? = nil, transposed: Bool = false) -> Tensor {
    let tape = activeTape
    let inputs = transposed ? weight.columns : weight.rows
    let outputs = transposed ? weight.rows : weight.columns
    guard inputs == columns else {
      refuse("`linear` got `\(columns)` columns for a weight of `\(weight.rows)` x `\(weight.columns)`")
    }
    if let bias, bias.count != outputs {
      refuse("`linear` got a bias of `\(bias.count)` for `\(outputs)` outputs")
    }
    let result = tape.tensor(rows, outputs)
    if let bias {
      for row in 0..<rows { (result.values + row * outputs).update(from: bias.values, count: outputs) }
    }
    multiply(
      values, columns, .plain, weight.values, weight.columns, transposed ? .transposed : .plain,
      into: result.values, outputs, m: rows, n: outputs, k: inputs, beta: bias == nil ? 0 : 1)
    tape.record { [self] in
      guard let flow = result.gradient else { return }
      let (input, factor) = gradientToAdd()
      multiply(
        flow, outputs, .plain, weight.values, weight.columns, transposed ? .plain : .transposed,
        into: input, columns, m: rows, n: inputs, k: outputs, beta: factor)
      let (own, ownFactor) = weight.gradientToAdd()
      if transposed {
        multiply(
          flow, outputs, .transposed, values, columns, .plain, into: own, weight.columns, m: outputs, n: inputs,
          k: rows, beta: ownFactor)
      } else {
        multiply(
          values, columns, .transposed, flow, outputs, .plain, into: own, weight.columns, m: inputs, n: outputs,
          k: rows, beta: ownFactor)
      }
      if let bias { addColumnSums(of: flow, rows: rows, columns: outputs, to: bias.gradientToFill()) }
    }
    return result
  }
}

/// Adds to `sums` the sum over the rows of each column.
func addColumnSums(of matrix: Floats, rows: Int, columns: Int, to sums: Floats) {
  Meter.charge(rows * columns)
  for column in stride(from: 0, to: columns, by: 16) {
    var sum = load(sums, column, columns)
    for row in 0..<rows { sum += load(matrix + row &* columns, column, columns) }
    store(sum, sums, column, columns)
  }
}
