public import PawlCore

/// The trials that are not ended yet, with a roster of them that is quick to look through.
///
/// A decision looks at all of them. They are large, so the roster holds what decisions tell them apart by, a few words each, in the
/// order of trials. It is derived: after every change a trial's entry is what `RosterEntry(trial)` says, and no snapshot holds it.
public struct OpenTrials: Sendable {
  private var trials: [TrialID: OpenTrial] = [:]
  /// In the order of trials.
  private(set) var roster: [RosterEntry] = []
  /// By name: how many of an agent's trials are where.
  private var tallies: [String: AgentTally] = [:]

  init() {}

  public var count: Int { trials.count }
  public var isEmpty: Bool { trials.isEmpty }
  public var keys: Dictionary<TrialID, OpenTrial>.Keys { trials.keys }
  public var values: Dictionary<TrialID, OpenTrial>.Values { trials.values }

  public internal(set) subscript(trial: TrialID) -> OpenTrial? {
    get { trials[trial] }
    _modify {
      let before = RosterEntry.place(of: trial, in: roster)
      defer { refresh(trial, at: before) }
      yield &trials[trial]
    }
  }

  @discardableResult
  mutating func removeValue(forKey trial: TrialID) -> OpenTrial? {
    guard let opened = trials.removeValue(forKey: trial) else { return nil }
    refresh(trial, at: RosterEntry.place(of: trial, in: roster))
    return opened
  }

  public func filter(_ isIncluded: ((key: TrialID, value: OpenTrial)) throws -> Bool) rethrows -> [TrialID: OpenTrial] {
    try trials.filter(isIncluded)
  }

  /// How many trials of the agent are where.
  func tally(of agent: String) -> AgentTally { tallies[agent] ?? AgentTally() }

  /// All trials together.
  var tally: AgentTally { tallies.values.reduce(into: AgentTally()) { $0.add($1) } }

  /// Trials without any attempt: of agents for which `countsAll` holds all of them, of the others those whose proposal is there.
  func waiting(countingAll countsAll: (String) -> Bool) -> Int {
    tallies.reduce(0) { $0 + (countsAll($1.key) ? $1.value.waiting : $1.value.waitingWithProposal) }
  }

  private mutating func refresh(_ trial: TrialID, at place: Int) {
    let isListed = place < roster.count && roster[place].trial == trial
    if isListed { tallies[roster[place].agent]?.count(roster[place], -1) }
    guard let entry = trials[trial].map(RosterEntry.init) else {
      if isListed {
        if tallies[roster[place].agent]?.open == 0 { tallies[roster[place].agent] = nil }
        roster.remove(at: place)
      }
      return
    }
    tallies[entry.agent, default: AgentTally()].count(entry, 1)
    if isListed { roster[place] = entry } else { roster.insert(entry, at: place) }
  }
}

extension OpenTrials: Sequence {
  public func makeIterator() -> Dictionary<TrialID, OpenTrial>.Iterator { trials.makeIterator() }
}

extension OpenTrials: Hashable {
  public static func == (left: Self, right: Self) -> Bool { left.trials == right.trials }
  public func hash(into hasher: inout Hasher) { hasher.combine(trials) }
}

extension OpenTrials: Codable {
  public init(from decoder: any Decoder) throws {
    for opened in try [OpenTrial](from: decoder) { self[opened.request.trial] = opened }
  }

  public func encode(to encoder: any Encoder) throws {
    try roster.compactMap { trials[$0.trial] }.encode(to: encoder)
  }
}

/// What decisions tell an open trial by.
struct RosterEntry: Sendable, Hashable {
  let trial: TrialID
  /// What it is a change of.
  let parent: TrialID
  let agent: String
  /// US dollars that its agent may cost yet.
  let promised: Double
  let isProposing: Bool
  /// A question of an earlier session, unanswered, for which there is no money.
  let isUnaffordable: Bool
  /// Ready, and none of its attempts is in flight.
  let isIdle: Bool
  /// No attempt was asked for of its present code, and it is no spare.
  let isWaiting: Bool
  /// A spare that was not tried.
  let isIdleSpare: Bool
  let hasProposal: Bool
  let isMeasured: Bool
  /// Neither measured nor tried: nothing can be said of it.
  let isUntouched: Bool
  let isWhole: Bool
  let isReversal: Bool

  init(_ opened: OpenTrial) {
    trial = opened.request.trial
    parent = opened.parent.trial
    agent = opened.request.agent
    if case .proposing = opened.stage { isProposing = true } else { isProposing = false }
    let limit = isProposing ? opened.spendLimit : nil
    promised = limit.map { max(0, $0 - opened.paid) } ?? 0
    isUnaffordable =
      limit.map { $0 <= opened.paid } ?? false && opened.request.choice != nil
      && opened.replies.allSatisfy(\.isBroken)
    if case .ready = opened.stage { isIdle = opened.running == 0 } else { isIdle = false }
    isWaiting = opened.attempts == 0 && !opened.isSpare
    isIdleSpare = opened.attempts == 0 && opened.isSpare
    hasProposal = opened.proposal != nil
    isMeasured = opened.isMeasured
    isUntouched = !opened.isMeasured && opened.attempts == 0 && opened.failures == 0
    isWhole = opened.isWhole
    isReversal = opened.request.reversal != nil
  }

  /// Where the trial stands in a roster, or would stand.
  static func place(of trial: TrialID, in roster: [RosterEntry]) -> Int {
    guard let last = roster.last, last.trial >= trial else { return roster.count }
    var (low, high) = (0, roster.count)
    while low < high {
      let middle = (low + high) / 2
      if roster[middle].trial < trial { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// How many trials are where.
struct AgentTally: Sendable, Hashable {
  private(set) var open = 0
  private(set) var proposing = 0
  /// Without any attempt: all of them, and those whose proposal is there.
  private(set) var waiting = 0
  private(set) var waitingWithProposal = 0
  private(set) var idleSpares = 0
  private(set) var reversals = 0
  private(set) var unaffordable = 0

  mutating func count(_ entry: RosterEntry, _ sign: Int) {
    open += sign
    if entry.isProposing { proposing += sign }
    if entry.isWaiting { waiting += sign }
    if entry.isWaiting, entry.hasProposal { waitingWithProposal += sign }
    if entry.isIdleSpare { idleSpares += sign }
    if entry.isReversal { reversals += sign }
    if entry.isUnaffordable { unaffordable += sign }
  }

  mutating func add(_ other: AgentTally) {
    open += other.open
    proposing += other.proposing
    waiting += other.waiting
    waitingWithProposal += other.waitingWithProposal
    idleSpares += other.idleSpares
    reversals += other.reversals
    unaffordable += other.unaffordable
  }
}
