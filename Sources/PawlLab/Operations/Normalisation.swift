internal import CPawlKernels

extension Tensor {
  /// Returns each row shifted to mean 0 and scaled to variance 1, then times `gain` plus `bias` (Ba et al. 2016).
  public func layerNorm(_ gain: Tensor, _ bias: Tensor) -> Tensor {
    normalised(gain, bias, width: columns, centred: true)
  }

  /// Returns each row divided by its root mean square, then times `gain` where there is one (Zhang and Sennrich 2019).
  public func rmsNorm(_ gain: Tensor? = nil) -> Tensor { normalised(gain, nil, width: columns, centred: false) }

  /// Returns each head of each row divided by its root mean square: QK norm, for queries and keys (Henry et al. 2020).
  public func headNorm(heads: Int) -> Tensor {
    guard heads > 0, columns % heads == 0 else {
      refuse("`headNorm` cannot split `\(columns)` columns over `\(heads)` heads")
    }
    return normalised(nil, nil, width: columns / heads, centred: false)
  }

  private func normalised(_ gain: Tensor?, _ bias: Tensor?, width: Int, centred: Bool) -> Tensor {
    let tape = activeTape
    guard gain.map({ $0.count == width }) ?? true, bias.map({ $0.count == width }) ?? true else {
      refuse("a norm got a gain of `\(gain?.count ?? 0)` and a bias of `\(bias?.count ?? 0)` for `\(width)` columns")
    }
    let result = tape.tensor(rows, columns)
    let groups = count / max(1, width)
    let (means, inverses) = (tape.arena.allocate(groups), tape.arena.allocate(groups))
    Meter.charge(8 * count)
    tape.kernels.rows.normalise(
      values, gain?.values, bias?.values, result.values, means, inverses, groups, width, centred ? 1 : 0, 1e-5)
    var node = Node(result, self) { node, flow, tape in
      guard let means = node.kept.0, let inverses = node.kept.1 else { return }
      Meter.charge(16 * node.input.count)
      let (own, isFresh) = node.input.gradientToAdd(tape)
      tape.kernels.rows.normalise_backward(
        node.input.values, node.second?.values, means, inverses, flow, own, node.second?.gradientToFill(tape),
        node.third?.gradientToFill(tape), node.numbers.0, node.numbers.1, Int32(node.numbers.2), isFresh ? 0 : 1)
    }
    node.second = gain
    node.third = bias
    node.kept = (means, inverses)
    node.numbers = (groups, width, centred ? 1 : 0, 0)
    tape.record(node)
    return result
  }
}
