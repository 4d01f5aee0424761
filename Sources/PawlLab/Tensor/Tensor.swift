/// A matrix of 32-bit floats, row after row, with room for its gradient.
///
/// Activations come from a ``Tape`` and hold until its ``Tape/reset()``; weights come from ``Parameters`` and stay.
public struct Tensor {
  public let rows: Int
  public let columns: Int
  let values: Floats
  /// What made an activation; nil for a weight.
  let tape: Tape?
  /// What lasts of a weight; nil for an activation.
  let weight: Weight?
  /// Where an activation's gradient lies, once there is one.
  let slot: UnsafeMutablePointer<Floats?>?

  var count: Int { rows * columns }

  /// The value at a row and a column.
  public subscript(row: Int, column: Int) -> Float {
    precondition(row >= 0 && row < rows && column >= 0 && column < columns, "index out of range")
    return values[row * columns + column]
  }

  /// The first value: what a tensor of one row and one column holds, such as a loss.
  public var item: Float { values[0] }

  /// Returns all values, row after row.
  public func copy() -> [Float] { Array(UnsafeBufferPointer(start: values, count: count)) }

  /// Returns the gradient, row after row; zeros where none has flowed. A weight's is the sum over all threads.
  ///
  /// What an operation has returned keeps none: its memory is used again as soon as the gradient has flowed on.
  public func gradientCopy() -> [Float] {
    guard let weight else {
      guard let gradient = slot?.pointee else { return [Float](repeating: 0, count: count) }
      return Array(UnsafeBufferPointer(start: gradient, count: count))
    }
    return (0..<count).map { index in weight.gradients.reduce(0) { $0 + $1[index] } }
  }

  /// The same tensor without its tape.
  var detached: Tensor {
    Tensor(rows: rows, columns: columns, values: values, tape: nil, weight: weight, slot: slot)
  }

  /// The gradient of an activation; nil while none has flowed.
  var gradient: Floats? { slot?.pointee }

  /// Where a product adds its gradient; `isFresh` when nothing is there yet, and the product must not add but write.
  func gradientToAdd(_ tape: Tape) -> (memory: Floats, isFresh: Bool) {
    if let weight { return (weight.gradients[tape.thread], false) }
    if let there = slot?.pointee { return (there, false) }
    let fresh = tape.arena.take(count)
    slot?.pointee = fresh
    return (fresh, true)
  }

  /// Where a row loop adds its gradient, filled with zeros when nothing is there yet.
  func gradientToFill(_ tape: Tape) -> Floats {
    let (memory, isFresh) = gradientToAdd(tape)
    if isFresh { memory.update(repeating: 0, count: count) }
    return memory
  }

  /// The tape of an activation; a weight has none, and an operation cannot start from one.
  var activeTape: Tape {
    guard let tape else { refuse("an operation started from a weight; start from `tape.embedding(…)`") }
    return tape
  }
}
