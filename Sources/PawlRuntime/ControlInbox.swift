import Foundation
import PawlCore

/// A word from another terminal to the process that runs the study.
public struct ControlMessage: Sendable, Codable, Hashable {
  public enum Verb: String, Sendable, Codable { case pause, resume }
  public let verb: Verb
  /// Who says so, for the journal.
  public let by: String
  public init(verb: Verb, by: String) {
    self.verb = verb
    self.by = by
  }
}

/// Messages to a running study: small files, moved into place whole, read in the order of their names and removed.
struct ControlInbox: Sendable {
  let folder: String

  /// Returns the path of the message, which vanishes when it has been taken in.
  func post(_ message: ControlMessage) throws(RuntimeError) -> String {
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let name = "\(Timestamp.now().milliseconds)-\(ProcessInfo.processInfo.processIdentifier)"
      let path = "\(folder)/\(name).json"
      try JSONEncoder().encode(message).write(to: URL(fileURLWithPath: path), options: .atomic)
      return path
    } catch {
      throw RuntimeError(.system, "cannot write into `\(folder)`", hints: ["run `pawl doctor`"], cause: error)
    }
  }

  /// Returns the waiting messages, oldest first, with their paths; what is not a message is removed.
  func waiting(before limit: Timestamp? = nil) -> [(path: String, message: ControlMessage)] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else { return [] }
    return names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
      if let limit, let written = name.split(separator: "-").first.flatMap({ Int64($0) }),
        written >= limit.milliseconds
      {
        return nil
      }
      let path = "\(folder)/\(name)"
      guard let data = FileManager.default.contents(atPath: path),
        let message = try? JSONDecoder().decode(ControlMessage.self, from: data)
      else {
        remove(path)
        return nil
      }
      return (path, message)
    }
  }

  func remove(_ path: String) { unlink(path) }
}
