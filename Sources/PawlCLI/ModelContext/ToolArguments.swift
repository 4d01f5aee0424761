import PawlCore
import PawlRuntime

/// The arguments of a call, read strictly: what has another type is an error that says so.
struct ToolArguments {
  let node: JSONValue

  func text(_ key: String) throws -> String? {
    guard let value = node[key], value != .null else { return nil }
    guard let text = value.string else { throw UsageError("`\(key)` is no text") }
    return text
  }

  func flag(_ key: String) throws -> Bool {
    guard let value = node[key], value != .null else { return false }
    guard let flag = value.boolean else { throw UsageError("`\(key)` is neither true nor false") }
    return flag
  }

  func integer(_ key: String, in range: ClosedRange<Int>) throws -> Int? {
    guard let value = node[key], value != .null else { return nil }
    guard let number = value.integer, range.contains(number) else {
      throw UsageError("`\(key)` is no whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func number(_ key: String, in range: ClosedRange<Double>) throws -> Double? {
    guard let value = node[key], value != .null else { return nil }
    guard let number = value.double, range.contains(number) else {
      throw UsageError(
        "`\(key)` is no number from \(range.lowerBound.formatted(digits: 3)) to \(range.upperBound.formatted(digits: 4))"
      )
    }
    return number
  }

  func trial(_ key: String) throws -> TrialID? {
    try integer(key, in: 0...Int(Int32.max)).map { TrialID(rawValue: $0) }
  }

  /// Reads `head`, `champion`, `baseline` or a trial's number, as text or as a number.
  func base(_ key: String) throws -> OfferBase? {
    if node[key]?.integer != nil { return try trial(key).map { .trial($0) } }
    guard let text = try text(key) else { return nil }
    guard let base = OfferBase(text) else {
      throw UsageError("`\(key)` is `\(text)`", hints: ["`head`, `champion`, `baseline` or a trial's number"])
    }
    return base
  }
}
