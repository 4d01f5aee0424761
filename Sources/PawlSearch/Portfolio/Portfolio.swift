import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// An agent under a strategy.
struct Arm: Sendable, Codable, Hashable {
  let agent: String
  let strategy: SearchStrategy
  /// Whether pawl.yaml names it; others keep their credit and are not asked.
  var isListed: Bool
  /// Over the whole study.
  var trials = 0
  var kept = 0
  var certifiedGain = 0.0
  var seconds = 0.0
  var dollars = 0.0
  /// US dollars with compute, of the trials that ended.
  var cost = 0.0
  /// In flight.
  var pending = 0
  var asked = 0
  /// Choices since it was asked last.
  var waited = 0
  /// Discounted by age: trials that ended, those kept, and their gain, certified or still open.
  var recentTrials = 0.0
  var recentKept = 0.0
  var recentGain = 0.0
}

/// The gain of a kept candidate, until a certificate settles it.
struct Claim: Sendable, Codable, Hashable {
  let trial: TrialID
  let arm: Int
  /// What was believed when it was kept.
  let believed: Double
  /// What counts for the arm; nil after a certificate failed.
  var counted: Double?
  /// The portfolio's `age` when it was kept.
  let age: Double
}

/// Shares the study among agents and strategies, by what they gain a unit of cost.
///
/// Thompson sampling of the ratio of gain to cost (Xia et al. 2015) with discounted counts, as gains shrink in the course of
/// a study (Garivier and Moulines 2011; Raj and Kalyani 2017). Sampling rather than upper bounds, because trials in flight
/// have no outcome yet: bounds would send all of a batch to one arm (Chapelle and Li 2011).
struct Portfolio: Sendable, Codable, Hashable {
  /// Arms beyond these have no credit of their own: names from outside must not take up memory without end.
  static let armLimit = 256
  static let claimLimit = 512
  /// No arm is taken to cost less than this share of the dearest: what is free still takes its turn.
  static let thrift = 0.05
  /// Trials that the belief about a new arm is worth.
  static let strength = 2.0

  private(set) var arms: [Arm] = []
  private(set) var claims: [Claim] = []
  /// How much was forgotten so far: what counted at age `a` counts `exp(age - a)` of it by now.
  private var age = 0.0

  init(rule: SearchRule, agents: [String]) { list(rule: rule, agents: agents) }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    arms = try values.decode([Arm].self, forKey: .arms)
    claims = try values.decode([Claim].self, forKey: .claims)
    age = try values.decode(Double.self, forKey: .age)
    let isCounted = arms.allSatisfy { arm in
      [arm.trials, arm.kept, arm.pending, arm.asked, arm.waited].allSatisfy(countable.contains)
    }
    guard isCounted, claims.allSatisfy({ arms.indices.contains($0.arm) }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .claims, in: values, debugDescription: "a claim has no arm, or an arm impossible counts")
    }
  }

  mutating func list(rule: SearchRule, agents: [String]) {
    for index in arms.indices { arms[index].isListed = false }
    for agent in agents {
      for strategy in rule.strategies {
        if let index = arms.firstIndex(where: { $0.agent == agent && $0.strategy == strategy }) {
          arms[index].isListed = true
        } else if arms.count < Self.armLimit {
          arms.append(Arm(agent: agent, strategy: strategy, isListed: true))
        }
      }
    }
  }

  /// Returns the arm of a choice that was made elsewhere, too: a person's offer has its credit like any other.
  mutating func arm(agent: String, strategy: SearchStrategy) -> Int? {
    if let index = arms.firstIndex(where: { $0.agent == agent && $0.strategy == strategy }) { return index }
    guard arms.count < Self.armLimit else { return nil }
    arms.append(Arm(agent: agent, strategy: strategy, isListed: false))
    return arms.count - 1
  }

  /// The place of an agent among the names, in the order in which they first came.
  func agentIndex(of arm: Int?) -> Int {
    guard let arm, arms.indices.contains(arm) else { return 0 }
    var names: [String] = []
    for other in arms where !names.contains(other.agent) { names.append(other.agent) }
    return names.firstIndex(of: arms[arm].agent) ?? 0
  }

  // MARK: Choosing

  /// Returns one of the listed arms whose agent has a weight above 0: a new one, else one that waits too long, else the
  /// best of a draw from what is believed.
  func choose(
    weights: [String: Double], rule: SearchRule, breadth: Double, generator: inout SeededGenerator
  ) -> Int? {
    let open = arms.indices.filter { index in
      guard arms[index].isListed, let weight = weights[arms[index].agent] else { return false }
      return weight.isFinite && weight > 0
    }
    guard let first = open.first else { return nil }
    if let new = open.first(where: { arms[$0].asked == 0 }) { return new }
    if let period = Self.period(floor: rule.floor, arms: open.count) {
      let longest = open.reduce(first) { arms[$1].waited > arms[$0].waited ? $1 : $0 }
      if arms[longest].waited >= period { return longest }
    }
    let belief = Belief(arms: arms)
    let dearest = open.reduce(0) { max($0, belief.price(arms[$1])) }
    var best: (index: Int, value: Double)?
    for index in open {
      let arm = arms[index]
      let price = max(belief.price(arm), Self.thrift * dearest)
      let tilt = Self.tilt(arm.strategy, breadth: breadth, among: rule.strategies)
      let value =
        belief.draw(arm, using: &generator) / (price > 0 ? price : 1) * tilt * min(weights[arm.agent] ?? 0, 1e6)
      if best.map({ value > $0.value }) ?? true { best = (index, value) }
    }
    return best?.index
  }

  /// Choices after which an arm is due: its floor's inverse, or every arm in turn where the floors add up to more than one.
  static func period(floor: Double, arms: Int) -> Int? {
    guard floor.isFinite, floor > 0 else { return nil }
    return max(Int((1 / max(floor, 1e-6)).rounded(.up)), arms) - 1
  }

  /// A search that has come to a stand leaves the line for the strategies that go back.
  private static func tilt(_ strategy: SearchStrategy, breadth: Double, among strategies: [SearchStrategy]) -> Double {
    strategy == .line && strategies.count > 1 ? max((1 - breadth) * (1 - breadth), 0.01) : 1
  }

  /// What all arms have in common, and so what a new one is supposed to be like.
  private struct Belief {
    let rate: Double
    let gain: Double
    let cost: Double

    init(arms: [Arm]) {
      let trials = arms.reduce(0) { $0 + $1.recentTrials }
      let kept = arms.reduce(0) { $0 + $1.recentKept }
      let gained = arms.reduce(0) { $0 + $1.recentGain }
      let ended = arms.reduce(0) { $0 + $1.trials }
      // Twice what is usual, so that an arm is tried until it is known.
      rate = min(2 * (kept + 1) / (trials + 8), 0.8)
      gain = kept > 1e-9 && gained > 0 ? gained / kept : 1
      cost = ended > 0 ? arms.reduce(0) { $0 + $1.cost } / Double(ended) : 0
    }

    func price(_ arm: Arm) -> Double { (arm.cost + 0.25 * cost) / (Double(arm.trials) + 0.25) }

    /// A rate of success times a mean success: a beta and an inverse gamma draw. What is in flight counts as failed.
    func draw(_ arm: Arm, using generator: inout SeededGenerator) -> Double {
      let failed = max(arm.recentTrials - arm.recentKept, 0) + Double(arm.pending)
      let success = generator.beta(
        Portfolio.strength * rate + arm.recentKept, Portfolio.strength * (1 - rate) + failed)
      let size = (gain + max(arm.recentGain, 0)) / max(generator.gamma(2 + arm.recentKept), 1e-9)
      return success * size
    }
  }

  // MARK: What came of it

  mutating func asked(_ arm: Int?) {
    for index in arms.indices where arms[index].isListed { arms[index].waited += 1 }
    guard let arm, arms.indices.contains(arm) else { return }
    arms[arm].waited = 0
    arms[arm].asked += 1
    arms[arm].pending += 1
  }

  mutating func paid(_ arm: Int?, dollars: Double, seconds: Double) {
    guard let arm, arms.indices.contains(arm) else { return }
    arms[arm].dollars += dollars
    arms[arm].seconds += seconds
  }

  /// A trial of the arm ended; `gain` is the believed effect of one that was kept.
  mutating func ended(_ arm: Int?, trial: TrialID, cost: Double, gain: Double?) {
    forget()
    guard let arm, arms.indices.contains(arm) else { return }
    arms[arm].pending = max(0, arms[arm].pending - 1)
    arms[arm].trials += 1
    arms[arm].cost += cost
    arms[arm].recentTrials += 1
    guard let gain else { return }
    arms[arm].kept += 1
    arms[arm].recentKept += 1
    arms[arm].recentGain += gain
    claims.append(Claim(trial: trial, arm: arm, believed: gain, counted: gain, age: age))
    if claims.count > Self.claimLimit { claims.removeFirst(claims.count - Self.claimLimit) }
  }

  /// 150 trials, or 40 an arm where there are many, are remembered: those before count less than a third.
  private mutating func forget() {
    let listed = arms.reduce(0) { $0 + ($1.isListed ? 1 : 0) }
    let factor = 1 - 1 / max(150, 40 * Double(listed))
    age += log(factor)
    for index in arms.indices {
      arms[index].recentTrials *= factor
      arms[index].recentKept *= factor
      arms[index].recentGain *= factor
    }
  }

  /// Divides a certificate's effect among the steps by what was believed of each; evenly where nothing was.
  mutating func certified(_ steps: [TrialID], effect: Double) {
    let chosen = claims.indices.filter { steps.contains(claims[$0].trial) }
    let believed = chosen.reduce(0) { $0 + claims[$1].believed }
    for index in chosen {
      let claim = claims[index]
      let part = believed > 0 ? claim.believed / believed : 1 / Double(chosen.count)
      arms[claim.arm].certifiedGain += effect * part
      count(index, effect > 0 ? effect * part : nil)
    }
    claims.removeAll { steps.contains($0.trial) }
  }

  /// Takes the credit for the steps back; a later certificate of a part of them may give it again.
  mutating func refuted(_ steps: [TrialID]) {
    for index in claims.indices where steps.contains(claims[index].trial) { count(index, nil) }
  }

  private mutating func count(_ index: Int, _ gain: Double?) {
    let claim = claims[index]
    let weight = exp(age - claim.age)
    let kept = (gain == nil ? 0.0 : 1) - (claim.counted == nil ? 0 : 1)
    let gained = (gain ?? 0) - (claim.counted ?? 0)
    arms[claim.arm].recentGain = max(0, arms[claim.arm].recentGain + gained * weight)
    arms[claim.arm].recentKept = max(0, arms[claim.arm].recentKept + kept * weight)
    claims[index].counted = gain
  }

  func credit() -> [ArmCredit] {
    let recent = arms.reduce(0) { $0 + $1.recentTrials }
    return arms.indices.map { index in
      let arm = arms[index]
      return ArmCredit(
        agent: arm.agent, strategy: arm.strategy, trials: arm.trials, kept: arm.kept,
        openGain: claims.reduce(0) { $0 + ($1.arm == index ? $1.counted ?? 0 : 0) }, certifiedGain: arm.certifiedGain,
        seconds: arm.seconds, dollars: arm.dollars, share: recent > 0 ? arm.recentTrials / recent : 0)
    }
  }
}
