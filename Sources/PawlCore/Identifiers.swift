/// The number of a trial within its study; 0 is the baseline.
public struct TrialID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }
  public init(from decoder: any Decoder) throws { rawValue = try Int(from: decoder) }
  public func encode(to encoder: any Encoder) throws { try rawValue.encode(to: encoder) }
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  public var description: String { String(rawValue) }
  /// The unchanged code that the study started from.
  public static let baseline = Self(rawValue: 0)
}

/// The number of an attempt within its study, from 1, in the order in which attempts were asked for.
public struct AttemptID: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }
  public init(from decoder: any Decoder) throws { rawValue = try Int(from: decoder) }
  public func encode(to encoder: any Encoder) throws { try rawValue.encode(to: encoder) }
  public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
  public var description: String { String(rawValue) }
}

/// The full hexadecimal name of a git commit (40 digits, or 64 in a SHA-256 repository).
public struct CommitHash: Hashable, Sendable, Codable, CustomStringConvertible {
  public let rawValue: String
  public init(rawValue: String) { self.rawValue = rawValue }
  public init(from decoder: any Decoder) throws { rawValue = try String(from: decoder) }
  public func encode(to encoder: any Encoder) throws { try rawValue.encode(to: encoder) }
  /// The first seven digits, as git shows them.
  public var short: String { String(rawValue.prefix(7)) }
  public var description: String { rawValue }
}

/// The name of a study: a letter or digit, then letters, digits, `.`, `_` and `-`, at most 64, fit for a branch and a folder.
public struct StudyName: Hashable, Sendable, Codable, CustomStringConvertible {
  public let rawValue: String
  /// Returns nil where `rawValue` would not be a safe folder and branch name.
  public init?(rawValue: String) {
    let allowed = rawValue.utf8.allSatisfy { byte in
      (byte >= 0x30 && byte <= 0x39) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7a) || byte == 0x2d || byte == 0x5f
        || byte == 0x2e
    }
    guard allowed, !rawValue.isEmpty, rawValue.utf8.count <= 64, let first = rawValue.first,
      first.isLetter || first.isNumber, !rawValue.contains(".."), !rawValue.hasSuffix("."), !rawValue.hasSuffix(".lock")
    else { return nil }
    self.rawValue = rawValue
  }
  public init(from decoder: any Decoder) throws {
    let text = try String(from: decoder)
    guard let name = Self(rawValue: text) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "`\(text)` is not a study name"))
    }
    self = name
  }
  public func encode(to encoder: any Encoder) throws { try rawValue.encode(to: encoder) }
  public var description: String { rawValue }
}
