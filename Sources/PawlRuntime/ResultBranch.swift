import PawlCore
import PawlJournal
import PawlWorkspace

/// The branch `pawl/<study>`: one commit a certified step, with the evidence in its message.
struct ResultBranch {
  let opened: OpenedStudy

  /// Returns what came of it: a step for each certificate, up to the first that the branch does not take.
  func advance(_ certificates: [Certificate], from start: CommitHash?) -> [Event] {
    var tip = start
    var events: [Event] = []
    for certificate in certificates {
      do {
        let commit = try opened.workspace.advanceBranch(
          study: opened.configuration.name, expected: tip, base: opened.baseline, tree: certificate.candidateCommit,
          message: try message(certificate), at: opened.date(of: certificate))
        events.append(.branchAdvanced(certificate: certificate.number, to: commit))
        tip = commit
      } catch {
        let hints = (error as? any DescribedError)?.hints.map { "; \($0)" }.joined() ?? ""
        return events + [.branchBlocked(certificate: certificate.number, reason: describe(error) + hints)]
      }
    }
    return events
  }

  /// What the step changes, in the words of its proposals, the champion's own left out.
  private func changes(_ certificate: Certificate) throws -> [String] {
    try trials(in: certificate).compactMap { trial in
      try opened.journal.reader.trial(trial)?.hypothesis.map { "- \($0) (trial \(trial))" }
    }
  }

  /// The head's steps between champion and candidate, or the change of the rung below that a promotion took over.
  private func trials(in certificate: Certificate) throws -> [TrialID] {
    if let rung = certificate.rung, rung > 1 {
      let points = try LadderReading(opened.journal.reader, configuration: opened.configuration).points(on: rung)
      return points.first { $0.test == certificate.number }?.trials ?? [certificate.candidate]
    }
    let path = try opened.journal.reader.headPath().map(\.trial)
    let first = path.firstIndex(of: certificate.champion).map { $0 + 1 } ?? 0
    let last = path.firstIndex(of: certificate.candidate) ?? path.count - 1
    guard first <= last else { return [] }
    return Array(path[first...last])
  }

  private func message(_ certificate: Certificate) throws -> String {
    let metric = opened.configuration.metric
    let level = (1 - certificate.alpha) * 100
    let values = zip(certificate.championValues, certificate.candidateValues)
      .map { "\($0.formatted(digits: 6)) -> \($1.formatted(digits: 6))" }
    let changes = try changes(certificate)
    let subject = try opened.workspace.subject(of: certificate.candidateCommit)
    let title = changes.count > 1 ? "\(subject), and \(changes.count - 1) more" : subject
    let seeds =
      certificate.ignoresSeeds
      ? "\nEvery seed gave the same number, so this says nothing about other seeds: the command does not use PAWL_SEED.\n"
      : ""
    let settings = opened.configuration.rung(certificate.rung ?? 1)
    let isLadder = opened.configuration.rungCount > 1
    let place = isLadder ? " on \(settings.name)" : ""
    let rung = isLadder ? "\nRung: \(settings.number) (\(settings.name))" : ""
    return """
      \(title)

      \(changes.joined(separator: "\n"))

      Certified improvement of \(metric.name)\(place) over trial \(certificate.champion): \(certificate.effect.formatted(digits: 4)), \
      \(level.formatted(digits: 3)) % interval \(certificate.interval.lowerBound.formatted(digits: 4)) to \
      \(certificate.interval.upperBound.formatted(digits: 4)) (positive is better).
      \(seeds)
      Certificate: \(certificate.number)\(rung)
      Trial: \(certificate.candidate)
      E-value: \(certificate.eValue.formatted(digits: 4)) (asked for: \(certificate.threshold.formatted(digits: 4)))
      Seeds: \(certificate.seeds.map(String.init).joined(separator: " "))
      Pairs: \(values.joined(separator: ", "))
      Referee: \(certificate.referee.rawValue) (\(certificate.referee.meaning))
      Sandbox: \(certificate.sandbox.rawValue)

      """
  }
}
