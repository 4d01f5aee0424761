/// A finding in the notebook that all agents and people of a study share.
public struct Note: Sendable, Codable, Hashable {
  /// From 1.
  public let number: Int
  /// One paragraph.
  public let text: String
  public let by: String
  /// Whether it has a person's authority; an agent's word may have come out of anything that the agent read.
  public let isByPerson: Bool
  /// What it is about; nil for the study as a whole.
  public let trial: TrialID?
  public init(number: Int, text: String, by: String, isByPerson: Bool, trial: TrialID? = nil) {
    self.number = number
    self.text = text
    self.by = by
    self.isByPerson = isByPerson
    self.trial = trial
  }
}

/// Somebody works on something, so that others need not; it ends by itself.
public struct Claim: Sendable, Codable, Hashable {
  /// From 1.
  public let number: Int
  /// One line.
  public let topic: String
  public let by: String
  public let until: Timestamp
  public init(number: Int, topic: String, by: String, until: Timestamp) {
    self.number = number
    self.topic = topic
    self.by = by
    self.until = until
  }
}

/// Something that a person does not want tried any more.
public struct Ban: Sendable, Codable, Hashable {
  public enum Subject: Sendable, Codable, Hashable {
    /// A glob over paths: a proposal that touches one is refused.
    case path(String)
    /// A knob by its name: no proposal may set it anew.
    case knob(String)
    /// An agent by its name: it is not asked any more.
    case agent(String)
    /// Words that agents are told to stay away from.
    case idea(String)
  }
  /// From 1.
  public let number: Int
  public let subject: Subject
  public let by: String
  public init(number: Int, subject: Subject, by: String) {
    self.number = number
    self.subject = subject
    self.by = by
  }
}

/// What waits for a person before it happens (`approve` in pawl.yaml).
public struct ApprovalRule: Sendable, Codable, Hashable {
  /// Before a test on a higher rung.
  public var promotions: Bool
  /// Before a certificate moves the champion, of whichever rung.
  public var certificates: Bool
  /// Each time that agents have cost so many US dollars more; nil to not ask.
  public var spend: Double?
  public init(promotions: Bool = false, certificates: Bool = false, spend: Double? = nil) {
    self.promotions = promotions
    self.certificates = certificates
    self.spend = spend
  }
}

/// A question to a person.
public struct ApprovalRequest: Sendable, Codable, Hashable {
  public enum Subject: Sendable, Codable, Hashable {
    case promotion(Promotion)
    /// The test with this number has its evidence.
    case certificate(Int)
    /// Agents may cost so many US dollars in all.
    case spend(upTo: Double)
  }
  /// From 1.
  public let number: Int
  public let subject: Subject
  public init(number: Int, subject: Subject) {
    self.number = number
    self.subject = subject
  }
}

/// A person's answer.
public struct ApprovalDecision: Sendable, Codable, Hashable {
  public let number: Int
  public let isGranted: Bool
  public let by: String
  public let reason: String?
  public init(number: Int, isGranted: Bool, by: String, reason: String? = nil) {
    self.number = number
    self.isGranted = isGranted
    self.by = by
    self.reason = reason
  }
}
