import PawlReferee

/// What a training run may spend; the first limit that is reached ends it, and 0 is no limit of that kind.
struct Budget: Equatable, Sendable {
  /// Floating-point operations, counted by the library.
  var operations = 0
  var steps = 0
  var cpuSeconds = 0.0
  var wallSeconds = 0.0

  var isLimited: Bool { operations > 0 || steps > 0 || cpuSeconds > 0 || wallSeconds > 0 }

  /// The limits in words, for people.
  var words: String {
    var parts: [String] = []
    if operations > 0 { parts.append("\(operations) floating-point operations, counted by the library") }
    if steps > 0 { parts.append("\(steps) steps") }
    if cpuSeconds > 0 { parts.append("\(shortest(cpuSeconds)) seconds of processor time") }
    if wallSeconds > 0 { parts.append("\(shortest(wallSeconds)) seconds") }
    return parts.joined(separator: ", or ")
  }

  /// The limits as lines of a settings file.
  var lines: [String] {
    var lines: [String] = []
    if operations > 0 { lines.append("operations = \(operations)") }
    if steps > 0 { lines.append("steps = \(steps)") }
    if cpuSeconds > 0 { lines.append("cpu_seconds = \(shortest(cpuSeconds))") }
    if wallSeconds > 0 { lines.append("wall_seconds = \(shortest(wallSeconds))") }
    return lines
  }

  static let mostOperations = 1_000_000_000_000_000_000
  static let mostSteps = 1_000_000_000
  static let secondsRange = 0.001...10_000_000.0
}

/// Formats a number without `.0` where it is whole.
func shortest(_ value: Double) -> String {
  value.rounded() == value && abs(value) < 1e15 ? "\(Int(value))" : "\(value)"
}

/// Parses a whole number such as `300000000000` or `3e11` between two limits.
func wholeNumber(_ text: some StringProtocol, at place: String, from low: Int, to high: Int) throws(LabError) -> Int {
  if let value = Int(String(text)), value >= low, value <= high { return value }
  // A number that a Double holds only about, such as 2^63, must not trap on its way back.
  guard let value = Double(String(text)), value.rounded() == value, let whole = Int(exactly: value),
    whole >= low, whole <= high
  else {
    throw LabError(
      .usage, "\(place): `\(text)` is not a whole number from `\(low)` to `\(high)`")
  }
  return whole
}

/// Parses a number of seconds such as `0.1` or `90`; 0 is no limit.
func seconds(_ text: some StringProtocol, at place: String) throws(LabError) -> Double {
  guard let value = Double(String(text)), value == 0 || Budget.secondsRange.contains(value) else {
    let range = Budget.secondsRange
    throw LabError(
      .usage,
      "\(place): `\(text)` is not a number of seconds from `\(range.lowerBound)` to `\(shortest(range.upperBound))`")
  }
  return value
}

/// Returns `text` without white space at its ends.
func trimmed(_ text: some StringProtocol) -> String {
  var slice = Substring(text)
  while let first = slice.first, first.isWhitespace { slice.removeFirst() }
  while let last = slice.last, last.isWhitespace { slice.removeLast() }
  return String(slice)
}
