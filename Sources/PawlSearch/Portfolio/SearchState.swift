public import PawlCore

/// Where the search has been, and so where it goes on: which agent, from which candidate, with which others in view.
///
/// A fold of the study's events: equal calls give equal states and equal choices. Bounded: `members` names the candidates
/// that it can still go back to, at most `SearchArchive.capacity` beside those in flight; dropped are the oldest that are
/// neither among the best nor above the head, nor the elite of a niche, nor a near miss.
public struct SearchState: Sendable, Codable, Hashable {
  public private(set) var rule: SearchRule
  /// In the order of pawl.yaml.
  public private(set) var agents: [String]
  let direction: Direction
  let baseline: TrialID
  private(set) var head: TrialID
  private(set) var archive: SearchArchive
  private(set) var archipelago: Archipelago
  private(set) var portfolio: Portfolio
  private(set) var misses = NearMisses()
  /// Trials that ended since the head moved, and moves of the head so far.
  private var endedSinceHeadMoved = 0
  private var heads = 0

  public init(rule: SearchRule, agents: [String], direction: Direction, baseline: TrialID) {
    self.rule = rule
    self.agents = agents
    self.direction = direction
    self.baseline = baseline
    head = baseline
    archive = SearchArchive(baseline: baseline)
    archipelago = Archipelago(count: rule.islands)
    portfolio = Portfolio(rule: rule, agents: agents)
  }

  /// Takes over what pawl.yaml says now; agents and strategies that are gone keep their credit.
  public mutating func reconfigure(rule: SearchRule, agents: [String]) {
    self.rule = rule
    self.agents = agents
    archipelago.resize(to: rule.islands)
    portfolio.list(rule: rule, agents: agents)
  }

  /// The candidates that a choice may name as parent or inspiration, in the order of trials; those in flight among them.
  public var members: [TrialID] { archive.nodes.compactMap { $0.stage == .fruitless ? nil : $0.trial } }

  /// `members` and what came to nothing of late: how much is held.
  public var size: Int { archive.nodes.count }

  /// Whether the trial is one of `members`.
  public func holds(_ trial: TrialID) -> Bool {
    archive.index(of: trial).map { archive[$0].stage != .fruitless } ?? false
  }

  /// 0 for a search that makes progress; rises after `rule.patience` trials without a new head, to 1 after three times as many.
  public var breadth: Double {
    let patience = Double(max(1, rule.patience))
    return min(1, max(0, (Double(endedSinceHeadMoved) - patience) / (2 * patience)))
  }

  // MARK: A trial's life

  /// Counts a trial as in flight, against its arm and its parent, so that many that are asked for at once spread out.
  ///
  /// The choice may be somebody else's: an agent that is not listed has its credit, too. A parent that is not held is the head.
  public mutating func asked(_ choice: SearchChoice, trial: TrialID) {
    guard archive.index(of: trial) == nil else { return }
    let arm = portfolio.arm(agent: choice.agent, strategy: choice.strategy)
    let index = add(trial, parent: choice.parent)
    archive[index].arm = arm
    archive[index].island = choice.island
    portfolio.asked(arm)
    if let island = choice.island { archipelago.asked(on: island) }
    for shown in choice.inspirations {
      if let place = archive.index(of: shown) { archive[place].shown += 1 }
    }
  }

  /// Takes note of a candidate: `lines` of its editable code, its change against its parent, US dollars for its agent.
  public mutating func proposed(_ trial: TrialID, lines: Int, change: DiffStatistics?, cost: Double) {
    let index = place(of: trial)
    let lines = min(max(lines, 1), 1_000_000_000)
    archive[index].lines = lines
    if let change {
      let moved = Self.clipped(change.added) + Self.clipped(change.removed)
      let above = archive[index].parent.map { archive[$0].way } ?? 0
      archive[index].way = min(above + moved, 1_000_000_000)
      // Nobody need say how long the baseline is: its first child does.
      if archive[0].lines == 0, index != 0 {
        archive[0].lines = max(1, lines - Self.clipped(change.added) + Self.clipped(change.removed))
      }
    }
    pay(index, dollars: cost, seconds: 0)
  }

  /// Counts US dollars for a trial's agent, beyond those given with `proposed`.
  public mutating func paid(_ trial: TrialID, dollars: Double) {
    if let index = archive.index(of: trial) { pay(index, dollars: dollars, seconds: 0) }
  }

  /// Takes in a verdict: the believed mean metric, the believed effect over the head of then with its standard deviation,
  /// and seconds of compute. The baseline's own mean may be given the same way; else it follows from the first trial.
  public mutating func measured(
    _ trial: TrialID, value: Double, gain: Double, deviation: Double, verdict: Verdict, seconds: Double
  ) {
    guard value.isFinite else { return fruitless(trial, seconds: seconds, cost: 0) }
    let gain = gain.isFinite ? gain : 0
    let index = place(of: trial)
    let score = direction == .maximize ? value : -value
    pay(index, dollars: 0, seconds: seconds)
    archive[index].verdict = verdict
    archive[index].standing = Self.standing(gain, deviation)
    end(index, gain: verdict == .kept && trial != baseline ? max(0, gain) : nil)
    if archive[0].score == nil, index != 0 { settleBaseline(score - gain) }
    if trial == baseline {
      settleBaseline(score)
    } else {
      archive.score(index, score)
      if let island = archive[index].island {
        archipelago.settle(elite(index, score), on: island)
        archipelago.ended(on: island, migration: rule.migration)
      }
      if verdict == .kept { misses.remove(trial) } else { misses.add(trial, in: archive) }
    }
    dropIfFull()
  }

  /// A trial came to nothing: it crashed, was refused or failed. Seconds and US dollars beyond those given before.
  public mutating func fruitless(_ trial: TrialID, seconds: Double, cost: Double) {
    let index = place(of: trial)
    guard index != 0 else { return }
    pay(index, dollars: cost, seconds: seconds)
    // What was measured is a candidate, whatever is said of it afterwards.
    guard archive[index].stage == .open else { return }
    end(index, gain: nil)
    archive.bury(index)
    if let island = archive[index].island { archipelago.ended(on: island, migration: rule.migration) }
    dropIfFull()
  }

  /// The trial's change was made again on another candidate, which is its parent now.
  public mutating func rebased(_ trial: TrialID, onto parent: TrialID) {
    guard let index = archive.index(of: trial), let above = archive.index(of: parent) else { return }
    archive.move(index, below: above)
  }

  public mutating func headMoved(to trial: TrialID) {
    guard trial != head else { return }
    let index = place(of: trial)
    head = trial
    heads += 1
    endedSinceHeadMoved = 0
    // What another strategy found comes to one island; the others hear of it by migration.
    if let score = archive[index].score {
      archipelago.settle(elite(index, score), on: heads % archipelago.islands.count)
    }
  }

  /// A certificate's effect over these steps is credited to their arms, by what was believed of each.
  public mutating func certified(_ steps: [TrialID], effect: Double) {
    portfolio.certified(steps, effect: effect.isFinite ? max(0, effect) : 0)
  }

  /// No certificate for these steps: their believed gains count no longer.
  public mutating func certificationFailed(_ steps: [TrialID]) { portfolio.refuted(steps) }

  /// What each agent under each strategy has cost and brought, listed or not, in the order in which they first came.
  public func credit() -> [ArmCredit] { portfolio.credit() }

  // MARK: Parts

  private mutating func add(_ trial: TrialID, parent: TrialID) -> Int {
    let above = archive.index(of: parent) ?? archive.index(of: head) ?? 0
    let index = archive.insert(trial, parent: above)
    if let parent = archive[index].parent { archive.expand(parent) }
    return index
  }

  /// Where the trial stands; one that nobody asked for is a child of the head.
  private mutating func place(of trial: TrialID) -> Int { archive.index(of: trial) ?? add(trial, parent: head) }

  private mutating func pay(_ index: Int, dollars: Double, seconds: Double) {
    let (dollars, seconds) = (Self.amount(dollars), Self.amount(seconds))
    archive[index].dollars += dollars
    archive[index].seconds += seconds
    portfolio.paid(archive[index].arm, dollars: dollars, seconds: seconds)
  }

  /// Settles a trial's cost and gain; one that ended before is not counted twice.
  private mutating func end(_ index: Int, gain: Double?) {
    guard archive[index].stage == .open, index != 0 else { return }
    let node = archive[index]
    let price = Self.amount(rule.computePrice)
    archive.settle(index)
    endedSinceHeadMoved += 1
    portfolio.ended(
      node.arm, trial: node.trial, cost: node.dollars + node.seconds / 3_600 * price, gain: gain)
  }

  private mutating func settleBaseline(_ score: Double) {
    archive.score(0, score)
    archipelago.settleEverywhere(elite(0, score))
  }

  private func elite(_ index: Int, _ score: Double) -> Archipelago.Elite {
    let node = archive[index]
    let niche = Niche.index(
      lines: node.lines, baseline: archive[0].lines, way: node.way, agent: portfolio.agentIndex(of: node.arm))
    return Archipelago.Elite(niche: niche, trial: node.trial, score: score)
  }

  private mutating func dropIfFull() {
    guard archive.isFull else { return }
    archive.drop(except: archipelago.members + misses.trials, head: head)
  }

  private static func standing(_ gain: Double, _ deviation: Double) -> Double {
    guard deviation.isFinite, deviation > 0 else { return gain > 0 ? 3 : gain < 0 ? -3 : 0 }
    return min(max(gain / deviation, -3), 3)
  }

  private static func amount(_ number: Double) -> Double { number.isFinite ? min(max(number, 0), 1e12) : 0 }
  private static func clipped(_ lines: Int) -> Int { min(max(lines, 0), 1_000_000_000) }
}
