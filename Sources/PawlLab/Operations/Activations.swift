extension Tensor {
  /// Returns the Gaussian error linear unit of each value, by its tanh approximation (Hendrycks and Gimpel 2016).
  public func gelu() -> Tensor { mapped(Gelu()) }

  /// Returns the square of what is above zero (So et al. 2021).
  public func reluSquared() -> Tensor { mapped(ReluSquared()) }

  /// Returns `self` x sigmoid(`self`) x `other`: the gated unit of Shazeer 2020, with `self` as the gate.
  public func swiglu(_ other: Tensor) -> Tensor {
    let tape = activeTape
    guard rows == other.rows, columns == other.columns else {
      refuse("`swiglu` got `\(rows)` x `\(columns)` and `\(other.rows)` x `\(other.columns)`")
    }
    let result = tape.tensor(rows, columns)
    let (count, gates, ups, output) = (count, values, other.values, result.values)
    Meter.charge(20 * count)
    var index = 0
    while index < count {
      let gate = load(gates, index, count)
      store(gate * sigmoid(gate) * load(ups, index, count), output, index, count)
      index &+= 16
    }
    tape.record { [self] in
      guard let flow = result.gradient else { return }
      Meter.charge(40 * count)
      let gateGradient = gradientToFill()
      let upGradient = other.gradientToFill()
      var index = 0
      while index < count {
        let gate = load(gates, index, count)
        let flowing = load(flow, index, count)
        let s = sigmoid(gate)
        let slope = s + gate * s * (Vector(repeating: 1) - s)
        store(load(upGradient, index, count) + flowing * gate * s, upGradient, index, count)
        let toGate = flowing * load(ups, index, count) * slope
        store(load(gateGradient, index, count) + toGate, gateGradient, index, count)
        index &+= 16
      }
    }
    return result
  }
}

/// 0.5 x (1 + tanh(u)) = x sigmoid(2u) with 2u = 1.5957691 x + 0.0713548 x^3.
private struct Gelu: ElementwiseFunction {
  static let cost = 20
  @inline(__always) private func gate(_ x: Vector, _ square: Vector) -> Vector {
    sigmoid(x * (square * Vector(repeating: 0.071_354_816) + Vector(repeating: 1.595_769_1)))
  }
  @inline(__always) func value(_ x: Vector) -> Vector { x * gate(x, x * x) }
  @inline(__always) func slope(_ x: Vector) -> Vector {
    let square = x * x
    let s = gate(x, square)
    let inner = square * Vector(repeating: 0.214_064_45) + Vector(repeating: 1.595_769_1)
    return s + x * s * (Vector(repeating: 1) - s) * inner
  }
}

private struct ReluSquared: ElementwiseFunction {
  static let cost = 3
  @inline(__always) func value(_ x: Vector) -> Vector {
    let positive = x.atLeast(.zero)
    return positive * positive
  }
  @inline(__always) func slope(_ x: Vector) -> Vector { x.atLeast(.zero) * Vector(repeating: 2) }
}
