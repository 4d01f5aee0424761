import PawlCore
import PawlEngine

extension ControlMessage.Verb {
  /// Whether it is a change that was handed in.
  var isOffer: Bool {
    if case .offer = self { return true }
    return false
  }
}

extension StudyState {
  /// Returns what a message means here and now; nothing where it is about something that is gone, or that its sender may not do.
  ///
  /// An agent takes back only what is its own, whatever a face let through; only people pin, ban and approve.
  func events(
    of message: ControlMessage, at now: Timestamp, commit: (TrialID) throws -> CommitHash?
  ) rethrows -> [Event] {
    let by = message.by
    func mayTakeBack(_ owner: String, _ isByPerson: Bool) -> Bool {
      message.isByPerson || (!isByPerson && owner == by)
    }
    switch message.verb {
    case .pause: return pausedBy == nil ? [.paused(by: by)] : []
    case .resume: return pausedBy != nil ? [.resumed(by: by)] : []
    case .hint(let text): return [hint(text, by: by, isByPerson: true)]
    case .suggestion(let text): return [hint(text, by: by, isByPerson: false)]
    case .hintDone(let number):
      let hint = hints.first { $0.number == number }
      return hint.map { mayTakeBack($0.by, $0.isByPerson) } == true ? [.hintDone(number: number, by: by)] : []
    case .note(let text, let trial):
      return [
        .noteAdded(
          Note(number: collaboration.lastNote + 1, text: text, by: by, isByPerson: message.isByPerson, trial: trial))
      ]
    case .noteDropped(let number):
      let note = collaboration.notes.first { $0.number == number }
      return note.map { mayTakeBack($0.by, $0.isByPerson) } == true ? [.noteDropped(number: number, by: by)] : []
    case .claim(let topic, let minutes):
      let until = now.advanced(by: Double(min(max(minutes, 1), ControlMessage.longestClaim)) * 60)
      return [.claimed(Claim(number: collaboration.lastClaim + 1, topic: topic, by: by, until: until))]
    case .claimReleased(let number):
      let claim = collaboration.claims.first { $0.number == number }
      return claim.map { mayTakeBack($0.by, false) } == true ? [.claimReleased(number: number, by: by)] : []
    case .offer: return []
    case .pin, .unpin, .ban, .banLifted, .decide: return message.isByPerson ? try decision(of: message, commit) : []
    }
  }

  private func decision(
    of message: ControlMessage, _ commit: (TrialID) throws -> CommitHash?
  ) rethrows -> [Event] {
    let by = message.by
    switch message.verb {
    case .pin(let trial): return try commit(trial).map { [.pinned(trial, at: $0, by: by)] } ?? []
    case .unpin(let trial):
      return collaboration.pins.contains { $0.trial == trial } ? [.unpinned(trial, by: by)] : []
    case .ban(let subject): return [.banned(Ban(number: collaboration.lastBan + 1, subject: subject, by: by))]
    case .banLifted(let number):
      return collaboration.bans.contains { $0.number == number } ? [.banLifted(number: number, by: by)] : []
    case .decide(let number, let isGranted, let reason):
      let isOpen = collaboration.approvals.contains { $0.request.number == number }
      let decision = ApprovalDecision(number: number, isGranted: isGranted, by: by, reason: reason)
      return isOpen ? [.approvalDecided(decision)] : []
    default: return []
    }
  }
}
