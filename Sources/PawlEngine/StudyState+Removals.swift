import PawlCore
import PawlRatchet

/// What is remembered of a step of the head, in case it is to be taken out again.
public struct StepRecord: Sendable, Codable, Hashable {
  /// What was believed of its effect when it was kept.
  let effect: Double
  let size: DiffStatistics
  /// What it is a change of.
  let parent: CommitHash
  /// The step that it takes out, where it does that.
  let reverts: TrialID?
  /// Taking it out leaves less code.
  var isSimplerWithout: Bool { size.added > size.removed }
}

/// Dropping changes that are worth nothing: equal and simpler is a win.
extension StudyState {
  /// How much worse a head may be believed to be without a step, in the metric's unit, for the step to be dropped.
  ///
  /// An eighth of one measurement's standard deviation: the smallest scale of effects that the prior knows, and one that takes a
  /// hundred measurements to see. Where the metric is deterministic a tie is enough, and nothing else.
  var removalMargin: Double { max((ratchet?.sigma ?? 0) / 8, .leastNormalMagnitude) }

  /// What speaks for a candidate beside its metric, in the metric's unit.
  func favour(of opened: OpenTrial) -> Double { opened.request.reversal == nil ? 0 : removalMargin }

  /// The next step to try the head without, one at a time.
  func nextRemoval() -> Event? {
    guard let reversal = removals.first, let head, open.tally.reversals == 0 else {
      return nil
    }
    let trial = lastTrial + 1
    return .proposalRequested(
      ProposalRequest(
        trial: TrialID(rawValue: trial), agent: Reversal.agent, parent: head.trial, parentCommit: head.commit,
        seed: derivedSeed("proposal", UInt64(trial)), reversal: reversal))
  }

  mutating func noteStep(_ opened: OpenTrial, _ evidence: Evidence) {
    // What was not made of the head before it cannot be taken out of it.
    guard let size = opened.size, !opened.isWhole else { return }
    steps[opened.request.trial] = StepRecord(
      effect: evidence.effect, size: size, parent: opened.parent.commit, reverts: opened.request.reversal?.step)
  }

  /// A stack that failed down to this step: nothing shows that it does anything.
  mutating func doubt(_ step: HeadStep) { queueRemoval(of: step) }

  /// Of the steps that a certificate covers, doubts those that were believed to be worth next to nothing.
  mutating func doubtSmallSteps(of certified: ArraySlice<HeadStep>) {
    for step in certified {
      if let effect = steps[step.trial]?.effect, effect < removalMargin { queueRemoval(of: step) }
    }
  }

  /// At most one removal of each step is ever tried.
  private mutating func queueRemoval(of step: HeadStep) {
    guard let record = steps[step.trial], record.reverts == nil, record.isSimplerWithout,
      doubted.insert(step.trial).inserted
    else { return }
    removals.append(Reversal(step: step.trial, commit: step.commit, parent: record.parent))
  }

  /// Whether steps that lie over the champion, taken together, change anything but what they take back.
  func isClaim(_ part: ArraySlice<HeadStep>) -> Bool {
    let reverted = Set(part.compactMap { steps[$0.trial]?.reverts })
    return part.contains { steps[$0.trial]?.reverts == nil && !reverted.contains($0.trial) }
  }
}
