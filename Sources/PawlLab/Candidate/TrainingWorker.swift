/// One thread's part of a step: its windows, its tape, its share of the loss.
final class TrainingWorker: @unchecked Sendable {
  // Safe to share: one thread runs it at a time, and the others wait for it.
  var starts: [Int] = []
  private(set) var loss = 0.0
  private let text: UnsafeBufferPointer<UInt8>
  private let thread: Int
  private var tape: Tape?
  private var windows: UnsafeMutablePointer<UInt8>?
  private var capacity = 0

  /// Rows that pass through the model at once: enough to keep products busy, few enough to stay in the caches.
  private static let rows = 256

  init(text: UnsafeBufferPointer<UInt8>, thread: Int) {
    self.text = text
    self.thread = thread
  }

  deinit { windows?.deallocate() }

  func clear() {
    starts.removeAll(keepingCapacity: true)
    loss = 0
  }

  /// Lets the gradients of its windows flow; `loss` becomes their part of the mean over all `sequences`.
  func run(length: Int, of sequences: Int, _ kernels: Kernels, _ compute: (Tape, Lab.Batch) -> Tensor) {
    let tape = tape(kernels)
    let group = max(1, Self.rows / length)
    let memory = room(2 * group * length)
    for first in stride(from: 0, to: starts.count, by: group) {
      let count = min(group, starts.count - first)
      guard let source = text.baseAddress else { return }
      for index in 0..<count {
        let start = source + starts[first + index]
        (memory + index * length).update(from: start, count: length)
        (memory + (count + index) * length).update(from: start + 1, count: length)
      }
      let inputs = Bytes(.init(start: memory, count: count * length), owner: self)
      let targets = Bytes(.init(start: memory + count * length, count: count * length), owner: self)
      let mean = compute(tape, .init(inputs: inputs, targets: targets, length: length))
      let share = Float(count) / Float(sequences)
      loss += Double(mean.item) * Double(share)
      tape.backward(mean, scale: share)
      tape.reset()
    }
  }

  private func tape(_ kernels: Kernels) -> Tape {
    if let tape, tape.kernels.precision == kernels.precision { return tape }
    let fresh = Tape(kernels: kernels, thread: thread)
    tape = fresh
    return fresh
  }

  private func room(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    if let windows, capacity >= count { return windows }
    windows?.deallocate()
    let fresh = UnsafeMutablePointer<UInt8>.allocate(capacity: count)
    (windows, capacity) = (fresh, count)
    return fresh
  }
}
