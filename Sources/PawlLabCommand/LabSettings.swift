#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee

/// One scale of a study: what every candidate gets on it.
struct Rung: Equatable, Sendable {
  var budget = Budget()
  /// Seconds after which an attempt is stopped without a metric, whatever its budget.
  var wallLimit = 120.0
  /// Bytes in a window of text, in training and in judging.
  var context = 64
  /// Held-out windows that make the metric.
  var windows = 512
  /// Threads that the candidate should compute with.
  var threads = 1
  /// Resident memory of the candidate's program, in MiB.
  var memoryMebibytes = 16_384
  /// Whether `train.swift` is compiled with `-O`.
  var optimises = false
  /// The size of model that the candidate is recommended.
  var (depth, width, heads) = (3, 64, 4)

  fileprivate mutating func set(_ name: String, to value: String, at place: String) throws(LabError) -> Bool {
    switch name {
    case "operations": budget.operations = try wholeNumber(value, at: place, from: 0, to: Budget.mostOperations)
    case "steps": budget.steps = try wholeNumber(value, at: place, from: 0, to: Budget.mostSteps)
    case "cpu_seconds": budget.cpuSeconds = try seconds(value, at: place)
    case "wall_seconds": budget.wallSeconds = try seconds(value, at: place)
    case "wall_limit": wallLimit = try seconds(value, at: place)
    case "context": context = try wholeNumber(value, at: place, from: 8, to: 4096)
    case "windows": windows = try wholeNumber(value, at: place, from: 1, to: 100_000)
    case "threads": threads = try wholeNumber(value, at: place, from: 1, to: 256)
    case "memory_mb": memoryMebibytes = try wholeNumber(value, at: place, from: 64, to: 1 << 24)
    case "optimise": optimises = try truth(value, at: place)
    case "depth": depth = try wholeNumber(value, at: place, from: 1, to: 1000)
    case "width": width = try wholeNumber(value, at: place, from: 1, to: 65_536)
    case "heads": heads = try wholeNumber(value, at: place, from: 1, to: 1024)
    default: return false
    }
    return true
  }

  fileprivate var commonLines: [String] {
    ["windows = \(windows)", "threads = \(threads)", "memory_mb = \(memoryMebibytes)", "optimise = \(optimises)"]
  }

  fileprivate var ownLines: [String] {
    ["depth = \(depth)", "width = \(width)", "heads = \(heads)", "context = \(context)"] + budget.lines
      + ["wall_limit = \(shortest(wallLimit))"]
  }

  /// What the referee holds a candidate to.
  var trainingBudget: TrainingBudget {
    func limit<Number: Comparable & ExpressibleByIntegerLiteral>(_ value: Number) -> Number? { value > 0 ? value : nil }
    return TrainingBudget(
      operations: limit(budget.operations), steps: limit(budget.steps), cpuSeconds: limit(budget.cpuSeconds),
      wallSeconds: limit(budget.wallSeconds), hardSeconds: wallLimit)
  }

  /// Throws when nothing bounds the training, or the hard stop comes before the budget is spent.
  func check(_ place: String) throws(LabError) {
    guard budget.isLimited else {
      throw LabError(
        .cannotRun, "\(place) has no budget",
        hints: ["give it `operations`, `steps`, `cpu_seconds` or `wall_seconds` in `\(LabSettings.fileName)`"])
    }
    guard wallLimit > 0, budget.wallSeconds < wallLimit else {
      throw LabError(
        .cannotRun,
        "\(place) trains for `\(shortest(budget.wallSeconds))` seconds and is stopped after `\(shortest(wallLimit))`",
        hints: ["set `wall_limit` in `\(LabSettings.fileName)` well above `wall_seconds`"])
    }
  }
}

/// What a task freezes: every candidate gets the same.
struct LabSettings: Equatable, Sendable {
  private(set) var rungs: [Int: Rung]

  static let fileName = "lab.conf"
  static let names = 1...3

  /// Operations a second, all else included, of a machine that a new study expects at least: what a candidate does beside what the
  /// library counts is bounded by it.
  private static let slowestMachine = 1e10
  /// Seconds of a wall limit at least, for the compiler's sake.
  private static let shortestLimit = 20.0

  /// The settings of a new study, whose rungs cost 16 times the one before.
  init(operations: Int = 300_000_000_000) {
    rungs = [:]
    for (name, context, size) in [(1, 64, (3, 64, 4)), (2, 256, (4, 128, 4)), (3, 256, (6, 256, 8))] {
      var rung = Rung()
      let (product, overflows) = operations.multipliedReportingOverflow(by: 1 << (4 * (name - 1)))
      rung.budget.operations = min(overflows ? .max : product, Budget.mostOperations)
      rung.wallLimit = max(Self.shortestLimit, Double(rung.budget.operations) / Self.slowestMachine)
      rung.context = context
      (rung.depth, rung.width, rung.heads) = size
      rungs[name] = rung
    }
  }

  /// Reads the settings in the folder of a candidate.
  init(beside source: String) throws(LabError) {
    let file = parentFolder(of: source) + "/" + Self.fileName
    guard let text = readFile(file, limit: 1 << 20) else {
      throw LabError(
        .cannotRun, "cannot read `\(file)`: \(reason(errno))", hints: ["make a study with `pawl-lab init DIR`"])
    }
    try self.init(parsing: String(decoding: text, as: UTF8.self))
  }

  /// Reads lines of `name = value`: those before the first `[rung N]` hold for each rung, unless its own say otherwise.
  ///
  /// `#` starts a comment. A file without sections has rung 1 alone.
  init(parsing text: String) throws(LabError) {
    var common = Rung()
    var sections: [Int: Rung] = [:]
    var current: Int?
    var seen: Set<String> = []
    for (number, rawLine) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let line = trimmed(rawLine.prefix { $0 != "#" })
      if line.isEmpty { continue }
      let place = "`\(Self.fileName)` line \(number + 1)"
      if line.hasPrefix("[") {
        let name = try Self.section(line, at: place)
        guard sections[name] == nil else { throw LabError(.cannotRun, "\(place) begins `[rung \(name)]` again") }
        sections[name] = common
        current = name
        continue
      }
      let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(trimmed)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else {
        throw LabError(.cannotRun, "\(place) is not `name = value`")
      }
      guard seen.insert("\(current ?? 0) \(parts[0])").inserted else {
        throw LabError(.cannotRun, "\(place) sets `\(parts[0])` again")
      }
      var rung = current.flatMap { sections[$0] } ?? common
      let isKnown: Bool
      // A wrong value in a file is no wrong command line.
      do throws(LabError) { isKnown = try rung.set(parts[0], to: parts[1], at: place) } catch {
        throw LabError(.cannotRun, error.message, hints: error.hints)
      }
      guard isKnown else {
        throw LabError(.cannotRun, "\(place) sets `\(parts[0])`, which is not a setting of the lab")
      }
      if let current { sections[current] = rung } else { common = rung }
    }
    rungs = sections.isEmpty ? [1: common] : sections
    for (name, rung) in rungs.sorted(by: { $0.key < $1.key }) { try rung.check("rung \(name) of `\(Self.fileName)`") }
  }

  /// Returns one rung's settings.
  func rung(_ name: Int) throws(LabError) -> Rung {
    guard let rung = rungs[name] else {
      let known = rungs.keys.sorted().map { "`\($0)`" }.joined(separator: ", ")
      throw LabError(
        .cannotRun, "`\(Self.fileName)` has no `[rung \(name)]`",
        hints: ["its rungs are \(known); add a section for more"])
    }
    return rung
  }

  private static func section(_ line: String, at place: String) throws(LabError) -> Int {
    let words = line.dropFirst().dropLast().split(separator: " ")
    guard line.hasSuffix("]"), words.count == 2, words[0] == "rung", let name = Int(words[1]), names.contains(name)
    else {
      throw LabError(
        .cannotRun, "\(place): `\(line)` is not a section of the lab",
        hints: ["sections are `[rung \(names.lowerBound)]` to `[rung \(names.upperBound)]`"])
    }
    return name
  }

  /// The text of the settings file; what is the same on each rung stands before the first.
  var text: String {
    let rungs = rungs.sorted { $0.key < $1.key }
    let common = rungs.first.map {
      $0.value.commonLines.filter { line in rungs.allSatisfy { $0.value.commonLines.contains(line) } }
    }
    var lines = [
      "# What every candidate gets; frozen, like the text in data/. Budgets: operations, steps, cpu_seconds, wall_seconds;",
      "# the first that is spent ends the training. After wall_limit an attempt is stopped without a metric.",
    ]
    lines += common ?? []
    for (name, rung) in rungs {
      lines += ["", "[rung \(name)]"] + rung.ownLines + rung.commonLines.filter { common?.contains($0) != true }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

private func truth(_ value: String, at place: String) throws(LabError) -> Bool {
  switch value {
  case "true": true
  case "false": false
  default: throw LabError(.usage, "\(place): `\(value)` is neither `true` nor `false`")
  }
}
