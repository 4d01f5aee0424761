/// What a constant's name says of it.
enum KnobNames {
  /// Words of names whose constants are not for tuning: identities, places, bookkeeping, and the budget itself.
  private static let excluded: Set<String> = [
    "seed", "seeds", "port", "ports", "version", "ver", "path", "paths", "url", "uri", "dir", "directory", "file",
    "filename", "host", "hostname", "address", "index", "idx", "id", "ids", "pid", "uid", "gid", "rank", "year", "date",
    "timestamp", "magic", "checksum", "hash", "timeout", "budget", "schema", "revision", "build", "debug", "verbose",
    "quiet", "save", "wandb", "log", "logging", "print", "interval", "every", "resume", "device", "license", "name",
    "jsonrpc", "default", "case", "deadline", "workers", "threads", "gpu", "gpus",
  ]

  /// Returns the lowercase words of a name in snake case, camel case, kebab case or with points.
  static func words(_ name: String) -> [String] {
    var words: [String] = []
    var word: [UInt8] = []
    func end() {
      if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
      word = []
    }
    var previousLower = false
    for byte in name.utf8 {
      let upper = byte >= 0x41 && byte <= 0x5a
      if byte == 0x5f || byte == 0x2d || byte == 0x2e || byte == 0x5b || byte == 0x5d {
        end()
        previousLower = false
        continue
      }
      if upper, previousLower { end() }
      word.append(upper ? byte | 0x20 : byte)
      previousLower = !upper
    }
    end()
    return words
  }

  static func isExcluded(_ words: [String]) -> Bool {
    // A letter alone is an index.
    if words.count == 1, let word = words.first, ["i", "j", "k", "n"].contains(word) { return true }
    return words.contains { excluded.contains($0) || $0.contains("seed") || $0.contains("version") }
  }

  static func isDunder(_ name: String) -> Bool { name.hasPrefix("__") }
}
