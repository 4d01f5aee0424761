public import PawlCore
import PawlDrift
import PawlJournal

/// Makes the summary of a study of generations from the journal, without folding the rest of the study.
struct GenerationsReading {
  let state: GenerationsState
  private let records: [GenerationRecord]
  private let journal: JournalReader
  private let rule: GenerationRule

  /// Nil where the study is one of code.
  init?(_ journal: JournalReader, configuration: StudyConfiguration) throws {
    guard let rule = configuration.generations else { return nil }
    self.rule = rule
    self.journal = journal
    var (state, records) = (GenerationsState(), [GenerationRecord]())
    for recorded in try journal.events(ofKinds: GenerationsState.kinds) {
      state.apply(recorded.event)
      if case .generationMade(let record) = recorded.event { records.append(record) }
    }
    self.state = state
    self.records = records
  }

  func summary(champion: TrialID) throws -> GenerationsSummary {
    let rows = try records.suffix(GenerationsSummary.rowLimit).map { record in
      let trial = try journal.trial(record.trial)
      return GenerationsSummary.Row(
        record: record, standing: trial.map { $0.verdict?.rawValue ?? $0.state.rawValue } ?? "open",
        effect: trial?.evidence?.effect,
        preference: state.preferences[record.trial])
    }
    return GenerationsSummary(
      generation: state.records[state.head]?.plan.generation ?? 0,
      champion: state.records[champion]?.plan.generation ?? 0, rows: rows, snapshots: records.count,
      fidelity: fidelity())
  }

  /// SHA-256 of a trial's snapshot; nil for the real documents alone.
  func snapshot(of trial: TrialID) -> String? { records.last { $0.trial == trial }?.plan.snapshot }

  /// Nil where there are no canaries, or the baseline gets none right.
  private func fidelity() -> GenerationsSummary.Fidelity? {
    guard let rule = rule.canaries, let baseline = state.canaries[.baseline],
      var ledger = try? FidelityLedger(baseline: baseline.rightCount, floor: rule.floor)
    else { return nil }
    var fidelity = GenerationsSummary.Fidelity(
      floor: rule.floor, canaries: baseline.asked, baseline: baseline.rightCount)
    for (index, step) in state.ledger.enumerated() {
      // By their order: a control and what replaces it are of the same generation.
      let entry = FidelityLedger.Entry(
        generation: index + 1, asked: step.before, kept: step.kept, standing: step.keptOfBaseline)
      ledger.record(entry)
      fidelity.steps.append(
        .init(step: step, kept: ledger.share(of: entry).map(Self.share), standing: ledger.standing.map(Self.share)))
    }
    fidelity.standing = ledger.standing.map(Self.share)
    fidelity.product = ledger.product.map(Self.share)
    fidelity.shortage = ledger.shortage
    if let forecast = ledger.forecast {
      fidelity.generationsLeft = forecast.generations
      fidelity.fewestLeft = forecast.fewest
      fidelity.mostLeft = forecast.most
    }
    return fidelity
  }

  private static func share(_ share: FidelityLedger.Share) -> GenerationsSummary.Share {
    .init(value: share.value, low: share.low, high: share.high)
  }
}

extension StudyReader {
  /// Returns what a study of generations has come to; nil for a study of code.
  public func generations() throws -> GenerationsSummary? {
    try GenerationsReading(journal, configuration: configuration())?.summary(champion: overview().champion)
  }

  /// Returns what the watch says of the steps that a certificate is about, a sentence each, the oldest step first.
  public func alarms(of certificate: CertificationRecord) throws -> [String] {
    guard let reading = try GenerationsReading(journal, configuration: configuration()) else { return [] }
    let path = try journal.headPath().map(\.trial)
    guard let last = path.lastIndex(of: certificate.candidate),
      let first = path[..<last].lastIndex(of: certificate.champion)
    else { return [] }
    return path[(first + 1)...last].flatMap { reading.state.records[$0]?.alarms ?? [] }
  }
}
