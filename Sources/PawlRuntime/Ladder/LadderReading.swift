public import PawlCore
import PawlEngine
import PawlJournal
import PawlRatchet
import PawlStatistics

/// Makes the summary of the ladder from what the journal's query tables hold, without folding the study.
struct LadderReading {
  private let configuration: StudyConfiguration
  private let overview: StudyOverview
  private let history: LadderHistory
  /// What all attempts had used at each certificate.
  private let usedAtCertificate: [[RungUse]]
  /// The same when the newest test of each rung above the first began; nil where there was none.
  private var usedAtTest: [Int: [RungUse]] = [:]
  /// What people answered, where they are asked about promotions.
  private var people = CollaborationState()

  init(_ journal: JournalReader, configuration: StudyConfiguration, overview known: StudyOverview? = nil) throws {
    let overview = try known ?? journal.overview()
    guard let start = try journal.start() else {
      throw RuntimeError(.noStudy, "the journal records no study", hints: ["run `pawl run`"])
    }
    self.configuration = configuration
    self.overview = overview
    if configuration.approvals.promotions {
      for recorded in try journal.events(ofKinds: CollaborationState.kinds) {
        people.apply(recorded.event, at: recorded.at)
      }
    }
    let heads = try journal.headPath().map { move -> LadderHistory.HeadStep in
      let trial = configuration.rungCount > 1 ? try journal.trial(move.trial) : nil
      return .init(
        trial: move.trial, commit: trial?.commit ?? start.baseline, sequence: move.sequence,
        effect: trial?.evidence?.effect ?? 0)
    }
    history = LadderHistory(try journal.tests(), heads: heads, start: start, configuration: configuration)
    usedAtCertificate = try journal.use(at: history.certificates.map(\.sequence))
    for (place, rung) in history.rungs.enumerated() where place > 0 {
      if let test = rung.tests.last { usedAtTest[place + 1] = try journal.use(at: [test.sequence]).first }
    }
  }

  /// Certificates of rungs above the first, the oldest first.
  var promotions: [Certificate] { history.certificates.map(\.certificate).filter { ($0.rung ?? 1) > 1 } }

  func summary() -> LadderSummary {
    let rungs = (1...configuration.rungCount).map(rung)
    return LadderSummary(
      rungs: rungs, transfers: configuration.rungCount > 1 ? (2...configuration.rungCount).map(transfer) : [],
      scaling: configuration.rungCount > 1 ? LadderScaling(configuration, rungs: rungs).scaling() : nil, gains: gains())
  }

  private func rung(_ number: Int) -> LadderSummary.Rung {
    let known = history.rungs[number - 1]
    let settings = configuration.rung(number)
    let use = overview.rungs.first { $0.rung == number }
    var rung = LadderSummary.Rung(
      number: number, name: settings.name, champion: known.top.trial, championCommit: known.top.commit)
    if let use, use.attempts > 0 {
      rung.attempts = use.attempts
      rung.wallSeconds = use.wallSeconds
      rung.compute = use.wallSeconds / Double(use.attempts)
    }
    if let said = settings.compute {
      rung.compute = said
      rung.computeIsSaid = true
    }
    rung.tests = known.begun
    rung.lost = known.lost
    rung.running = known.running
    let held = history.certificates.filter { ($0.certificate.rung ?? 1) == number }.map(\.certificate)
    rung.certificates = held.count
    rung.certified = Self.total(held)
    rung.baseline = Self.level(known.baseline)
    rung.level = held.isEmpty ? rung.baseline : Self.level(known.champion)
    return rung
  }

  private static func level(_ moments: Moments) -> LadderSummary.Level? {
    guard moments.count > 0 else { return nil }
    let error = moments.variance.map { ($0 / Double(moments.count)).squareRoot() }
    return .init(mean: moments.mean, standardError: error, runs: moments.count)
  }

  /// Each certificate of a rung is over the champion that the one before it made, so effects add up to one over the baseline.
  private static func total(_ certificates: some Collection<Certificate>) -> LadderSummary.Total? {
    guard !certificates.isEmpty else { return nil }
    return LadderSummary.Total(
      effect: certificates.reduce(0) { $0 + $1.effect },
      lower: certificates.reduce(0) { $0 + $1.interval.lowerBound },
      upper: certificates.reduce(0) { $0 + $1.interval.upperBound },
      confidence: max(0, 1 - certificates.reduce(0) { $0 + $1.alpha }))
  }

  private func gains() -> [LadderSummary.Gain] {
    var held: [Int: [Certificate]] = [:]
    return zip(history.certificates, usedAtCertificate).compactMap { one, use in
      let rung = one.certificate.rung ?? 1
      held[rung, default: []].append(one.certificate)
      guard let total = Self.total(held[rung] ?? []) else { return nil }
      return LadderSummary.Gain(
        certificate: one.certificate.number, rung: rung, trial: one.certificate.candidate, at: one.at,
        computeSeconds: use.reduce(0) { $0 + $1.wallSeconds }, effect: one.certificate.effect,
        lower: one.certificate.interval.lowerBound, upper: one.certificate.interval.upperBound, total: total)
    }
  }

  /// Every test on a rung above the first, the oldest first.
  func points(on rung: Int) -> [LadderSummary.Point] {
    history.rungs.indices.contains(rung - 1) ? history.rungs[rung - 1].tests.map(\.point) : []
  }

  // MARK: transfer

  private func transfer(_ number: Int) -> LadderSummary.Transfer {
    let rung = history.rungs[number - 1]
    let correlation = rung.transfer.rankCorrelation.map {
      LadderSummary.Correlation(
        value: $0.value, lower: $0.interval.lowerBound, upper: $0.interval.upperBound, pairs: $0.pairs)
    }
    var parts = rung.parts
    let below = history.rungs[number - 2]
    if below.line.count - 1 > rung.reached { parts.append(.init(first: rung.reached, last: below.line.count - 1)) }
    return LadderSummary.Transfer(
      rung: number, points: rung.tests.map(\.point), conflicts: rung.conflicts, correlation: correlation,
      waiting: parts.compactMap { waiting($0, on: number, rung, below) })
  }

  private func waiting(
    _ part: LadderHistory.Part, on number: Int, _ rung: LadderHistory.Rung, _ below: LadderHistory.Rung
  ) -> LadderSummary.Waiting? {
    let range = history.range(part, below: below)
    guard !range.isEmpty else { return nil }
    let effect = range.reduce(0) { $0 + $1.effect }
    let steps = StepEffects.count(range.map(\.effect))
    let forecast = rung.transfer.forecast(below: effect, steps: steps)
    let rule = configuration.ratchet
    let chance = rung.transfer.chance(
      below: effect, steps: steps, deviation: rung.pairDeviation ?? (overview.sigma ?? 0) * 2.0.squareRoot(),
      pairs: rule.maximumPairs,
      alpha: AlphaSchedule(alpha: rule.alpha).level(
        test: history.begun - history.notMade + 1, discoveries: history.certificates.count))
    return LadderSummary.Waiting(
      trials: range.flatMap(\.trials), below: effect, steps: steps, expected: forecast.effect,
      deviation: forecast.deviation, chance: chance, reason: reason(chance, of: part, on: number, rung))
  }

  private func reason(
    _ chance: Double, of part: LadderHistory.Part, on number: Int, _ rung: LadderHistory.Rung
  ) -> String {
    if let running = rung.running { return "test \(running) is under way on this rung" }
    if let obstacle = rung.tests.last?.point.obstacle {
      return "\(obstacle); mend what the rung runs, and run another session"
    }
    let hash = CommitHash(rawValue: "")
    switch people.approval(
      of: .promotion(
        Promotion(
          rung: number, first: part.first, last: part.last, through: .baseline, before: hash, after: hash)))
    {
    case .awaited(let question): return "a person is asked: `pawl approve \(question)`, or `pawl deny \(question)`"
    case .denied(let words): return words
    case .notNeeded, .granted, .wanted: break
    }
    if rung.transplant != nil { return "another change is being put onto this rung's champion" }
    if !rung.transfer.mayPredict, part.last <= rung.reached {
      return "effects on the rung below say nothing of those on this one"
    }
    if chance < StudyState.leastChance {
      return "chance \(Self.percent(chance)) of a certificate, asked for \(Self.percent(StudyState.leastChance))"
    }
    let saved = seconds(below: number, overview.rungs) - seconds(below: number, usedAtTest[number] ?? [])
    let missing = testSeconds(on: number) - saved
    if missing > 0 {
      return "a test takes as much as the rungs below use in between: about \(missing.asDuration) are missing"
    }
    return "it is next"
  }

  private func seconds(below number: Int, _ uses: [RungUse]) -> Double {
    uses.reduce(0) { $0 + ($1.rung < number ? $1.wallSeconds : 0) }
  }

  /// Wall time of a short test, as the engine reckons it.
  private func testSeconds(on number: Int) -> Double {
    func mean(_ rung: Int) -> Double? {
      overview.rungs.first { $0.rung == rung && $0.attempts > 0 }.map { $0.wallSeconds / Double($0.attempts) }
    }
    let attempts = 2 * Double(Certification.leastPairs)
    if let measured = mean(number) { return attempts * measured }
    let ratio = configuration.rung(number).compute.flatMap { above in
      configuration.rung(1).compute.map { above / $0 }
    }
    return attempts * (mean(1) ?? 0) * (ratio ?? 10)
  }

  private static func percent(_ share: Double) -> String { "\((share * 100).formatted(digits: 2)) %" }
}

extension StudyReader {
  /// Returns the ladder as it stands.
  public func ladder() throws -> LadderSummary {
    try LadderReading(journal, configuration: try configuration(), overview: try overview()).summary()
  }
}
