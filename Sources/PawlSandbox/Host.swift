import CPawlSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What the sandbox needs to know of the machine; read once.
struct Host: Sendable {
  let isRoot: Bool
  let path: String
  let home: String
  let temporary: String
  let memoryBytes: Int64
  /// Folders that are hidden from every attempt, resolved.
  let hidden: [String]
  /// Files that only root may read, which an attempt of root must not.
  let secrets: [String]
  /// Device nodes of accelerators.
  let devices: [String]

  static func current() -> Host {
    let isRoot = geteuid() == 0
    let path = variable("PATH") ?? "/usr/local/bin:/usr/bin:/bin"
    let home = variable("HOME") ?? "/root"
    let places = ["/home", "/root", "/run", "/var/tmp", home]
    let found = Set(places.compactMap(resolved).filter { $0 != "/" && $0 != "/tmp" && isFolder($0) })
    let secrets = ["/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/ssh"]
    return Host(
      isRoot: isRoot, path: path, home: home, temporary: variable("TMPDIR") ?? "/tmp",
      memoryBytes: physicalMemoryBytes(), hidden: found.sorted(),
      secrets: isRoot ? secrets.filter { access($0, F_OK) == 0 } : [],
      devices: entries(of: "/dev").filter { $0.hasPrefix("nvidia") || $0 == "dri" || $0 == "kfd" }.sorted()
        .map { "/dev/" + $0 })
  }

  /// Returns the first executable file of that name on PATH.
  func program(_ name: String) -> String? {
    path.split(separator: ":").lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }
}

func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// Returns the path without links, dots and double slashes; nil where nothing is there.
func resolved(_ path: String) -> String? {
  guard let real = realpath(path, nil) else { return nil }
  defer { free(real) }
  return String(cString: real)
}

func isFolder(_ path: String) -> Bool {
  var status = stat()
  return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
}

/// Names in a folder without `.` and `..`; empty when it cannot be read.
func entries(of path: String) -> [String] {
  guard let folder = opendir(path) else { return [] }
  defer { closedir(folder) }
  var names = [String]()
  while let name = nextName(in: folder) { names.append(name) }
  return names
}
