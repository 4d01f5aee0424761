import Foundation
public import PawlCore

/// A word from another terminal to the process that runs the study.
public struct ControlMessage: Sendable, Codable, Hashable {
  public enum Verb: Sendable, Codable, Hashable {
    case pause, resume
    /// A proposal from outside of the study.
    case offer(Offer)
    /// A person's word to the agents, one of an agent, and the number of one that is done with.
    case hint(String)
    case suggestion(String)
    case hintDone(Int)
    /// A finding for the notebook, about a trial or the study, and the number of one that goes.
    case note(String, trial: TrialID?)
    case noteDropped(Int)
    /// What its sender works on, for so many minutes, and the number of a claim that is over.
    case claim(String, minutes: Int)
    case claimReleased(Int)
    case pin(TrialID)
    case unpin(TrialID)
    case ban(Ban.Subject)
    case banLifted(Int)
    /// The answer to the question with that number.
    case decide(Int, isGranted: Bool, reason: String?)

    /// Whether it is for whoever runs the study next, too, when nobody took it in.
    var lasts: Bool { self != .pause && self != .resume }
  }
  public let verb: Verb
  /// Who says so, for the journal.
  public let by: String
  /// Whether it has a person's authority.
  public let isByPerson: Bool
  /// The most minutes of a claim.
  public static let longestClaim = 24 * 60
  public init(verb: Verb, by: String, isByPerson: Bool = true) {
    self.verb = verb
    self.by = by
    self.isByPerson = isByPerson
  }

  /// Reads what an earlier version left, too: a suggestion, or an offer, had no person's authority by itself, and all else did.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      verb: try values.decode(Verb.self, forKey: .verb), by: try values.decode(String.self, forKey: .by),
      isByPerson: try values.decodeIfPresent(Bool.self, forKey: .isByPerson) ?? true)
  }
}

/// A change that a person or an outside agent made, to be judged like any proposal.
public struct Offer: Sendable, Codable, Hashable {
  /// Unique; the trial is found again by it.
  public let mark: String
  /// Who made it, as trials are listed.
  public let agent: String
  /// One line.
  public let hypothesis: String
  /// The candidate, or the baseline, that the edits were made on.
  public let parent: CommitHash
  public let edits: [FileEdit]
  /// As in `Proposal`.
  public let cites: Citations?
  public let note: String?
  public init(
    mark: String, agent: String, hypothesis: String, parent: CommitHash, edits: [FileEdit], cites: Citations? = nil,
    note: String? = nil
  ) {
    self.cites = cites
    self.note = note
    self.mark = mark
    self.agent = agent
    self.hypothesis = hypothesis
    self.parent = parent
    self.edits = edits
  }
}

/// Messages to a running study: small files, moved into place whole, read in the order of their names and removed.
struct ControlInbox: Sendable {
  let folder: String

  /// Returns the path of the message, which vanishes when it has been taken in.
  func post(_ message: ControlMessage) throws(RuntimeError) -> String {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      // Threads of one process may leave two in one millisecond.
      let name = "\(Timestamp.now().milliseconds)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
      let path = "\(folder)/\(name).json"
      try JSONEncoder().encode(message).write(to: URL(fileURLWithPath: path), options: .atomic)
      return path
    } catch {
      throw RuntimeError(.system, "cannot write into `\(folder)`", hints: ["run `pawl doctor`"], cause: error)
    }
  }

  /// Returns the waiting messages, oldest first, with their paths; what is not a message is removed.
  func waiting(before limit: Timestamp? = nil) -> [(path: String, message: ControlMessage)] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [] }
    return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
      if let limit, let written = name.split(separator: "-").first.flatMap({ Int64($0) }),
        written >= limit.milliseconds
      {
        return nil
      }
      let path = "\(folder)/\(name)"
      guard let data = FileManager.default.contents(atPath: path),
        let message = try? JSONDecoder().decode(ControlMessage.self, from: data)
      else {
        remove(path)
        return nil
      }
      return (path, message)
    }
  }

  func remove(_ path: String) { unlink(path) }
}
