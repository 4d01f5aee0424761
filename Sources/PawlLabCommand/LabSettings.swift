import PawlReferee
import PawlRefereeProtocol

/// What a task freezes: every candidate gets the same.
struct LabSettings: Equatable, Sendable {
  /// Floating-point operations of one training run.
  var operations = 300_000_000_000
  /// Bytes in a window of text, in training and in validation.
  var context = 64
  /// Validation windows that make the metric.
  var windows = 512
  /// Seconds after which a run is stopped without a metric.
  var wallSeconds = 120.0

  static let fileName = "lab.conf"

  /// The text of the settings file.
  var text: String {
    """
    # What every candidate gets; frozen, like the text in data/.
    operations = \(operations)
    context = \(context)
    windows = \(windows)
    wall_seconds = \(wallSeconds)

    """
  }

  init() {}

  /// Reads lines of `name = value`; `#` starts a comment.
  init(parsing text: String) throws(LabError) {
    for (number, rawLine) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = trimmed(rawLine.prefix { $0 != "#" })
      if line.isEmpty { continue }
      let parts = line.split(separator: "=", maxSplits: 1)
      let place = "`\(Self.fileName)` line \(number + 1)"
      guard parts.count == 2 else { throw LabError(.cannotRun, "\(place) is not `name = value`") }
      let value = trimmed(parts[1])
      switch trimmed(parts[0]) {
      case "operations": operations = try wholeNumber(value, at: place, from: 1_000_000, to: 1_000_000_000_000_000_000)
      case "context": context = try wholeNumber(value, at: place, from: 8, to: 4096)
      case "windows": windows = try wholeNumber(value, at: place, from: 1, to: 100_000)
      case "wall_seconds": wallSeconds = Double(try wholeNumber(value, at: place, from: 1, to: 1_000_000))
      case let name: throw LabError(.cannotRun, "\(place) sets `\(name)`, which is not a setting of the lab")
      }
    }
  }
}

/// Parses a whole number such as `300000000000` or `3e11` between two limits.
func wholeNumber(_ text: some StringProtocol, at place: String, from low: Int, to high: Int) throws(LabError) -> Int {
  guard let value = Double(String(text)), value.isFinite, value >= Double(low), value <= Double(high) else {
    throw LabError(.usage, "\(place): `\(text)` is not a number from `\(low)` to `\(high)`")
  }
  return Int(value)
}

/// Returns `text` without white space at its ends.
func trimmed(_ text: some StringProtocol) -> String {
  var slice = Substring(text)
  while let first = slice.first, first.isWhitespace { slice.removeFirst() }
  while let last = slice.last, last.isWhitespace { slice.removeLast() }
  return String(slice)
}
