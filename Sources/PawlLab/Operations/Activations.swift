internal import CPawlKernels

extension Tensor {
  /// Returns x times the normal distribution's cumulative function at x, in its tanh form (Hendrycks and Gimpel 2016).
  public func gelu() -> Tensor {
    mapped(cost: 20, { $0.kernels.rows.gelu($1, $2, $3) }) { node, flow, tape in
      Meter.charge(30 * node.input.count)
      let (own, isFresh) = node.input.gradientToAdd(tape)
      tape.kernels.rows.gelu_backward(node.input.values, flow, own, node.input.count, isFresh ? 0 : 1)
    }
  }

  /// Returns the square of each positive value, else 0 (So et al. 2021).
  public func reluSquared() -> Tensor {
    mapped(cost: 2, { $0.kernels.rows.relu_squared($1, $2, $3) }) { node, flow, tape in
      Meter.charge(4 * node.input.count)
      let (own, isFresh) = node.input.gradientToAdd(tape)
      tape.kernels.rows.relu_squared_backward(node.input.values, flow, own, node.input.count, isFresh ? 0 : 1)
    }
  }

  /// Returns `self sigmoid(self)` times `other`: the gate and the value of a gated unit (Shazeer 2020).
  public func swiglu(_ other: Tensor) -> Tensor {
    guard rows == other.rows, columns == other.columns else {
      refuse("`swiglu` got `\(rows)` x `\(columns)` and `\(other.rows)` x `\(other.columns)`")
    }
    let tape = activeTape
    let result = tape.tensor(rows, columns)
    Meter.charge(18 * count)
    tape.kernels.rows.swiglu(values, other.values, result.values, count)
    var node = Node(result, self) { node, flow, tape in
      guard let other = node.second else { return }
      Meter.charge(24 * node.input.count)
      let (gate, isFirstOfGate) = node.input.gradientToAdd(tape)
      let (value, isFirstOfValue) = other.gradientToAdd(tape)
      tape.kernels.rows.swiglu_backward(
        node.input.values, other.values, flow, gate, value, node.input.count, isFirstOfGate ? 0 : 1,
        isFirstOfValue ? 0 : 1)
    }
    node.second = other
    tape.record(node)
    return result
  }

  /// Returns `cap tanh(x / cap)`, which keeps every value between -cap and cap (Gemma Team 2024).
  public func softCapped(_ cap: Float) -> Tensor {
    guard cap > 0 else { refuse("`softCapped` needs a cap above 0, not `\(cap)`") }
    return mapped(cost: 20, factor: cap, { $0.kernels.rows.soft_cap($1, $2, $3, cap) }) { node, flow, tape in
      Meter.charge(6 * node.input.count)
      let (own, isFresh) = node.input.gradientToAdd(tape)
      tape.kernels.rows.soft_cap_backward(node.output.values, flow, own, node.input.count, node.factor, isFresh ? 0 : 1)
    }
  }

  /// Applies a loop over all values, and keeps how gradients flow back through it.
  private func mapped(
    cost: Int, factor: Float = 1, _ forward: (Tape, Floats, Floats, Int) -> Void, _ backward: @escaping Node.Backward
  ) -> Tensor {
    let tape = activeTape
    let result = tape.tensor(rows, columns)
    Meter.charge(cost * count)
    forward(tape, values, result.values, count)
    var node = Node(result, self, backward)
    node.factor = factor
    tape.record(node)
    return result
  }
}
