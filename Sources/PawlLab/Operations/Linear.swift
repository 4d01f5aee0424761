internal import CPawlKernels

extension Tensor {
  /// Returns `self` times `weight` plus `bias`: rows x inputs to rows x outputs.
  ///
  /// - Parameters:
  ///   - weight: inputs x outputs; with `transposed`, outputs x inputs, such as a table of embeddings used as the head.
  ///   - bias: one value for each output.
  public func linear(_ weight: Tensor, bias: Tensor? = nil, transposed: Bool = false) -> Tensor {
    let tape = activeTape
    let (inputs, outputs) = transposed ? (weight.columns, weight.rows) : (weight.rows, weight.columns)
    guard columns == inputs else {
      refuse("`linear` got `\(columns)` columns for a weight of `\(inputs)` inputs and `\(outputs)` outputs")
    }
    guard bias.map({ $0.count == outputs }) ?? true else {
      refuse("`linear` got a bias of `\(bias?.count ?? 0)` for `\(outputs)` outputs")
    }
    let result = tape.tensor(rows, outputs)
    multiply(
      by: weight, transposed: transposed, rows: rows, into: result.values, add: false, bias: bias?.values, tape)
    var node = Node(result, self) { node, flow, tape in
      guard let weight = node.second else { return }
      let (input, rows, outputs) = (node.input, node.output.rows, node.output.columns)
      let transposed = node.isTransposed
      let (own, isFresh) = input.gradientToAdd(tape)
      Tensor(node.output, flow).multiply(
        by: weight, transposed: !transposed, rows: rows, into: own, add: !isFresh, bias: nil, tape)
      let (sum, isFirst) = weight.gradientToAdd(tape)
      let (left, right) = transposed ? (flow, input.values) : (input.values, flow)
      let (leftStep, rightStep) = transposed ? (outputs, input.columns) : (input.columns, outputs)
      tape.kernels.multiply(
        left, step: leftStep, .transposed, by: right, step: rightStep, rows: leftStep, columns: rightStep, inner: rows,
        into: sum, step: rightStep, add: !isFirst, tape.workspace)
      if let bias = node.third {
        Meter.charge(rows * outputs)
        tape.kernels.rows.add_columns(flow, bias.gradientToFill(tape), rows, outputs)
      }
    }
    node.second = weight
    node.third = bias
    node.isTransposed = transposed
    tape.record(node)
    return result
  }

  /// A view of other values in the shape of a tensor.
  private init(_ shape: Tensor, _ values: Floats) {
    self.init(rows: shape.rows, columns: shape.columns, values: values, tape: shape.tape, weight: nil, slot: nil)
  }

  /// Writes the product with a weight, whose pack is made once for all that use it, or with an activation, packed for this time only.
  private func multiply(
    by weight: Tensor, transposed: Bool, rows: Int, into result: Floats, add: Bool, bias: Floats?, _ tape: Tape
  ) {
    let (inner, outer) = transposed ? (weight.columns, weight.rows) : (weight.rows, weight.columns)
    guard let lasting = weight.weight else {
      tape.kernels.multiply(
        values, step: inner, by: weight.values, step: weight.columns, transposed ? .transposed : .plain, rows: rows,
        columns: outer, inner: inner, into: result, step: outer, add: add, bias: bias, tape.workspace)
      return
    }
    Meter.charge(2 * rows * inner * outer)
    tape.kernels.products.multiply(
      values, inner, 0, lasting.packed(transposed: transposed, tape.kernels), rows, outer, inner, result, outer,
      add ? 1 : 0, bias, tape.workspace.memory)
  }
}
