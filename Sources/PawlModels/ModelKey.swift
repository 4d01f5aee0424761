public import PawlCore

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// A key as it was found, and what is to be said about where.
public struct ModelKey: Sendable {
  /// Nil where the model needs none.
  public let secret: Secret?
  /// A lowercase fragment: that others can read the file, say.
  public let note: String?

  /// Returns the key that a rule names, without the space around it.
  ///
  /// `environment` is where variables are looked up, `HOME` for a file that starts with `~/` included.
  public static func read(
    _ source: ModelRule.KeySource, environment: [String: String]
  ) throws(ModelError) -> Self {
    switch source {
    case .none: return Self(secret: nil, note: nil)
    case .environment(let name):
      guard let value = environment[name] else {
        throw ModelError(
          .key, "the variable `\(name)` with the key is not set",
          hints: ["set it where `pawl run` is started: `export \(name)=…`, or name a file with `key_file`"])
      }
      return Self(secret: try checked(value, from: "the variable `\(name)`"), note: nil)
    case .file(let path):
      let (text, isShared) = try content(of: expanded(path, environment), named: path)
      return Self(
        secret: try checked(text, from: "the file `\(path)`"),
        note: isShared ? "the key in `\(path)` can be read by others: `chmod 600` keeps it to you" : nil)
    }
  }

  private static func checked(_ text: String, from place: String) throws(ModelError) -> Secret {
    let bytes = trimmed(text)
    guard !bytes.isEmpty else { throw ModelError(.key, "\(place) is empty, where a key should be") }
    guard !bytes.contains(0x0a), !bytes.contains(0x0d) else {
      throw ModelError(
        .key, "\(place) holds more than one line, where a key should be",
        hints: ["leave the key alone in it, without a name or a comment"])
    }
    guard bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw ModelError(
        .key, "\(place) holds characters that are in no key",
        hints: ["leave the key alone in it, without spaces, quotes or a name"])
    }
    return Secret(String(decoding: bytes, as: UTF8.self))
  }

  private static func trimmed(_ text: String) -> [UInt8] {
    let isSpace: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0d).contains($0) }
    let bytes = Array(text.utf8)
    guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return [] }
    return Array(bytes[first...last])
  }

  private static func expanded(_ path: String, _ environment: [String: String]) -> String {
    guard path.hasPrefix("~/"), let home = environment["HOME"] else { return path }
    return home + path.dropFirst(1)
  }

  /// Returns at most 64 KiB, and whether others than the owner may read it.
  private static func content(of path: String, named shown: String) throws(ModelError) -> (String, isShared: Bool) {
    guard let file = fopen(path, "rbe") else {
      throw ModelError(
        .key, "the file `\(shown)` with the key cannot be read: \(String(cString: strerror(errno)))",
        hints: ["`key_file` names a file that holds the key and nothing else"])
    }
    defer { fclose(file) }
    var status = stat()
    let isShared = fstat(fileno(file), &status) == 0 && status.st_mode & 0o044 != 0
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw ModelError(.key, "`\(shown)` is a folder, where a file with a key should be")
    }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = fread(&bytes, 1, bytes.count, file)
    return (String(decoding: bytes[..<count], as: UTF8.self), isShared)
  }
}
