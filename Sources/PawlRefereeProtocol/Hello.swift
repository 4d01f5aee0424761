/// What the referee tells a candidate before all else.
package struct Hello: Equatable, Sendable {
  /// Bytes in a window.
  package var context: Int
  /// Most windows in one question.
  package var windows: Int
  package var seed: UInt64
  /// The budget: floating-point operations, steps, microseconds of CPU and of wall time; 0 for no limit of that kind.
  package var operations: UInt64 = 0
  package var steps: UInt64 = 0
  package var cpuMicroseconds: UInt64 = 0
  package var wallMicroseconds: UInt64 = 0

  /// The version of the protocol: a later one may append numbers, and a reader ignores those that it does not know.
  package static let version: UInt64 = 1
  /// How many values a byte can take.
  package static let vocabulary: UInt64 = 256

  package init(context: Int, windows: Int, seed: UInt64) {
    self.context = context
    self.windows = windows
    self.seed = seed
  }

  package var frame: Frame {
    Frame(
      .hello,
      numbers: [
        Self.version, UInt64(context), Self.vocabulary, UInt64(windows), seed, operations, steps, cpuMicroseconds,
        wallMicroseconds,
      ])
  }

  /// Reads the message; nil when it is none that this version understands.
  package init?(_ frame: Frame) {
    let numbers = frame.numbers
    guard frame.kind == .hello, numbers.count >= 9, numbers[0] >= 1, numbers[2] == Self.vocabulary,
      let context = Int(exactly: numbers[1]), let windows = Int(exactly: numbers[3]), context > 0, windows > 0
    else { return nil }
    (self.context, self.windows, seed) = (context, windows, numbers[4])
    (operations, steps, cpuMicroseconds, wallMicroseconds) = (numbers[5], numbers[6], numbers[7], numbers[8])
  }
}
