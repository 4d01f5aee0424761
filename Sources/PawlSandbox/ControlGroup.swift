import CPawlSystem
import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Where this process may make control groups (cgroups(7)), of either version.
struct ControlGroups: Sendable {
  /// Folders below which groups are made; equal under version 2, nil where the controller is out of reach.
  let processes: String?
  let memory: String?
  let isUnified: Bool

  /// Looks for a place that really accepts a group with a limit.
  static func find() -> ControlGroups {
    let lines = (text(at: "/proc/self/cgroup") ?? "").split(separator: "\n")
      .map { $0.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false) }
    let root = "/sys/fs/cgroup"
    // Version 2 puts no process beside a group with controllers, so ours can only be a sibling of our own.
    if let own = lines.first(where: { $0.count == 3 && $0[0] == "0" })?[2], own != "/",
      let cut = own.lastIndex(of: "/")
    {
      let base = root + own[..<cut]
      let controllers = (text(at: base + "/cgroup.subtree_control") ?? "").split { $0 == " " || $0 == "\n" }
      let usable = { (name: Substring) in controllers.contains(name) && accepts(base, name + ".max") }
      let (processes, memory) = (usable("pids"), usable("memory"))
      if processes || memory {
        return ControlGroups(processes: processes ? base : nil, memory: memory ? base : nil, isUnified: true)
      }
    }
    let legacy = { (controller: Substring, file: Substring) -> String? in
      guard let own = lines.first(where: { $0.count == 3 && $0[1].split(separator: ",").contains(controller) })?[2]
      else { return nil }
      let base = "\(root)/\(controller)" + (own == "/" ? "" : own)
      return accepts(base, file) ? base : nil
    }
    return ControlGroups(
      processes: legacy("pids", "pids.max"), memory: legacy("memory", "memory.limit_in_bytes"), isUnified: false)
  }

  private static func accepts(_ base: String, _ file: Substring) -> Bool {
    removeLeftovers(in: base)
    let folder = "\(base)/pawl-\(getpid())-probe"
    guard mkdir(folder, 0o755) == 0 else { return false }
    defer { rmdir(folder) }
    // A number that both controllers take.
    return store("1048576", at: "\(folder)/\(file)")
  }

  /// Groups of a Pawl that was killed are empty; those of a live one are not touched.
  private static func removeLeftovers(in base: String) {
    for name in entries(of: base) where name.hasPrefix("pawl-") {
      let owner = name.dropFirst(5).prefix { $0 != "-" }
      if let owner = pid_t(owner), owner != getpid(), kill(owner, 0) != 0, errno == ESRCH { rmdir("\(base)/\(name)") }
    }
  }
}

private func store(_ value: String, at path: String) -> Bool {
  guard let file = Descriptor.open(path, O_WRONLY) else { return false }
  return Array(value.utf8).withUnsafeBytes { writeAll(file.number, $0) } == 0
}

/// The group of one attempt; removes itself.
final class ControlGroup: Sendable {
  private let folders: [String]
  private let memoryFolder: String?
  private let isUnified: Bool
  let limitsProcesses: Bool

  /// Makes a group with the budget's limits, or returns nil where there is nothing to limit or no place for it.
  ///
  /// Threads count too, so some room for them is added to the number of processes.
  init?(in groups: ControlGroups, budget: Budget, threads: Int?, serial: UInt64, cores: Int) {
    let name = "/pawl-\(getpid())-\(serial)"
    let processes = budget.processes == nil ? nil : groups.processes.map { $0 + name }
    let memory = budget.memory == nil ? nil : groups.memory.map { $0 + name }
    var made = [String]()
    for folder in Set([processes, memory].compactMap { $0 }).sorted() where mkdir(folder, 0o755) == 0 {
      made.append(folder)
    }
    guard !made.isEmpty else { return nil }
    var limited = false
    if let processes, made.contains(processes), let most = budget.processes {
      let tasks = Self.tasks(processes: most, threads: threads, cores: cores)
      limited = store("\(tasks)", at: processes + "/pids.max")
    }
    var held: String?
    if let memory, made.contains(memory), let most = budget.memory?.count {
      // A little above what the watcher enforces: files that it wrote count here, and the watcher speaks first.
      let bytes = max(most, 1 << 20) / 8 * 9
      let file = groups.isUnified ? "/memory.max" : "/memory.limit_in_bytes"
      if store("\(bytes)", at: memory + file) { held = memory }
      if groups.isUnified { _ = store("0", at: memory + "/memory.swap.max") }
    }
    folders = made
    memoryFolder = held
    isUnified = groups.isUnified
    limitsProcesses = limited
  }

  /// The most tasks, as the kernel counts them: threads, and processes as threads.
  static func tasks(processes: Int, threads: Int?, cores: Int) -> Int {
    let room = max(1, processes).addingReportingOverflow(4 * cores + 8)
    return min(room.overflow ? .max : room.partialValue, threads ?? .max)
  }

  deinit { for folder in folders { rmdir(folder) } }

  /// Moves a process in; its children follow. Returns false when a folder did not take it.
  func add(_ process: pid_t) -> Bool {
    folders.reduce(true) { store("\(process)", at: $1 + "/cgroup.procs") && $0 }
  }

  /// Whether the kernel killed a process in it for lack of memory.
  var sawOutOfMemory: Bool {
    guard let memoryFolder else { return false }
    let lines = text(at: memoryFolder + (isUnified ? "/memory.events" : "/memory.oom_control")) ?? ""
    return lines.split(separator: "\n").contains { line in
      let words = line.split(separator: " ")
      return words.count == 2 && words[0] == "oom_kill" && words[1] != "0"
    }
  }
}
