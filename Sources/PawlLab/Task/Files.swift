#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Returns what can be read now, empty at the end, nil on an error.
func readSome(_ descriptor: Int32) -> [UInt8]? {
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let got = read(descriptor, &chunk, chunk.count)
    if got < 0 && errno == EINTR { continue }
    if got < 0 { return nil }
    return Array(chunk[..<got])
  }
}

/// Returns the bytes of a file, at most `limit` of them; nil when it cannot be read.
func readFile(_ path: String, limit: Int = .max) -> [UInt8]? {
  let descriptor = open(path, O_RDONLY | O_CLOEXEC)
  guard descriptor >= 0 else { return nil }
  defer { close(descriptor) }
  var bytes: [UInt8] = []
  while bytes.count < limit {
    guard let more = readSome(descriptor) else { return nil }
    if more.isEmpty { break }
    bytes += more
  }
  return bytes.count > limit ? Array(bytes[..<limit]) : bytes
}

/// Writes a new file or replaces one.
func writeFile(_ bytes: [UInt8], to path: String) throws(LabError) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw LabError(.cannotRun, "cannot write `\(path)`: \(reason(errno))") }
  defer { close(descriptor) }
  guard writeAll(bytes, to: descriptor) else {
    throw LabError(.cannotRun, "cannot write `\(path)`: \(reason(errno))")
  }
}

/// Says in words what a system call's error number means.
func reason(_ number: Int32) -> String { String(cString: strerror(number)) }

func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Returns the value of an environment variable; nil when unset or empty.
func environment(_ name: String) -> String? {
  guard let value = getenv(name) else { return nil }
  let text = String(cString: value)
  return text.isEmpty ? nil : text
}

/// Prints a line on standard output at once, so that it keeps its place among those of the candidate.
func say(_ line: String) { _ = writeAll(Array((line + "\n").utf8), to: 1) }

/// Removes a folder with all that is in it; what cannot be removed stays.
func removeFolder(_ path: String) {
  if let entries = opendir(path) {
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name == "." || name == ".." { continue }
      let inner = path + "/" + name
      if unlink(inner) != 0 { removeFolder(inner) }
    }
    closedir(entries)
  }
  rmdir(path)
}
