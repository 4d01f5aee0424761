import PawlCore

/// What `bwrap` is told; numbers of descriptors are those that it inherits.
struct BubblewrapArguments {
  let host: Host
  let network: Bool
  let statusDescriptor: Int32
  let blockDescriptor: Int32

  /// One place in the attempt's view of the file system.
  private struct Place {
    enum Content { case empty, readable }
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
    options += ["--perms", "1777", "--size", size, "--tmpfs", "/tmp", "--dir", Self.home]
    for secret in host.secrets {
      options += isFolder(secret) ? ["--tmpfs", secret] : ["--ro-bind", "/dev/null", secret]
    }
    var emptied = [String]()
    for place in places(of: command) {
      switch place.content {
      case .empty:
        options += ["--tmpfs", place.path]
        emptied.append(place.path)
      case .readable: options += ["--ro-bind", place.path, place.path]
      }
    }
    options += ["--bind", command.directory, command.directory]
    // Only now, since mount points were made inside them.
    for path in emptied { options += ["--remount-ro", path] }
    for (name, value) in command.environment.sorted(by: { $0.key < $1.key }) { options += ["--setenv", name, value] }
    return options + ["--chdir", command.directory]
  }

  /// The private home folder of every attempt.
  static let home = "/tmp/home"

  /// Deeper places go on top of shallower ones, whatever they hold: the more exact wish wins.
  private func places(of command: SandboxedCommand) -> [Place] {
    var places = host.hidden.map { Place(path: $0, content: .empty, priority: 0) }
    places += command.policy.readable.compactMap(resolved).map { Place(path: $0, content: .readable, priority: 1) }
    places += command.hidden.compactMap(resolved).filter { $0 != "/" && isFolder($0) }
      .map { Place(path: $0, content: .empty, priority: 2) }
    places.sort { ($0.depth, $0.path, $0.priority) < ($1.depth, $1.path, $1.priority) }
    var kept = [Place]()
    for place in places {
      // What is under an empty folder, with nothing readable between, is empty already.
      let above = kept.last { place.path == $0.path || place.path.hasPrefix($0.path + "/") }
      let covered = above?.content == .empty || (above == nil && place.path.hasPrefix("/tmp/"))
      if place.content == .empty && covered { continue }
      kept.append(place)
    }
    return kept
  }

  /// Private /tmp lives in memory, so no budget may be exceeded by it.
  private func temporarySize(_ budget: Budget) -> Int64 {
    let wanted = min(budget.disk?.count ?? .max, budget.memory?.count ?? .max, host.memoryBytes / 2)
    return max(1 << 16, wanted)
  }
}
