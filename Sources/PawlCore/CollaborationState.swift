/// What people and agents told one another and asked of a study: a fold of its events, bounded whatever is said.
public struct CollaborationState: Sendable, Codable, Hashable {
  public static let mostNotes = 200
  public static let mostClaims = 100
  public static let mostPins = 20
  public static let mostBans = 200
  private static let mostApprovals = 100

  /// A candidate that the search keeps coming back to.
  public struct Pin: Sendable, Codable, Hashable {
    public let trial: TrialID
    public let by: String
  }

  /// A question to a person with the answer, where there is one.
  public struct Approval: Sendable, Codable, Hashable {
    public let request: ApprovalRequest
    public internal(set) var decision: ApprovalDecision?
  }

  /// The newest ones, in the order of their numbers.
  public private(set) var notes: [Note] = []
  public private(set) var lastNote = 0
  /// Those that have not ended by the newest event; `claims(at:)` has those that hold.
  public private(set) var claims: [Claim] = []
  public private(set) var lastClaim = 0
  /// The oldest first.
  public private(set) var pins: [Pin] = []
  public private(set) var bans: [Ban] = []
  public private(set) var lastBan = 0
  /// What is asked and not over, or was answered and still counts.
  public private(set) var approvals: [Approval] = []
  public private(set) var lastApproval = 0
  /// What waits for a person, as pawl.yaml says now.
  public private(set) var rule = ApprovalRule()

  public init() {}

  /// The kinds of events that it folds: no others change it.
  public static let kinds = [
    "studyStarted", "configurationChanged", "noteAdded", "noteDropped", "claimed", "claimReleased", "pinned",
    "unpinned", "banned", "banLifted", "approvalRequested", "approvalDecided", "championCertified",
    "certificationFailed", "promotionCertified", "promotionFailed",
  ]

  /// Folds one event in.
  public mutating func apply(_ event: Event, at: Timestamp) {
    switch event {
    case .studyStarted(let start): take(start.configuration.approvals)
    case .configurationChanged(let configuration): take(configuration.approvals)
    case .noteAdded(let note): add(note)
    case .noteDropped(let number, _): notes.removeAll { $0.number == number }
    case .claimed(let claim):
      claims.removeAll { $0.until <= at }
      claims.append(claim)
      if claims.count > Self.mostClaims { claims.removeFirst() }
      lastClaim = max(lastClaim, claim.number)
    case .claimReleased(let number, _): claims.removeAll { $0.number == number }
    case .pinned(let trial, _, let person):
      pins.removeAll { $0.trial == trial }
      pins.append(Pin(trial: trial, by: person))
      if pins.count > Self.mostPins { pins.removeFirst() }
    case .unpinned(let trial, _): pins.removeAll { $0.trial == trial }
    case .banned(let ban):
      bans.removeAll { $0.subject == ban.subject }
      bans.append(ban)
      if bans.count > Self.mostBans { bans.removeFirst() }
      lastBan = max(lastBan, ban.number)
    case .banLifted(let number, _): bans.removeAll { $0.number == number }
    case .approvalRequested(let request): add(request)
    case .approvalDecided(let decision):
      guard let index = approvals.firstIndex(where: { $0.request.number == decision.number }) else { break }
      approvals[index].decision = decision
    case .championCertified(let certificate): close(.certificate(certificate.number))
    case .certificationFailed(let number, _, _, _): close(.certificate(number))
    case .promotionCertified(let certificate): close(.certificate(certificate.number))
    case .promotionFailed(let failure): close(.certificate(failure.number))
    default: break
    }
  }

  /// An agent that writes much must not push out what people wrote, so beyond half of the room agents' notes go first.
  private mutating func add(_ note: Note) {
    notes.append(note)
    lastNote = max(lastNote, note.number)
    guard notes.count > Self.mostNotes else { return }
    let ofAgents = notes.count { !$0.isByPerson } > Self.mostNotes / 2
    notes.remove(at: ofAgents ? notes.firstIndex { !$0.isByPerson } ?? 0 : 0)
  }

  private mutating func add(_ request: ApprovalRequest) {
    // A newer question about the same rung takes the place of one that nobody has answered: the line below has grown.
    if case .promotion(let newer) = request.subject {
      approvals.removeAll { known in
        if case .promotion(let older) = known.request.subject {
          return known.decision == nil && older.rung == newer.rung
        }
        return false
      }
    }
    approvals.append(Approval(request: request, decision: nil))
    lastApproval = max(lastApproval, request.number)
    guard approvals.count > Self.mostApprovals else { return }
    approvals.remove(at: approvals.firstIndex { $0.decision != nil } ?? 0)
  }

  private mutating func close(_ subject: ApprovalRequest.Subject) {
    approvals.removeAll { $0.request.subject == subject }
  }

  /// A question that nobody asks any more is none: what it was about goes on.
  private mutating func take(_ rule: ApprovalRule) {
    self.rule = rule
    approvals.removeAll { $0.decision == nil && !rule.asks(for: $0.request.subject) }
  }

  // MARK: questions

  /// The claims that hold at a time.
  public func claims(at now: Timestamp) -> [Claim] { claims.filter { $0.until > now } }

  /// Questions that nobody has answered, the oldest first.
  public var awaited: [ApprovalRequest] { approvals.filter { $0.decision == nil }.map(\.request) }

  public var isAnyAgentBanned: Bool {
    bans.contains { if case .agent = $0.subject { true } else { false } }
  }

  /// The ban of an agent; nil where there is none.
  public func ban(ofAgent name: String) -> Ban? { bans.first { $0.subject == .agent(name) } }

  /// The ban of a knob, whichever of the names that a knob may have in a file was banned.
  public func ban(ofKnob name: String) -> Ban? {
    bans.first { ban in
      if case .knob(let banned) = ban.subject { return Ban.covers(knob: name, banned: banned) }
      return false
    }
  }

  /// Where a question stands.
  ///
  /// - Parameter isAlarmed: whether something is amiss that a person must look at, whatever pawl.yaml says.
  public func approval(of subject: ApprovalRequest.Subject, isAlarmed: Bool = false) -> ApprovalState {
    guard rule.asks(for: subject) || isAlarmed else { return .notNeeded }
    guard let known = approvals.last(where: { $0.request.subject.covers(subject) }) else {
      return .wanted(.approvalRequested(ApprovalRequest(number: lastApproval + 1, subject: subject)))
    }
    guard let decision = known.decision else { return .awaited(known.request.number) }
    return decision.isGranted ? .granted : .denied(decision.words)
  }

  /// US dollars that agents may have cost in all before a person is asked; nil where nobody asks.
  public var approvedSpend: Double? {
    guard let step = rule.spend else { return nil }
    return approvals.reduce(step) { sum, approval in
      guard case .spend(let most) = approval.request.subject, approval.decision?.isGranted == true else { return sum }
      return max(sum, most)
    }
  }

  /// The question for more money than is approved; nil where nobody asks.
  public var nextSpend: ApprovalRequest.Subject? {
    guard let step = rule.spend, let approved = approvedSpend else { return nil }
    return .spend(upTo: approved + step)
  }
}

/// Where a question to a person stands.
public enum ApprovalState: Sendable, Hashable {
  /// Nobody asks for it.
  case notNeeded
  case granted
  /// Asked under this number, and not answered.
  case awaited(Int)
  /// Not asked yet: the event that asks.
  case wanted(Event)
  /// A lowercase fragment that names who said no, and why.
  case denied(String)
}

extension ApprovalDecision {
  /// Who said what, and why.
  public var words: String {
    "\(isGranted ? "approved" : "denied") by \(by)" + (reason.map { ": \($0)" } ?? "")
  }
}

extension ApprovalRule {
  func asks(for subject: ApprovalRequest.Subject) -> Bool {
    switch subject {
    case .promotion: promotions
    case .certificate: certificates
    case .spend: spend != nil
    }
  }
}

extension ApprovalRequest.Subject {
  /// What is asked for, as in "certificate 2".
  public var words: String {
    switch self {
    case .promotion(let promotion): "a test up to trial \(promotion.through) on rung \(promotion.rung)"
    case .certificate(let number): "certificate \(number) may move the champion"
    case .spend(let most): "agents may cost up to \(most.formatted(digits: 4)) USD in all"
    }
  }

  /// Whether an answer to this question answers another one, too: for a promotion, one of a part of what it promotes.
  func covers(_ other: Self) -> Bool {
    switch (self, other) {
    case (.promotion(let whole), .promotion(let part)):
      whole.rung == part.rung && whole.first <= part.first && whole.last >= part.last
    case (.certificate(let one), .certificate(let two)): one == two
    case (.spend(let most), .spend(let asked)): most >= asked
    default: false
    }
  }
}

extension Ban {
  /// Whether a banned name means a knob: its own name, or that without the file and the count that make it unique.
  package static func covers(knob: String, banned: String) -> Bool {
    if knob == banned { return true }
    let bare = knob.split(separator: ":").last.map(String.init) ?? knob
    return bare == banned || bare.split(separator: "#").first.map(String.init) == banned
  }

  /// What is banned, as in "`train.py`" or "the constant `LR`".
  public var words: String {
    switch subject {
    case .path(let glob): "`\(glob)`"
    case .knob(let name): "the constant `\(name)`"
    case .agent(let name): "the agent `\(name)`"
    case .idea(let words): words
    }
  }
}

/// What a proposal says that it builds on.
public struct Citations: Sendable, Codable, Hashable {
  /// In the order in which they were named, each once.
  public var notes: [Int]
  public var trials: [TrialID]
  /// What was named and is neither a note nor a trial of the study.
  public var unknown: [String]
  /// Names beyond these are left out.
  public static let limit = 20
  public init(notes: [Int] = [], trials: [TrialID] = [], unknown: [String] = []) {
    self.notes = notes
    self.trials = trials
    self.unknown = unknown
  }

  /// Reads names such as `note 3`, `trial 12`, `#12` and `12`, a number alone being a trial's.
  public init(_ names: [String]) {
    self.init()
    for name in names.prefix(Self.limit) {
      let words = name.lowercased().split { " `,.".contains($0) }.map(String.init)
      let number = words.last.flatMap { Int($0.hasPrefix("#") ? String($0.dropFirst()) : $0) }
      switch (words.count == 2 ? words.first : words.count == 1 ? "trial" : nil, number) {
      case ("note", let number?): if !notes.contains(number) { notes.append(number) }
      case ("trial", let number?):
        let trial = TrialID(rawValue: number)
        if !trials.contains(trial) { trials.append(trial) }
      default: unknown.append(String(name.prefix(60)))
      }
    }
  }

  /// Returns the same with what a study does not have among the unknown.
  public func checked(isNote: (Int) -> Bool, isTrial: (TrialID) -> Bool) -> Self {
    Self(
      notes: notes.filter(isNote), trials: trials.filter(isTrial),
      unknown: unknown + notes.filter { !isNote($0) }.map { "note \($0)" }
        + trials.filter { !isTrial($0) }.map { "trial \($0)" })
  }

  public var isEmpty: Bool { notes.isEmpty && trials.isEmpty && unknown.isEmpty }

  /// What is cited, as in `note 3, trial 12`; what is unknown is named behind it.
  public var words: String {
    let known = (notes.map { "note \($0)" } + trials.map { "trial \($0)" }).joined(separator: ", ")
    let rest = unknown.isEmpty ? "" : "unknown, and so left out: \(unknown.joined(separator: ", "))"
    return [known, rest].filter { !$0.isEmpty }.joined(separator: "; ")
  }
}
