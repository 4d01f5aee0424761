/// A record of one forward pass, so that gradients can flow back through it (reverse-mode differentiation).
public final class Tape {
  let arena = Arena()
  private var steps: [() -> Void] = []
  /// False while only predictions are wanted, which then cost no bookkeeping.
  public var isRecording = true

  public init() {}

  /// Returns a tensor whose content is undefined until an operation fills it.
  func tensor(_ rows: Int, _ columns: Int) -> Tensor {
    let count = rows.multipliedReportingOverflow(by: columns)
    guard !count.overflow, rows >= 0, columns >= 0, count.partialValue < 1 << 40 else {
      refuse("a tensor of `\(rows)` x `\(columns)` is too large")
    }
    return Tensor(rows: rows, columns: columns, values: arena.allocate(count.partialValue), gradient: nil, tape: self)
  }

  /// Returns a tensor with the given values, row after row: the way in for data that is not bytes.
  public func constant(_ values: [Float], rows: Int, columns: Int) -> Tensor {
    guard rows >= 0, columns >= 0, rows.multipliedReportingOverflow(by: columns) == (values.count, false) else {
      refuse("`\(values.count)` values do not fill `\(rows)` x `\(columns)`")
    }
    let result = tensor(rows, columns)
    for (index, value) in values.enumerated() { result.values[index] = value }
    return result
  }

  /// Keeps what has to happen, in reverse order, when gradients flow back.
  func record(_ step: @escaping () -> Void) {
    if isRecording { steps.append(step) }
  }

  /// Adds to every weight's gradient the derivative of `loss`, a tensor of one value.
  public func backward(_ loss: Tensor) {
    guard loss.count == 1 else { refuse("gradients flow from one value, not from `\(loss.rows)` x `\(loss.columns)`") }
    backward(loss, flow: [1])
  }

  /// Lets a gradient flow back from any tensor: `flow` has a value for each of its elements.
  func backward(_ tensor: Tensor, flow: [Float]) {
    let start = tensor.gradientToFill()
    for (index, value) in flow.enumerated() { start[index] += value }
    for step in steps.reversed() { step() }
    steps.removeAll(keepingCapacity: true)
  }

  /// Forgets the pass and takes the memory of its tensors back: do this after every step.
  public func reset() {
    steps.removeAll(keepingCapacity: true)
    arena.rewind()
  }
}
