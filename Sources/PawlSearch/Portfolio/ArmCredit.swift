public import PawlCore

/// What an agent under a strategy has cost and brought, over the whole study.
public struct ArmCredit: Sendable, Codable, Hashable {
  public let agent: String
  public let strategy: SearchStrategy
  /// Trials that ended; crashed and refused ones among them.
  public let trials: Int
  public let kept: Int
  /// Believed effects of what was kept and no certificate has confirmed or refuted yet, in the metric's unit.
  public let openGain: Double
  /// The certificates' effects, in the metric's unit.
  public let certifiedGain: Double
  public let seconds: Double
  public let dollars: Double
  /// Of the trials that ended lately; those of all arms add up to one.
  public let share: Double
  public init(
    agent: String, strategy: SearchStrategy, trials: Int, kept: Int, openGain: Double, certifiedGain: Double,
    seconds: Double, dollars: Double, share: Double
  ) {
    self.agent = agent
    self.strategy = strategy
    self.trials = trials
    self.kept = kept
    self.openGain = openGain
    self.certifiedGain = certifiedGain
    self.seconds = seconds
    self.dollars = dollars
    self.share = share
  }
}
