import CPawlSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The processes of one attempt.
final class ProcessTree {
  private enum Scope {
    /// Everything in the table but process 1, which is `bwrap` itself.
    case sandbox
    /// What descends from `bwrap`'s process 1, which this process knows by that number.
    case below(pid_t)
    /// What descends from a process, and what carries its mark in the environment.
    case descendants(of: pid_t, mark: [UInt8])
  }
  private let table: ProcessTable
  private let scope: Scope
  private struct Identity: Hashable {
    let process: pid_t
    let start: Int64
  }
  /// Members at some look: a dead one has no environment left to be known by.
  private var seen = Set<Identity>()
  /// The CPU time of each process at the last look at it, in ticks: one whose parent ignores SIGCHLD leaves it to nobody.
  private var spent = [Identity: Int64]()
  /// Of all in `spent`, and the most that was ever seen.
  private var (spentInAll, mostTicks): (Int64, Int64) = (0, 0)

  /// The name of the environment variable by which daemonised descendants are found without a namespace.
  static let markName = "PAWL_ATTEMPT"

  /// The processes of the sandbox whose process 1 the host knows as `initial`.
  ///
  /// Falls back to its descendants where the sandbox has no /proc of its own, or it is out of reach.
  static func sandbox(of initial: pid_t, ownsTable: Bool) -> ProcessTree? {
    if ownsTable, let table = ProcessTable(path: "/proc/\(initial)/root/proc"), !table.isOfHost {
      return ProcessTree(table: table, scope: .sandbox)
    }
    return ProcessTable(path: "/proc").map { ProcessTree(table: $0, scope: .below(initial)) }
  }

  static func descendants(of root: pid_t, mark: String) -> ProcessTree? {
    guard let table = ProcessTable(path: "/proc") else { return nil }
    let marked = mark.isEmpty ? [] : Array("\(Self.markName)=\(mark)".utf8)
    return ProcessTree(table: table, scope: .descendants(of: root, mark: marked))
  }

  private init(table: ProcessTable, scope: Scope) {
    self.table = table
    self.scope = scope
  }

  /// All processes of the attempt as they are now.
  func statuses() -> [ProcessStatus] { look().members }

  /// All processes of the attempt as they are now, and what it has used of the processors so far, in seconds.
  func look() -> (members: [ProcessStatus], cpuSeconds: Double) {
    let all = table.statuses()
    let members = members(of: all)
    var ticks: Int64 = 0
    for member in members {
      ticks &+= member.ownTicks &+ member.childTicks
      let identity = Identity(process: member.identifier, start: member.startTicks)
      spentInAll &+= member.ownTicks &- (spent.updateValue(member.ownTicks, forKey: identity) ?? 0)
    }
    // Orphans are waited for by process 1; what it needed itself, to lay out the sandbox, is not theirs.
    if let initial, let status = all.first(where: { $0.identifier == initial }) { ticks &+= status.childTicks }
    mostTicks = max(mostTicks, ticks, spentInAll)
    return (members, Double(mostTicks) / ProcessTable.ticks)
  }

  private var initial: pid_t? {
    switch scope {
    case .sandbox: 1
    case .below(let initial): initial
    case .descendants: nil
    }
  }

  private func members(of all: [ProcessStatus]) -> [ProcessStatus] {
    switch scope {
    case .sandbox: return all.filter { $0.identifier != 1 }
    case .below(let initial):
      return Self.descendants(of: initial, in: all) { _ in false }.filter { $0.identifier != initial }
    case .descendants(let root, let mark):
      let members = Self.descendants(of: root, in: all) { carries($0, mark) }
      for member in members { seen.insert(Identity(process: member.identifier, start: member.startTicks)) }
      return members
    }
  }

  /// Returns `root`, what it started, and whatever `isMarked` besides, with what that started.
  static func descendants(
    of root: pid_t, in all: [ProcessStatus], isMarked: (ProcessStatus) -> Bool
  ) -> [ProcessStatus] {
    let children = Dictionary(grouping: all, by: \.parent)
    let byIdentifier = Dictionary(all.map { ($0.identifier, $0) }, uniquingKeysWith: { first, _ in first })
    var found = [pid_t: ProcessStatus]()
    var waiting = all.filter { $0.identifier == root || $0.session == root || isMarked($0) }.map(\.identifier)
    while let next = waiting.popLast() {
      guard found[next] == nil, let status = byIdentifier[next] else { continue }
      found[next] = status
      waiting += (children[next] ?? []).map(\.identifier)
    }
    return found.values.sorted { $0.identifier < $1.identifier }
  }

  private func carries(_ status: ProcessStatus, _ mark: [UInt8]) -> Bool {
    if status.isZombie { return seen.contains(Identity(process: status.identifier, start: status.startTicks)) }
    guard !mark.isEmpty,
      let environment = table.read("\(status.identifier)/environ", limit: 1 << 16)
    else { return false }
    return environment.split(separator: 0).contains { $0.elementsEqual(mark) }
  }

  func proportionalBytes(_ statuses: [ProcessStatus]) -> Int64 { table.proportionalBytes(statuses) }

  func signalAll(_ signal: Int32) {
    for status in statuses() where !status.isZombie { table.signal(status.identifier, signal) }
  }

  /// Kills and reaps until none is left; returns the CPU time of those that had become our own children.
  func killAll() -> Double {
    var seconds = 0.0
    // Each round kills what the round before missed because it was being forked; a bound, should one be unkillable.
    for _ in 0..<2000 {
      let members = statuses()
      if members.isEmpty { break }
      for member in members where !member.isZombie { table.signal(member.identifier, SIGKILL) }
      var reaped = false
      for member in members where member.parent == getpid() {
        var (code, signal, cpu, peak): (Int32, Int32, Double, Int64) = (0, 0, 0, 0)
        guard pawl_try_wait(member.identifier, &code, &signal, &cpu, &peak) == 0 else { continue }
        seconds += cpu
        reaped = true
      }
      if !reaped { usleep(500) }
    }
    return seconds
  }
}
