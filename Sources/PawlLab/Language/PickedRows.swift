internal import CPawlKernels

extension Tensor {
  /// Returns some of the rows, in the given order: what a loss looks at, so that the head need not read the rest.
  func rows(_ indices: [Int]) -> Tensor {
    guard indices.allSatisfy({ $0 >= 0 && $0 < rows }) else { refuse("a row that is picked is not among `\(rows)`") }
    let tape = activeTape
    let result = tape.tensor(indices.count, columns)
    let kept = indices.map { UInt32($0) }.withUnsafeBytes { raw in
      UnsafeRawBufferPointer(raw).withMemoryRebound(to: UInt8.self) { tape.arena.keep($0) }
    }
    for (row, index) in indices.enumerated() {
      (result.values + row * columns).update(from: values + index * columns, count: columns)
    }
    var node = Node(result, self) { node, flow, tape in
      guard let bytes = node.bytes else { return }
      let (own, columns) = (node.input.gradientToFill(tape), node.output.columns)
      for row in 0..<node.output.rows {
        let index = Int(UnsafeRawPointer(bytes).load(fromByteOffset: 4 * row, as: UInt32.self))
        tape.kernels.rows.accumulate(flow + row * columns, 1, own + index * columns, columns)
      }
    }
    node.bytes = kept
    tape.record(node)
    return result
  }
}
