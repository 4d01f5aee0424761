import PawlCore
import PawlGuard
import PawlWorkspace

extension CandidateMaker {
  /// Returns what was handed in as a proposal, and why it is refused, if it is.
  ///
  /// - Parameter isKnown: whether the study has the commit that the edits were made on.
  /// - Throws: what git or the file system refused; that says nothing about the offer.
  func proposal(
    for offer: Offer, isKnown: Bool, people: CollaborationState
  ) throws(WorkspaceError) -> (proposal: Proposal, refusal: String?) {
    guard isKnown else {
      // Of the offer itself: there is no code to take it from.
      var hash = StableHash()
      hash.add(offer.mark)
      let proposal = Proposal(
        agent: offer.agent, hypothesis: offer.hypothesis, edits: offer.edits, knobs: [:], cost: 0,
        fingerprint: hash.value, cites: offer.cites, note: offer.note)
      return (proposal, "it was made on commit \(offer.parent.short), which is no candidate of this study")
    }
    let (files, _) = try source(at: offer.parent)
    let refusal =
      policy.refusal(of: offer.edits, links: links)
      ?? CandidateCode.banRefusal(of: offer.edits, on: files, people: people)
    let proposal = CandidateCode.proposal(
      of: offer.agent, offer.hypothesis, offer.edits, on: files, cites: offer.cites, note: offer.note)
    return (proposal, refusal)
  }
}
