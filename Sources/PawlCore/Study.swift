/// Which way the metric improves.
public enum Direction: String, Sendable, Codable, Hashable {
  case minimize, maximize
  /// Returns how much better `value` is than `reference`: positive when it is better, in the metric's unit.
  public func improvement(of value: Double, over reference: Double) -> Double {
    self == .minimize ? reference - value : value - reference
  }
}

/// How the number is found in what an attempt prints, and which values can be true.
public struct MetricRule: Sendable, Codable, Hashable {
  /// The metric's name, as in `val_bpb`.
  public var name: String
  /// A regular expression with one capture group for the number; matched against single lines.
  public var pattern: String
  public var direction: Direction
  /// Values outside are no measurement; nil where the task sets no limits.
  public var plausible: ClosedRange<Double>?
  /// A pattern like `pattern` for peak memory in MiB (karpathy's `peak_vram_mb`); nil to use the measured memory.
  public var memoryPattern: String?
  public init(
    name: String, pattern: String, direction: Direction, plausible: ClosedRange<Double>? = nil,
    memoryPattern: String? = nil
  ) {
    self.name = name
    self.pattern = pattern
    self.direction = direction
    self.plausible = plausible
    self.memoryPattern = memoryPattern
  }
}

/// The fixed compute of one attempt; nil leaves a resource unlimited.
public struct Budget: Sendable, Codable, Hashable {
  public var wallSeconds: Double?
  public var cpuSeconds: Double?
  /// Resident memory of the whole process tree.
  public var memory: Bytes?
  /// What the attempt may add to its own folder and private /tmp.
  public var disk: Bytes?
  public var processes: Int?
  /// What is kept of its output on disk; the rest is read, searched for the metric and dropped.
  public var log: Bytes
  public init(
    wallSeconds: Double? = 600, cpuSeconds: Double? = nil, memory: Bytes? = nil, disk: Bytes? = .gibibytes(10),
    processes: Int? = 512, log: Bytes = .mebibytes(16)
  ) {
    self.wallSeconds = wallSeconds
    self.cpuSeconds = cpuSeconds
    self.memory = memory
    self.disk = disk
    self.processes = processes
    self.log = log
  }
}

/// What an attempt may reach beyond its own folder.
public struct SandboxPolicy: Sendable, Codable, Hashable {
  public enum Requirement: String, Sendable, Codable { case full, available, none }
  /// `full` refuses to run where the kernel allows less, `available` runs with what there is, `none` turns it off.
  public var requirement: Requirement
  public var network: Bool
  /// Files and folders inside hidden places (the home folder) that attempts may read; `~` is expanded by the runtime.
  public var readable: [String]
  /// Names of environment variables that are passed on; all others are dropped.
  public var environment: [String]
  public init(
    requirement: Requirement = .available, network: Bool = false, readable: [String] = [], environment: [String] = []
  ) {
    self.requirement = requirement
    self.network = network
    self.readable = readable
    self.environment = environment
  }
}

/// When a study ends by itself; nil means never.
public struct StopRule: Sendable, Codable, Hashable {
  /// Trials judged, crashed ones and refused ones included, the baseline not.
  public var trials: Int?
  /// Wall time over all sessions.
  public var wallSeconds: Double?
  /// Wall time summed over all attempts.
  public var computeSeconds: Double?
  /// Money spent on agents, in US dollars.
  public var spend: Double?
  public init(trials: Int? = nil, wallSeconds: Double? = nil, computeSeconds: Double? = nil, spend: Double? = nil) {
    self.trials = trials
    self.wallSeconds = wallSeconds
    self.computeSeconds = computeSeconds
    self.spend = spend
  }
}

/// What moves the head.
public enum HeadPolicy: String, Sendable, Codable, Hashable, CaseIterable {
  /// Expected gain under what is believed of the effect: measures again while that pays.
  case evidence
  /// Any run that looks better than the number that made the head, and no certificates: for comparison with tools that do so.
  case anyBetter = "any-better"
}

/// How much evidence is asked for.
public struct RatchetRule: Sendable, Codable, Hashable {
  /// The expected share of false certificates over the whole life of the study.
  public var alpha: Double
  /// Attempts of the unchanged baseline before anything is proposed, at least 2.
  public var calibration: Int
  /// The most attempts of one candidate before it must be decided.
  public var maximumReplicates: Int
  /// The most paired seeds of one certification before it is given up.
  public var maximumPairs: Int
  public var policy: HeadPolicy
  public init(
    alpha: Double = 0.05, calibration: Int = 3, maximumReplicates: Int = 8, maximumPairs: Int = 16,
    policy: HeadPolicy = .evidence
  ) {
    self.alpha = alpha
    self.calibration = calibration
    self.maximumReplicates = maximumReplicates
    self.maximumPairs = maximumPairs
    self.policy = policy
  }

  /// Reads what any version stored: at first there was one policy only.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      alpha: try values.decode(Double.self, forKey: .alpha),
      calibration: try values.decode(Int.self, forKey: .calibration),
      maximumReplicates: try values.decode(Int.self, forKey: .maximumReplicates),
      maximumPairs: try values.decode(Int.self, forKey: .maximumPairs),
      policy: try values.decodeIfPresent(HeadPolicy.self, forKey: .policy) ?? .evidence)
  }
}

/// Everything that `pawl.yaml` fixes for one study.
public struct StudyConfiguration: Sendable, Codable, Hashable {
  public var name: StudyName
  /// Run by `sh -c` in the candidate's folder; prints the metric, or leaves artifacts for `evaluate`.
  public var command: String
  /// Whether `command` is a frozen referee (`referee:` in pawl.yaml): it starts the candidate itself and prints the metric.
  public var isReferee: Bool
  /// Scores what `command` left, from pristine copies of the frozen files; nil accepts the number that `command` prints.
  public var evaluate: String?
  /// Files and folders (globs) that `command` leaves for `evaluate`.
  public var artifacts: [String]
  public var metric: MetricRule
  /// Limits and prices of other quantities, each named once, in the order of `SecondaryQuantity.allCases`.
  public var constraints: [Constraint]
  /// Globs of the files that agents may change; everything else is frozen.
  public var editable: [String]
  /// Globs that stay frozen even where `editable` would match; an overlap of literal names is an error.
  public var frozen: [String]
  public var budget: Budget
  public var sandbox: SandboxPolicy
  /// What is done about attempts that shared the machine with something else.
  public var foreignLoad: ForeignLoadRule
  /// Attempts that run at the same time.
  public var workers: Int
  public var stop: StopRule
  public var ratchet: RatchetRule
  /// Who proposes, one at least, names unique.
  public var agents: [AgentRule]
  public var search: SearchRule
  /// Run by `sh -c` in a copy of a candidate before it costs an attempt: says quickly whether it can run at all.
  public var check: String?
  /// The scales, the one where the search happens first; empty where there is only that one.
  public var rungs: [RungRule]
  public var executor: ExecutorRule
  public var placement: PlacementRule
  /// How the metric of a running attempt is followed; nil where it is not.
  public var curve: CurveRule?
  public var approvals: ApprovalRule
  /// How the study improves its training data; nil for a study of code.
  public var generations: GenerationRule?
  /// Another study of the repository, whose champion this one begins with: a study of generations takes its code, one of code its
  /// snapshot.
  public var buildsOn: StudyName?
  /// The seed that everything random in the study is derived from.
  public var seed: UInt64
  public init(
    name: StudyName, command: String, isReferee: Bool = false, evaluate: String? = nil, artifacts: [String] = [],
    metric: MetricRule, constraints: [Constraint] = [], editable: [String], frozen: [String] = [],
    budget: Budget = Budget(), sandbox: SandboxPolicy = SandboxPolicy(), foreignLoad: ForeignLoadRule = .repeats,
    workers: Int = 1, stop: StopRule = StopRule(), ratchet: RatchetRule = RatchetRule(), agents: [AgentRule] = [.knobs],
    search: SearchRule = SearchRule(), check: String? = nil, rungs: [RungRule] = [], executor: ExecutorRule = .local,
    placement: PlacementRule = PlacementRule(), curve: CurveRule? = nil, approvals: ApprovalRule = ApprovalRule(),
    generations: GenerationRule? = nil, buildsOn: StudyName? = nil, seed: UInt64 = 1
  ) {
    self.buildsOn = buildsOn
    self.generations = generations
    self.rungs = rungs
    self.executor = executor
    self.placement = placement
    self.curve = curve
    self.approvals = approvals
    self.name = name
    self.command = command
    self.isReferee = isReferee
    self.evaluate = evaluate
    self.artifacts = artifacts
    self.metric = metric
    self.constraints = constraints
    self.editable = editable
    self.frozen = frozen
    self.budget = budget
    self.sandbox = sandbox
    self.foreignLoad = foreignLoad
    self.workers = workers
    self.stop = stop
    self.ratchet = ratchet
    self.agents = agents
    self.search = search
    self.check = check
    self.seed = seed
  }

  /// Who produces the number.
  public var refereeLevel: RefereeLevel { isReferee ? .referee : evaluate == nil ? .report : .evaluate }

  /// Reads what any version stored: before version 2 of events there was no referee, and later ones added more keys.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      name: try values.decode(StudyName.self, forKey: .name), command: try values.decode(String.self, forKey: .command),
      isReferee: try values.decodeIfPresent(Bool.self, forKey: .isReferee) ?? false,
      evaluate: try values.decodeIfPresent(String.self, forKey: .evaluate),
      artifacts: try values.decode([String].self, forKey: .artifacts),
      metric: try values.decode(MetricRule.self, forKey: .metric),
      constraints: try values.decodeIfPresent([Constraint].self, forKey: .constraints) ?? [],
      editable: try values.decode([String].self, forKey: .editable),
      frozen: try values.decode([String].self, forKey: .frozen),
      budget: try values.decode(Budget.self, forKey: .budget),
      sandbox: try values.decode(SandboxPolicy.self, forKey: .sandbox),
      foreignLoad: try values.decodeIfPresent(ForeignLoadRule.self, forKey: .foreignLoad) ?? .repeats,
      workers: try values.decode(Int.self, forKey: .workers), stop: try values.decode(StopRule.self, forKey: .stop),
      ratchet: try values.decode(RatchetRule.self, forKey: .ratchet),
      agents: try values.decode([AgentRule].self, forKey: .agents),
      search: try values.decodeIfPresent(SearchRule.self, forKey: .search) ?? SearchRule(),
      check: try values.decodeIfPresent(String.self, forKey: .check),
      rungs: try values.decodeIfPresent([RungRule].self, forKey: .rungs) ?? [],
      executor: try values.decodeIfPresent(ExecutorRule.self, forKey: .executor) ?? .local,
      placement: try values.decodeIfPresent(PlacementRule.self, forKey: .placement) ?? PlacementRule(),
      curve: try values.decodeIfPresent(CurveRule.self, forKey: .curve),
      approvals: try values.decodeIfPresent(ApprovalRule.self, forKey: .approvals) ?? ApprovalRule(),
      generations: try values.decodeIfPresent(GenerationRule.self, forKey: .generations),
      buildsOn: try values.decodeIfPresent(StudyName.self, forKey: .buildsOn),
      seed: try values.decode(UInt64.self, forKey: .seed))
  }
}
