extension Tensor {
  /// Returns the sum of two tensors of the same shape, such as a residual connection.
  public static func + (left: Tensor, right: Tensor) -> Tensor {
    let tape = left.activeTape
    guard left.rows == right.rows, left.columns == right.columns else {
      refuse("`+` got `\(left.rows)` x `\(left.columns)` and `\(right.rows)` x `\(right.columns)`")
    }
    let result = tape.tensor(left.rows, left.columns)
    result.values.update(from: left.values, count: left.count)
    addRow(right.values, to: result.values, left.count)
    tape.record {
      guard let flow = result.gradient else { return }
      left.addGradient(flow)
      right.addGradient(flow)
    }
    return result
  }

  /// Returns `self` times a number that is not learned.
  public func scaled(by factor: Float) -> Tensor { mapped(Scaling(factor: Vector(repeating: factor))) }

  /// Returns `cap tanh(x / cap)`, which keeps every value between -cap and cap.
  public func softCapped(_ cap: Float) -> Tensor {
    guard cap > 0 else { refuse("`softCapped` needs a cap above 0, not `\(cap)`") }
    return mapped(SoftCap(cap: Vector(repeating: cap), inverse: Vector(repeating: 2 / cap)))
  }

  /// Applies a function to each value.
  func mapped<Function: ElementwiseFunction>(_ function: Function) -> Tensor {
    let tape = activeTape
    let result = tape.tensor(rows, columns)
    let (count, input, output) = (count, values, result.values)
    Meter.charge(Function.cost * count)
    var index = 0
    while index < count {
      store(function.value(load(input, index, count)), output, index, count)
      index &+= 16
    }
    tape.record { [self] in
      guard let flow = result.gradient else { return }
      Meter.charge(2 * Function.cost * count)
      let own = gradientToFill()
      var index = 0
      while index < count {
        let added = load(flow, index, count) * function.slope(load(input, index, count))
        store(load(own, index, count) + added, own, index, count)
        index &+= 16
      }
    }
    return result
  }
}

/// A function of one value with its derivative: a type of its own, so that the compiler makes a loop for each.
protocol ElementwiseFunction {
  /// About how many operations a value takes.
  static var cost: Int { get }
  func value(_ x: Vector) -> Vector
  func slope(_ x: Vector) -> Vector
}

private struct Scaling: ElementwiseFunction {
  static let cost = 1
  let factor: Vector
  @inline(__always) func value(_ x: Vector) -> Vector { x * factor }
  @inline(__always) func slope(_ x: Vector) -> Vector { factor }
}

private struct SoftCap: ElementwiseFunction {
  static let cost = 20
  let cap: Vector
  let inverse: Vector
  @inline(__always) private func tangent(_ x: Vector) -> Vector {
    sigmoid(x * inverse) * Vector(repeating: 2) - Vector(repeating: 1)
  }
  @inline(__always) func value(_ x: Vector) -> Vector { tangent(x) * cap }
  @inline(__always) func slope(_ x: Vector) -> Vector {
    let t = tangent(x)
    return Vector(repeating: 1) - t * t
  }
}
