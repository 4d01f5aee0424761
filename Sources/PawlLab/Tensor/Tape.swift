/// A record of one forward pass, so that gradients can flow back through it (reverse-mode differentiation).
///
/// Steps that are alike allocate nothing: the record and the memory of its tensors are used again. A tape belongs to one thread at a time.
public final class Tape {
  let arena = Arena()
  let workspace = Workspace()
  let kernels: Kernels
  /// Which thread of a crew this serves, and so which gradient of a weight it adds to.
  let thread: Int
  private var nodes: [Node] = []
  private var angleTables: [AngleTable] = []
  /// False while only predictions are wanted, which then cost no bookkeeping.
  public var isRecording = true

  public convenience init(precision: Precision = .bfloat16) {
    self.init(kernels: .best.with(precision), thread: 0)
  }

  init(kernels: Kernels, thread: Int) {
    self.kernels = kernels
    self.thread = thread
  }

  /// Returns a tensor whose content is undefined until an operation fills it.
  func tensor(_ rows: Int, _ columns: Int) -> Tensor {
    let count = rows.multipliedReportingOverflow(by: columns)
    guard !count.overflow, rows >= 0, columns >= 0, count.partialValue < 1 << 40 else {
      refuse("a tensor of `\(rows)` x `\(columns)` is too large")
    }
    return Tensor(
      rows: rows, columns: columns, values: arena.allocate(count.partialValue), tape: self, weight: nil,
      slot: arena.allocateSlot())
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

  /// Returns the angles of ``Tensor/rotary(heads:length:base:)``, made when they are first asked for.
  func angles(length: Int, width: Int, base: Double) -> AngleTable {
    if let ready = angleTables.first(where: { $0.length == length && $0.width == width && $0.base == base }) {
      return ready
    }
    let table = AngleTable(length: length, width: width, base: base)
    angleTables.append(table)
    return table
  }

  /// Keeps what has to happen, in reverse order, when gradients flow back.
  func record(_ node: Node) {
    if isRecording { nodes.append(node.detached) }
  }

  /// Adds to every weight's gradient the derivative of `scale` times `loss`, a tensor of one value.
  public func backward(_ loss: Tensor, scale: Float = 1) {
    guard loss.count == 1 else { refuse("gradients flow from one value, not from `\(loss.rows)` x `\(loss.columns)`") }
    loss.gradientToFill(self)[0] += scale
    flowBack()
  }

  /// Lets a gradient flow back from any tensor: `flow` has a value for each of its elements.
  func backward(_ tensor: Tensor, flow: [Float]) {
    let start = tensor.gradientToFill(self)
    for (index, value) in flow.enumerated() { start[index] += value }
    flowBack()
  }

  private func flowBack() {
    for node in nodes.reversed() {
      guard let flow = node.output.gradient else { continue }
      node.backward(node, flow, self)
      // Nothing that comes before in the pass reads it any more.
      node.output.slot?.pointee = nil
      arena.giveBack(flow, node.output.count)
    }
    nodes.removeAll(keepingCapacity: true)
  }

  /// Forgets the pass and takes the memory of its tensors back: do this after every step.
  public func reset() {
    nodes.removeAll(keepingCapacity: true)
    arena.rewind()
  }
}

/// One operation of a pass: what it took and made, and how gradients flow back through it.
///
/// The backward pass is a plain function and not a closure, so that recording allocates nothing.
struct Node {
  typealias Backward = (_ node: Node, _ flow: Floats, _ tape: Tape) -> Void
  let backward: Backward
  private(set) var output: Tensor
  private(set) var input: Tensor
  /// Further operands, in the operation's own order.
  var second: Tensor?
  var third: Tensor?
  /// What the forward pass keeps for the backward one.
  var kept: (Floats?, Floats?) = (nil, nil)
  var bytes: UnsafePointer<UInt8>?
  /// Numbers of the operation, such as heads and lengths.
  var numbers: (Int, Int, Int, Int) = (0, 0, 0, 0)
  var factor: Float = 1
  var isTransposed = false

  /// The same without the tape that keeps it, which would otherwise keep itself.
  fileprivate var detached: Node {
    var node = self
    node.output = output.detached
    node.input = input.detached
    node.second = second?.detached
    node.third = third?.detached
    return node
  }

  init(_ output: Tensor, _ input: Tensor, _ backward: @escaping Backward) {
    self.output = output
    self.input = input
    self.backward = backward
  }
}
