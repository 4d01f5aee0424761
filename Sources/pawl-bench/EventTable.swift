import PawlCore
import PawlJournal

/// A journal as a table for awk: sequence, milliseconds since 1970, kind, trial or attempt, wall seconds of a finished attempt.
enum EventTable {
  static func print(folder: String) throws {
    let reader = try Journal.read(in: folder)
    var position: Int64 = 0
    while true {
      let events = try reader.events(after: position, limit: 1_024)
      guard let last = events.last else { return }
      var text = ""
      for recorded in events {
        let (number, wall) = details(recorded.event)
        text += "\(recorded.sequence)\t\(recorded.at.milliseconds)\t\(recorded.event.kind)\t\(number)\t\(wall)\n"
      }
      Swift.print(text, terminator: "")
      position = last.sequence
    }
  }

  private static func details(_ event: Event) -> (number: Int, wallSeconds: Double) {
    switch event {
    case .proposalRequested(let request): (request.trial.rawValue, 0)
    case .proposalReceived(let trial, _), .proposalFailed(let trial, _), .proposalRefused(let trial, _),
      .candidateCreated(let trial, _, _), .trialJudged(let trial, _, _), .trialCrashed(let trial, _),
      .headMoved(let trial, _):
      (trial.rawValue, 0)
    case .agentFailed(let trial, _): (trial.rawValue, 0)
    case .replyReceived(let reply): (reply.trial.rawValue, reply.seconds)
    case .rebaseRequested(let request): (request.trial.rawValue, 0)
    case .candidateRebased(let candidate): (candidate.trial.rawValue, 0)
    case .rebaseConflicted(let conflict): (conflict.trial.rawValue, 0)
    case .attemptRequested(let request): (request.id.rawValue, 0)
    case .attemptFinished(let result): (result.id.rawValue, result.usage.wallSeconds)
    default: (0, 0)
    }
  }
}
