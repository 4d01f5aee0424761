import CPawlSystem
import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Why an attempt was stopped before its own end.
enum StopReason: Sendable {
  case wall, cpu, memory, processes, threads, disk, cancelled, companion
}

/// Looks at a running attempt now and then, and says when it has used up what it was given.
///
/// An attempt that ends before the first look is never looked at. Looks take at most about a twentieth of the time.
struct Watcher {
  private let tree: ProcessTree
  private let budget: Budget
  private let threads: Int?
  private let directory: String
  private let limitsProcesses: Bool
  /// What the attempt can write to in memory: its /tmp, its /dev/shm and its home.
  private let inMemory: [MemoryFolder]
  /// What the folder held before the attempt began.
  private let baseline: Int64
  private var nextWalk = 0.0
  private(set) var peakBytes: Int64 = 0
  private(set) var cpuSeconds = 0.0
  private(set) var nextLook: Double

  /// The time before the first look, in seconds.
  static func firstLook(_ budget: Budget, limitsProcesses: Bool) -> Double {
    budget.processes != nil && !limitsProcesses ? 0.01 : 0.05
  }

  /// - Parameter root: the root folder that the attempt sees, when it has one of its own.
  init(
    tree: ProcessTree, root: String?, home: String, budget: Budget, threads: Int?, directory: String, baseline: Int64,
    limitsProcesses: Bool, now: Double
  ) {
    self.tree = tree
    self.budget = budget
    self.threads = threads
    self.directory = directory
    self.baseline = baseline
    self.limitsProcesses = limitsProcesses
    let isSubstitute = home == BubblewrapArguments.substituteHome
    inMemory = (["/tmp", "/dev/shm"] + (isSubstitute ? [] : [home]))
      .compactMap { folder in root.flatMap { MemoryFolder(path: $0 + folder) } }
    nextLook = now
  }

  /// Looks once; returns what was used up, if anything.
  mutating func look(now: Double) -> StopReason? {
    let (statuses, cpuSeconds) = tree.look()
    let sample = ProcessTable.sample(statuses)
    self.cpuSeconds = cpuSeconds
    let inMemory = inMemory.reduce(0) { $0 &+ $1.use().bytes }
    var memory = sample.residentBytes &+ inMemory
    // Children of one parent share pages, so the quick sum may be far too high.
    if memory > max(peakBytes, budget.memory?.count ?? .max) { memory = tree.proportionalBytes(statuses) &+ inMemory }
    peakBytes = max(peakBytes, memory)
    let reason = verdict(sample, memory: memory, inMemory: inMemory, now: now)
    let cost = monotonicSeconds() - now
    var pause = (budget.processes != nil && !limitsProcesses) || threads != nil ? 0.02 : 0.1
    if let most = budget.memory?.count, memory > most / 2 { pause = min(pause, 0.02) }
    nextLook = now + max(pause, min(2, cost * 20))
    return reason
  }

  private mutating func verdict(_ sample: TreeSample, memory: Int64, inMemory: Int64, now: Double) -> StopReason? {
    if let most = budget.processes, sample.processes > most { return .processes }
    if let threads, sample.threads > threads { return .threads }
    if let most = budget.memory?.count, memory > most { return .memory }
    if let most = budget.cpuSeconds, cpuSeconds > most { return .cpu }
    if let most = budget.disk?.count, diskGrowth(limit: most, now: now) &+ inMemory > most { return .disk }
    return nil
  }

  private mutating func diskGrowth(limit: Int64, now: Double) -> Int64 {
    guard now >= nextWalk else { return 0 }
    let enough = baseline.addingReportingOverflow(limit)
    let used = DiskUse.bytes(below: directory, limit: enough.overflow ? .max : enough.partialValue)
    nextWalk = now + min(10, max(0.1, 30 * (monotonicSeconds() - now)))
    return used - baseline
  }

  /// Whether private /tmp or home has no room left.
  var temporaryIsFull: Bool { inMemory.contains { $0.use().isFull } }

  /// Sends a signal to every process of the attempt.
  func signalAll(_ signal: Int32) { tree.signalAll(signal) }
}
