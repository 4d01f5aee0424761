import CPawlSystem
import Foundation
import PawlCore

/// What the names of a study's jobs begin with: the study's name, and a random word that tells it from others of that name.
enum JobSeries {
  /// Returns the series of a study, the same in every session; made at the first call.
  ///
  /// - Parameter folder: where the attempts of the cluster have their folders; it moves aside with a journal that is given up, so
  ///   that jobs of before are nobody's.
  static func name(study: StudyName, folder: String) throws(RuntimeError) -> String {
    let file = "\(folder)/series"
    if let word = word(in: file) { return "pawl-\(study)-\(word)" }
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let word = String(UInt32.random(in: .min ... .max), radix: 16)
      try Data(word.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
      let written = pawl_open(file, O_RDONLY, 0)
      defer { close(written) }
      // Before any job has the name.
      guard fsync(written) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
      return "pawl-\(study)-\(word)"
    } catch {
      throw RuntimeError(.system, "cannot write `\(file)`", hints: ["run `pawl doctor`"], cause: error)
    }
  }

  private static func word(in file: String) -> String? {
    guard let data = FileManager.default.contents(atPath: file) else { return nil }
    let word = String(decoding: data, as: UTF8.self)
    return UInt32(word, radix: 16) == nil ? nil : word
  }
}
