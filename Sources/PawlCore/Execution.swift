/// Where attempts run.
public enum ExecutorRule: Sendable, Codable, Hashable {
  /// As processes of this machine.
  case local
  case slurm(SlurmRule)
  case ray(RayRule)
}

/// A cluster under Slurm. The study's folder must lie on a file system that its nodes see under the same path.
public struct SlurmRule: Sendable, Codable, Hashable {
  public var partition: String?
  public var account: String?
  public var qos: String?
  /// Further options of sbatch(1), one word each, as `--constraint=a100`.
  public var options: [String]
  /// The `pawl` of the nodes; nil for this program's own path.
  public var program: String?
  /// Seconds between two looks at the queue.
  public var pollSeconds: Double
  /// Seconds that a result may take to show on the shared file system once its job has ended.
  public var graceSeconds: Double
  public init(
    partition: String? = nil, account: String? = nil, qos: String? = nil, options: [String] = [],
    program: String? = nil, pollSeconds: Double = 2, graceSeconds: Double = 60
  ) {
    self.graceSeconds = graceSeconds
    self.partition = partition
    self.account = account
    self.qos = qos
    self.options = options
    self.program = program
    self.pollSeconds = pollSeconds
  }
}

/// A Ray cluster, by its Jobs REST API. The study's folder must be seen by its nodes under the same path.
public struct RayRule: Sendable, Codable, Hashable {
  /// Of the dashboard, as `http://127.0.0.1:8265`.
  public var address: String
  /// The `pawl` of the nodes; nil for this program's own path.
  public var program: String?
  /// Seconds between two looks at the jobs.
  public var pollSeconds: Double
  /// Seconds that a result may take to show on the shared file system once its job has ended.
  public var graceSeconds: Double
  public init(address: String, program: String? = nil, pollSeconds: Double = 2, graceSeconds: Double = 60) {
    self.graceSeconds = graceSeconds
    self.address = address
    self.program = program
    self.pollSeconds = pollSeconds
  }
}

/// What an attempt has to itself.
public struct PlacementRule: Sendable, Codable, Hashable {
  /// GPUs, told by `CUDA_VISIBLE_DEVICES`; 0 leaves that variable alone.
  public var gpus: Int
  /// Cores that it is bound to; nil leaves it to the kernel.
  public var cores: Int?
  public init(gpus: Int = 0, cores: Int? = nil) {
    self.gpus = gpus
    self.cores = cores
  }
}

/// What a machine has to give to attempts.
public struct Capacity: Sendable, Codable, Hashable {
  public var gpus: Int
  public var cores: Int
  public init(gpus: Int, cores: Int) {
    self.gpus = gpus
    self.cores = cores
  }
}

/// How an attempt's metric is followed while it runs.
public struct CurveRule: Sendable, Codable, Hashable {
  /// A regular expression for one line with two groups: the step, then the value.
  public var pattern: String
  /// Whether attempts that no longer matter are stopped; otherwise they are only followed.
  public var stopsEarly: Bool
  public init(pattern: String, stopsEarly: Bool = true) {
    self.pattern = pattern
    self.stopsEarly = stopsEarly
  }
}
