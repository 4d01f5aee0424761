/// The engine's state at one event, so that a restart replays only what came after.
public struct JournalSnapshot: Sendable, Hashable {
  /// The last event that is in it.
  public let sequence: Int64
  public let bytes: [UInt8]
  public init(sequence: Int64, bytes: [UInt8]) {
    self.sequence = sequence
    self.bytes = bytes
  }
}
