import PawlConfiguration
import PawlCore

/// A command line that does not make sense.
struct UsageError: DescribedError {
  let message: String
  let hints: [String]
  var cause: (any Error)? { nil }
  init(_ message: String, hints: [String] = []) {
    self.message = message
    self.hints = hints
  }
}

/// The arguments of one command, checked against its specification.
struct ParsedArguments: Sendable {
  private(set) var positionals: [String] = []
  private var values: [String: [String]] = [:]

  init(_ arguments: [String], for command: CommandSpecification) throws {
    let options = Dictionary(uniqueKeysWithValues: command.allOptions.map { ($0.name, $0) })
    var rest = arguments[...]
    var onlyPositionals = false
    while let argument = rest.popFirst() {
      if onlyPositionals || !argument.hasPrefix("-") || argument == "-" {
        positionals.append(argument)
      } else if argument == "--" {
        onlyPositionals = true
      } else {
        let short = command.allOptions.first { option in option.short.map { argument == "-\($0)" } ?? false }
        try take(short.map { "--\($0.name)" } ?? argument, &rest, options, command)
      }
    }
    let allowed = command.positionals.count
    if positionals.count > allowed, !has("help") {
      throw UsageError(
        "unexpected argument `\(positionals[allowed])`", hints: ["usage: \(command.usage)"])
    }
    let required = command.positionals.filter { !$0.hasPrefix("[") }.count
    if positionals.count < required, !has("help") {
      throw UsageError(
        "`pawl \(command.name)` needs \(command.positionals[positionals.count])", hints: ["usage: \(command.usage)"])
    }
  }

  private mutating func take(
    _ argument: String, _ rest: inout ArraySlice<String>, _ options: [String: OptionSpecification],
    _ command: CommandSpecification
  ) throws {
    let parts = argument.drop { $0 == "-" }.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts.first ?? "")
    guard argument.hasPrefix("--"), let option = options[name] else {
      let suggestion = nearest(name, in: options.keys.sorted()).map { "did you mean `--\($0)`?" }
      throw UsageError(
        "unknown option `\(argument)`", hints: [suggestion ?? "`pawl \(command.name) --help` lists the options"])
    }
    var value = ""
    if option.value != nil {
      guard let given = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
        throw UsageError("`--\(name)` needs a value: \(option.value ?? "")")
      }
      value = given
    } else if parts.count == 2 {
      throw UsageError("`--\(name)` takes no value")
    }
    if values[name] != nil, !option.repeats { throw UsageError("`--\(name)` is given twice") }
    values[name, default: []].append(value)
  }

  func has(_ name: String) -> Bool { values[name] != nil }
  func value(_ name: String) -> String? { values[name]?.last }
  func all(_ name: String) -> [String] { values[name] ?? [] }

  /// Returns the value as a whole number of at least `minimum`.
  func integer(_ name: String, atLeast minimum: Int) throws -> Int? {
    guard let text = value(name) else { return nil }
    guard let number = Int(text), number >= minimum else {
      throw UsageError("`--\(name) \(text)` is not a whole number of at least \(minimum)")
    }
    return number
  }

  /// Returns the value as a duration in seconds.
  func seconds(_ name: String) throws -> Double? {
    guard let text = value(name) else { return nil }
    guard let seconds = FlagValues.seconds(text), seconds > 0 else {
      throw UsageError("`--\(name) \(text)` is not a duration", hints: ["write it as `90s`, `10min`, `8h` or `2d`"])
    }
    return seconds
  }

  /// Returns the value as a positive number.
  func number(_ name: String) throws -> Double? {
    guard let text = value(name) else { return nil }
    guard let number = Double(text), number.isFinite, number > 0 else {
      throw UsageError("`--\(name) \(text)` is not a positive number")
    }
    return number
  }

  /// Returns the value of `--direction`.
  func direction() throws -> Direction? {
    guard let text = value("direction") else { return nil }
    guard let direction = Direction(rawValue: text) else {
      throw UsageError("`\(text)` is not a direction", hints: ["`--direction minimize` or `--direction maximize`"])
    }
    return direction
  }

  /// Returns a trial's number from the positional at `index`.
  func trial(at index: Int) throws -> TrialID? {
    guard positionals.indices.contains(index) else { return nil }
    let text = positionals[index]
    guard let number = Int(text.hasPrefix("#") ? String(text.dropFirst()) : text), number >= 0 else {
      throw UsageError("`\(text)` is not a trial", hints: ["trials have numbers; `pawl log` lists them"])
    }
    return TrialID(rawValue: number)
  }
}
