import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the machine's processors did since boot, over all cores, in ticks (the first line of `/proc/stat`, proc_stat(5)).
struct MachineTime: Sendable {
  /// Working, for whomever; time that a hypervisor gave to other machines is busy too.
  let busy: Int64
  let total: Int64

  /// Reads the first line; nil where it is not there or has no numbers.
  init?(parsing text: some StringProtocol) {
    guard let line = text.split(separator: "\n").first, line.hasPrefix("cpu ") else { return nil }
    // user nice system idle iowait irq softirq steal guest guest_nice; what guests use is in user and nice already.
    let fields = line.split(separator: " ").dropFirst().prefix(8).map { Int64($0) ?? 0 }
    guard fields.count >= 4 else { return nil }
    total = fields.reduce(0) { $0 &+ $1 }
    busy = total &- fields[3] &- (fields.count > 4 ? fields[4] : 0)
  }

  static func now() -> MachineTime? { text(at: "/proc/stat").flatMap { MachineTime(parsing: $0) } }
}

/// What attempts and Pawl itself used of this machine's processors, to tell what others used while an attempt ran.
///
/// Attempts report what they used as they go. What was not reported yet at a beginning and at an end is a tenth of a second of work on
/// either side, and mostly cancels.
final class MachineLoad: Sendable {
  /// One for the process: all sandboxes share the machine.
  static let shared = MachineLoad()

  /// Shorter attempts say nothing: a few ticks would be all there is to see.
  static let leastSeconds = 0.5

  /// CPU time of all attempts so far, in microseconds.
  private let spent = Atomic<Int64>(0)
  private let machine: @Sendable () -> MachineTime?
  private let itself: @Sendable () -> Double
  /// Of the kernel's tick in `MachineTime`, a second.
  private let ticks: Double

  init(
    ticks: Double = ProcessTable.ticks, machine: @escaping @Sendable () -> MachineTime? = { MachineTime.now() },
    itself: @escaping @Sendable () -> Double = { processSeconds() }
  ) {
    self.ticks = ticks
    self.machine = machine
    self.itself = itself
  }

  /// An attempt since its beginning; belongs to the thread that runs it.
  final class Mark {
    fileprivate let machine: MachineTime?
    fileprivate let own: Double
    /// What the attempt has reported so far, in microseconds.
    fileprivate var reported: Int64 = 0
    fileprivate init(machine: MachineTime?, own: Double) {
      self.machine = machine
      self.own = own
    }
  }

  private var own: Double { Double(spent.load(ordering: .relaxed)) * 1e-6 + itself() }

  func begin() -> Mark { Mark(machine: machine(), own: own) }

  /// Takes in what a running attempt has used so far, in CPU seconds.
  func report(_ mark: Mark, cpuSeconds: Double) {
    let now = Int64(max(0, min(1e12, cpuSeconds)) * 1e6)
    guard now > mark.reported else { return }
    spent.wrappingAdd(now - mark.reported, ordering: .relaxed)
    mark.reported = now
  }

  /// Ends an attempt that used so much in all, and returns the share of all cores' time that went to others meanwhile.
  ///
  /// - Returns: 0 to 1; nil where the kernel does not tell, or after too short a time.
  func end(_ mark: Mark, wallSeconds: Double, cpuSeconds: Double) -> Double? {
    report(mark, cpuSeconds: cpuSeconds)
    guard wallSeconds >= Self.leastSeconds, let now = machine(), let before = mark.machine else { return nil }
    let total = Double(now.total &- before.total)
    guard total > 0 else { return nil }
    let foreign = Double(now.busy &- before.busy) - (own - mark.own) * ticks
    return max(0, min(1, foreign / total))
  }
}

/// Returns the CPU time of this process, all its threads and ended ones too.
private func processSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
}
