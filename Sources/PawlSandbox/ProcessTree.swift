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

  /// The name of the environment variable by which daemonised descendants are found without a namespace.
  static let markName = "PAWL_ATTEMPT"

  /// The processes of the sandbox whose process 1 the host knows as `initial`.
  ///
  /// Falls back to its descendants where the sandbox's own /proc is out of reach.
  static func sandbox(of initial: pid_t) -> ProcessTree? {
    guard let table = ProcessTable(path: "/proc/\(initial)/root/proc"), !table.isOfHost else {
      return descendants(of: initial, mark: "")
    }
    return ProcessTree(table: table, scope: .sandbox)
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

  func statuses() -> [ProcessStatus] {
    let all = table.statuses()
    switch scope {
    case .sandbox: return all.filter { $0.identifier != 1 }
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
