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

  /// Adds a point; the loss is in nats a byte.
  ///
  /// A point that cannot be written is lost, and nothing else.
  func record(_ progress: Progress) { _ = writeAll(Array((Self.line(progress) + "\n").utf8), to: descriptor) }

  func end() { close(descriptor) }

  /// JSON knows no infinity, so a loss that is not finite is null.
  private static func line(_ point: Progress) -> String {
    let loss = point.loss.isFinite ? "\(point.loss)" : "null"
    return #"{"step":\#(point.step),"loss":\#(loss),"tokens":\#(point.tokens),"operations":\#(point.operations),"#
      + #""seconds":\#(fixed(point.seconds, 3))}"#
  }
}
