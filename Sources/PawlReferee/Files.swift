#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlRefereeProtocol

/// Returns the bytes of a file, at most `limit` of them; nil when it cannot be read.
package func readFile(_ path: String, limit: Int = .max) -> [UInt8]? {
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
package func writeFile(_ bytes: [UInt8], to path: String) throws(LabError) {
  let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
  guard descriptor >= 0 else { throw LabError(.cannotRun, "cannot write `\(path)`: \(reason(errno))") }
  defer { close(descriptor) }
  guard writeAll(bytes, to: descriptor) else {
    throw LabError(.cannotRun, "cannot write `\(path)`: \(reason(errno))")
  }
}

/// Says in words what a system call's error number means.
package func reason(_ number: Int32) -> String { String(cString: strerror(number)) }

package func fileExists(_ path: String) -> Bool { access(path, F_OK) == 0 }

/// Returns the value of an environment variable; nil when unset or empty.
package func environment(_ name: String) -> String? {
  guard let value = getenv(name) else { return nil }
  let text = String(cString: value)
  return text.isEmpty ? nil : text
}

/// Prints a line on standard output at once, so that it keeps its place among those of the candidate.
package func say(_ line: String) { _ = writeAll(Array((line + "\n").utf8), to: 1) }

/// Removes a folder with all that is in it; what cannot be removed stays.
package func removeFolder(_ path: String) {
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

/// Formats a number with so many digits after the point, whatever the locale.
package func fixed(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
  let unit = (0..<digits).reduce(1) { result, _ in result * 10 }
  let whole = Int((abs(value) * Double(unit)).rounded())
  let sign = value < 0 ? "-" : ""
  guard digits > 0 else { return "\(sign)\(whole)" }
  let tail = String(whole % unit)
  return "\(sign)\(whole / unit)." + String(repeating: "0", count: max(0, digits - tail.count)) + tail
}
