import PawlTestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Replaces what differs between two runs of the same test, so that the rest can be compared to the letter.
struct Normaliser {
  /// Literal texts and what stands for them, the first ones first.
  var names: [(String, String)] = []

  init(_ repository: TemporaryRepository? = nil) {
    guard let repository else { return }
    names = [(repository.root, "REPO"), (repository.home, "HOME"), (repository.place, "PLACE")]
    var host = [CChar](repeating: 0, count: 256)
    if gethostname(&host, 255) == 0 {
      let name = String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      names.append((" on \(name)", " on HOST"))
      names.append((" on `\(name)`", " on `HOST`"))
    }
  }

  private static let patterns: [(String, String)] = [
    (#"\b[0-9a-f]{40}\b"#, "COMMIT"),
    (#"\b[0-9a-f]{7}\.\.[0-9a-f]{7}\b"#, "BLOB..BLOB"),
    (#"\bat [0-9a-f]{7}\b"#, "at COMMIT"), (#"pawl/repo [0-9a-f]{7}\b"#, "pawl/repo COMMIT"),
    (#"event [0-9]+ does"#, "event N does"),
    (#"process [0-9]+"#, "process PID"),
    (#"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+( UTC|Z)"#, "TIME"),
    (#"\b[0-9]+ h [0-9]+ min\b|\b[0-9]+ min [0-9]+ s\b|\b[0-9]+ s\b"#, "DURATION"),
    (#"\b[0-9.]+ (B|KiB|MiB|GiB|bytes)(?=[\s,;)]|$)"#, "SIZE"),
    (#""(ended_at|proposed_at)":"[^"]*""#, #""AT""#),
    (#""(wallSeconds|wall_seconds|cpuSeconds)" ?: ?[0-9.e+-]+"#, #""SECONDS""#),
    (#""(peakMemory|peak_memory_bytes)" ?: ?[0-9]+"#, #""MEMORY""#),
    (#""(proposedAt|endedAt|requestedAt|finishedAt|startedAt|lastEventAt|since|process)" ?: ?[0-9]+"#, #""NUMBER""#),
    (#"(?m)^[0-9a-f]{7}\t"#, "COMMIT\t"),
    (#" +DURATION"#, " DURATION"),
  ]

  func apply(to text: String) -> String {
    var text = text
    for (name, placeholder) in names where !name.isEmpty { text = text.replacing(name, with: placeholder) }
    for (pattern, placeholder) in Self.patterns {
      guard let regex = try? Regex(pattern) else { continue }
      text = text.replacing(regex, with: placeholder)
    }
    return text
  }
}

/// Compares a text with the file `Snapshots/<name>.txt`; with PAWL_RECORD_SNAPSHOTS=1 in the environment it writes the file anew.
func expectSnapshot(
  _ name: String, _ text: String, normalised by: Normaliser = Normaliser(),
  sourceLocation: SourceLocation = #_sourceLocation
) throws {
  let path = snapshotPath(name)
  let found = by.apply(to: text)
  if getenv("PAWL_RECORD_SNAPSHOTS").map({ String(cString: $0) }) == "1" {
    let file = try #require(fopen(path, "wb"), "cannot write `\(path)`", sourceLocation: sourceLocation)
    defer { fclose(file) }
    let bytes = Array(found.utf8)
    fwrite(bytes, 1, bytes.count, file)
    return
  }
  let expected = try #require(
    fileText(path), "no snapshot `\(name)`: record it with PAWL_RECORD_SNAPSHOTS=1",
    sourceLocation: sourceLocation)
  #expect(found == expected, "differs from Snapshots/\(name).txt", sourceLocation: sourceLocation)
}

private func snapshotPath(_ name: String) -> String {
  let folder = "\(#filePath)".split(separator: "/").dropLast().joined(separator: "/")
  return "/\(folder)/Snapshots/\(name).txt"
}

extension ProgramRun {
  /// Everything that a person sees of a call: exit code, data, messages.
  var shown: String {
    "exit code \(signal == 0 ? "\(code)" : "none, signal \(signal)")\n"
      + (output.isEmpty ? "" : "--- output\n\(output)") + (messages.isEmpty ? "" : "--- messages\n\(messages)")
  }
}
