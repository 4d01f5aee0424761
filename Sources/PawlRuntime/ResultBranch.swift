import PawlCore
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
        let subject = try opened.workspace.subject(of: certificate.candidateCommit)
        let commit = try opened.workspace.advanceBranch(
          study: opened.configuration.name, expected: tip, base: opened.baseline, tree: certificate.candidateCommit,
          message: message(certificate, subject: subject), at: opened.journaledAt(certificate))
        events.append(.branchAdvanced(certificate: certificate.number, to: commit))
        tip = commit
      } catch {
        let hints = error.hints.map { "; \($0)" }.joined()
        return events + [.branchBlocked(certificate: certificate.number, reason: describe(error) + hints)]
      }
    }
    return events
  }

  private func message(_ certificate: Certificate, subject: String) -> String {
    let metric = opened.configuration.metric
    let level = (1 - certificate.alpha) * 100
    let values = zip(certificate.championValues, certificate.candidateValues)
      .map { "\($0.formatted(digits: 6)) -> \($1.formatted(digits: 6))" }
    return """
      \(subject)

      Certified improvement of \(metric.name) over trial \(certificate.champion): \(certificate.effect.formatted(digits: 4)), \
      \(level.formatted(digits: 3)) % interval \(certificate.interval.lowerBound.formatted(digits: 4)) to \
      \(certificate.interval.upperBound.formatted(digits: 4)) (positive is better).

      Certificate: \(certificate.number)
      Trial: \(certificate.candidate)
      E-value: \(certificate.eValue.formatted(digits: 4)) (asked for: \(certificate.threshold.formatted(digits: 4)))
      Seeds: \(certificate.seeds.map(String.init).joined(separator: " "))
      Pairs: \(values.joined(separator: ", "))
      Referee: \(certificate.referee.rawValue)
      Sandbox: \(certificate.sandbox.rawValue)

      """
  }
}
