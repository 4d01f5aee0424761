import PawlCore
import PawlRatchet

/// What a study of generations does otherwise than one of code: snapshots are whole, alarms wait for a person, and what a model
/// could do once is not to be lost.
extension StudyState {
  /// Whether the first measurement of the trial, that its model is kept of, is still to come.
  func keepsModel(of trial: TrialID, _ purpose: AttemptPurpose) -> Bool {
    guard configuration?.generations != nil, generations.models[trial] == nil else { return false }
    // Several measurements of one candidate may be under way: one of them keeps its model, and answers the canaries.
    if inFlight.values.contains(where: { $0.trial == trial && $0.keepsModel }) { return false }
    if case .certification = purpose { return false }
    return true
  }

  /// What was found amiss with the data of the candidate under test, from the champion on: a person looks first.
  func alarms(of test: RunningCertification) -> [String] {
    guard test.promotion == nil, configuration?.generations != nil else { return [] }
    var alarms: [String] = []
    for step in stack.dropFirst() {
      alarms += generations.records[step.trial]?.alarms ?? []
      if step.trial == test.candidate.trial { break }
    }
    if let preference = generations.preferences[test.candidate.trial], preference.isWorse {
      alarms.append("outputs: on \(preference.pairs) frozen prompts the baseline's are preferred")
    }
    return alarms
  }

  /// The study stops where a model lost more of the canaries than the floor allows, until a person lets that pass.
  func fidelityStop() -> Event? {
    guard let floor = configuration?.generations?.canaries?.floor, let step = generations.breach(of: floor) else {
      return nil
    }
    return .paused(
      by:
        "the fidelity ledger: generation \(step.generation) keeps \(step.keptOfBaseline) of \(step.ofBaseline) canaries"
    )
  }

  /// A snapshot that was tried is not made again, but nothing of it can be taken into another either.
  func isGeneration(_ opened: OpenTrial) -> Bool { rule(of: opened.request.agent)?.kind == .generations }
}
