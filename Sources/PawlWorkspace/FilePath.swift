import CPawlSystem

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Plain operations on files by their paths.
enum FilePath {
  /// Returns the path made absolute, without `.`, `..` and doubled slashes; links are not resolved.
  static func absolute(_ path: String) -> String {
    var whole = path
    if !path.hasPrefix("/") {
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      if let current = getcwd(&buffer, buffer.count) { whole = String(cString: current) + "/" + path }
    }
    var parts: [Substring] = []
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// Returns the path with all links followed, or nil where nothing is there.
  static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  static func status(_ path: String) -> stat? {
    var status = stat()
    return stat(path, &status) == 0 ? status : nil
  }
  static func exists(_ path: String) -> Bool { status(path) != nil }
  static func isFolder(_ path: String) -> Bool { status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false }

  /// Makes the folder where it is missing; its parent must be there.
  static func makeFolder(_ path: String) throws(WorkspaceError) {
    if mkdir(path, 0o777) == 0 { return }
    let number = errno
    if number == EEXIST && isFolder(path) { return }
    throw .system("the folder `\(path)` could not be made", number)
  }

  /// Makes the folder and its parents where they are missing.
  static func makeFolders(_ path: String) throws(WorkspaceError) {
    if isFolder(path) { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeFolders(String(path[..<slash])) }
    try makeFolder(path)
  }

  /// Returns the names in the folder, `.` and `..` left out, in no order.
  static func names(in path: String) throws(WorkspaceError) -> [String] {
    guard let folder = opendir(path) else { throw .system("the folder `\(path)` could not be read") }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// Writes the file anew.
  static func write(_ content: [UInt8], to path: String) throws(WorkspaceError) {
    let file = try Descriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o666)
    guard writeAll(content[...], to: file.number) == 0 else { throw .system("`\(path)` could not be written") }
  }

  /// Writes all the bytes; returns 0 or an errno value.
  static func writeAll(_ content: ArraySlice<UInt8>, to number: Int32) -> Int32 {
    content.withUnsafeBytes { bytes in
      var written = 0
      while written < bytes.count {
        let count = systemWrite(number, bytes.baseAddress.map { $0 + written }, bytes.count - written)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return count < 0 ? errno : EIO }
        written += count
      }
      return 0
    }
  }

  /// Copies content and time of change.
  static func copyFile(from source: String, to target: String) throws(WorkspaceError) {
    let reading = try Descriptor.open(source, O_RDONLY)
    let writing = try Descriptor.open(target, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o666)
    var number = copyAll(from: reading.number, to: writing.number)
    if number == 0 { number = copyTimes(from: reading.number, to: writing.number) }
    guard number == 0 else { throw .system("`\(source)` could not be copied to `\(target)`", number) }
  }

  private static func copyTimes(from source: Int32, to target: Int32) -> Int32 {
    var status = stat()
    guard fstat(source, &status) == 0 else { return errno }
    #if canImport(Glibc)
      let times = [status.st_atim, status.st_mtim]
    #else
      let times = [status.st_atimespec, status.st_mtimespec]
    #endif
    return futimens(target, times) == 0 ? 0 : errno
  }

  /// Copies from one file's position to the other's until the end, sharing blocks where the file system can; 0 or an errno value.
  static func copyAll(from source: Int32, to target: Int32) -> Int32 {
    var buffer: [UInt8] = []
    return copyAll(from: source, to: target, size: .max, &buffer)
  }

  /// As above; files up to `small` bytes go through the buffer, which for them is quicker than asking the kernel to share.
  static func copyAll(from source: Int32, to target: Int32, size: Int64, _ buffer: inout [UInt8]) -> Int32 {
    if size > small {
      let shared = pawl_workspace_copy(source, target)
      if shared >= 0 { return shared }
    }
    if buffer.isEmpty { buffer = [UInt8](repeating: 0, count: Int(small) + 1) }
    while true {
      let count = buffer.withUnsafeMutableBytes { systemRead(source, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      if count < 0 { return errno }
      if count == 0 { return 0 }
      let number = writeAll(buffer[..<count], to: target)
      if number != 0 { return number }
      // A regular file gives all it has: less than the buffer means that the end was reached.
      if count < buffer.count && size <= small { return 0 }
    }
  }

  private static let small: Int64 = 65_536
}

/// The folder `.pawl` in the repository's top folder.
enum PawlFolder {
  static func path(_ root: String) -> String { root == "/" ? "/.pawl" : root + "/.pawl" }

  /// Makes the folder with a `.gitignore` of its own that hides it from git.
  static func prepare(root: String) throws(WorkspaceError) {
    let folder = path(root)
    var status = stat()
    if lstat(folder, &status) == 0, status.st_mode & S_IFMT != S_IFDIR {
      throw WorkspaceError(
        .fileSystem, "`\(folder)` is not a folder", hints: ["move it away: Pawl keeps its own files there"])
    }
    try FilePath.makeFolder(folder)
    if !FilePath.exists(folder + "/.gitignore") { try FilePath.write(Array("*\n".utf8), to: folder + "/.gitignore") }
  }
}
