public import PawlCore

/// What an attempt's output says about its metric.
public struct MetricReading: Sendable {
  /// The metric, finite and plausible; nil where there is none.
  public let value: Double?
  /// Why there is no value, or what is odd about the one there is; a lowercase fragment.
  public let remark: String?
  /// Peak memory as the program printed it (MiB), where the study has a memory pattern.
  public let memory: Bytes?
}

/// A printed number, or why it is none.
enum PrintedNumber {
  case number(Double)
  case flaw(String)

  /// Reads `1.25e-3` and the like, whatever the locale; hexadecimal, a decimal comma and trailing text are flaws.
  init(_ capture: MetricPattern.Capture) {
    let text = capture.text.trimmingSpaces()
    let next = capture.rest.unicodeScalars.first
    let afterNext = capture.rest.unicodeScalars.dropFirst().first
    let shown = (text + capture.rest.prefix { !$0.isWhitespace }).shown(limit: 40)
    if text.contains(",") || (next == "," && afterNext?.properties.numericType != nil) {
      self = .flaw("the number `\(shown)` has a comma: print it with a point, whatever the locale")
    } else if let next, next.properties.isAlphabetic || next.properties.numericType != nil || next == "_" || next == "."
    {
      self = .flaw("the number `\(shown)` is followed by other text")
    } else if text.utf8.contains(where: { $0 | 0x20 == UInt8(ascii: "x") }) {
      self = .flaw("`\(shown)` is not a decimal number")
    } else if let number = Double(text) {
      self = number.isFinite ? .number(number) : .flaw("metric is not finite: `\(shown)`")
    } else {
      self = .flaw("`\(shown)` is not a number")
    }
  }
}

extension String {
  fileprivate func trimmingSpaces() -> String {
    var rest = self[...]
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return String(rest)
  }
}
