internal import CPawlKernels

extension Tape {
  /// Returns a row of `table` (256 x width) for each byte.
  public func embedding(_ table: Tensor, _ bytes: Bytes) -> Tensor {
    guard table.rows == 256 else { refuse("a table of bytes has 256 rows, not `\(table.rows)`") }
    let result = tensor(bytes.count, table.columns)
    let kept = arena.keep(bytes.buffer)
    Meter.charge(result.count)
    kernels.rows.gather(table.values, kept, result.values, result.rows, result.columns)
    var node = Node(result, table) { node, flow, tape in
      guard let bytes = node.bytes else { return }
      Meter.charge(node.output.count)
      tape.kernels.rows.scatter(
        flow, bytes, node.input.gradientToFill(tape), node.output.rows, node.output.columns)
    }
    node.bytes = kept
    record(node)
    return result
  }
}

extension Tensor {
  /// Returns `self` plus the row of `table` for each position in its sequence: learned positions.
  public func addingPositions(_ table: Tensor, length: Int) -> Tensor {
    guard length > 0, rows % length == 0, table.rows >= length, table.columns == columns else {
      refuse(
        "`addingPositions` got `\(rows)` x `\(columns)`, sequences of `\(length)` and a table of `\(table.rows)` x `\(table.columns)`"
      )
    }
    let tape = activeTape
    let result = tape.tensor(rows, columns)
    Meter.charge(count)
    tape.kernels.rows.add_rows(values, table.values, result.values, rows, columns, length)
    var node = Node(result, self) { node, flow, tape in
      guard let table = node.second else { return }
      let (length, columns) = (node.numbers.0, node.output.columns)
      Meter.charge(2 * node.output.count)
      tape.kernels.rows.accumulate(flow, 1, node.input.gradientToFill(tape), node.output.count)
      let sum = table.gradientToFill(tape)
      for first in stride(from: 0, to: node.output.rows, by: length) {
        tape.kernels.rows.accumulate(flow + first * columns, 1, sum, length * columns)
      }
    }
    node.second = table
    node.numbers.0 = length
    tape.record(node)
    return result
  }
}
