import PawlCore

/// What `bwrap` is told; numbers of descriptors are those that it inherits.
struct BubblewrapArguments {
  let host: Host
  let bubblewrap: Bubblewrap
  let statusDescriptor: Int32
  let blockDescriptor: Int32

  /// One place in the attempt's view of the file system.
  private struct Place {
    enum Content: Equatable {
      /// An empty folder that cannot be written to.
      case empty
      /// An empty folder that is the attempt's own.
      case home
      /// An empty file.
      case nothing
      /// What is at that resolved path, read-only.
      case readable(String)
      var isBare: Bool { self == .empty || self == .home }
    }
    let path: String
    let content: Content
    /// Among equal paths the later wins.
    let priority: Int
    var depth: Int { path.utf8.count { $0 == UInt8(ascii: "/") } }
  }

  /// Returns the options in an order that matters: each mount goes on top of those before.
  ///
  /// `command.directory` must be resolved. Paths in `hidden` and `readable` that do not exist are left out.
  func options(for command: SandboxedCommand) -> [String] {
    var options = [
      "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--die-with-parent", "--new-session",
      "--cap-drop", "ALL", "--json-status-fd", "\(statusDescriptor)", "--block-fd", "\(blockDescriptor)",
    ]
    if bubblewrap.network && !command.policy.network { options.append("--unshare-net") }
    if bubblewrap.unprivileged { options += ["--unshare-user", "--uid", Self.nobody, "--gid", Self.nobody] }
    let size = "\(temporarySize(command.budget))"
    if command.visible == nil { options += ["--ro-bind", "/", "/"] }
    options += ["--dev", "/dev", "--perms", "1777", "--size", size, "--tmpfs", "/dev/shm"]
    for device in host.devices { options += ["--dev-bind-try", device, device] }
    options += ["--remount-ro", "/dev"] + processes
    options += ["--perms", "1777", "--size", size, "--tmpfs", "/tmp"]
    if home(of: command) == Self.substituteHome { options += ["--dir", Self.substituteHome] }
    var emptied = [String]()
    if let visible = command.visible {
      for path in visible.sorted() { options += ["--ro-bind-try", path, path] }
      emptied.append("/")
    } else {
      for secret in host.secrets {
        options += isFolder(secret) ? ["--tmpfs", secret] : ["--ro-bind", "/dev/null", secret]
      }
      for place in places(of: command) { options += mount(place, size: size, emptied: &emptied) }
    }
    options += ["--bind", command.directory, command.directory]
    // Not before, or the folder would lie on top.
    for path in hidden(of: command) where isWithin(path, command.directory) && path != command.directory {
      options += mount(
        Place(path: path, content: isFolder(path) ? .empty : .nothing, priority: 3), size: size, emptied: &emptied)
    }
    // Only now, since mount points were made inside them.
    for path in emptied { options += ["--remount-ro", path] }
    for (name, value) in command.environment.sorted(by: { $0.key < $1.key }) { options += ["--setenv", name, value] }
    return options + ["--chdir", command.directory]
  }

  private func mount(_ place: Place, size: String, emptied: inout [String]) -> [String] {
    switch place.content {
    case .empty:
      emptied.append(place.path)
      return ["--tmpfs", place.path]
    case .nothing: return ["--ro-bind", "/dev/null", place.path]
    case .home: return ["--perms", "0700", "--size", size, "--tmpfs", place.path]
    case .readable(let source): return ["--ro-bind", source, place.path]
    }
  }

  /// Without a procfs only what tells of the machine, which libraries ask for.
  private var processes: [String] {
    if bubblewrap.processes { return ["--proc", "/proc"] }
    let files = ["/proc/cpuinfo", "/proc/meminfo"].flatMap { ["--ro-bind-try", $0, $0] }
    return ["--tmpfs", "/proc"] + files + ["--remount-ro", "/proc"]
  }

  /// The user and the group that every system has a name for, since programs look theirs up.
  private static let nobody = "65534"

  private func hidden(of command: SandboxedCommand) -> [String] {
    command.hidden.compactMap(resolved).filter { $0 != "/" }
  }

  /// The private home folder where the real one cannot be covered.
  static let substituteHome = "/tmp/home"

  /// Returns the home folder of an attempt: private and empty, at the real one's place, since tools bake that path in.
  func home(of command: SandboxedCommand) -> String {
    guard command.visible == nil, let home = resolved(host.home), home != "/", home != "/tmp", isFolder(home),
      !command.policy.readable.contains(where: { resolved($0) == home }), !isWithin(home, command.directory)
    else { return Self.substituteHome }
    return home
  }

  /// Deeper places go on top of shallower ones, whatever they hold: the more exact wish wins.
  private func places(of command: SandboxedCommand) -> [Place] {
    let home = home(of: command)
    var places = host.hidden.filter { $0 != home }.map { Place(path: $0, content: .empty, priority: 0) }
    if home != Self.substituteHome { places.append(Place(path: home, content: .home, priority: 1)) }
    for path in command.policy.readable {
      guard let source = resolved(path) else { continue }
      places.append(Place(path: source, content: .readable(source), priority: 2))
      // Its own name must lead there too: `~/.cache` may be a link to another disk, and the private home has no links.
      guard let inHome = [host.home, home].lazy.compactMap({ suffix(of: path, below: $0) }).first else { continue }
      let alias = home + inHome
      if alias != source { places.append(Place(path: alias, content: .readable(source), priority: 2)) }
    }
    places += hidden(of: command).map { Place(path: $0, content: isFolder($0) ? .empty : .nothing, priority: 3) }
    places.sort { ($0.depth, $0.path, $0.priority) < ($1.depth, $1.path, $1.priority) }
    var kept = [Place]()
    for place in places {
      // What is under an empty folder, with nothing readable between, is empty already.
      let above = kept.last { isWithin(place.path, $0.path) }
      let covered = above?.content.isBare ?? place.path.hasPrefix("/tmp/")
      if covered && (place.content == .empty || place.content == .nothing) { continue }
      kept.append(place)
    }
    return kept
  }

  private func isWithin(_ path: String, _ folder: String) -> Bool { path == folder || path.hasPrefix(folder + "/") }

  /// Returns what follows `folder` in a path below it, with its slash.
  private func suffix(of path: String, below folder: String) -> Substring? {
    path.hasPrefix(folder + "/") ? path.dropFirst(folder.count) : nil
  }

  /// Private /tmp lives in memory, so no budget may be exceeded by it.
  private func temporarySize(_ budget: Budget) -> Int64 {
    let wanted = min(budget.disk?.count ?? .max, budget.memory?.count ?? .max, host.memoryBytes / 2)
    return max(1 << 16, wanted)
  }
}
