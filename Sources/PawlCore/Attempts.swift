/// How an attempt's process ended; says nothing about what it measured.
public enum Outcome: Sendable, Codable, Hashable, CustomStringConvertible {
  case exited(code: Int32)
  case signalled(signal: Int32)
  /// The wall or CPU time of the budget was used up.
  case timedOut
  case outOfMemory
  case diskFull
  /// The process never ran; `reason` is a lowercase fragment.
  case launchFailed(reason: String)
  /// Its curve said that it would not matter.
  case stoppedEarly
  public var description: String {
    switch self {
    case .exited(let code): "exited with code \(code)"
    case .signalled(let signal): "killed by signal \(signal)"
    case .timedOut: "timed out"
    case .outOfMemory: "out of memory"
    case .diskFull: "disk full"
    case .launchFailed(let reason): "could not start: \(reason)"
    case .stoppedEarly: "stopped early"
    }
  }
}

/// What an attempt used.
public struct Usage: Sendable, Codable, Hashable {
  public var wallSeconds: Double
  /// User and system time of the whole process tree.
  public var cpuSeconds: Double
  public var peakMemory: Bytes
  /// All that it printed, kept or not.
  public var output: Bytes
  /// The share of all cores' time that others than Pawl and its attempts used meanwhile, 0 to 1; nil where that is not known.
  public var foreignLoad: Double?
  public init(
    wallSeconds: Double, cpuSeconds: Double, peakMemory: Bytes, output: Bytes, foreignLoad: Double? = nil
  ) {
    self.wallSeconds = wallSeconds
    self.cpuSeconds = cpuSeconds
    self.peakMemory = peakMemory
    self.output = output
    self.foreignLoad = foreignLoad
  }
}

/// What was made of an attempt that shared the machine with more than its like did.
public enum Disturbance: String, Sendable, Codable, Hashable {
  /// Its measurement does not count: it is made again, with the same seed.
  case repeated
  /// It counts as it is: it was made again often enough, or too many were.
  case counted
}

/// Who produced the number (DESIGN, section 6); the level is on every certificate.
public enum RefereeLevel: String, Sendable, Codable, Hashable {
  case referee, evaluate, report
  /// What the level means, as a lowercase fragment.
  public var meaning: String {
    switch self {
    case .referee: "a frozen process kept the held-out data, started the candidate and took the number"
    case .evaluate: "a frozen command scored what the candidate left, in a fresh sandbox"
    case .report: "self-reported: the script that agents edit printed its own number"
    }
  }
}

/// What kept an attempt in, strongest first.
public enum SandboxLevel: String, Sendable, Codable, Hashable, CaseIterable {
  /// Namespaces, a read-only root, no network, limits on every resource.
  case full
  /// Some of that; the doctor says what is missing.
  case partial
  /// A process like any other.
  case none
}

/// Why an attempt is made; decides which seeds it uses and what its measurement counts for.
public enum AttemptPurpose: Sendable, Codable, Hashable {
  /// The baseline again, to learn the noise.
  case calibration
  /// To judge a trial, or to know the head better.
  case search
  /// One half of a fresh pair: `candidate` is the stack under test, otherwise it is the champion.
  case certification(Int, pair: Int, candidate: Bool)
}

extension AttemptPurpose {
  /// The held-out data that the task is to measure on, where it has more than one split.
  public enum Split: String, Sendable, Hashable { case search, sealed }
  /// Certificates are judged on data that no search measurement ever came from.
  public var split: Split {
    switch self {
    case .calibration, .search: .search
    case .certification: .sealed
    }
  }
}

/// One process that was asked for: a candidate, a seed, a purpose.
public struct AttemptRequest: Sendable, Codable, Hashable {
  public let id: AttemptID
  public let trial: TrialID
  public let commit: CommitHash
  /// Passed to the command as `PAWL_SEED`.
  public let seed: UInt64
  public let purpose: AttemptPurpose
  /// The scale, from 1.
  public let rung: Int
  /// Whether what training leaves is kept, as the model of its generation.
  public let keepsModel: Bool
  /// SHA-256 of the baseline's answers, which those of this model are compared with; nil where they are not.
  public let baselineAnswers: String?
  public init(
    id: AttemptID, trial: TrialID, commit: CommitHash, seed: UInt64, purpose: AttemptPurpose, rung: Int = 1,
    keepsModel: Bool = false, baselineAnswers: String? = nil
  ) {
    self.rung = rung
    self.baselineAnswers = baselineAnswers
    self.keepsModel = keepsModel
    self.id = id
    self.trial = trial
    self.commit = commit
    self.seed = seed
    self.purpose = purpose
  }

  /// Reads what any version stored: at first there was one rung.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      id: try values.decode(AttemptID.self, forKey: .id), trial: try values.decode(TrialID.self, forKey: .trial),
      commit: try values.decode(CommitHash.self, forKey: .commit), seed: try values.decode(UInt64.self, forKey: .seed),
      purpose: try values.decode(AttemptPurpose.self, forKey: .purpose),
      rung: try values.decodeIfPresent(Int.self, forKey: .rung) ?? 1,
      keepsModel: try values.decodeIfPresent(Bool.self, forKey: .keepsModel) ?? false,
      baselineAnswers: try values.decodeIfPresent(String.self, forKey: .baselineAnswers))
  }

  /// What the attempt's environment says of it; nothing that a user sets replaces these.
  public var environment: [String: String] {
    ["PAWL_SEED": String(seed), "PAWL_SPLIT": purpose.split.rawValue, "PAWL_RUNG": String(rung)]
  }

  /// The names of `environment`.
  public static let variables: Set = ["PAWL_SEED", "PAWL_SPLIT", "PAWL_RUNG"]
}

/// What came of an attempt.
public struct AttemptResult: Sendable, Codable, Hashable {
  public let id: AttemptID
  public let outcome: Outcome
  /// The metric; absent when there is none, never a sentinel.
  public let measurement: Double?
  /// Why there is no measurement, or what is odd about it: a lowercase fragment.
  public let remark: String?
  public let usage: Usage
  /// Peak memory that the command itself reported (GPU memory, say), where `memoryPattern` found one.
  public let reportedMemory: Bytes?
  public let sandbox: SandboxLevel
  public let referee: RefereeLevel
  /// The last lines of the output, at most 4 KiB, cut at a line; nil where the measurement succeeded.
  public let logTail: String?
  /// The metric on the way, thinned out, where it was followed. Absent in journals of before.
  public var curve: [CurvePoint]?
  /// The model that it left, where it was to be kept, and which canaries that gets right. Absent in journals of before.
  public var model: StoredFile?
  public var canaries: CanaryAnswers?
  /// What the model wrote for the frozen prompts, and how that compares with the baseline's.
  public var answers: StoredFile?
  public var preference: Preference?
  /// Set by the engine before the result is journaled; nil for an attempt that nothing disturbed.
  public var disturbance: Disturbance?
  public init(
    id: AttemptID, outcome: Outcome, measurement: Double?, remark: String?, usage: Usage, reportedMemory: Bytes?,
    sandbox: SandboxLevel, referee: RefereeLevel, logTail: String?, disturbance: Disturbance? = nil,
    curve: [CurvePoint]? = nil
  ) {
    self.curve = curve
    self.id = id
    self.outcome = outcome
    self.measurement = measurement
    self.remark = remark
    self.usage = usage
    self.reportedMemory = reportedMemory
    self.sandbox = sandbox
    self.referee = referee
    self.logTail = logTail
    self.disturbance = disturbance
  }
}
