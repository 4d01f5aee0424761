import PawlReferee

/// Options with a value, in any order with one plain argument.
struct Arguments {
  private(set) var plain: String?
  private var options: [String: String] = [:]

  init(_ arguments: ArraySlice<String>, options known: Set<String>) throws(LabError) {
    var rest = arguments
    while let argument = rest.popFirst() {
      if argument.hasPrefix("--") {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard known.contains(parts[0]) else {
          throw LabError(
            .usage, "`\(parts[0])` is not an option here",
            hints: ["it knows " + known.sorted().map { "`\($0)`" }.joined(separator: ", ")])
        }
        guard let value = parts.count == 2 ? parts[1] : rest.popFirst() else {
          throw LabError(.usage, "`\(parts[0])` needs a value")
        }
        options[parts[0]] = value
      } else if plain == nil {
        plain = argument
      } else {
        throw LabError(.usage, "`\(argument)` is one argument too many", hints: ["`pawl-lab --help` shows the usage"])
      }
    }
  }

  func text(_ name: String) -> String? { options[name] }

  func number(_ name: String, from low: Int, to high: Int) throws(LabError) -> Int? {
    guard let text = options[name] else { return nil }
    return try wholeNumber(text, at: "`\(name)`", from: low, to: high)
  }

  /// Returns a number from 0 to 100, such as a temperature.
  func factor(_ name: String) throws(LabError) -> Double? {
    guard let text = options[name] else { return nil }
    guard let value = Double(text), value >= 0, value <= 100 else {
      throw LabError(.usage, "`\(name)`: `\(text)` is not a number from `0` to `100`")
    }
    return value
  }

  func time(_ name: String) throws(LabError) -> Double? {
    guard let text = options[name] else { return nil }
    return try seconds(text, at: "`\(name)`")
  }
}
