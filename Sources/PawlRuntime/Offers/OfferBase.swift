public import PawlCore
import PawlSandbox

/// What a change from outside of the study is made on.
public enum OfferBase: Sendable, Hashable {
  /// Of a working tree: what it differs from least. Of edits: the head.
  case natural
  case head, champion
  /// The baseline is trial 0.
  case trial(TrialID)

  /// Reads `head`, `champion`, `baseline` or a trial's number.
  public init?(_ text: String) {
    switch text {
    case "head": self = .head
    case "champion": self = .champion
    case "baseline": self = .trial(.baseline)
    default:
      guard let number = Int(text.hasPrefix("#") ? String(text.dropFirst()) : text), number >= 0 else { return nil }
      self = .trial(TrialID(rawValue: number))
    }
  }
}

/// A change from outside of the study, before somebody hands it in.
public struct OfferDraft: Sendable {
  /// The trial whose code it changes; nil in a study that has not begun, where it is the commit that will be the baseline.
  public let base: TrialID?
  public let commit: CommitHash
  public let edits: [FileEdit]
  /// Changed paths of the working tree that are no part of it, as they are not editable; sorted.
  public let leftOut: [String]

  /// Returns the offer under a mark of its own.
  public func offer(by agent: String, hypothesis: String, cites: Citations? = nil, note: String? = nil) -> Offer {
    let mark = "\(Timestamp.now().milliseconds)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    return Offer(
      mark: mark, agent: agent, hypothesis: hypothesis.withoutControls.firstLine(bytes: Self.longestHypothesis),
      parent: commit, edits: edits, cites: cites, note: note.flatMap(Self.finding))
  }

  /// Bytes of a finding.
  public static let longestNote = 1_000
  private static let longestHypothesis = 400

  /// Returns a finding as the notebook takes it: one paragraph that acts on no terminal; nil where nothing is left.
  public static func finding(_ text: String) -> String? {
    let line = text.withoutControls.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      .firstLine(bytes: longestNote)
    return line.isEmpty ? nil : line
  }
}
