public import PawlCore
import PawlRatchet
import PawlSearch

/// A change that was proposed, on whatever parent.
public struct KnownChange: Sendable, Codable, Hashable {
  let change: UInt64
  let trial: TrialID
}

/// What the search is told, and what it says: where the next proposal starts from.
extension StudyState {
  /// The same change on another parent is not worth an attempt while so many newer ones are remembered.
  static let rememberedChanges = 200

  /// Candidates wanted beyond those that free workers take: as many as attempts end while an agent thinks, and one for each worker.
  ///
  /// None where a proposal takes under a hundredth of an attempt: what waits grows stale when the head moves.
  var proposalsAhead: Int {
    guard let attempt = meanAttemptSeconds, let proposal = usualProposalSeconds else { return 1 }
    if proposal < attempt / 100 { return 0 }
    // Of those that are thought about, some come to nothing before they cost an attempt.
    let inFlight = Double(workers) * proposal / max(attempt, 0.001) / max(0.25, proposalYield ?? 1)
    return workers + Int(min(1024, 1.25 * inFlight))
  }

  mutating func noteYield(_ opened: OpenTrial) {
    guard opened.request.choice != nil, opened.proposal != nil || !opened.replies.isEmpty else { return }
    let attempted = opened.attempts > 0 ? 1.0 : 0
    proposalYield = proposalYield.map { $0 + (attempted - $0) * 0.05 } ?? 0.9
  }

  /// The mean over agents, by how often each has answered; before an agent has, what its kind takes as a rule.
  private var usualProposalSeconds: Double? {
    var (sum, count) = (0.0, 0.0)
    for rule in configuration?.agents ?? [] {
      let record = agents[rule.name]
      guard let seconds = record?.meanSeconds ?? rule.usualSeconds else { continue }
      let answers = Double(max(1, record?.proposals ?? 0))
      sum += answers * seconds
      count += answers
    }
    return count > 0 ? sum / count : nil
  }

  /// Who is asked next, and for a change of what; nil where nobody can be asked now.
  func nextChoice(at now: Timestamp, head: HeadStep, freeWorkers: Int) -> SearchChoice? {
    let available = availableAgents(at: now).filter { isWanted($0, freeWorkers: freeWorkers) }
    guard !available.isEmpty else { return nil }
    let weights = Dictionary(available.map { ($0.name, 1.0) }) { first, _ in first }
    let seed = derivedSeed("search", UInt64(lastTrial + 1))
    // Only a model that is kept can make the next generation.
    let pins = pinnedTrials.filter { configuration?.generations == nil || generations.models[$0] != nil }
    return search?.choose(seed: seed, head: head.trial, available: weights, pins: pins)
  }

  /// Whether one more proposal of the agent is wanted.
  ///
  /// Agents that think are asked ahead, so that their answers are there when a worker is. Beside them one that answers at once is
  /// asked when a worker is about to need it, however many others are thinking: what it proposes earlier grows stale.
  private func isWanted(_ rule: AgentRule, freeWorkers: Int) -> Bool {
    if configuration?.agents.count ?? 0 > 1, isQuick(rule.name) {
      return open.waiting(countingAll: isQuick) <= max(0, freeWorkers)
    }
    let waiting = open.tally
    // What is ready and waits only grows older, so an agent that is quicker than an attempt waits for room. One that is slower must
    // not: its answers would then come all at once, and none for as long as it thinks.
    let seconds = agents[rule.name]?.meanSeconds ?? rule.usualSeconds ?? 0
    let hasRoom = waiting.waitingWithProposal < max(0, freeWorkers) + 2 * workers
    guard hasRoom || seconds >= meanAttemptSeconds ?? 0 else { return false }
    let ahead =
      switch rule.kind {
      case .knobs: min(workers, proposalsAhead)
      // What is made by the model of an older head is of less use.
      case .generations: 0
      case .model, .program: proposalsAhead
      }
    return waiting.waiting < max(0, freeWorkers) + ahead
  }

  func isQuick(_ agent: String) -> Bool {
    if rule(of: agent)?.kind == .knobs { return true }
    guard let attempt = meanAttemptSeconds, let seconds = agents[agent]?.meanSeconds else { return false }
    return seconds < attempt / 100
  }

  /// The code that a proposal starts from; the head where the search's parent is not held any more.
  func parent(of choice: SearchChoice, head: HeadStep) -> HeadStep {
    guard choice.parent != head.trial, let commit = commits[choice.parent] else { return head }
    return HeadStep(trial: choice.parent, commit: commit)
  }

  /// Why a proposal is no new code; nil where it is.
  public func duplication(of proposal: Proposal) -> String? {
    if fingerprints.contains(proposal.fingerprint) { return "this very code was tried before" }
    if let code = proposal.normalised, normalised.contains(code) {
      return "this code was tried before, but for comments, layout or the way to write a number"
    }
    if let change = proposal.change, let known = changes.last(where: { $0.change == change }) {
      return "trial \(known.trial) made this very change"
    }
    return nil
  }

  /// Returns whether nobody had this code before.
  mutating func noteCode(of proposal: Proposal, _ trial: TrialID) -> Bool {
    guard duplication(of: proposal) == nil else { return false }
    fingerprints.insert(proposal.fingerprint)
    if let code = proposal.normalised { normalised.insert(code) }
    guard let change = proposal.change else { return true }
    changes.append(KnownChange(change: change, trial: trial))
    if changes.count > Self.rememberedChanges { changes.removeFirst() }
    return true
  }

  /// Code that was turned down before anything was measured of it may be proposed again: on another head, say.
  mutating func forgetCode(of opened: OpenTrial) {
    guard opened.isNewCode, opened.attempts == 0, let proposal = opened.proposal else { return }
    fingerprints.remove(proposal.fingerprint)
    if let code = proposal.normalised { normalised.remove(code) }
    changes.removeAll { $0.trial == opened.request.trial }
  }

  mutating func beginSearch(_ start: StudyStart) {
    let configuration = start.configuration
    search = SearchState(
      rule: configuration.search, agents: configuration.agents.map(\.name), direction: configuration.metric.direction,
      baseline: .baseline)
    commits = [.baseline: start.baseline]
  }

  mutating func reconfigureSearch(_ configuration: StudyConfiguration) {
    search?.reconfigure(rule: configuration.search, agents: configuration.agents.map(\.name))
  }

  mutating func noteAsked(_ request: ProposalRequest) {
    if let choice = request.choice { search?.asked(choice, trial: request.trial) }
  }

  /// The candidate exists: others may start from it.
  mutating func noteCandidate(_ opened: OpenTrial, _ commit: CommitHash, _ size: DiffStatistics) {
    let trial = opened.request.trial
    let isGeneration = isGeneration(opened)
    let isElsewhere =
      opened.parent.trial != head?.trial && (opened.isFromPin || opened.request.choice?.strategy ?? .line != .line)
    open[trial]?.isWhole = isElsewhere || isGeneration
    guard opened.request.reversal == nil else { return }
    // What was handed in was not chosen, and is a place to start from all the same.
    search?.proposed(trial, lines: opened.proposal?.lines ?? 1, change: size, cost: 0)
    commits[trial] = commit
  }

  mutating func noteJudged(_ opened: OpenTrial, _ verdict: Verdict, _ evidence: Evidence) {
    guard opened.request.reversal == nil else { return }
    agents[opened.request.agent]?.refusalsInARow = 0
    // What is believed of it, not the mean that luck may have had a part in.
    let better = configuration?.metric.direction == .maximize ? evidence.effect : -evidence.effect
    let believed = ratchet?.headEstimate.map { $0.mean + better } ?? evidence.mean
    search?.measured(
      opened.request.trial, value: believed, gain: evidence.worth, deviation: evidence.deviation, verdict: verdict,
      seconds: opened.seconds)
    forgetCommits()
  }

  mutating func noteFruitless(_ opened: OpenTrial) {
    guard opened.request.choice != nil else { return }
    search?.fruitless(opened.request.trial, seconds: opened.seconds, cost: 0)
    if !isPinned(opened.request.trial) { commits[opened.request.trial] = nil }
  }

  mutating func noteCost(_ reply: AgentReply) {
    guard let opened = open[reply.trial] else { return }
    search?.paid(opened.request.trial, dollars: reply.cost)
  }

  mutating func noteRebased(_ candidate: RebasedCandidate) {
    commits[candidate.trial] = candidate.commit
    search?.rebased(candidate.trial, onto: candidate.onto)
  }

  /// The baseline is known as well as its calibration makes it.
  mutating func noteCalibrated() {
    guard isCalibrated, let mean = baselineMean else { return }
    search?.measured(.baseline, value: mean, gain: 0, deviation: 0, verdict: .kept, seconds: 0)
  }

  /// Drops what the search cannot go back to; now and then, as that takes a look at all of it.
  private mutating func forgetCommits() {
    guard let search, commits.count > 2 * max(64, search.size) else { return }
    let held = Set(search.members).union(stack.map(\.trial)).union(open.keys)
      .union(collaboration.pins.map(\.trial))
    commits = commits.filter { held.contains($0.key) }
  }

  /// Programs of their own are compared with the new head from here on.
  mutating func followHead(to trial: TrialID) {
    search?.headMoved(to: trial)
    ratchet?.compareWithHead(open.roster.filter { $0.isWhole && open[$0.trial]?.code != nil }.map(\.trial))
  }
}
