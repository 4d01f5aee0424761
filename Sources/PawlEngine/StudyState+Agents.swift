public import PawlCore

/// What is known of one agent from its dealings with the study.
public struct AgentRecord: Sendable, Codable, Hashable {
  /// It said that it has nothing left; forgotten when the head moves or a session starts.
  public internal(set) var exhausted: String?
  /// Why it cannot be asked for the rest of the session.
  public internal(set) var failure: AgentFailure?
  /// Failures in a row that asking again may mend; what failed at the same time counts once.
  public internal(set) var failuresInARow = 0
  /// Proposals in a row that were turned down.
  public internal(set) var refusalsInARow = 0
  /// When it was last left alone.
  public internal(set) var heldAt: Timestamp?
  /// US dollars that a proposal needs at least, where the usual was not enough.
  public internal(set) var neededShare = 0.0
  /// It answered in this session: what fails after that may be mended while the study waits.
  public internal(set) var hasAnswered = false
  /// It is not asked before.
  public internal(set) var holdUntil: Timestamp?
  /// Its money does not reach for another answer, as long as no more becomes free.
  public internal(set) var isShortOfMoney = false
  /// US dollars over the study's life, and the replies that they were paid for.
  public internal(set) var spend = 0.0
  public internal(set) var replies = 0
  public internal(set) var proposals = 0
  /// Of a proposal, all its replies together: running means.
  public internal(set) var meanCost: Double?
  public internal(set) var meanSeconds: Double?
}

/// Who is asked next, how many at a time, and what they may cost.
extension StudyState {
  /// The longest time for which an agent that fails is left alone, in seconds.
  static let longestHold = 600.0
  /// Doubtful failures in a row after which an agent that never answered is not asked any more.
  static let mostDoubts = 5

  func rule(of agent: String) -> AgentRule? { configuration?.agents.first { $0.name == agent } }

  /// Why nobody can be asked any more in this session, or nil while somebody can be, now or later.
  func agentsFinish() -> Finish? {
    guard let configuration, session?.start.offers == nil else { return nil }
    var reasons: [String] = []
    var isFailure = false
    for rule in configuration.agents {
      let record = agents[rule.name] ?? AgentRecord()
      if let ban = collaboration.ban(ofAgent: rule.name) {
        reasons.append("\(rule.name): banned by \(ban.by)")
      } else if let exhausted = record.exhausted {
        reasons.append(configuration.agents.count == 1 ? exhausted : "\(rule.name): \(exhausted)")
      } else if let failure = record.failure {
        isFailure = true
        reasons.append("\(rule.name): \(failure.reason)")
      } else if isOutOfMoney(rule, record) {
        reasons.append("\(rule.name): \(whyNoMoney(rule, record))")
      } else {
        return nil
      }
    }
    if configuration.agents.allSatisfy({ collaboration.ban(ofAgent: $0.name) != nil }) {
      return Finish(.bounded, "nobody is left to ask: \(reasons.joined(separator: "; "))")
    }
    if isFailure { return Finish(.stalled, "no agent can be asked: \(reasons.joined(separator: "; "))") }
    let who = reasons.count == 1 ? "the agent has" : "the agents have"
    return Finish(.bounded, "\(who) nothing left to propose: \(reasons.joined(separator: "; "))")
  }

  private func isOutOfMoney(_ rule: AgentRule, _ record: AgentRecord) -> Bool {
    guard rule.kind != .knobs, rule.kind != .generations else { return false }
    if let most = rule.maximumSpend, record.spend >= most { return true }
    // A person may say yes at any time.
    if isSpendAwaited { return false }
    if case .denied = spendApproval, rule.dearestProposal != nil, promised == 0, approvedSpendLeft ?? 1 <= 1e-6 {
      return true
    }
    // What others hold may become free again.
    return record.isShortOfMoney && promised == 0
  }

  private func whyNoMoney(_ rule: AgentRule, _ record: AgentRecord) -> String {
    guard case .denied(let words) = spendApproval, rule.maximumSpend.map({ record.spend < $0 }) ?? true else {
      return "its money is spent"
    }
    return "more money was \(words)"
  }

  /// US dollars that agents which are asked now may cost yet; summed in the order of trials, so that a replay comes to the same.
  var promised: Double { open.roster.reduce(0) { $0 + $1.promised } }

  /// US dollars that one more proposal of the agent may cost: nil without any bound, 0 where there is nothing left.
  ///
  /// Before anything is known of it the price of the dearest answer and its repair; after that a few times what its proposals
  /// cost, and no less than two of them and an answer of 4,096 tokens. What costs nothing needs no share.
  func spendLimit(of rule: AgentRule) -> Double? {
    guard let dearest = rule.dearestProposal else { return nil }
    let record = agents[rule.name] ?? AgentRecord()
    guard let left = moneyLeft(for: rule) else { return nil }
    // Less than the smallest price of anything is a remainder of sums.
    guard left > 1e-6 else { return 0 }
    let usual = record.meanCost.map { max(5 * $0, 2 * $0 + rule.modestAnswer) } ?? dearest
    return min(left, max(usual, record.neededShare))
  }

  /// What is neither spent nor promised, for this agent; nil without any bound.
  private func moneyLeft(for rule: AgentRule) -> Double? {
    let ownLeft = rule.maximumSpend.map { most in
      let own = open.roster.reduce(0) { $0 + ($1.agent == rule.name ? $1.promised : 0) }
      return most - (agents[rule.name]?.spend ?? 0) - own
    }
    let shared = [spendLeft, approvedSpendLeft].compactMap(\.self).min()
    return [shared.map { $0 - promised }, ownLeft].compactMap(\.self).min()
  }

  /// Divides what is left among the questions that an earlier session left open: bounds may have changed since.
  mutating func promiseAnew() {
    let waiting = open.roster.filter { $0.isProposing && open[$0.trial]?.request.choice != nil }.map(\.trial)
    for trial in waiting { open[trial]?.spendLimit = 0 }
    for trial in waiting {
      guard let opened = open[trial], let rule = rule(of: opened.request.agent) else { continue }
      let share = spendLimit(of: rule).map { $0 + opened.paid }
      open[trial]?.spendLimit = share
    }
  }

  /// A question that an earlier session left, and for which there is no money any more.
  func unaffordableQuestion() -> Event? {
    guard open.tally.unaffordable > 0, let entry = open.roster.first(where: \.isUnaffordable) else { return nil }
    return .agentFailed(entry.trial, AgentFailure(.unaffordable, reason: "there is no money left for it"))
  }

  /// The agents that may be asked now, in the order of pawl.yaml.
  func availableAgents(at now: Timestamp) -> [AgentRule] {
    guard let configuration else { return [] }
    return configuration.agents.filter { rule in
      let record = agents[rule.name] ?? AgentRecord()
      guard record.exhausted == nil, record.failure == nil, !record.isShortOfMoney,
        collaboration.ban(ofAgent: rule.name) == nil,
        record.holdUntil.map({ $0 <= now }) ?? true, spendLimit(of: rule) != 0
      else { return false }
      // One at a time until an agent that failed answers again.
      let most = record.failuresInARow > 0 ? 1 : rule.parallel
      return asked(rule.name) < most
    }
  }

  /// Proposals that the agent is working on.
  private func asked(_ agent: String) -> Int { open.tally(of: agent).proposing }

  // MARK: folding

  mutating func receive(_ reply: AgentReply) {
    spend += reply.cost
    agents[reply.agent, default: AgentRecord()].spend += reply.cost
    agents[reply.agent, default: AgentRecord()].replies += 1
    agents[reply.agent, default: AgentRecord()].hasAnswered = true
    freeMoney()
    noteCost(reply)
    // After a restart the same number may come twice, where the first was not on disk; it is never counted as two answers.
    guard case .proposing = open[reply.trial]?.stage else { return }
    open[reply.trial]?.replies.append(reply)
  }

  /// An agent whose proposals are turned down again and again is asked less and less often.
  mutating func noteTurnedDown(_ opened: OpenTrial, at: Timestamp) {
    guard opened.request.choice != nil, rule(of: opened.request.agent)?.kind != .knobs else { return }
    var record = agents[opened.request.agent] ?? AgentRecord()
    record.refusalsInARow += 1
    if record.refusalsInARow >= 5 { record.hold(at: at, turn: record.refusalsInARow - 4) }
    agents[opened.request.agent] = record
  }

  /// Notes that an agent's answer was understood.
  mutating func agentAnswered(_ opened: OpenTrial, at: Timestamp) {
    guard opened.request.choice != nil else { return }
    let agent = opened.request.agent
    let cost = opened.paid
    let seconds = max(0, at.since(opened.requestedAt).seconds)
    var record = agents[agent] ?? AgentRecord()
    record.failuresInARow = 0
    record.proposals += 1
    if record.refusalsInARow < 5 { record.holdUntil = nil }
    record.meanCost = record.meanCost.map { $0 + (cost - $0) * 0.2 } ?? cost
    record.meanSeconds = record.meanSeconds.map { $0 + (seconds - $0) * 0.2 } ?? seconds
    agents[agent] = record
    freeMoney()
  }

  mutating func fail(_ trial: TrialID, _ failure: AgentFailure, at: Timestamp) {
    guard let opened = open.removeValue(forKey: trial) else { return }
    noteFruitless(opened)
    freeMoney()
    let agent = opened.request.agent
    var record = agents[agent] ?? AgentRecord()
    switch failure.kind {
    // What generations owes is not a matter of luck: a judge that was refused is not measured, and paid for, again and again.
    case .lasting where !record.hasAnswered || rule(of: agent)?.kind == .generations: record.failure = failure
    case .unaffordable:
      if let limit = opened.spendLimit, limit > 0, let rule = rule(of: agent), limit < (moneyLeft(for: rule) ?? 0) {
        record.neededShare = 2 * limit
      } else {
        record.isShortOfMoney = true
      }
    case .transient, .doubtful, .lasting:
      // Asked before it was left alone: no news.
      if let heldAt = record.heldAt, record.failuresInARow > 0, opened.requestedAt < heldAt { break }
      record.failuresInARow += 1
      record.hold(at: at, turn: record.failuresInARow)
      if failure.kind == .doubtful, !record.hasAnswered, record.failuresInARow >= Self.mostDoubts {
        record.failure = failure
      }
    }
    agents[agent] = record
  }

  /// What was promised to somebody and not used is there for others.
  mutating func freeMoney() {
    for agent in agents.keys { agents[agent]?.isShortOfMoney = false }
  }

  mutating func exhaust(_ agent: String, _ reason: String) { agents[agent, default: AgentRecord()].exhausted = reason }

  mutating func forgetExhaustion() {
    for agent in agents.keys { agents[agent]?.exhausted = nil }
  }

  /// Another session may have another key, another network, more money.
  mutating func forgetFailures() {
    forgetExhaustion()
    for agent in agents.keys {
      agents[agent]?.failure = nil
      agents[agent]?.hasAnswered = false
      agents[agent]?.failuresInARow = 0
      agents[agent]?.refusalsInARow = 0
      agents[agent]?.holdUntil = nil
      agents[agent]?.isShortOfMoney = false
    }
  }
}

extension AgentRecord {
  /// Leaves it alone, twice as long each time.
  mutating func hold(at: Timestamp, turn: Int) {
    heldAt = at
    holdUntil = at.advanced(by: min(StudyState.longestHold, Double(1 << min(max(1, turn), 10))))
  }
}

extension AgentRule {
  /// Seconds of a proposal, before anything is known of the agent; nil where it answers at once.
  var usualSeconds: Double? {
    switch kind {
    case .knobs: nil
    case .generations: 60
    case .model: 30
    case .program: 180
    }
  }

  /// US dollars of the dearest answer with its repair, as far as can be said; nil for what costs nothing.
  var dearestProposal: Double? {
    switch kind {
    case .knobs, .generations: return nil
    case .model(let rule):
      guard let price = rule.price, price.input > 0 || price.output > 0 else { return nil }
      let told = 2 * Double(rule.contextTokens) * max(price.input, price.cacheWrite)
      return 2 * (told + Double(rule.maximumTokens) * price.output) / 1e6
    case .program(let rule):
      if let limit = rule.spendLimit { return 2 * max(limit, rule.assumedCost) }
      return max(1, 2 * rule.assumedCost)
    }
  }

  /// US dollars of an answer of middling length.
  var modestAnswer: Double {
    guard case .model(let rule) = kind, let price = rule.price else { return 0 }
    return Double(4_096 + (rule.thinkingTokens ?? 0)) * price.output / 1e6
  }
}
