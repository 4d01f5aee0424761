extension Tape {
  /// Returns a row of `table` for each byte: where a model begins.
  public func embedding(_ table: Tensor, _ bytes: [UInt8]) -> Tensor {
    guard table.rows == 256 else { refuse("`embedding` needs a table of 256 rows, not `\(table.rows)`") }
    let columns = table.columns
    let result = tensor(bytes.count, columns)
    for (row, byte) in bytes.enumerated() {
      (result.values + row * columns).update(from: table.values + Int(byte) * columns, count: columns)
    }
    record {
      guard let flow = result.gradient else { return }
      let own = table.gradientToFill()
      for (row, byte) in bytes.enumerated() { addRow(flow + row * columns, to: own + Int(byte) * columns, columns) }
    }
    return result
  }
}

extension Tensor {
  /// Returns `self` with row `t` of `table` added to the row at position `t` of each sequence of `length` rows.
  public func addingPositions(_ table: Tensor, length: Int) -> Tensor {
    let tape = activeTape
    guard table.columns == columns, length > 0, length <= table.rows, rows % length == 0 else {
      refuse(
        "`addingPositions` got a table of `\(table.rows)` x `\(table.columns)` for `\(rows)` x `\(columns)` in sequences of `\(length)`"
      )
    }
    let result = tape.tensor(rows, columns)
    result.values.update(from: values, count: count)
    for row in 0..<rows { addRow(table.values + row % length * columns, to: result.values + row * columns, columns) }
    tape.record { [self] in
      guard let flow = result.gradient else { return }
      let own = table.gradientToFill()
      for row in 0..<rows { addRow(flow + row * columns, to: own + row % length * columns, columns) }
      addGradient(flow)
    }
    return result
  }

  /// Adds `flow` to the gradient, or copies it where none is yet.
  func addGradient(_ flow: Floats) {
    let (memory, factor) = gradientToAdd()
    if factor == 0 { memory.update(from: flow, count: count) } else { addRow(flow, to: memory, count) }
  }
}

/// Adds one row to another.
@inline(__always) func addRow(_ source: Floats, to target: Floats, _ count: Int) {
  Meter.charge(count)
  var index = 0
  while index < count {
    store(load(target, index, count) + load(source, index, count), target, index, count)
    index &+= 16
  }
}
