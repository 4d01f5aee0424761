import CPawlSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// The processes of one attempt.
struct ProcessTree {
  private enum Scope {
    /// Everything in the table but process 1, which is `bwrap` itself.
    case sandbox
    /// What descends from a process, and what carries its mark in the environment.
    case descendants(of: pid_t, mark: [UInt8])
  }
  private let table: ProcessTable
  private let scope: Scope

  /// The name of the environment variable by which daemonised descendants are found without a namespace.
  static let mark = "PAWL_ATTEMPT"

  /// The processes of the sandbox whose process 1 the host knows as `initial`.
  ///
  /// Falls back to its descendants where the sandbox's own /proc is out of reach.
  init?(sandboxOf initial: pid_t) {
    if let table = ProcessTable(path: "/proc/\(initial)/root/proc"), !table.isOfHost {
      self.init(table: table, scope: .sandbox)
    } else {
      self.init(descendantsOf: initial, mark: "")
    }
  }

  init?(descendantsOf root: pid_t, mark: String) {
    guard let table = ProcessTable(path: "/proc") else { return nil }
    let marked = mark.isEmpty ? [] : Array("\(Self.mark)=\(mark)".utf8)
    self.init(table: table, scope: .descendants(of: root, mark: marked))
  }

  private init(table: ProcessTable, scope: Scope) {
    self.table = table
    self.scope = scope
  }

  func statuses() -> [ProcessStatus] {
    let all = table.statuses()
    switch scope {
    case .sandbox: return all.filter { $0.identifier != 1 }
    case .descendants(let root, let mark): return Self.descendants(of: root, in: all) { carries($0, mark) }
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
    guard !mark.isEmpty, !status.isZombie,
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
