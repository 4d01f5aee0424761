#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlRefereeProtocol

/// Turns a trained model's predictions into bits per byte: asks for windows of validation text, and trusts nothing that comes back.
package struct Referee {
  /// The validation text, which the candidate gets only as far as it predicts it.
  let text: [UInt8]
  let context: Int
  let windows: Int

  /// Windows in one question.
  static let batch = 16
  /// How far the probabilities of a position may sum up from 1.
  static let tolerance: Float = 1e-3

  package init(text: [UInt8], context: Int, windows: Int) throws(LabError) {
    guard text.count >= context + 1 else {
      throw LabError(
        .cannotRun, "the validation text has `\(text.count)` bytes, fewer than one window of `\(context + 1)`")
    }
    self.text = text
    self.context = context
    self.windows = min(windows, text.count / (context + 1))
  }

  /// Where each window begins: evenly over the text, the same for every candidate.
  var starts: [Int] { (0..<windows).map { $0 * (text.count - context - 1) / max(1, windows - 1) } }

  /// Returns the questions in order, each some windows one after the other.
  func questions() -> [[UInt8]] {
    let starts = starts
    return stride(from: 0, to: starts.count, by: Self.batch).map { first in
      starts[first..<min(first + Self.batch, starts.count)].flatMap { text[$0..<$0 + context] }
    }
  }

  /// Returns the bits that the answer to a question needs for the bytes that really follow.
  func bits(question: Int, answer: [UInt8]) throws(LabError) -> Double {
    let first = question * Self.batch
    let starts = starts[first..<min(first + Self.batch, windows)]
    let values = try distributions(answer, positions: starts.count * context)
    var sum = 0.0
    for (window, start) in starts.enumerated() {
      for position in 0..<context {
        let row = (window * context + position) * 256
        sum -= Double(values[row + Int(text[start + position + 1])])
      }
    }
    return sum / log(2)
  }

  /// Returns the last window of the first question with the second half of it changed, to see whether the model looks ahead.
  func probe() -> [UInt8] {
    let start = starts[0]
    return text[start..<start + context].enumerated().map { index, byte in index < context / 2 ? byte : byte ^ 0x15 }
  }

  /// Throws when predictions for the first half of a window moved with its second half.
  func checkCausality(answer: [UInt8], probeAnswer: [UInt8]) throws(LabError) {
    let changed = try distributions(probeAnswer, positions: context)
    let original = try distributions(Array(answer.prefix(context * 1024)), positions: context)
    for index in 0..<context / 2 * 256 where abs(exp(original[index]) - exp(changed[index])) > 1e-3 {
      throw LabError(
        .invalidPredictions, "the prediction at byte `\(index / 256)` of a window moves when later bytes change",
        hints: ["row `i` of the logits may depend on bytes 0...i only"])
    }
  }

  /// Checks an answer and returns its logarithms: finite, and each position's probabilities sum to 1.
  func distributions(_ answer: [UInt8], positions: Int) throws(LabError) -> [Float] {
    guard answer.count == positions * 1024 else {
      throw LabError(
        .invalidPredictions, "the candidate answered `\(answer.count)` bytes where `\(positions * 1024)` were asked for"
      )
    }
    var values = [Float](repeating: 0, count: positions * 256)
    values.withUnsafeMutableBytes { $0.copyBytes(from: answer) }
    for position in 0..<positions {
      let sum = values.withUnsafeBufferPointer { all in
        all.baseAddress.map { Self.probabilitySum($0 + position * 256) } ?? 0
      }
      // Written so that a sum that is no number fails too.
      guard abs(sum - 1) <= Self.tolerance else {
        throw LabError(.invalidPredictions, "the probabilities of a position sum to `\(sum)`, not to 1")
      }
    }
    return values
  }

  /// Returns the sum of 256 probabilities given by their logarithms; not a number where one of those is not finite.
  private static func probabilitySum(_ row: UnsafePointer<Float>) -> Float {
    var sum: Float = 0
    // x - x is 0, but not for an infinity or what is not a number.
    for index in 0..<256 { sum += expf(row[index]) + (row[index] - row[index]) }
    return sum
  }
}
