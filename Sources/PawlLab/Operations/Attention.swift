internal import CPawlKernels

/// Returns causal attention over sequences: each row attends to itself and to earlier rows of its own sequence (Vaswani et al. 2017).
///
/// - Parameters:
///   - queries: rows x (heads x width).
///   - keys: rows x (keyHeads x width), as `values`.
///   - keyHeads: of which each serves `heads / keyHeads` query heads (Ainslie et al. 2023); nil for as many as `heads`.
///   - length: rows of a sequence.
///   - window: positions that a row sees, itself included (Beltagy et al. 2020); nil for all before it.
///   - scale: of the scores; nil for one over the root of the width.
public func causalAttention(
  _ queries: Tensor, _ keys: Tensor, _ values: Tensor, heads: Int, keyHeads: Int? = nil, length: Int,
  window: Int? = nil,
  scale: Float? = nil
) -> Tensor {
  let tape = queries.activeTape
  let keyHeads = keyHeads ?? heads
  guard heads > 0, keyHeads > 0, heads % keyHeads == 0, queries.columns % heads == 0,
    keys.columns == queries.columns / heads * keyHeads, values.columns == keys.columns
  else {
    refuse(
      "attention cannot split `\(queries.columns)` and `\(keys.columns)` columns over `\(heads)` and `\(keyHeads)` heads"
    )
  }
  guard length > 0, queries.rows % length == 0, keys.rows == queries.rows, values.rows == queries.rows else {
    refuse(
      "attention got `\(queries.rows)`, `\(keys.rows)` and `\(values.rows)` rows for sequences of `\(length)`")
  }
  guard window.map({ $0 > 0 }) ?? true else { refuse("attention needs a window above 0, not `\(window ?? 0)`") }
  let result = tape.tensor(queries.rows, queries.columns)
  let stats = tape.arena.allocate(queries.rows * heads)
  let width = queries.columns / heads
  var node = Node(result, queries) { node, flow, tape in
    guard let keys = node.second, let values = node.third, let stats = node.kept.0 else { return }
    var shape = node.attention
    Meter.charge(shape.operations * 5 / 2)
    let (ofQueries, isFirstOfQueries) = node.input.gradientToAdd(tape)
    let (ofKeys, isFirstOfKeys) = keys.gradientToAdd(tape)
    let (ofValues, isFirstOfValues) = values.gradientToAdd(tape)
    tape.kernels.products.attend_backward(
      &shape, node.input.values, keys.values, values.values, node.output.values, stats, flow, ofQueries, ofKeys,
      ofValues,
      isFirstOfQueries ? 0 : 1, isFirstOfKeys ? 0 : 1, isFirstOfValues ? 0 : 1, tape.workspace.memory)
  }
  node.second = keys
  node.third = values
  node.kept.0 = stats
  node.numbers = (heads, keyHeads, length, min(window ?? 0, length))
  node.factor = scale ?? 1 / Float(width).squareRoot()
  var shape = node.attention
  Meter.charge(shape.operations)
  tape.kernels.products.attend(
    &shape, queries.values, keys.values, values.values, result.values, stats, tape.workspace.memory)
  tape.record(node)
  return result
}

extension Node {
  fileprivate var attention: pawl_attention {
    let (heads, keyHeads, length, window) = numbers
    return pawl_attention(
      sequences: output.rows / length, length: length, heads: heads, key_heads: keyHeads, width: output.columns / heads,
      window: window, scale: factor)
  }
}

extension pawl_attention {
  /// Operations of the forward pass: two products over the positions that a row sees, the backward pass has five.
  fileprivate var operations: Int {
    let seen = window > 0 ? length * window - window * (window - 1) / 2 : length * (length + 1) / 2
    return 4 * sequences * heads * width * seen
  }
}
