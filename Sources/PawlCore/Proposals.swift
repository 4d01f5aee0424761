/// A change to one file, applied strictly: what does not fit is an error, never a guess.
public struct FileEdit: Sendable, Codable, Hashable {
  public enum Change: Sendable, Codable, Hashable {
    /// The file's whole new content.
    case content(String)
    /// Whole lines replaced one for one; each `old` must stand at its line.
    case lines([LineChange])
    /// The file goes.
    case removed
  }
  /// One line for another, both without their line break; `line` counts from 1.
  public struct LineChange: Sendable, Codable, Hashable {
    public let line: Int
    public let old: String
    public let new: String
    public init(line: Int, old: String, new: String) {
      self.line = line
      self.old = old
      self.new = new
    }
  }
  /// Relative to the repository's root, with `/`, without `.` or `..`.
  public let path: String
  public let change: Change
  public init(path: String, change: Change) {
    self.path = path
    self.change = change
  }

  /// Returns the file's new content, or nil where it has none, or a line to be replaced is not what `original` has there.
  public func applied(to original: String) -> String? {
    switch change {
    case .content(let content): return content
    case .removed: return nil
    case .lines(let changes):
      // By bytes: to a String, a carriage return and a line feed are one character.
      var lines = original.utf8.split(separator: 10, omittingEmptySubsequences: false).map {
        String(decoding: $0, as: UTF8.self)
      }
      for change in changes {
        guard lines.indices.contains(change.line - 1), lines[change.line - 1] == change.old else { return nil }
        lines[change.line - 1] = change.new
      }
      return lines.joined(separator: "\n")
    }
  }
}

/// The value of a knob as it stands in the source.
public enum KnobValue: Sendable, Codable, Hashable, CustomStringConvertible {
  case integer(Int)
  case real(Double)
  case boolean(Bool)
  case text(String)
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let flag = try? container.decode(Bool.self) {
      self = .boolean(flag)
    } else if let text = try? container.decode(String.self) {
      // Reals travel as `r…`, so that 2.0 does not come back as an integer; texts as `t…`.
      if text.hasPrefix("r"), let real = Double(text.dropFirst()) {
        self = .real(real)
      } else {
        self = .text(String(text.dropFirst()))
      }
    } else {
      self = .integer(try container.decode(Int.self))
    }
  }
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .integer(let integer): try container.encode(integer)
    case .real(let real): try container.encode("r\(real)")
    case .boolean(let flag): try container.encode(flag)
    case .text(let text): try container.encode("t\(text)")
    }
  }
  public var description: String {
    switch self {
    case .integer(let integer): String(integer)
    case .real(let real): "\(real)"
    case .boolean(let flag): String(flag)
    case .text(let text): text
    }
  }
}

/// An edit with its hypothesis, before anything is run.
public struct Proposal: Sendable, Codable, Hashable {
  /// The agent's name.
  public let agent: String
  /// One line: what is changed and why it should help.
  public let hypothesis: String
  public let edits: [FileEdit]
  /// The candidate's full knob assignment by knob name, where the agent knows it.
  public let knobs: [String: KnobValue]
  /// US dollars that the agent was paid for it beyond its replies, which carry their own.
  public let cost: Double
  /// `StableHash` over the content of all editable files after the edit: two candidates with one fingerprint are one.
  public let fingerprint: UInt64
  /// The same over the code alone, without comments, layout and ways to write a number; nil where it was not taken.
  public let normalised: UInt64?
  /// Over what is changed, whatever the parent; nil where it was not taken.
  public let change: UInt64?
  /// Lines of all editable files after the edit; nil where they were not counted.
  public let lines: Int?
  /// What the idea builds on; nil where nothing is named.
  public var cites: Citations?
  /// A finding for the notebook that all agents share; nil for none.
  public let note: String?
  public init(
    agent: String, hypothesis: String, edits: [FileEdit], knobs: [String: KnobValue], cost: Double, fingerprint: UInt64,
    normalised: UInt64? = nil, change: UInt64? = nil, lines: Int? = nil, cites: Citations? = nil, note: String? = nil
  ) {
    self.cites = cites
    self.note = note
    self.normalised = normalised
    self.change = change
    self.lines = lines
    self.agent = agent
    self.hypothesis = hypothesis
    self.edits = edits
    self.knobs = knobs
    self.cost = cost
    self.fingerprint = fingerprint
  }
}

/// The size of a candidate's change against its parent.
public struct DiffStatistics: Sendable, Codable, Hashable {
  public let added: Int
  public let removed: Int
  public init(added: Int, removed: Int) {
    self.added = added
    self.removed = removed
  }
}
