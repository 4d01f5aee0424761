public import PawlCore

/// One program to run on some node of a cluster, once.
public struct ClusterJob: Sendable, Hashable {
  /// What its name begins with, the same for all jobs that belong together: letters, digits, `.`, `_` and `-`.
  public let series: String
  /// Tells it from others of its series; not negative.
  public let number: Int
  /// The program, by its path on the node, and its arguments.
  public let command: [String]
  /// Its working directory, which the nodes see under the same path; what it prints goes to `output` there.
  public let folder: String
  public let resources: ClusterResources

  /// The file in a job's folder that takes what the job prints.
  public static let output = "node.txt"

  public init(series: String, number: Int, command: [String], folder: String, resources: ClusterResources) {
    self.series = series
    self.number = max(0, number)
    self.command = command
    self.folder = folder
    self.resources = resources
  }

  /// By which it is found again.
  public var name: String { "\(series)-\(number)" }
}

/// What a job asks the scheduler for; nil leaves it to the site.
public struct ClusterResources: Sendable, Hashable {
  public var gpus: Int
  public var cores: Int?
  public var memory: Bytes?
  /// After which the scheduler may end it. A net below the sandbox's own limit, never the rule.
  public var wallSeconds: Double?
  public init(gpus: Int = 0, cores: Int? = nil, memory: Bytes? = nil, wallSeconds: Double? = nil) {
    self.gpus = gpus
    self.cores = cores
    self.memory = memory
    self.wallSeconds = wallSeconds
  }
}

/// One submission of a job, as the scheduler has it.
public struct JobRecord: Sendable, Hashable {
  /// The scheduler's own number for it; a job that is submitted again gets another one.
  public let id: String
  public let state: JobState
  public init(id: String, state: JobState) {
    self.id = id
    self.state = state
  }
}

public enum JobState: Sendable, Hashable {
  /// It waits; the reason is the scheduler's own word, nil where it waits for its turn only.
  case queued(reason: String?)
  case running(node: String)
  case ended(JobEnd)

  public var hasEnded: Bool { if case .ended = self { true } else { false } }
}

/// How a job ended, as the scheduler saw it.
public enum JobEnd: Sendable, Hashable, CustomStringConvertible {
  /// With code 0.
  case completed
  case exited(code: Int32)
  case signalled(Int32)
  /// By somebody: its owner, or an administrator.
  case cancelled
  /// At the scheduler's own time limit.
  case timedOut
  case nodeFailed
  /// It had to make room for another.
  case preempted
  case outOfMemory
  /// It never ran: the scheduler does not let jobs wait for so long.
  case gaveUpWaiting
  /// In a way that the scheduler has a word for and this program has not.
  case other(String)

  public var description: String {
    switch self {
    case .completed: "completed"
    case .exited(let code): "exited with code \(code)"
    case .signalled(let signal): "killed by signal \(signal)"
    case .cancelled: "cancelled"
    case .timedOut: "stopped at the scheduler's time limit"
    case .nodeFailed: "lost with its node"
    case .preempted: "preempted"
    case .outOfMemory: "stopped at the scheduler's memory limit"
    case .gaveUpWaiting: "given up by the scheduler while it waited"
    case .other(let word): "ended as `\(word)`"
    }
  }
}

/// Exit codes of what a scheduler runs around a job's program.
public enum JobExit {
  /// The node does not see the job's folder.
  public static let noFolder: Int32 = 66
  /// By the convention of shells: the program cannot be run, or is not there.
  public static let notExecutable: Int32 = 126
  public static let noProgram: Int32 = 127
}
