#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee
import PawlRefereeProtocol

/// A learning curve as a stream of metrics: a file with one line of JSON for each report of a candidate.
struct LearningCurve {
  private let descriptor: Int32

  /// Begins the file anew.
  init(path: String) throws(LabError) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw LabError(
        .cannotRun, "cannot write `\(path)`: \(reason(errno))", hints: ["`--curve` takes the path of a file to write"])
    }
  }

  /// Adds a point; the loss is in nats a byte, the seconds are those since the candidate began.
  ///
  /// A point that cannot be written is lost, and nothing else.
  func record(step: Int, loss: Double, tokens: Int, operations: Int, seconds: Double) {
    let line = Self.line(step: step, loss: loss, tokens: tokens, operations: operations, seconds: seconds)
    _ = writeAll(Array((line + "\n").utf8), to: descriptor)
  }

  func end() { close(descriptor) }

  /// JSON knows no infinity, so a loss that is not finite is null.
  static func line(step: Int, loss: Double, tokens: Int, operations: Int, seconds: Double) -> String {
    let number = loss.isFinite ? "\(loss)" : "null"
    return #"{"step":\#(step),"loss":\#(number),"tokens":\#(tokens),"operations":\#(operations),"#
      + #""seconds":\#(fixed(seconds, 3))}"#
  }
}
