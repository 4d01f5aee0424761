#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

import PawlReferee
import PawlRefereeProtocol

/// Compiled candidates, found again by all that went into them, in a folder that is the user's alone.
///
/// An entry is one file: the program, the record of what it was made of, and a trailer with the lengths and a fingerprint of both. It is
/// written under a name of its own and renamed, so that many attempts may come and go at once. A broken entry is as good as none.
struct ProgramCache {
  let folder: String
  /// The bytes that entries may take together; the longest unused go first.
  var limit = 256 << 20

  private static let magic: [UInt8] = Array("pawl-lab program 1\n".utf8)
  private static var trailerBytes: Int { magic.count + 16 + 32 }

  /// Opens the folder, which is made where it is missing; nil when it is not the user's alone.
  init?(folder: String) {
    var made = ""
    for part in folder.split(separator: "/", omittingEmptySubsequences: false) {
      made += part + "/"
      mkdir(made, 0o700)
    }
    var status = stat()
    guard stat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
      status.st_mode & 0o022 == 0, access(folder, W_OK) == 0
    else { return nil }
    self.folder = folder
  }

  /// The folder that the environment names: PAWL_LAB_CACHE, or `pawl-lab` in XDG_CACHE_HOME or in `.cache` at home.
  static func path(_ environment: (String) -> String?) -> String? {
    if let own = environment("PAWL_LAB_CACHE") { return own }
    // A relative XDG_CACHE_HOME is to be ignored (XDG Base Directory Specification).
    if let caches = environment("XDG_CACHE_HOME"), caches.hasPrefix("/") { return caches + "/pawl-lab" }
    return environment("HOME").map { $0 + "/.cache/pawl-lab" }
  }

  /// Puts the program for `record` at `path`, from the cache or else made by `build`, which one process at a time does for a record.
  func program(for record: [UInt8], at path: String, build: () throws(LabError) -> Void) throws(LabError) {
    let key = Fingerprint(record).text
    if take(key, record, to: path) { return }
    let lock = lock(key)
    // Unlocked first: a child between fork(2) and execve(2) has the descriptor too.
    defer {
      if lock >= 0 {
        _ = flock(lock, LOCK_UN)
        close(lock)
      }
    }
    // Another attempt may have compiled it while this one waited.
    if take(key, record, to: path) { return }
    try build()
    keep(key, record, from: path)
  }

  /// Waits until no other process compiles what has the same first digit; as long as a compiler may take, no longer.
  private func lock(_ key: String) -> Int32 {
    let descriptor = open("\(folder)/lock-\(key.prefix(1))", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return -1 }
    let deadline = monotonicSeconds() + Toolchain.Limits().wallSeconds
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 && monotonicSeconds() < deadline { usleep(20_000) }
    return descriptor
  }

  /// Copies an entry's program to `path`; false when there is none, or it is not whole.
  private func take(_ key: String, _ record: [UInt8], to path: String) -> Bool {
    let entry = "\(folder)/\(key)"
    guard let bytes = readFile(entry, limit: limit), let program = Self.program(in: bytes, record) else { return false }
    utimes(entry, nil)
    unlink(path)
    do throws(LabError) { try writeFile(program, to: path) } catch { return false }
    return chmod(path, 0o700) == 0
  }

  private static func program(in bytes: [UInt8], _ record: [UInt8]) -> [UInt8]? {
    let end = bytes.count - trailerBytes - record.count
    guard end > 0, bytes[end...].starts(with: record) else { return nil }
    let program = Array(bytes[..<end])
    return bytes[(end + record.count)...].elementsEqual(trailer(program, record)) ? program : nil
  }

  private static func trailer(_ program: [UInt8], _ record: [UInt8]) -> [UInt8] {
    littleEndian(UInt64(program.count)) + littleEndian(UInt64(record.count)) + Array(Fingerprint(program).text.utf8)
      + magic
  }

  /// Keeps a program; without room it is simply compiled again another time.
  private func keep(_ key: String, _ record: [UInt8], from path: String) {
    guard let program = readFile(path), program.count + record.count + Self.trailerBytes <= limit / 4 else { return }
    var template = Array("\(folder)/new-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { return }
    let isWritten = writeAll(program + record + Self.trailer(program, record), to: descriptor)
    close(descriptor)
    let scratch = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if !isWritten || rename(scratch, "\(folder)/\(key)") != 0 { unlink(scratch) }
    evict()
  }

  /// Removes the longest unused entries until the rest is within the limit, and what a killed process left half written.
  private func evict() {
    var entries: [(path: String, used: Int, bytes: Int)] = []
    for name in fileNames(folder) ?? [] where !name.hasPrefix("lock-") {
      var status = stat()
      let path = "\(folder)/\(name)"
      guard lstat(path, &status) == 0 else { continue }
      #if os(Linux)
        let used = status.st_mtim.tv_sec
      #else
        let used = status.st_mtimespec.tv_sec
      #endif
      if name.hasPrefix("new-") && used + 3600 < time(nil) {
        unlink(path)
      } else {
        entries.append((path, used, Int(status.st_size)))
      }
    }
    var bytes = entries.reduce(0) { $0 + $1.bytes }
    for entry in entries.sorted(by: { ($0.used, $0.path) < ($1.used, $1.path) }) {
      if bytes <= limit { break }
      unlink(entry.path)
      bytes -= entry.bytes
    }
  }
}
