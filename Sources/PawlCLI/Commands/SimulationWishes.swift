import PawlConfiguration
import PawlCore
import PawlRuntime
import PawlSimulation

/// What `pawl simulate` was asked for, checked.
struct SimulationWishes {
  /// One setting that all policies are run in.
  struct Cell {
    let plan: StudyPlan
    /// What a typical change is worth in the metric's unit; nil where only the ratio is known.
    let unit: Double?
    /// Attempts at which progress is noted.
    var checkpoints: [Int] {
      let points = min(plan.budget, 100)
      return (1...points).map { plan.budget / points * $0 + plan.budget % points * $0 / points }
    }
  }

  let cells: [Cell]
  let policies: [Policy]
  let studies: Int
  let seed: UInt64
  let attemptSeconds: Double?
  /// In the metric's unit where that is known, else in typical changes.
  let target: Double?
  /// Whether progress along the way is asked for: of very many studies it takes much memory.
  let needsPaths: Bool
  /// What was taken from the study here.
  let source: String?

  /// Attempts that a command simulates of each policy unless told otherwise: a few seconds.
  private static let usualAttempts = 100_000
  private static let mostAttempts = 100_000

  init(_ arguments: ParsedArguments, console: Console) throws {
    let known = try KnownStudy(arguments, console: console)
    var rule = known?.rule ?? RatchetRule()
    if let text = arguments.value("alpha") { rule.alpha = try Self.alpha(text) }
    let workers = try arguments.integer("workers", atLeast: 1) ?? known?.workers ?? 1
    guard workers <= 1_000 else { throw UsageError("`--workers \(workers)` is more than the 1000 that are simulated") }
    let budgets = try Self.list(arguments.value("budget") ?? "500") { try Self.budget($0, rule: rule) }
    let noises = try Self.names(
      arguments.value("noise") ?? "normal", of: NoiseModel.allCases.map { ($0.rawValue, $0) }, option: "noise")
    policies = try Self.names(
      arguments.value("policies") ?? "all", of: Policy.allCases.map { ($0.rawValue, $0) }, option: "policies")
    let effects = try SimulatedEffects.list(arguments, console: console)
    let scales = try NoiseScale(arguments, known: known?.sigma)

    var cells: [Cell] = []
    for effect in effects {
      let unit = scales.effect ?? effect.scale
      for sigma in try scales.ratios(unit: unit) {
        for budget in budgets {
          for noise in noises {
            let plan = StudyPlan(
              effects: effect.distribution, noise: noise, sigma: sigma, budget: budget, workers: workers, rule: rule)
            cells.append(Cell(plan: plan, unit: unit))
          }
        }
      }
    }
    self.cells = cells
    let attempts = cells.reduce(0) { $0 + $1.plan.budget }
    let usual = min(2_000, max(20, Self.usualAttempts / max(1, attempts)))
    studies = try arguments.integer("studies", atLeast: 1) ?? usual
    guard studies <= 100_000 else {
      throw UsageError("`--studies \(studies)` is more than 100000", hints: ["a few hundred give two digits"])
    }
    seed = try Self.seed(arguments)
    attemptSeconds = try arguments.seconds("attempt-time") ?? known?.attemptSeconds
    target = try arguments.number("target")
    needsPaths = target != nil || arguments.has("plot") || arguments.has("json")
    source = known.flatMap { arguments.has("sigma") || arguments.has("noise-sd") ? nil : $0.sentence }
  }

  private static func list<Value>(_ text: String, _ read: (String) throws -> Value) throws -> [Value] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { try read(String($0)) }
  }

  static func names<Value>(_ text: String, of known: [(name: String, value: Value)], option: String) throws -> [Value] {
    if text == "all" { return known.map(\.value) }
    var seen: Set<String> = []
    return try list(text) { name in
      guard let value = known.first(where: { $0.name == name })?.value else {
        let near = nearest(name, in: known.map(\.name)).map { "did you mean `\($0)`?" }
        throw UsageError(
          "`--\(option)` knows no `\(name)`",
          hints: [near ?? "it takes \(known.map { "`\($0.name)`" }.joined(separator: ", ")) or `all`"])
      }
      guard seen.insert(name).inserted else { throw UsageError("`--\(option)` names `\(name)` twice") }
      return value
    }
  }

  private static func alpha(_ text: String) throws -> Double {
    guard let alpha = Double(text), alpha > 0, alpha < 1 else {
      throw UsageError(
        "`--alpha \(text)` is not between 0 and 1",
        hints: ["it is the share of false certificates that you accept; 0.05 is usual"])
    }
    return alpha
  }

  private static func budget(_ text: String, rule: RatchetRule) throws -> Int {
    guard let budget = Int(text), budget > 0, budget <= mostAttempts else {
      throw UsageError("`\(text)` in `--budget` is not a number of attempts from 1 to \(mostAttempts)")
    }
    guard budget > rule.calibration else {
      throw UsageError(
        "`--budget \(budget)` ends with calibration, which takes \(rule.calibration) attempts",
        hints: [leastBudget(rule)])
    }
    return budget
  }

  private static func leastBudget(_ rule: RatchetRule) -> String {
    let plan = StudyPlan(effects: .nothing, noise: .normal, sigma: 1, budget: 100, rule: rule)
    guard let least = plan.leastAttemptsToCertify else { return "one more attempt measures one change" }
    return "one more attempt measures one change; a certificate takes at least \(least)"
  }

  static func seed(_ arguments: ParsedArguments) throws -> UInt64 {
    guard let text = arguments.value("seed") else { return 1 }
    guard let seed = UInt64(text) else {
      throw UsageError("`--seed \(text)` is not a whole number from 0 to \(UInt64.max)")
    }
    return seed
  }
}

/// What a study that has begun knows already.
private struct KnownStudy {
  let sigma: Double?
  let attemptSeconds: Double?
  let rule: RatchetRule
  let workers: Int
  let name: StudyName

  /// Nil where no study is asked for, and none is needed or there.
  init?(_ arguments: ParsedArguments, console: Console) throws {
    let isNamed = arguments.has("study")
    guard isNamed || !(arguments.has("sigma") || arguments.has("noise-sd")) else { return nil }
    do {
      let reader = try SimulateCommand.reader(arguments, console: console)
      let (overview, configuration) = (try reader.overview(), try reader.configuration())
      sigma = overview.sigma
      guard sigma != nil || arguments.has("sigma") || arguments.has("noise-sd") else {
        throw UsageError(
          "study `\(overview.name)` does not know its noise yet",
          hints: ["it does when its baseline is calibrated: `pawl status` shows it", "`--noise-sd S` needs no study"])
      }
      attemptSeconds =
        overview.attemptsFinished > 0 ? overview.wallSeconds / Double(overview.attemptsFinished) : nil
      var rule = configuration.ratchet
      // What `ours` does is asked for, also where the study at hand keeps any better run.
      rule.policy = .evidence
      (self.rule, workers, name) = (rule, configuration.workers, configuration.name)
    } catch  where !isNamed {
      // Simulating needs no study; whoever wanted this one is told below what is missing.
      return nil
    }
  }

  var sentence: String? {
    sigma.map { sigma in
      "from study \(name): noise \(sigma.formatted(digits: 3)) of one attempt"
        + (attemptSeconds.map { ", \($0.asDuration) an attempt" } ?? "")
    }
  }
}

/// The noise as it was given: a ratio, or two numbers in the metric's unit.
private struct NoiseScale {
  let effect: Double?
  private let deviation: Double?
  private let ratios: [Double]?

  init(_ arguments: ParsedArguments, known: Double?) throws {
    effect = try arguments.value("effect").map { text in
      guard let value = Double(text), value >= 1e-150, value <= 1e150 else {
        throw UsageError(
          "`--effect \(text)` is not a positive number", hints: ["it is what a typical change is worth, either way"])
      }
      return value
    }
    if arguments.has("sigma"), arguments.has("noise-sd") {
      throw UsageError("`--sigma` and `--noise-sd` both say what the noise is", hints: ["give one of them"])
    }
    ratios = try arguments.value("sigma").map { text in
      try text.split(separator: ",", omittingEmptySubsequences: false).map {
        try Self.positive(String($0), option: "sigma")
      }
    }
    deviation = try arguments.value("noise-sd").map { try Self.positive($0, option: "noise-sd") } ?? known
    if ratios == nil, deviation == nil {
      throw UsageError(
        "how large is the noise?",
        hints: [
          "`--noise-sd S --effect E`: the standard deviation of one attempt, and what a typical change is worth",
          "`--sigma 1` is noise as large as a typical change; `--sigma 0.25,1,4` compares",
          "a study that has begun knows its noise: `--study NAME`, or run this in its repository",
        ])
    }
    if ratios == nil, deviation == 0 { throw Self.deterministic("0") }
  }

  /// Standard deviations of one attempt in units of a typical change, `unit`.
  func ratios(unit: Double?) throws -> [Double] {
    if let ratios { return ratios }
    guard let unit, let deviation else {
      throw UsageError(
        "what is a typical change worth?",
        hints: ["`--effect E`, in the metric's unit; or the effects of a results.tsv: `--effects FILE`"])
    }
    let ratio = deviation / unit
    guard ratio.isFinite, ratio >= 1e-9, ratio <= 1e9 else {
      throw UsageError(
        "a noise of `\(deviation.formatted(digits: 3))` beside a change of `\(unit.formatted(digits: 3))` is out of all proportion",
        hints: ["`--noise-sd` and `--effect` are both in the metric's unit"])
    }
    return [ratio]
  }

  private static func positive(_ text: String, option: String) throws -> Double {
    let most = option == "sigma" ? 1e9 : 1e150
    guard let value = Double(text), value.isFinite, value >= 0, value <= most else {
      throw UsageError("`\(text)` in `--\(option)` is not a positive number up to \(most.formatted(digits: 1))")
    }
    if value == 0 { throw deterministic(text) }
    guard value >= 1e-9 || option == "noise-sd" else {
      throw UsageError("`\(text)` in `--\(option)` is below 1e-9: a metric without noise needs no simulation")
    }
    return value
  }

  private static func deterministic(_ text: String) -> UsageError {
    UsageError(
      "a noise of `\(text)` leaves nothing to simulate: one attempt is enough to know what a change is worth",
      hints: [
        "a budget of N attempts tries N changes, less the few that calibration takes",
        "seldom is it really 0: measure the same code twice, with other seeds",
      ])
  }
}
