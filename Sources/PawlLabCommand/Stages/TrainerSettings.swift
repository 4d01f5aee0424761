#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlLab
import PawlReferee

/// `trainer.conf`: the shape of the lab's language model, and how it learns.
struct TrainerSettings: Equatable, Sendable {
  var shape = LanguageShape()
  var recipe = LanguageRecipe()
  /// Steps where training begins at the parent's model.
  var laterSteps = 150
  /// Operations where training begins there; 0 for no limit.
  var laterOperations = 0
  /// What the learning rates are times as large as there.
  var laterRate = 0.5

  static let fileName = "trainer.conf"

  init() {}

  /// Reads a file of lines `name = value`; `#` starts a comment, what is not set keeps its default.
  init(file: String) throws(LabError) {
    guard let bytes = readFile(file, limit: 1 << 20) else {
      throw LabError(
        .cannotRun, "cannot read `\(file)`: \(reason(errno))",
        hints: ["`pawl-lab init DIR --generations text` writes one"])
    }
    try self.init(parsing: String(decoding: bytes, as: UTF8.self), name: file)
  }

  init(parsing text: String, name: String = fileName) throws(LabError) {
    var seen: Set<String> = []
    for (number, rawLine) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = trimmed(rawLine.prefix { $0 != "#" })
      if line.isEmpty { continue }
      let place = "`\(name)` line \(number + 1)"
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw LabError(.cannotRun, "\(place) is not `name = value`")
      }
      guard seen.insert(parts[0]).inserted else { throw LabError(.cannotRun, "\(place) sets `\(parts[0])` again") }
      let isKnown: Bool
      // A wrong value in a file is no wrong command line.
      do throws(LabError) { isKnown = try set(parts[0], to: parts[1], at: place) } catch {
        throw LabError(.cannotRun, error.message, hints: error.hints)
      }
      guard isKnown else {
        throw LabError(
          .cannotRun, "\(place) sets `\(parts[0])`, which is not a setting of the trainer",
          hints: ["the settings are " + Self.names.map { "`\($0)`" }.joined(separator: ", ")])
      }
    }
    if let problem = shape.problem { throw LabError(.cannotRun, "in `\(name)`, \(problem)") }
  }

  private static let names = [
    "depth", "width", "heads", "context", "position", "position_shift", "answer_after", "optimiser", "steps",
    "operations", "later_steps", "later_operations", "later_rate", "batch", "learning_rate", "muon_rate",
    "weight_decay", "warm_up", "cool_down",
    "gradient_clip",
  ]

  private mutating func set(_ name: String, to value: String, at place: String) throws(LabError) -> Bool {
    switch name {
    case "depth": shape.depth = try wholeNumber(value, at: place, from: 1, to: 32)
    case "width": shape.width = try wholeNumber(value, at: place, from: 8, to: 2048)
    case "heads": shape.heads = try wholeNumber(value, at: place, from: 1, to: 256)
    case "context": shape.context = try wholeNumber(value, at: place, from: 2, to: 8192)
    case "position": shape.position = try oneOf(value, at: place)
    case "position_shift": shape.shift = try wholeNumber(value, at: place, from: 0, to: 128)
    case "answer_after":
      guard value.utf8.count == 1 else { throw LabError(.cannotRun, "\(place): `\(value)` is not one byte") }
      shape.answerAfter = value.utf8.first
    case "optimiser": recipe.optimiser = try oneOf(value, at: place)
    case "steps": recipe.steps = try wholeNumber(value, at: place, from: 1, to: Budget.mostSteps)
    case "later_steps": laterSteps = try wholeNumber(value, at: place, from: 1, to: Budget.mostSteps)
    case "operations": recipe.operations = try wholeNumber(value, at: place, from: 0, to: Budget.mostOperations)
    case "later_operations": laterOperations = try wholeNumber(value, at: place, from: 0, to: Budget.mostOperations)
    case "later_rate": laterRate = try share(value, at: place, most: 10)
    case "batch": recipe.batch = try wholeNumber(value, at: place, from: 1, to: 1 << 16)
    case "learning_rate": recipe.learningRate = try share(value, at: place, most: 10)
    case "muon_rate": recipe.muonRate = try share(value, at: place, most: 10)
    case "weight_decay": recipe.weightDecay = try share(value, at: place, most: 10)
    case "warm_up": recipe.warmUp = try share(value, at: place, most: 1)
    case "cool_down": recipe.coolDown = try share(value, at: place, most: 1)
    case "gradient_clip": recipe.gradientClip = try share(value, at: place, most: 1000)
    default: return false
    }
    return true
  }

  private func share(_ text: String, at place: String, most: Double) throws(LabError) -> Double {
    guard let value = Double(text), value >= 0, value <= most else {
      throw LabError(.usage, "\(place): `\(text)` is not a number from `0` to `\(shortest(most))`")
    }
    return value
  }

  private func oneOf<Choice: RawRepresentable<String> & CaseIterable>(
    _ text: String, at place: String
  ) throws(LabError) -> Choice {
    guard let value = Choice(rawValue: text) else {
      let known = Choice.allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ")
      throw LabError(.usage, "\(place): `\(text)` is not one of \(known)")
    }
    return value
  }

  /// The recipe of a training that begins at fresh weights, or at the parent's model.
  func recipe(later: Bool) -> LanguageRecipe {
    var result = recipe
    if later {
      result.steps = laterSteps
      result.operations = laterOperations
      result.learningRate *= laterRate
      result.muonRate *= laterRate
    }
    return result
  }
}
