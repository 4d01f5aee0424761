import PawlCore

/// What `bwrap` is told; numbers of descriptors are those that it inherits.
struct BubblewrapArguments {
  let host: Host
  let network: Bool
  let statusDescriptor: Int32
  let blockDescriptor: Int32

  /// One place in the attempt's view of the file system.
  private struct Place {
    enum Content: Equatable {
      /// An empty folder that cannot be written to.
      case empty
      /// An empty folder that is the attempt's own.
      case home
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
    if network && !command.policy.network { options.append("--unshare-net") }
    let size = "\(temporarySize(command.budget))"
    options += ["--ro-bind", "/", "/", "--dev", "/dev", "--perms", "1777", "--size", size, "--tmpfs", "/dev/shm"]
    for device in host.devices { options += ["--dev-bind-try", device, device] }
    options += ["--remount-ro", "/dev", "--proc", "/proc"]
    options += ["--perms", "1777", "--size", size, "--tmpfs", "/tmp"]
    let home = home(of: command)
    if home == Self.substituteHome { options += ["--dir", home] }
    for secret in host.secrets {
      options += isFolder(secret) ? ["--tmpfs", secret] : ["--ro-bind", "/dev/null", secret]
    }
    var emptied = [String]()
    for place in places(of: command) {
      switch place.content {
      case .empty:
        options += ["--tmpfs", place.path]
        emptied.append(place.path)
      case .home: options += ["--perms", "0700", "--size", size, "--tmpfs", place.path]
      case .readable(let source): options += ["--ro-bind", source, place.path]
      }
    }
    options += ["--bind", command.directory, command.directory]
    // Only now, since mount points were made inside them.
    for path in emptied { options += ["--remount-ro", path] }
    for (name, value) in command.environment.sorted(by: { $0.key < $1.key }) { options += ["--setenv", name, value] }
    return options + ["--chdir", command.directory]
  }

  /// The private home folder where the real one cannot be covered.
  static let substituteHome = "/tmp/home"

  /// Returns the home folder of an attempt: private and empty, at the real one's place, since tools bake that path in.
  func home(of command: SandboxedCommand) -> String {
    guard let home = resolved(host.home), home != "/", home != "/tmp", isFolder(home),
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
    places += command.hidden.compactMap(resolved).filter { $0 != "/" && isFolder($0) }
      .map { Place(path: $0, content: .empty, priority: 3) }
    places.sort { ($0.depth, $0.path, $0.priority) < ($1.depth, $1.path, $1.priority) }
    var kept = [Place]()
    for place in places {
      // What is under an empty folder, with nothing readable between, is empty already.
      let above = kept.last { isWithin(place.path, $0.path) }
      let covered = above?.content.isBare ?? place.path.hasPrefix("/tmp/")
      if place.content == .empty && covered { continue }
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
