import PawlCore
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
    let inFlight = Double(workers) * proposal / max(attempt, 0.001)
    return workers + Int(min(1024, 1.25 * inFlight))
  }

  /// The mean over agents, by how often each is asked at present; nil before any has answered.
  private var usualProposalSeconds: Double? {
    let known = (configuration?.agents ?? []).compactMap { agents[$0.name]?.meanSeconds }
    return known.max()
  }

  func nextChoice(at now: Timestamp, head: HeadStep) -> SearchChoice? {
    guard let rule = availableAgents(at: now).first else { return nil }
    return SearchChoice(agent: rule.name, strategy: .line, parent: head.trial)
  }

  /// Why a proposal is no new code; nil where it is.
  func duplication(of proposal: Proposal) -> String? {
    if fingerprints.contains(proposal.fingerprint) { return "this very code was tried before" }
    if let code = proposal.normalised, normalised.contains(code) {
      return "this code was tried before, but for comments, layout or the way to write a number"
    }
    if let change = proposal.change, let known = changes.last(where: { $0.change == change }) {
      return "trial \(known.trial) made this very change"
    }
    return nil
  }

  mutating func noteCode(of proposal: Proposal, _ trial: TrialID) {
    fingerprints.insert(proposal.fingerprint)
    if let code = proposal.normalised { normalised.insert(code) }
    guard let change = proposal.change else { return }
    changes.append(KnownChange(change: change, trial: trial))
    if changes.count > Self.rememberedChanges { changes.removeFirst() }
  }

  /// The candidate exists: others may start from it.
  mutating func noteCandidate(_ opened: OpenTrial, _ commit: CommitHash, _ size: DiffStatistics) {
    let isElsewhere = opened.parent.trial != head?.trial && opened.request.choice?.strategy ?? .line != .line
    open[opened.request.trial]?.isWhole = isElsewhere
  }

  mutating func noteJudged(_ opened: OpenTrial, _ verdict: Verdict, _ evidence: Evidence) {}

  mutating func noteFruitless(_ opened: OpenTrial) {}

  /// Programs of their own are compared with the new head from here on; what was measured of them still counts, weakened.
  mutating func followHead(to trial: TrialID) {
    for (other, opened) in open.sorted(by: { $0.key < $1.key }) where opened.isWhole && opened.code != nil {
      if ratchet?.moments(of: other) == nil {
        ratchet?.open(other, parent: trial)
      } else {
        ratchet?.rebase(other)
      }
    }
  }
}
