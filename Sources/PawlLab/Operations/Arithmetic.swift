internal import CPawlKernels

extension Tensor {
  /// Returns the sum of two tensors of the same shape, such as a residual connection.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    let (tape, result) = left.pair("+", right)
    tape.kernels.rows.combine(left.values, 1, right.values, 1, result.values, result.count)
    var node = Node(result, left) { node, flow, tape in
      node.input.addGradient(flow, 1, tape)
      node.second?.addGradient(flow, 1, tape)
    }
    node.second = right
    tape.record(node)
    return result
  }

  /// Returns the product, value by value, of two tensors of the same shape, such as a gate.
  public static func * (left: Tensor, right: Tensor) -> Tensor {
    let (tape, result) = left.pair("*", right)
    tape.kernels.rows.product(left.values, right.values, result.values, result.count, 0)
    var node = Node(result, left) { node, flow, tape in
      guard let right = node.second else { return }
      Meter.charge(4 * node.output.count)
      let (left, count) = (node.input, node.output.count)
      tape.kernels.rows.product(flow, right.values, left.gradientToFill(tape), count, 1)
      tape.kernels.rows.product(flow, left.values, right.gradientToFill(tape), count, 1)
    }
    node.second = right
    tape.record(node)
    return result
  }

  /// Returns `self` times a number that is not learned.
  public func scaled(by factor: Float) -> Tensor {
    let tape = activeTape
    let result = tape.tensor(rows, columns)
    Meter.charge(count)
    tape.kernels.rows.combine(values, factor, values, 0, result.values, count)
    var node = Node(result, self) { node, flow, tape in node.input.addGradient(flow, node.factor, tape) }
    node.factor = factor
    tape.record(node)
    return result
  }

  /// Returns `self` times a learned number, such as the weight of a residual connection.
  public func scaled(by factor: Tensor) -> Tensor {
    guard factor.count == 1 else { refuse("`scaled` got `\(factor.rows)` x `\(factor.columns)` for one number") }
    let tape = activeTape
    let result = tape.tensor(rows, columns)
    Meter.charge(count)
    tape.kernels.rows.combine(values, factor.item, values, 0, result.values, count)
    var node = Node(result, self) { node, flow, tape in
      guard let factor = node.second else { return }
      Meter.charge(2 * node.input.count)
      node.input.addGradient(flow, factor.item, tape)
      factor.gradientToFill(tape)[0] += Float(tape.kernels.rows.dot(node.input.values, flow, node.input.count))
    }
    node.second = factor
    tape.record(node)
    return result
  }

  private func pair(_ name: String, _ other: Tensor) -> (Tape, Tensor) {
    guard rows == other.rows, columns == other.columns else {
      refuse("`\(name)` got `\(rows)` x `\(columns)` and `\(other.rows)` x `\(other.columns)`")
    }
    let tape = activeTape
    Meter.charge(count)
    return (tape, tape.tensor(rows, columns))
  }

  private func addGradient(_ flow: Floats, _ factor: Float, _ tape: Tape) {
    Meter.charge(count)
    let (own, isFresh) = gradientToAdd(tape)
    if isFresh {
      tape.kernels.rows.combine(flow, factor, flow, 0, own, count)
    } else {
      tape.kernels.rows.accumulate(flow, factor, own, count)
    }
  }
}
