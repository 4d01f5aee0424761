#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A matrix of 32-bit floats, row after row, with room for its gradient.
///
/// Activations come from a ``Tape`` and hold until its ``Tape/reset()``; weights come from ``Parameters`` and stay.
public final class Tensor {
  public let rows: Int
  public let columns: Int
  let values: Floats
  var gradient: Floats?
  /// The tape that made this, which also keeps its memory alive; nil for a weight.
  let tape: Tape?

  init(rows: Int, columns: Int, values: Floats, gradient: Floats?, tape: Tape?) {
    self.rows = rows
    self.columns = columns
    self.values = values
    self.gradient = gradient
    self.tape = tape
  }

  deinit {
    guard tape == nil else { return }
    free(values)
    free(gradient)
  }

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

  /// Returns the gradient, row after row; zeros where none has flowed.
  public func gradientCopy() -> [Float] {
    guard let gradient else { return [Float](repeating: 0, count: count) }
    return Array(UnsafeBufferPointer(start: gradient, count: count))
  }

  /// Where a product adds its gradient: with factor 0 when nothing is there yet, else 1.
  func gradientToAdd() -> (memory: Floats, factor: Float) {
    if let gradient { return (gradient, 1) }
    let fresh = activeTape.arena.allocate(count)
    gradient = fresh
    return (fresh, 0)
  }

  /// Where a row loop adds its gradient, filled with zeros when nothing is there yet.
  func gradientToFill() -> Floats {
    let (memory, factor) = gradientToAdd()
    if factor == 0 { memory.update(repeating: 0, count: count) }
    return memory
  }

  /// The tape of an activation; a weight has none, and an operation cannot start from one.
  var activeTape: Tape {
    guard let tape else { refuse("an operation started from a weight; start from `tape.embedding(…)`") }
    return tape
  }
}
