extension Tensor {
  /// Returns each row shifted to mean 0 and scaled to variance 1, then times `gain` plus `bias` (Ba et al. 2016).
  public func layerNorm(_ gain: Tensor, _ bias: Tensor) -> Tensor { normalised(gain, bias, centred: true) }

  /// Returns each row divided by its root mean square, then times `gain` (Zhang and Sennrich 2019).
  public func rmsNorm(_ gain: Tensor) -> Tensor { normalised(gain, nil, centred: false) }

  private static let epsilon: Float = 1e-5

  private func normalised(_ gain: Tensor, _ bias: Tensor?, centred: Bool) -> Tensor {
    let tape = activeTape
    guard gain.count == columns, bias == nil || bias?.count == columns else {
      refuse("a norm got a gain of `\(gain.count)` for `\(columns)` columns")
    }
    let result = tape.tensor(rows, columns)
    let means = tape.arena.allocate(rows)
    let inverses = tape.arena.allocate(rows)
    let (rows, columns, share) = (rows, columns, 1 / Float(columns))
    let (gains, biases) = (gain.values, bias?.values)
    Meter.charge(8 * count)
    for row in 0..<rows {
      let input = values + row &* columns
      let output = result.values + row &* columns
      var mean: Float = 0
      if centred {
        var sum = Vector.zero
        for index in stride(from: 0, to: columns, by: 16) { sum += load(input, index, columns) }
        mean = sum.total * share
      }
      let middle = Vector(repeating: mean)
      var squares = Vector.zero
      for index in stride(from: 0, to: columns, by: 16) {
        let centre = load(input, index, columns, fill: mean) - middle
        squares += centre * centre
      }
      let inverse = 1 / (squares.total * share + Self.epsilon).squareRoot()
      means[row] = mean
      inverses[row] = inverse
      let scale = Vector(repeating: inverse)
      for index in stride(from: 0, to: columns, by: 16) {
        var value = (load(input, index, columns) - middle) * scale * load(gains, index, columns)
        if let biases { value += load(biases, index, columns) }
        store(value, output, index, columns)
      }
    }
    tape.record { [self] in
      guard let flow = result.gradient else { return }
      Meter.charge(16 * count)
      let own = gradientToFill()
      let gainGradient = gain.gradientToFill()
      let biasGradient = bias?.gradientToFill()
      for row in 0..<rows {
        let input = values + row &* columns
        let flowing = flow + row &* columns
        let target = own + row &* columns
        let middle = Vector(repeating: means[row])
        let scale = Vector(repeating: inverses[row])
        var sum = Vector.zero
        var product = Vector.zero
        for index in stride(from: 0, to: columns, by: 16) {
          let unit = (load(input, index, columns) - middle) * scale
          let change = load(flowing, index, columns)
          store(load(gainGradient, index, columns) + change * unit, gainGradient, index, columns)
          if let biasGradient { store(load(biasGradient, index, columns) + change, biasGradient, index, columns) }
          let inner = change * load(gains, index, columns)
          sum += inner
          product += inner * unit
        }
        let shift = Vector(repeating: centred ? sum.total * share : 0)
        let tilt = Vector(repeating: product.total * share)
        for index in stride(from: 0, to: columns, by: 16) {
          let unit = (load(input, index, columns) - middle) * scale
          let inner = load(flowing, index, columns) * load(gains, index, columns)
          let added = (inner - shift - unit * tilt) * scale
          store(load(target, index, columns) + added, target, index, columns)
        }
      }
    }
    return result
  }
}
