import PawlCore

/// A metric's regular expression, made ready to find the number in a line.
///
/// Sendable unchecked because of `regex` alone: it is never changed, and it holds no closures, as it is compiled from text.
struct MetricPattern: @unchecked Sendable {
  /// A number as programs print it, `nan` and `inf` included, so that those can be named instead of missed.
  static let number = "([-+]?(?:[0-9][0-9.]*(?:[eE][-+]?[0-9]+)?|\\.[0-9]+(?:[eE][-+]?[0-9]+)?|nan|NaN|inf))"
  /// The pattern as the study has it, for messages.
  let source: String
  /// What is matched: `source`, followed by a number where it captures none.
  private let regex: Regex<AnyRegexOutput>
  let literals: RequiredLiterals

  init(_ source: String) throws(GuardError) {
    let groups: Int
    let regex: Regex<AnyRegexOutput>
    do {
      guard source.utf8.count <= 1000 else {
        throw Self.error("the metric pattern is \(source.utf8.count) bytes long, at most 1000", cause: nil)
      }
      _ = try Regex(source)
      // An empty alternative always matches, and its output has a place for every capture group.
      groups = (try Regex("(?:\(source))|").firstMatch(in: "")?.output.count ?? 1) - 1
      regex = try Regex(groups > 0 ? source : "(?:\(source))\\s*[:=]?\\s*\(Self.number)")
    } catch let error as GuardError {
      throw error
    } catch {
      throw Self.error("the metric pattern `\(source.shown())` is not a regular expression", cause: error)
    }
    guard groups <= 1 else {
      throw Self.error("the metric pattern `\(source.shown())` has \(groups) capture groups, not one", cause: nil)
    }
    self.source = source
    self.regex = regex.matchingSemantics(.unicodeScalar)
    literals = RequiredLiterals(of: source)
  }

  private static func error(_ message: String, cause: (any Error)?) -> GuardError {
    GuardError(
      code: .badPattern, message: message,
      hints: ["`metric.pattern` in pawl.yaml takes one group around the number, others as `(?:…)`"], cause: cause)
  }

  /// Returns the captured text and the character right behind it, or nil where the line does not match.
  func capture(in line: String) -> Capture? {
    guard let match = try? regex.firstMatch(in: line), match.output.count > 1, let range = match.output[1].range else {
      return nil
    }
    // Where the pattern goes on behind the number, it has checked what follows itself.
    let rest = range.upperBound == match.range.upperBound ? line[range.upperBound...].prefix(24) : ""
    return Capture(text: String(line[range]), rest: String(rest))
  }

  struct Capture {
    let text: String
    /// What follows the number, where the pattern does not say.
    let rest: String
  }
}
