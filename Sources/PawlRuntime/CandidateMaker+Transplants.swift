import PawlCore
import PawlGuard
import PawlWorkspace

/// Changes of one rung that are put onto the champion of the next.
extension CandidateMaker {
  /// Returns the change on that champion, or why it cannot be there.
  ///
  /// - Throws: what git or the file system refused; the transplant waits for the next session then.
  func transplant(_ transplant: Transplant) throws -> [Event] {
    let promotion = transplant.promotion
    let change = CandidateChange(
      parent: promotion.before, commit: promotion.after, edits: [], writtenFor: promotion.before)
    let rung = configuration.rung(promotion.rung).name
    let outcome = try workspace.transplant(
      change, onto: transplant.onto, study: configuration.name,
      reference: "rungs/\(promotion.rung)/\(promotion.after)/\(transplant.onto)",
      message: "Take over what trial \(promotion.through) brought to rung \(rung)", isEditable: policy.isEditable)
    switch outcome {
    case .made(let candidate): return [.transplantMade(transplant, candidate.commit)]
    case .conflicts(let paths):
      let files = paths.map { "`\(Self.shown($0))`" }.joined(separator: ", ")
      return [.transplantFailed(transplant, reason: "conflicts with the champion of rung \(rung) in \(files)")]
    case .nothingLeft:
      return [.transplantFailed(transplant, reason: "the champion of rung \(rung) has all of the change already")]
    }
  }
}
