import Foundation
import PawlConfiguration
import PawlCore
import PawlEngine
import PawlGuard
import PawlJournal
import PawlSearch
import PawlWorkspace

/// Drives the real engine through a simulated world, into a real journal and a real repository.
///
/// Attempts are made up: their values come from the knobs and the seed. Candidates that cannot become the head get a made-up commit,
/// since a hundred thousand real ones take minutes. Time stands still within a batch, whose events share one transaction. The end is
/// a process killed at the worst moment: work in flight, and a snapshot as old as they get.
struct JournalMaker {
  private let workspace: Workspace
  private let journal: Journal
  private let configuration: StudyConfiguration
  private let baseline: CommitHash
  private let policy: EditPolicy
  private var engine = Engine()
  private var effects: [Effect] = []
  private var batch: [Event] = []
  private var now: Timestamp
  private var snapshotAt: Int64 = 0
  /// The noise-free metric of each candidate.
  private var truths: [CommitHash: Double] = [:]
  /// Trials from this one on may be in flight at the end, so their commits are real.
  private var lastTrials = 0
  private var sources: (commit: CommitHash, files: [String: String])?

  /// As the conductor has it.
  private static let snapshotInterval: Int64 = 10_000
  private static let batchSize = 400

  init(repository: String) throws {
    workspace = try Workspace.open(at: repository)
    let file = try String(contentsOfFile: "\(repository)/pawl.yaml", encoding: .utf8)
    configuration = try StudyFile.parse(file, path: "pawl.yaml")
    policy = EditPolicy(editable: configuration.editable, frozen: configuration.frozen)
    baseline = try workspace.headCommit()
    journal = try Journal.create(in: try workspace.prepareFolder(study: configuration.name))
    now = Timestamp(milliseconds: 1_750_000_000_000)
    truths[baseline] = 1.0169
  }

  mutating func run(trials: Int) throws {
    let files = try editableFiles(at: baseline)
    let start = StudyStart(
      configuration: configuration, baseline: baseline,
      frozenDigest: try workspace.digest(at: baseline) { !policy.isEditable($0) }, dirty: false,
      fingerprint: CodeFingerprint.exact(of: files))
    let session = SessionStart(
      version: "simulated", host: "simulated", process: 1, sandbox: .full, stop: StopRule(),
      workers: configuration.workers)
    observe([.studyStarted(start), .sessionStarted(session)])
    lastTrials = trials
    while engine.state.ended < trials + 20 || journal.lastSequence - snapshotAt < Self.snapshotInterval - 1_000 {
      guard !effects.isEmpty else { break }
      try interpret(effects.removeFirst())
      if batch.count >= Self.batchSize { try commit() }
    }
    try commit()
    journal.close()
    print(
      "\(engine.state.ended) trials, \(engine.state.finishedAttempts) attempts, \(engine.state.certificates) certificates, "
        + "\(journal.lastSequence) events, snapshot at \(snapshotAt)")
  }

  private mutating func observe(_ events: [Event]) {
    let step = engine.handle(events, at: now)
    batch += step.events
    effects += step.effects
  }

  private mutating func commit() throws {
    guard !batch.isEmpty else { return }
    let sequence = try journal.append(batch, at: now)
    batch.removeAll(keepingCapacity: true)
    now = Timestamp(milliseconds: now.milliseconds + 60_000)
    guard sequence - snapshotAt >= Self.snapshotInterval else { return }
    try journal.saveSnapshot(
      [UInt8](JSONEncoder().encode(engine.state)), version: StudyState.snapshotVersion, sequence: sequence)
    snapshotAt = sequence
  }

  private mutating func interpret(_ effect: Effect) throws {
    switch effect {
    case .propose(let request, _): observe([try proposal(request)])
    case .createCandidate(let trial, let parent, let proposal, let at):
      let truth = Self.truth(of: proposal.knobs)
      let head = engine.state.head.flatMap { truths[$0.commit] } ?? 1
      guard truth < head + 0.001 || trial.rawValue >= lastTrials else {
        let commit = CommitHash(rawValue: Self.madeUpCommit(trial))
        truths[commit] = truth
        return observe([.candidateCreated(trial, commit, DiffStatistics(added: 1, removed: 1))])
      }
      let candidate = try workspace.makeCandidate(
        study: configuration.name, trial: trial, parent: parent, edits: proposal.edits,
        message: "\(proposal.hypothesis)\n\nTrial: \(trial)\nAgent: \(proposal.agent)\n", at: at)
      truths[candidate.commit] = truth
      observe([.candidateCreated(trial, candidate.commit, candidate.statistics)])
    case .rebase(let rebasing): observe([try rebased(rebasing)])
    case .startAttempt(let request): observe([.attemptFinished(result(of: request))])
    case .advanceBranch(let certificates):
      for certificate in certificates {
        let tip = try workspace.advanceBranch(
          study: configuration.name, expected: engine.state.branchTip, base: baseline,
          tree: certificate.candidateCommit, message: "Simulated certificate \(certificate.number)\n", at: now)
        observe([.branchAdvanced(certificate: certificate.number, to: tip)])
      }
    // There is one rung, and no curve.
    case .transplant, .stopAttempt, .finish: break
    }
  }

  /// A made-up candidate cannot be put anywhere: it counts as one that excludes what the head took in.
  private mutating func rebased(_ rebasing: Rebasing) throws -> Event {
    let request = rebasing.request
    let conflict = RebaseConflict(
      trial: request.trial, onto: request.onto, paths: rebasing.proposal.edits.map(\.path), steps: [])
    guard rebasing.commit.rawValue != Self.madeUpCommit(request.trial) else { return .rebaseConflicted(conflict) }
    let change = CandidateChange(
      parent: rebasing.parent.commit, commit: rebasing.commit, edits: rebasing.proposal.edits,
      writtenFor: rebasing.writtenFor)
    let outcome = try workspace.rebase(
      change, onto: request.ontoCommit, study: configuration.name, trial: request.trial,
      isEditable: policy.isEditable, message: rebasing.proposal.hypothesis, at: rebasing.at)
    guard case .made(let candidate) = outcome else { return .rebaseConflicted(conflict) }
    let files = try editableFiles(at: candidate.commit)
    let knobs = KnobFinder.knobs(in: files).reduce(into: [:]) { $0[$1.name] = $1.value }
    truths[candidate.commit] = Self.truth(of: knobs)
    return .candidateRebased(
      RebasedCandidate(
        trial: request.trial, onto: request.onto, ontoCommit: request.ontoCommit, commit: candidate.commit,
        size: candidate.statistics, fingerprint: CodeFingerprint.exact(of: files), knobs: knobs))
  }

  private mutating func editableFiles(at commit: CommitHash) throws -> [String: String] {
    if let sources, sources.commit == commit { return sources.files }
    let paths = try workspace.files(at: commit).filter { $0.kind != .link && policy.isEditable($0.path) }.map(\.path)
    let files = try workspace.texts(of: paths, at: commit)
    sources = (commit, files)
    return files
  }

  private mutating func proposal(_ request: ProposalRequest) throws -> Event {
    let known = engine.state.fingerprints
    let proposal = KnobAgent.propose(
      files: try editableFiles(at: request.parentCommit), parent: nil, history: engine.state.history,
      seed: request.seed, isKnown: { known.contains($0) })
    guard let proposal else { return .proposalFailed(request.trial, reason: "every combination was tried") }
    return .proposalReceived(request.trial, proposal)
  }

  private static func madeUpCommit(_ trial: TrialID) -> String {
    let digits = String(trial.rawValue, radix: 16)
    return "f00d" + String(repeating: "0", count: max(0, 36 - digits.count)) + digits
  }

  /// A bowl around 37 in every knob, as in the task that the scripts make.
  private static func truth(of knobs: [String: KnobValue]) -> Double {
    var sum = 0.0
    for (_, value) in knobs.sorted(by: { $0.key < $1.key }) {
      let number: Double =
        switch value {
        case .real(let real): real
        case .integer(let integer): Double(integer)
        case .boolean, .text: 0.5
        }
      sum += (number / 100 - 0.37) * (number / 100 - 0.37)
    }
    return 1 + sum / Double(max(1, knobs.count))
  }

  private func result(of request: AttemptRequest) -> AttemptResult {
    var noise = SeededGenerator(seed: request.seed)
    let value = (truths[request.commit] ?? 1) + 0.0005 * (noise.unit() + noise.unit() - 1)
    let usage = Usage(wallSeconds: 300, cpuSeconds: 290, peakMemory: .gibibytes(2), output: .mebibytes(1))
    return AttemptResult(
      id: request.id, outcome: .exited(code: 0), measurement: value, remark: nil, usage: usage, reportedMemory: nil,
      sandbox: .full, referee: .report, logTail: nil)
  }
}
