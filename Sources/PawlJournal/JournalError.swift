public import PawlCore

/// A failure to create, open, read or append to a study's journal.
public struct JournalError: DescribedError {
  /// The kind of failure; the set may grow, so a switch over it needs a `default`.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case noJournal, alreadyExists, locked, lockingUnsupported, cutShort, newerVersion, altered, diskFull, readOnly
      case notADatabase, damaged, empty, unknownSequence, unencodable, busy, ioFailed, closed
    }
    private let kind: Kind
    private init(_ kind: Kind) { self.kind = kind }
    /// The folder holds no journal.
    public static let noJournal = Self(.noJournal)
    /// The folder holds a journal already.
    public static let alreadyExists = Self(.alreadyExists)
    /// Another process, or another `Journal` of this one, holds the writer lock.
    public static let locked = Self(.locked)
    /// The file system of the folder cannot lock files.
    public static let lockingUnsupported = Self(.lockingUnsupported)
    /// The end of the journal is missing, as after a disk failure or an incomplete copy.
    public static let cutShort = Self(.cutShort)
    /// A newer release of Pawl wrote the journal, or an event in it.
    public static let newerVersion = Self(.newerVersion)
    /// The digests do not match the events: something other than Pawl changed them.
    public static let altered = Self(.altered)
    /// The disk, or the user's quota, is full; every acknowledged event is still there and appending may be tried again.
    public static let diskFull = Self(.diskFull)
    /// The folder, or a file of the journal in it, cannot be written.
    public static let readOnly = Self(.readOnly)
    /// The file is not a journal of Pawl.
    public static let notADatabase = Self(.notADatabase)
    /// The tables for queries cannot be read; the events may still be whole.
    public static let damaged = Self(.damaged)
    /// The journal has no event that the question could be answered from.
    public static let empty = Self(.empty)
    /// A sequence was named that the journal does not have.
    public static let unknownSequence = Self(.unknownSequence)
    /// An event has no JSON form.
    public static let unencodable = Self(.unencodable)
    /// Another program kept the database locked for too long.
    public static let busy = Self(.busy)
    /// Reading or writing failed in the file system.
    public static let ioFailed = Self(.ioFailed)
    /// The journal was closed.
    public static let closed = Self(.closed)
    public var description: String { kind.rawValue }
  }

  /// What kind of failure this is; branch on this, never on `message`.
  public let code: Code
  public let message: String
  public let hints: [String]
  public let cause: (any Error)?

  init(_ code: Code, _ message: String, hints: [String], cause: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.hints = hints
    self.cause = cause
  }
}
