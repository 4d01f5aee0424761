public import PawlCore

/// Everything that one proposal is to be made from: values that the caller gathered.
///
/// `brief()` renders it for a model, `taskFile(hypothesisFile:)` for a coding program.
public struct Briefing: Sendable, Hashable {
  /// How a model is to hand in its edits.
  public enum AnswerForm: Sendable, Hashable { case tools, text }

  public var study: StudyName
  public var metric: MetricRule
  /// program.md, where the study has one: what its owner wants to be tried.
  public var program: String?
  /// The editable files as they are at the parent, by path.
  public var files: [String: String]
  /// Paths of the other files of the repository, which are frozen.
  public var frozenFiles: [String]
  /// The globs of what may be edited.
  public var editable: [String]
  public var constraints: [Constraint]
  /// What is run on a candidate before its first attempt, a compiler say.
  public var check: String?
  /// What the proposal is to be a change of.
  public var parent: TrialID
  /// What is known of the metric; absent where it is not.
  public var standing: Standing
  /// The steps of the line that led to the parent, the oldest first.
  public var steps: [HeadStep]
  public var trials: [TrialStory]
  /// Trials to take ideas from, shown with their whole diffs.
  public var inspirations: [TrialStory]
  /// Open ones.
  public var hints: [Hint]
  /// The notebook.
  public var notes: [Note]
  /// What others said they work on.
  public var claims: [Claim]
  public var bans: [Ban]
  /// Candidates that people want the search to come back to, the oldest pin first.
  public var pins: [TrialID]
  /// What other agents work on at the same time.
  public var inFlight: [WorkInFlight]
  public var budget: BudgetLeft
  /// 0 for a search that makes progress, towards 1 the longer it does not.
  public var breadth: Double
  public var form: AnswerForm
  /// Tokens of all that the agent is told, by `TokenEstimate`; below 4,000 it may come to more.
  public var tokenBudget: Int

  public init(
    study: StudyName, metric: MetricRule, program: String? = nil, files: [String: String], frozenFiles: [String] = [],
    editable: [String], constraints: [Constraint] = [], check: String? = nil, parent: TrialID,
    standing: Standing = Standing(), steps: [HeadStep] = [], trials: [TrialStory] = [],
    inspirations: [TrialStory] = [], hints: [Hint] = [], notes: [Note] = [], claims: [Claim] = [], bans: [Ban] = [],
    pins: [TrialID] = [], inFlight: [WorkInFlight] = [],
    budget: BudgetLeft = BudgetLeft(), breadth: Double = 0, form: AnswerForm = .tools, tokenBudget: Int = 48_000
  ) {
    self.study = study
    self.metric = metric
    self.program = program
    self.files = files
    self.frozenFiles = frozenFiles
    self.editable = editable
    self.constraints = constraints
    self.check = check
    self.parent = parent
    self.standing = standing
    self.steps = steps
    self.trials = trials
    self.inspirations = inspirations
    self.hints = hints
    self.notes = notes
    self.claims = claims
    self.bans = bans
    self.pins = pins
    self.inFlight = inFlight
    self.budget = budget
    self.breadth = breadth
    self.form = form
    self.tokenBudget = tokenBudget
  }

  /// What an agent is told, in the order in which it is sent.
  public struct Brief: Sendable, Hashable {
    /// Who it is, the rules, how to answer: the same for a whole study.
    public let system: String
    /// The task and the parent's files: the same bytes for each proposal from one parent, so that a cache can hold them.
    public let stable: String
    /// What was tried, what people say, what is asked for now.
    public let changing: String
    /// By `TokenEstimate`, of all three and of the tool's description.
    public let estimatedTokens: Int
  }
}

/// What is known of the metric where a proposal starts.
public struct Standing: Sendable, Hashable {
  /// The baseline's mean.
  public var baseline: Double?
  /// The parent's mean.
  public var parent: Double?
  /// The standard deviation of one measurement.
  public var sigma: Double?
  public init(baseline: Double? = nil, parent: Double? = nil, sigma: Double? = nil) {
    self.baseline = baseline
    self.parent = parent
    self.sigma = sigma
  }
}

/// A step of the line that a proposal goes on from.
public struct HeadStep: Sendable, Hashable {
  public var trial: TrialID
  public var hypothesis: String
  /// What is believed of it, positive is better, with its standard deviation; nil where it was not measured.
  public var effect: Double?
  public var deviation: Double?
  public var isCertified: Bool
  public var size: DiffStatistics?
  /// Shows which parts of large files changed lately; it is not printed.
  public var diff: String?
  public init(
    trial: TrialID, hypothesis: String, effect: Double? = nil, deviation: Double? = nil, isCertified: Bool = false,
    size: DiffStatistics? = nil, diff: String? = nil
  ) {
    self.trial = trial
    self.hypothesis = hypothesis
    self.effect = effect
    self.deviation = deviation
    self.isCertified = isCertified
    self.size = size
    self.diff = diff
  }
}

/// A proposal of another agent that is not judged yet.
public struct WorkInFlight: Sendable, Hashable {
  public var trial: TrialID
  public var agent: String
  /// Its hypothesis; nil while the agent still thinks.
  public var hypothesis: String?
  public init(trial: TrialID, agent: String, hypothesis: String? = nil) {
    self.trial = trial
    self.agent = agent
    self.hypothesis = hypothesis
  }
}

/// What an attempt may take and what the study has left; nil where there is no bound.
public struct BudgetLeft: Sendable, Hashable {
  /// Wall seconds of one attempt.
  public var attemptSeconds: Double?
  public var trials: Int?
  /// Of the study's wall time.
  public var seconds: Double?
  /// US dollars for agents.
  public var spend: Double?
  public init(attemptSeconds: Double? = nil, trials: Int? = nil, seconds: Double? = nil, spend: Double? = nil) {
    self.attemptSeconds = attemptSeconds
    self.trials = trials
    self.seconds = seconds
    self.spend = spend
  }
}
