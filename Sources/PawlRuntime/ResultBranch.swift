import PawlCore
import PawlWorkspace

/// The branch `pawl/<study>`: one commit a certified step, with the evidence in its message.
struct ResultBranch {
  let opened: OpenedStudy

  func advance(_ certificate: Certificate, from expected: CommitHash?) -> Result<CommitHash, WorkspaceError> {
    do {
      let subject = try opened.workspace.subject(of: certificate.candidateCommit)
      let tip = try opened.workspace.advanceBranch(
        study: opened.configuration.name, expected: expected, base: opened.baseline,
        tree: certificate.candidateCommit, message: message(certificate, subject: subject),
        at: opened.journaledAt(certificate))
      return .success(tip)
    } catch {
      return .failure(error)
    }
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
