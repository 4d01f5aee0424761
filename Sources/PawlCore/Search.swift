/// Where a candidate's parent is taken from.
public enum SearchStrategy: String, Sendable, Codable, Hashable, CaseIterable {
  /// From the head, as karpathy/autoresearch does.
  case line
  /// Any earlier candidate, by the score of an upper confidence bound over the tree (PUCT; arXiv 2509.06503).
  case tree
  /// Elites of niches on islands with migration (MAP-Elites: Mouret and Clune 2015; AlphaEvolve: arXiv 2506.13131).
  case islands
}

/// How agents and strategies share the study.
public struct SearchRule: Sendable, Codable, Hashable {
  /// In the order of `SearchStrategy.allCases`, each once, one at least.
  public var strategies: [SearchStrategy]
  public var islands: Int
  /// Trials on an island between two migrations.
  public var migration: Int
  /// Weight of the unknown in the tree's score (`c_puct`).
  public var exploration: Double
  /// The least share of trials that each agent under each strategy gets.
  public var floor: Double
  /// What an hour of an attempt is worth in US dollars, to weigh compute against money.
  public var computePrice: Double
  /// Trials without a new head after which the search widens.
  public var patience: Int
  public init(
    strategies: [SearchStrategy] = [.line], islands: Int = 4, migration: Int = 20, exploration: Double = 1,
    floor: Double = 0.05, computePrice: Double = 1, patience: Int = 20
  ) {
    self.strategies = strategies
    self.islands = islands
    self.migration = migration
    self.exploration = exploration
    self.floor = floor
    self.computePrice = computePrice
    self.patience = patience
  }
}

/// Where one proposal is to start from, and why.
public struct SearchChoice: Sendable, Codable, Hashable {
  public let agent: String
  public let strategy: SearchStrategy
  /// Of which island the parent is; nil for the other strategies.
  public let island: Int?
  public let parent: TrialID
  /// Other candidates that the agent is shown: near misses to recombine, elites of other niches.
  public let inspirations: [TrialID]
  /// 0 for a search that makes progress, towards 1 the longer it does not.
  public let breadth: Double
  public init(
    agent: String, strategy: SearchStrategy, island: Int? = nil, parent: TrialID, inspirations: [TrialID] = [],
    breadth: Double = 0
  ) {
    self.agent = agent
    self.strategy = strategy
    self.island = island
    self.parent = parent
    self.inspirations = inspirations
    self.breadth = breadth
  }
}
