import PawlCore
import PawlJournal
import PawlRatchet
import PawlStatistics

/// What the events of tests tell of each rung: a fold of few events, beside the engine's of all of them.
///
/// It decides nothing: it reads what the engine decided. Lines, parts and what was reached follow the rules of `StudyState+Ladder`.
struct LadderHistory {
  /// One place in a rung's line of champions, the baseline's first.
  struct Step {
    let trial: TrialID
    let commit: CommitHash
    /// Over the place before it, on that rung.
    let effect: Double
    /// All trials whose change is in the step, the oldest first.
    var trials: [TrialID]
  }
  struct Part: Hashable {
    let first: Int
    let last: Int
  }
  struct Test {
    let start: PromotionStart
    let sequence: Int64
    var point: LadderSummary.Point
  }
  struct Held {
    let certificate: Certificate
    let sequence: Int64
    let at: Timestamp
  }

  struct Rung {
    var line: [Step]
    var reached = 0
    /// What did not transfer as a whole, in halves, and waits.
    var parts: [Part] = []
    var tests: [Test] = []
    var transplant: Transplant?
    var lost: [TrialID] = []
    var conflicts: [LadderSummary.Conflict] = []
    var transfer = TransferRecord()
    /// The baseline's measurements in tests, and the champion's since it is the champion.
    var baseline = Moments()
    var champion = Moments()
    /// Squared deviations of paired differences from their tests' means, and how many of them are free.
    var scatter = 0.0
    var freedom = 0
    /// Of the first rung, where tests are certifications.
    var begun = 0
    var running: Int?

    var top: Step { line[line.count - 1] }
    var pairDeviation: Double? { freedom > 0 ? (scatter / Double(freedom)).squareRoot() : nil }
  }

  /// What the first rung's line is made of: the head's path with what each step was believed to be worth.
  struct HeadStep {
    let trial: TrialID
    let commit: CommitHash
    let sequence: Int64
    let effect: Double
  }

  private(set) var rungs: [Rung]
  private(set) var certificates: [Held] = []
  /// Tests of all rungs: their count decides the next one's share of alpha.
  private(set) var begun = 0
  /// Those among them that could not be made.
  private(set) var notMade = 0
  private let baseline: CommitHash
  private let heads: [HeadStep]
  private let direction: Direction

  init(_ events: [RecordedEvent], heads: [HeadStep], start: StudyStart, configuration: StudyConfiguration) {
    baseline = start.baseline
    direction = configuration.metric.direction
    self.heads = heads
    let first = Step(trial: .baseline, commit: start.baseline, effect: 0, trials: [])
    rungs = Array(repeating: Rung(line: [first]), count: configuration.rungCount)
    for recorded in events { apply(recorded) }
  }

  private mutating func apply(_ recorded: RecordedEvent) {
    switch recorded.event {
    case .certificationStarted(let number, _, _, _):
      begun = max(begun, number)
      rungs[0].begun += 1
      rungs[0].running = number
    case .certificationFailed: rungs[0].running = nil
    case .championCertified(let certificate): certify(certificate, recorded)
    case .transplantRequested(let transplant):
      with(transplant.promotion.rung) { rung in
        rung.transplant = transplant
        rung.take(transplant.promotion)
      }
    case .transplantFailed(let transplant, let reason):
      let trials = trials(of: transplant.promotion)
      with(transplant.promotion.rung) { rung in
        guard rung.transplant == transplant else { return }
        rung.transplant = nil
        rung.conflicts.append(.init(trials: trials, at: recorded.at, reason: reason))
        rung.split(transplant.promotion)
      }
    case .promotionStarted(let start): begin(start, recorded)
    case .promotionFailed(let failure): fail(failure)
    case .promotionCertified(let certificate): climb(certificate, recorded)
    default: break
    }
  }

  private mutating func with(_ number: Int, _ change: (inout Rung) -> Void) {
    if number > 1, rungs.indices.contains(number - 1) { change(&rungs[number - 1]) }
  }

  private mutating func certify(_ certificate: Certificate, _ recorded: RecordedEvent) {
    certificates.append(Held(certificate: certificate, sequence: recorded.sequence, at: recorded.at))
    rungs[0].running = nil
    if certificate.championCommit == baseline { rungs[0].baseline.merge(Moments(certificate.championValues)) }
    rungs[0].champion = Moments(certificate.candidateValues)
    let path = heads.filter { $0.sequence < recorded.sequence }
    let from = path.lastIndex { $0.trial == certificate.champion }.map { $0 + 1 } ?? 0
    let to = path.lastIndex { $0.trial == certificate.candidate } ?? from - 1
    let covered =
      from <= to
      ? Array(path[from...to])
      : [HeadStep(trial: certificate.candidate, commit: certificate.candidateCommit, sequence: 0, effect: 1)]
    for (step, effect) in zip(covered, StepEffects.scaled(covered.map(\.effect), to: certificate.effect)) {
      rungs[0].line.append(Step(trial: step.trial, commit: step.commit, effect: effect, trials: [step.trial]))
    }
  }

  private mutating func begin(_ start: PromotionStart, _ recorded: RecordedEvent) {
    begun = max(begun, start.number)
    let trials = trials(of: start.promotion)
    with(start.promotion.rung) { rung in
      rung.take(start.promotion)
      rung.transplant = nil
      rung.running = start.number
      rung.begun += 1
      rung.tests.append(
        Test(
          start: start, sequence: recorded.sequence,
          point: .init(
            test: start.number, startedAt: recorded.at, trials: trials, below: start.effectBelow, steps: start.steps,
            chance: start.chance, threshold: 1 / max(start.alpha, 1e-300), champion: start.champion)))
    }
  }

  private mutating func fail(_ failure: PromotionFailure) {
    if failure.obstacle != nil { notMade += 1 }
    let baseline = baseline
    with(failure.promotion.rung) { rung in
      guard let place = rung.tests.lastIndex(where: { $0.start.number == failure.number }) else { return }
      rung.running = nil
      // It did carry over: nobody is asked for its parts.
      let isDenied = failure.eValue >= rung.tests[place].point.threshold
      if failure.obstacle != nil {
        rung.tests[place].point.standing = .notMade
        rung.tests[place].point.obstacle = failure.obstacle
        rung.begun -= 1
        rung.parts.insert(.init(first: failure.promotion.first, last: failure.promotion.last), at: 0)
        return
      }
      rung.tests[place].point.standing = isDenied ? .denied : .failed
      rung.tests[place].point.pairs = failure.pairs
      rung.tests[place].point.eValue = Self.finite(failure.eValue)
      let count = Double(failure.pairs)
      let squares = failure.standardError.map { $0 * $0 * count * (count - 1) }
      rung.learn(place, mean: failure.effect, squares: squares, count: failure.pairs)
      let start = rung.tests[place].start
      if start.championCommit == baseline { rung.baseline.merge(Moments(failure.championValues)) }
      if start.championCommit == rung.top.commit { rung.champion.merge(Moments(failure.championValues)) }
      if !isDenied { rung.split(failure.promotion) }
    }
  }

  private mutating func climb(_ certificate: Certificate, _ recorded: RecordedEvent) {
    guard let number = certificate.rung, rungs.indices.contains(number - 1), number > 1 else { return }
    certificates.append(Held(certificate: certificate, sequence: recorded.sequence, at: recorded.at))
    guard let place = rungs[number - 1].tests.lastIndex(where: { $0.start.number == certificate.number }) else {
      return
    }
    let promotion = rungs[number - 1].tests[place].start.promotion
    let range = range(of: promotion)
    let isWhole = certificate.candidateCommit == promotion.after && range.last?.commit == promotion.after
    let baseline = baseline
    let differences = Moments(
      zip(certificate.candidateValues, certificate.championValues).map { direction.improvement(of: $0, over: $1) })
    with(number) { rung in
      rung.running = nil
      rung.tests[place].point.standing = .certified
      rung.tests[place].point.pairs = certificate.seeds.count
      rung.tests[place].point.eValue = Self.finite(certificate.eValue)
      rung.learn(
        place, mean: certificate.effect, squares: differences.squaredDeviations,
        count: certificate.candidateValues.count)
      if certificate.championCommit == baseline { rung.baseline.merge(Moments(certificate.championValues)) }
      rung.champion = Moments(certificate.candidateValues)
      if isWhole {
        let effects = StepEffects.scaled(range.map(\.effect), to: certificate.effect)
        rung.line += zip(range, effects).map {
          Step(trial: $0.trial, commit: $0.commit, effect: $1, trials: $0.trials)
        }
      } else {
        rung.line.append(
          Step(
            trial: certificate.candidate, commit: certificate.candidateCommit, effect: certificate.effect,
            trials: range.flatMap(\.trials)))
      }
    }
  }

  /// JSON has no infinity, which a metric without noise leads to.
  private static func finite(_ value: Double) -> Double { min(value, .greatestFiniteMagnitude) }

  /// The steps of the line below that a promotion takes over.
  func range(of promotion: Promotion) -> ArraySlice<Step> {
    guard rungs.indices.contains(promotion.rung - 2) else { return [] }
    return range(Part(first: promotion.first, last: promotion.last), below: rungs[promotion.rung - 2])
  }

  func range(_ part: Part, below: Rung) -> ArraySlice<Step> {
    guard part.first >= 0, part.first < part.last, below.line.indices.contains(part.last) else { return [] }
    return below.line[(part.first + 1)...part.last]
  }

  private func trials(of promotion: Promotion) -> [TrialID] {
    let range = range(of: promotion).flatMap(\.trials)
    return range.isEmpty ? [promotion.through] : range
  }
}

extension LadderHistory.Rung {
  fileprivate mutating func take(_ promotion: Promotion) {
    parts.removeAll { $0.first == promotion.first && $0.last == promotion.last }
    reached = max(reached, promotion.last)
  }

  /// What did not transfer is tried in halves, down to single steps.
  fileprivate mutating func split(_ promotion: Promotion) {
    guard promotion.last > promotion.first, promotion.last - promotion.first > 1 else {
      lost.append(promotion.through)
      return
    }
    let middle = promotion.first + (promotion.last - promotion.first) / 2
    parts.insert(
      contentsOf: [.init(first: promotion.first, last: middle), .init(first: middle, last: promotion.last)], at: 0)
  }

  /// Keeps what a test that is over says of how effects carry over.
  fileprivate mutating func learn(_ place: Int, mean: Double?, squares: Double?, count: Int) {
    tests[place].point.above = mean
    guard let mean, let squares, count > 1 else { return }
    scatter += squares
    freedom += count - 1
    guard let deviation = pairDeviation else { return }
    // What is left of differences that are all the same is rounding.
    let error = deviation > abs(mean) * 1e-12 ? deviation / Double(count).squareRoot() : 0
    tests[place].point.standardError = error
    let point = tests[place].point
    transfer.record(.init(below: point.below, above: mean, standardError: error, steps: point.steps))
  }
}
