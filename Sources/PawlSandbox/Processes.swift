import CPawlSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What one look at a process tree shows.
struct TreeSample: Sendable {
  var processes = 0
  var threads = 0
  var residentBytes: Int64 = 0
}

/// One line of `/proc/PID/stat` (proc_pid_stat(5)).
struct ProcessStatus {
  let identifier: pid_t
  let state: UInt8
  let parent: pid_t
  let session: pid_t
  /// Of its own threads, ended ones too.
  let ownTicks: Int64
  /// Of the ended children that it waited for, with theirs.
  let childTicks: Int64
  let threads: Int64
  let residentPages: Int64
  /// When it was started, in ticks since boot; with the number it names a process for good.
  let startTicks: Int64

  /// Reads the line; the name in parentheses may hold anything, so fields count from the last `)`.
  init?(parsing line: some BidirectionalCollection<UInt8>) {
    guard let end = line.lastIndex(of: UInt8(ascii: ")")), let open = line.firstIndex(of: UInt8(ascii: " ")),
      let identifier = decimal(line[..<open])
    else { return nil }
    let fields = line[line.index(after: end)...].split(separator: UInt8(ascii: " "))
    guard fields.count > 21, let state = fields[0].first, let parent = decimal(fields[1]),
      let session = decimal(fields[3]), let startTicks = decimal(fields[19]), let residentPages = decimal(fields[21])
    else { return nil }
    self.identifier = pid_t(truncatingIfNeeded: identifier)
    self.state = state
    self.parent = pid_t(truncatingIfNeeded: parent)
    self.session = pid_t(truncatingIfNeeded: session)
    ownTicks = (11...12).reduce(0) { $0 &+ (decimal(fields[$1]) ?? 0) }
    childTicks = (13...14).reduce(0) { $0 &+ (decimal(fields[$1]) ?? 0) }
    threads = decimal(fields[17]) ?? 1
    self.residentPages = residentPages
    self.startTicks = startTicks
  }

  var isZombie: Bool { state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") }
}

private func decimal(_ digits: some Collection<UInt8>) -> Int64? { Int64(String(decoding: digits, as: UTF8.self)) }

#if canImport(Glibc)
  typealias FolderStream = OpaquePointer
#else
  typealias FolderStream = UnsafeMutablePointer<DIR>
#endif

/// Returns the next name in a folder without `.` and `..`.
func nextName(in folder: FolderStream) -> String? {
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
      pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != "." && name != ".." { return name }
  }
  return nil
}

/// A mounted procfs: the host's, or the one inside a sandbox, which lists that sandbox's processes only.
struct ProcessTable {
  private let folder: Descriptor
  static let ticks = Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
  private static let pageBytes = Int64(max(1, sysconf(Int32(_SC_PAGESIZE))))

  init?(path: String) {
    guard let folder = Descriptor.open(path, O_RDONLY | O_DIRECTORY) else { return nil }
    self.folder = folder
  }

  /// Whether this is the procfs that this process sees itself.
  var isOfHost: Bool {
    var (own, this) = (stat(), stat())
    return stat("/proc", &own) != 0 || fstat(folder.number, &this) != 0 || own.st_dev == this.st_dev
  }

  /// All processes, `limit` at most so that a fork bomb cannot keep the watcher busy.
  func statuses(limit: Int = 1 << 16) -> [ProcessStatus] {
    let copy = pawl_openat(folder.number, ".", O_RDONLY | O_DIRECTORY, 0)
    guard copy >= 0, let stream = fdopendir(copy) else { return [] }
    defer { closedir(stream) }
    var found = [ProcessStatus]()
    while found.count < limit, let name = nextName(in: stream) {
      guard let first = name.utf8.first, (UInt8(ascii: "1")...UInt8(ascii: "9")).contains(first) else { continue }
      guard let line = read("\(name)/stat", limit: 2048), let status = ProcessStatus(parsing: line) else { continue }
      found.append(status)
    }
    return found
  }

  func read(_ path: String, limit: Int) -> [UInt8]? {
    let number = pawl_openat(folder.number, path, O_RDONLY, 0)
    guard number >= 0 else { return nil }
    let file = Descriptor(number)
    return contents(of: file.number, limit: limit)
  }

  /// Sends a signal without a race: the open folder names the process even when its number is used anew.
  func signal(_ process: pid_t, _ signal: Int32) {
    let number = pawl_openat(folder.number, "\(process)", O_RDONLY | O_DIRECTORY, 0)
    guard number >= 0 else { return }
    let handle = Descriptor(number)
    _ = pawl_pidfd_send_signal(handle.number, signal)
  }

  static func sample(_ statuses: [ProcessStatus]) -> TreeSample {
    var sample = TreeSample()
    for status in statuses where !status.isZombie {
      sample.processes += 1
      sample.threads &+= Int(clamping: status.threads)
      sample.residentBytes &+= max(0, status.residentPages) &* pageBytes
    }
    return sample
  }

  /// Memory where shared pages count once (`Pss`); exact but slow, so only asked when the quick sum is too high.
  func proportionalBytes(_ statuses: [ProcessStatus]) -> Int64 {
    statuses.reduce(0) { sum, status in
      guard !status.isZombie else { return sum }
      guard let rollup = read("\(status.identifier)/smaps_rollup", limit: 4096),
        let line = rollup.split(separator: UInt8(ascii: "\n")).first(where: { $0.starts(with: Array("Pss:".utf8)) }),
        let kibibytes = decimal(line.filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
      else { return sum &+ max(0, status.residentPages) &* Self.pageBytes }
      return sum &+ kibibytes &* 1024
    }
  }
}
