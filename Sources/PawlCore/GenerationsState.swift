/// What is known of a study's generations: a fold of its events, the same for the engine and for whoever reads the journal.
public struct GenerationsState: Sendable, Codable, Hashable {
  public private(set) var data: GenerationData?
  /// What the stages of proposals under way left.
  public private(set) var stages: [TrialID: [StageResult]] = [:]
  /// Of candidates that are open, and of every head.
  public private(set) var records: [TrialID: GenerationRecord] = [:]
  /// SHA-256 of the models of these.
  public private(set) var models: [TrialID: StoredFile] = [:]
  public private(set) var canaries: [TrialID: CanaryAnswers] = [:]
  /// What the baseline wrote for the frozen prompts, and how others compare with it.
  public private(set) var baselineAnswers: StoredFile?
  public private(set) var preferences: [TrialID: Preference] = [:]
  /// The fidelity ledger: the steps of the head whose canaries are known.
  public private(set) var ledger: [FidelityStep] = []
  /// Heads that a control was made for.
  public private(set) var controlled: Set<TrialID> = []
  /// Proposals asked for of each head.
  public private(set) var asked: [TrialID: Int] = [:]
  public private(set) var head = TrialID.baseline
  public private(set) var champion = TrialID.baseline
  /// The newest step of the ledger that a person saw and let pass.
  public private(set) var released: TrialID?
  /// US dollars that judging has cost in proposals that are over.
  public private(set) var judgingSpend = 0.0
  private var openSpend: [TrialID: Double] = [:]
  private var attempts: [AttemptID: TrialID] = [:]
  private var heads: Set<TrialID> = [.baseline]

  public init() {}

  /// The kinds of events that it folds: no others change it.
  public static let kinds = [
    "dataTaken", "proposalRequested", "replyReceived", "stageFinished", "generationMade", "attemptRequested",
    "attemptFinished",
    "trialJudged", "trialCrashed", "proposalRefused", "proposalFailed", "agentFailed", "headMoved", "championCertified",
    "resumed",
  ]

  public mutating func apply(_ event: Event) {
    switch event {
    case .dataTaken(let data): self.data = data
    case .proposalRequested(let request): asked[request.parent, default: 0] += 1
    case .replyReceived(let reply): openSpend[reply.trial, default: 0] += reply.cost
    case .stageFinished(let result):
      guard stages[result.trial]?.contains(where: { $0.stage == result.stage }) != true else { break }
      stages[result.trial, default: []].append(result)
    case .generationMade(let record):
      records[record.trial] = record
      closeSpend(of: record.trial)
      stages[record.trial] = nil
      if record.plan.isControl { controlled.insert(record.parent) }
    case .attemptRequested(let request):
      if request.keepsModel { attempts[request.id] = request.trial }
    case .attemptFinished(let result): take(result)
    case .trialJudged(let trial, let verdict, _):
      if verdict == .kept { heads.insert(trial) } else { forget(trial) }
    case .trialCrashed(let trial, _), .proposalRefused(let trial, _), .proposalFailed(let trial, _),
      .agentFailed(let trial, _):
      forget(trial)
    case .headMoved(let trial, let before): move(to: trial, from: before)
    case .championCertified(let certificate): champion = certificate.candidate
    case .resumed: released = ledger.last?.trial
    default: break
    }
  }

  private mutating func take(_ result: AttemptResult) {
    guard let trial = attempts.removeValue(forKey: result.id), result.disturbance != .repeated,
      let model = result.model, models[trial] == nil
    else { return }
    models[trial] = model
    canaries[trial] = result.canaries
    preferences[trial] = result.preference
    if trial == .baseline { baselineAnswers = result.answers }
  }

  private mutating func closeSpend(of trial: TrialID) {
    judgingSpend += openSpend.removeValue(forKey: trial) ?? 0
  }

  private mutating func forget(_ trial: TrialID) {
    closeSpend(of: trial)
    stages[trial] = nil
    guard !heads.contains(trial) else { return }
    records[trial] = nil
    models[trial] = nil
    canaries[trial] = nil
    preferences[trial] = nil
  }

  private mutating func move(to trial: TrialID, from before: TrialID) {
    head = trial
    guard let now = canaries[trial], let last = canaries[before], let baseline = canaries[.baseline] else { return }
    ledger.append(
      FidelityStep(
        trial: trial, generation: records[trial]?.plan.generation ?? 0, before: last.kept(of: baseline),
        kept: now.kept(of: last, and: baseline), ofBaseline: baseline.rightCount, keptOfBaseline: now.kept(of: baseline)
      ))
  }

  /// The ledger's newest step, where it lies below the floor and nobody has let it pass.
  public func breach(of floor: Double) -> FidelityStep? {
    guard let last = ledger.last, last.trial != released, let share = last.share, share < floor else { return nil }
    return last
  }
}
