/// Somebody who talks with a command while it runs.
///
/// All calls come on the thread that runs the command.
public protocol Companion: AnyObject {
  /// What the command gets as its descriptors 3, to read, and 4, to write.
  var channel: (reading: Int32, writing: Int32) { get }
  /// Where the command's messages come in; -1 when none is awaited any more.
  var descriptor: Int32 { get }
  /// Called once when the command has its own copies of the channel: whoever keeps one sees no end of the other.
  func commandHasBegun()
  /// Called when `descriptor` can be read, when the wanted time has come, and at the end until `descriptor` is -1.
  ///
  /// - Parameter spent: reads what the command has used so far.
  /// - Returns: in how many seconds to call again, whether there is something to read or not; nil ends the command at once.
  func attend(isReady: Bool, spent: () -> Spent) -> Double?
}

/// What a command has used since it began.
public struct Spent: Sendable {
  /// Since `bwrap` was told to go on, a few milliseconds before the command's first instruction.
  public let wallSeconds: Double
  /// Of all its processes, ended ones too, in steps of the kernel's tick (10 ms); nil where the kernel does not tell.
  public let cpuSeconds: Double?
}
