/// A revision of the Model Context Protocol (modelcontextprotocol.io/specification).
enum ProtocolVersion: String, Sendable, CaseIterable, Comparable {
  case v2024_11_05 = "2024-11-05"
  /// Tool annotations, words with progress; the one revision that has batches.
  case v2025_03_26 = "2025-03-26"
  /// Structured results, titles.
  case v2025_06_18 = "2025-06-18"
  case v2025_11_25 = "2025-11-25"
  /// Without a handshake: every request names its revision.
  case v2026_07_28 = "2026-07-28"

  private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
  static func < (left: Self, right: Self) -> Bool { left.order < right.order }

  /// Revisions that begin with `initialize`.
  static let handshaking = allCases.filter { $0 < v2026_07_28 }
  /// What a client gets that asks for a revision that is not known.
  static let newestHandshaking = v2025_11_25

  var hasBatches: Bool { self == .v2025_03_26 }
  var hasAnnotations: Bool { self >= .v2025_03_26 }
  var hasStructure: Bool { self >= .v2025_06_18 }
  var isStateless: Bool { self >= .v2026_07_28 }
}

/// Keys of `_meta` that the protocol reserves.
enum MetaKey {
  static let version = "io.modelcontextprotocol/protocolVersion"
  static let client = "io.modelcontextprotocol/clientInfo"
  static let server = "io.modelcontextprotocol/serverInfo"
}

/// Error codes of JSON-RPC 2.0 (section 5.1), and of the protocol.
enum ErrorCode {
  static let parse: Int = -32700
  static let invalidRequest: Int = -32600
  static let unknownMethod: Int = -32601
  static let invalidParameters: Int = -32602
  static let unsupportedVersion: Int = -32022
}
