import CPawlSystem
import Foundation
import PawlCore

/// An attempt's folder on a file system that this machine and the nodes share, and the three files that they talk by.
///
/// Each file appears whole or not at all: it is written under another name, flushed, and then renamed or linked.
struct AttemptFolder: Sendable {
  let path: String
  private var spec: String { "\(path)/spec.json" }
  private var claim: String { "\(path)/started.json" }
  private var report: String { "\(path)/result.json" }

  /// The folders that the attempt runs in.
  func place(log: AttemptPlace) -> AttemptPlace {
    AttemptPlace(work: "\(path)/work", stage: "\(path)/evaluate", log: log.log, stageLog: log.stageLog)
  }

  func readSpec() throws(RuntimeError) -> AttemptSpec? { try read(spec) }
  func write(_ value: AttemptSpec) throws(RuntimeError) { try write(value, to: spec) }

  func readClaim() throws(RuntimeError) -> AttemptClaim? { try read(claim) }

  /// Returns nil once the attempt is this claim's, or else whose it is.
  func take(_ own: AttemptClaim) throws(RuntimeError) -> AttemptClaim? {
    let temporary = temporaryName(claim)
    try writeFile(own, temporary)
    defer { unlink(temporary) }
    // link(2) fails where something is, also over NFS, where O_EXCL of old servers does not.
    if link(temporary, claim) == 0 {
      try flush()
      return nil
    }
    guard errno == EEXIST else { throw failure("`\(claim)` could not be made") }
    // What nobody can read was no claim of ours; it stays whose it is.
    guard let earlier = try readClaim() else { throw failure("`\(claim)` cannot be read") }
    // Over NFS the answer to a call that was sent twice may be that it is done already.
    guard own != earlier else { return nil }
    guard own.replaces(earlier) else { return earlier }
    guard rename(temporary, claim) == 0 else { throw failure("`\(claim)` could not be replaced") }
    try flush()
    return nil
  }

  func readReport() throws(RuntimeError) -> NodeReport? { try read(report) }
  func write(_ value: NodeReport) throws(RuntimeError) { try write(value, to: report) }

  /// Asks the file system anew for what the folder holds: an NFS client may have kept that something was not there (nfs(5),
  /// "close-to-open cache consistency").
  func refresh() {
    guard let folder = opendir(path) else { return }
    _ = readdir(folder)
    closedir(folder)
  }

  /// The last line that the job printed, fit to be shown.
  func lastWords(in name: String) -> String? {
    let file = pawl_open("\(path)/\(name)", O_RDONLY, 0)
    guard file >= 0 else { return nil }
    defer { close(file) }
    let end = lseek(file, 0, SEEK_END)
    var bytes = [UInt8](repeating: 0, count: 2_048)
    let count = pread(file, &bytes, bytes.count, max(0, end - off_t(bytes.count)))
    let lines = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(whereSeparator: \.isNewline)
    // An error is followed by its hints.
    let line = lines.last { $0.hasPrefix("error: ") } ?? lines.last
    return line.map {
      String($0.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7f }.prefix(300).map(Character.init))
    }
  }

  /// - Returns: nil where there is no such file, or none that this program can read.
  private func read<Value: Decodable>(_ file: String) throws(RuntimeError) -> Value? {
    let descriptor = pawl_open(file, O_RDONLY, 0)
    guard descriptor >= 0 else {
      if errno == ENOENT || errno == ESTALE || errno == ENOTDIR { return nil }
      throw failure("`\(file)` cannot be read")
    }
    let data: Data
    do {
      data = try FileHandle(fileDescriptor: descriptor, closeOnDealloc: true).readToEnd() ?? Data()
    } catch {
      throw RuntimeError(.system, "`\(file)` cannot be read", hints: ["run `pawl doctor`"], cause: error)
    }
    return try? JSONDecoder().decode(Value.self, from: data)
  }

  private func write(_ value: some Encodable, to file: String) throws(RuntimeError) {
    let temporary = temporaryName(file)
    try writeFile(value, temporary)
    guard rename(temporary, file) == 0 else {
      let error = failure("`\(file)` could not be made")
      unlink(temporary)
      throw error
    }
    try flush()
  }

  private func temporaryName(_ file: String) -> String { "\(file).\(ProcessInfo.processInfo.hostName).\(getpid())" }

  private func writeFile(_ value: some Encodable, _ file: String) throws(RuntimeError) {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else {
      throw RuntimeError(.system, "`\(file)` has no JSON form")
    }
    let descriptor = pawl_open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    guard descriptor >= 0 else { throw failure("`\(file)` could not be made") }
    defer { close(descriptor) }
    var sent = 0
    while sent < data.count {
      let count = data.withUnsafeBytes {
        Foundation.write(descriptor, $0.baseAddress.map { $0 + sent }, data.count - sent)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let error = failure("`\(file)` could not be written")
        unlink(file)
        throw error
      }
      sent += count
    }
    // Over NFS this is where a full disk or a quota shows.
    guard fsync(descriptor) == 0 else {
      let error = failure("`\(file)` could not be written")
      unlink(file)
      throw error
    }
  }

  /// Makes names last.
  private func flush() throws(RuntimeError) {
    let folder = pawl_open(path, O_RDONLY | O_DIRECTORY, 0)
    guard folder >= 0 else { throw failure("`\(path)` cannot be opened") }
    defer { close(folder) }
    // Some network file systems flush names by themselves and know no such call for folders.
    guard fsync(folder) == 0 || errno == EINVAL else { throw failure("`\(path)` could not be flushed") }
  }

  private func failure(_ what: String) -> RuntimeError {
    let number = errno
    let isFull = number == ENOSPC || number == EDQUOT
    return RuntimeError(
      .system, "\(what): \(String(cString: strerror(number)).lowercased())",
      hints: isFull
        ? ["make room where the repository lies: `pawl doctor` says how much is free"] : ["run `pawl doctor`"])
  }
}
